"""A training by `fit` alone, of a network that is traced in no time; no recipe, no model that answers."""

import signal

import keras
import pytest

from keras_seq.contract import Objective, Preprocessing
from keras_seq.formats import Example
from keras_seq.preprocessing.words import WordIds
from keras_seq.reading import Reader
from keras_seq.run import Run
from keras_seq.training import fit, state

WORDS = ["a", "b", "c", "d"]


def examples(count):
    """Texts of several lengths; of two classes, by their first word."""
    texts = [" ".join(WORDS[(n * k + k) % 4] for k in range(1, 2 + n % 7)) for n in range(count)]
    return [Example(text, "xy"[text[0] in "ab"], f"f:{n}") for n, text in enumerate(texts)]


def network():
    """With all that has a state: dropout, and a layer that is frozen at first."""
    keras.utils.set_random_seed(3)
    ids = keras.Input((None,), dtype="int32", name="word_ids")
    vectors = keras.layers.Embedding(6, 4, name="embedding")(ids)
    mean = keras.layers.GlobalAveragePooling1D(name="mean")(vectors)
    hidden = keras.layers.Dense(8, "tanh", name="hidden")(keras.layers.Dropout(0.2, name="dropout")(mean))
    return keras.Model(ids, keras.layers.Dense(2, "softmax", dtype="float32", name="scores")(hidden))


def of_words(**keys):
    """A preprocessing of texts of two classes."""
    # With names, which are part of what a run knows its data by.
    lookup = keras.layers.StringLookup(
        vocabulary=["x", "y"], num_oov_indices=0, output_mode="one_hot", name="lookup"
    )
    words = WordIds(WORDS, name="word_ids")
    return Preprocessing(words, lookup, lambda ids, truths: (ids, lookup(truths)), {}, ["x", "y"], 60, **keys)


def fitted(folder, watch=None, made=network, **training):
    """Train in a run's folder, from where it stands there; the network, with the weights of the last step."""
    metric = keras.metrics.CategoricalAccuracy("accuracy")
    objective = Objective(keras.losses.CategoricalCrossentropy(), [metric], "accuracy", scorer=None)
    if watch:
        objective.monitor = "watched"
    run, one = Run(folder), made()
    run.state.mkdir(parents=True, exist_ok=True)
    keys = fit.divided({"epochs": 2, "batch_size": 8, "seed": 3, **training})
    data = (examples(60), examples(20))
    watching = (lambda *_: watch) if watch else (lambda *_: dict)
    fit.fit(
        one,
        objective,
        of_words(),
        *data,
        run,
        Reader(),
        watching,
        keys.optimizing,
        keys.scheduling,
        **keys.fit,
    )
    return one


def stopped(folder, epoch, step, **training):
    """As `fitted`, with Ctrl-C in a step of an epoch, both from 0."""
    end = state.StateKeeper.on_train_batch_end

    def interrupt(keeper, batch, logs=None):
        if keeper.epoch == epoch and batch >= step:
            keeper._signal = signal.SIGINT
        end(keeper, batch, logs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state.StateKeeper, "on_train_batch_end", interrupt)
        with pytest.raises(state.Stopped):
            fitted(folder, **training)
