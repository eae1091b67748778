"""What is said when a loss is no number: which examples, and what helps."""

import re

import fits
import keras
import pytest

from keras_seq.errors import DataError
from keras_seq.formats import Example
from keras_seq.training import divergence, optimizers


def test_the_batch_is_named_by_its_examples_places(tmp_path):
    with pytest.raises(DataError) as error:
        fits.fitted(tmp_path, learning_rate=3e38, optimizer="sgd")
    message = str(error.value)
    assert re.match(r"the loss is (NaN|infinite) in epoch 1, step 2 of 8", message)
    assert message.count("f:") in (12, 16)  # one batch of an epoch has four
    assert "Those of the batch before it: f:" in message
    assert "training.learning_rate (now 3e+38)" in message


def test_of_several_steps_at_once_it_is_one_of_the_last(tmp_path):
    with pytest.raises(
        DataError, match=r"one of the last 4 batches; training.steps_per_execution: 1 names it"
    ):
        fits.fitted(tmp_path, learning_rate=3e38, optimizer="sgd", steps_per_execution=4)


def test_of_a_large_batch_some_places_are_named():
    batch = [Example("a", "x", f"f:{n}") for n in range(11)]
    assert divergence.places([[], batch]).endswith("f:6; f:7; and 3 more")
    assert divergence.places([[], []]) == ""


def test_what_helps_knows_the_optimizer_inside():
    optimizer = optimizers.make(0.5, gradient_clip=2.0)
    said = divergence.help_of(keras.optimizers.LossScaleOptimizer(optimizer))
    assert "(now 0.5)" in said
    assert "(now 2.0)" in said
