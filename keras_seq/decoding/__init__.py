"""Searches for an output sequence, step by step: greedy, beam search, sampling; for any model that can do a
step.
"""

from keras_seq.decoding.search import (
    LEAST_COVERAGE,
    NO_HYPOTHESIS,
    Hypotheses,
    beam_search,
    coverage,
    greedy,
    length_divisor,
    sample,
)

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
