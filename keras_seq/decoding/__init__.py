"""Searches for an output sequence: step by step, greedy, by beam search or sampling, for any model that takes
steps (`search`); and for the labels of a CTC network (`ctc`, `ctc_search`), with n-gram models of words.
"""

from keras_seq.decoding.hypotheses import (
    LEAST_COVERAGE,
    NO_HYPOTHESIS,
    Hypotheses,
    coverage,
    length_divisor,
)
from keras_seq.decoding.ngrams import LanguageModel
from keras_seq.decoding.search import beam_search, greedy, sample

__all__ = [
    "LEAST_COVERAGE",
    "NO_HYPOTHESIS",
    "Hypotheses",
    "LanguageModel",
    "beam_search",
    "coverage",
    "greedy",
    "length_divisor",
    "sample",
]
