"""Searches for an output sequence step by step: greedy, beam search, sampling; for any model that takes steps."""

from keras_seq.decoding.hypotheses import (
    LEAST_COVERAGE,
    NO_HYPOTHESIS,
    Hypotheses,
    coverage,
    length_divisor,
)
from keras_seq.decoding.search import beam_search, greedy, sample

__all__ = [
    "LEAST_COVERAGE",
    "NO_HYPOTHESIS",
    "Hypotheses",
    "beam_search",
    "coverage",
    "greedy",
    "length_divisor",
    "sample",
]
