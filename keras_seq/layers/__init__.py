"""Layers that Keras lacks, each registered as `keras_seq>Name`."""

from keras_seq.layers.answers import Answering, RankedLabels
from keras_seq.layers.dropout import WordDropout
from keras_seq.layers.lstm import LSTM
from keras_seq.layers.pooling import AttentionPooling, MaskedMaxPooling

__all__ = ["LSTM", "Answering", "AttentionPooling", "MaskedMaxPooling", "RankedLabels", "WordDropout"]
