"""What the tests of streams share: a tiny network that looks back only, sounds, and a model that is exported."""

import itertools

import keras
import numpy as np
import tensorflow as tf

from keras_seq.answers import Answering
from keras_seq.answers.streaming import stream_signatures
from keras_seq.applications import speech_to_text
from keras_seq.preprocessing.letters import Letters

ALPHABET = list(" abcdefgh")
STATE = "state_"


def letters():
    return Letters(ALPHABET, name="letters")


def network(subsampling=4, bidirectional=False, **sizes):
    """Random weights, whose best labels change often."""
    keras.utils.set_random_seed(subsampling)
    sizes = {"bands": 8, "channels": 3, "units": 6, "layers": 2, **sizes}
    of_data = {"num_classes": len(ALPHABET) + 1, "subsampling": subsampling}
    made = speech_to_text.build(of_data, bidirectional=bidirectional, **sizes)
    random = np.random.default_rng(subsampling)
    logits = made.get_layer("logits")
    logits.set_weights([6 * random.normal(size=logits.kernel.shape), np.zeros(len(ALPHABET) + 1)])
    return made


def sound(seed, samples):
    """Tones of other pitch and loudness every 50 ms, `(samples,)` int16."""
    random = np.random.default_rng(seed)
    pieces = samples // 800 + 1
    pitch, loudness = (
        np.repeat(random.uniform(*ends, pieces), 800)[:samples] for ends in ((100, 4000), (0, 1))
    )
    waves = 20_000 * loudness**3 * np.sin(2 * np.pi * np.cumsum(pitch) / 16_000)
    return (waves + random.normal(0, 30, samples)).astype("<i2")


def transcript(network, samples):
    """The best label of each step of the whole sound, as a text: no repeats, no blanks, single spaces."""
    inputs = {
        "samples": tf.constant(samples[None] / 2**15, tf.float32),
        "lengths": tf.constant([len(samples)]),
    }
    best = network(inputs, training=False).numpy()[0].argmax(-1)
    labels = [label for label, _ in itertools.groupby(best) if label > 0]
    return " ".join("".join(ALPHABET[label - 1] for label in labels).split())


def cut(data, cuts):
    """Pieces of bytes; a cut may be within a sample."""
    return [data[start:stop] for start, stop in itertools.pairwise([0, *sorted(cuts), len(data)])]


def state_of(answer):
    return {name: value for name, value in answer.items() if name.startswith(STATE)}


class Sizes(keras.layers.Layer):
    """Files that begin with RIFF -> their size; holds the network, so that its weights are the model's."""

    def __init__(self, network, **kwargs):
        super().__init__(**kwargs)
        self.network = network
        self.built = True

    def call(self, files):
        good = (tf.strings.substr(files, 0, 4) == "RIFF") & (tf.strings.length(files) > 12)
        problem = tf.where(good, "", "no sound")
        return {"size": tf.where(good, tf.strings.length(files), 0), "problem": problem}

    def compute_output_spec(self, files):
        kinds = {"size": "int32", "problem": "string"}
        return {name: keras.KerasTensor(files.shape, dtype=kind) for name, kind in kinds.items()}


class Streaming(Answering):
    """A model of files that has the signatures of a stream too."""

    takes_files = True

    @property
    def network(self):
        return self.get_layer("answers").network

    def signatures(self):
        return {**super().signatures(), **stream_signatures(self.network, letters())}


def model():
    audio = keras.Input((), dtype="string", name="audio")
    return Streaming(audio, Sizes(network(), name="answers")(audio), name="speech")
