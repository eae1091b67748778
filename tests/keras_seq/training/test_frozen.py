"""The part behind a frozen backbone gives, of kept features, what the whole network gives of pixels."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.backbones import ImageFeatures
from keras_seq.backbones.scratch import scratch
from keras_seq.contract import Preprocessing
from keras_seq.layers import AttentionDecoder
from keras_seq.training import frozen

RANDOM = np.random.default_rng(1)
PIXELS = RANDOM.uniform(0, 255, (2, 8, 8, 3)).astype("float32")
CLIPS = RANDOM.uniform(0, 255, (2, 3, 8, 8, 3)).astype("float32")
MASK = np.array([[True, True, False], [True, False, False]])
IDS = np.array([[3, 4, 2], [1, 2, 0]], "int32")


def preprocessing():
    layer = keras.layers.Identity()
    return Preprocessing(layer, layer, lambda tensors, truths: (tensors, truths), {})


def features(pooled, trainable=False):
    layer = ImageFeatures(scratch(8, 8, 4, 2), pooled, name="backbone")
    layer.trainable = trainable
    return layer


def captions():
    """Attention over the places of a picture."""
    pixels = keras.Input((8, 8, 3), name="pixels")
    target_ids = keras.Input((None,), dtype="int32", name="target_ids")
    flipped = keras.layers.RandomFlip("horizontal", name="flipped")(pixels)
    grid = features(False)(flipped)
    first = keras.layers.Dense(5, name="first")(keras.layers.GlobalAveragePooling1D(name="mean")(grid))
    vectors = keras.layers.Embedding(6, 4, mask_zero=True, name="embedding")(target_ids)
    found = AttentionDecoder(5, 5, name="decoder")([vectors, grid, first])
    scores = keras.layers.Dense(6, name="scores")(found)
    network = keras.Model({"pixels": pixels, "target_ids": target_ids}, scores, name="captions")
    return network, {"pixels": PIXELS, "target_ids": IDS}, "pixels"


def clips():
    """An LSTM over the frames of a clip."""
    frames = keras.Input((None, 8, 8, 3), name="frames")
    mask = keras.Input((None,), dtype="bool", name="mask")
    x = keras.layers.LSTM(4, name="lstm")(features(True)(frames, mask), mask=mask)
    return (
        keras.Model({"frames": frames, "mask": mask}, x, name="clips"),
        {"frames": CLIPS, "mask": MASK},
        "frames",
    )


@pytest.mark.parametrize("make", [captions, clips])
def test_the_part_behind_answers_as_the_whole(make):
    network, inputs, name = make()
    before = [variable.path for variable in network.trainable_variables]
    trained, changed = frozen.divided(network, preprocessing())
    part = changed.frozen
    assert part.name == name
    inputs = {one: tf.constant(array) for one, array in inputs.items()}
    features = part.network({one: inputs[one] for one in part.network.input}, training=False)
    found = trained({**inputs, name: features}, training=False)
    np.testing.assert_allclose(found, network(inputs, training=False), atol=1e-6)
    assert [variable.path for variable in trained.trainable_variables] == before
    assert not {layer.name for layer in trained.layers} & {"backbone", "flipped"}
    trained.trainable_variables[0].assign_add(trained.trainable_variables[0] + 1)
    changed_answer = network(inputs, training=False)
    np.testing.assert_allclose(trained({**inputs, name: features}), changed_answer, atol=1e-6)
    assert not np.allclose(found, changed_answer)


def test_a_network_of_one_input():
    pixels = keras.Input((8, 8, 3), name="pixels")
    network = keras.Model(pixels, keras.layers.Dense(2, name="scores")(features(True)(pixels)))
    trained, changed = frozen.divided(network, preprocessing())
    grid = changed.frozen.network({"pixels": tf.constant(PIXELS)})
    np.testing.assert_allclose(trained(grid), network(PIXELS), atol=1e-6)


def test_what_stays_as_it_is(capsys):
    def parts(layer, more=False):
        pixels = keras.Input((8, 8, 3), name="pixels")
        x = layer(pixels) if layer else keras.layers.GlobalAveragePooling2D()(pixels)
        if more:
            x = keras.layers.Concatenate()([x, keras.layers.GlobalMaxPooling2D()(pixels)])
        return keras.Model(pixels, keras.layers.Dense(2)(x))

    given = preprocessing()
    for network in (parts(None), parts(features(True, trainable=True)), parts(features(True), more=True)):
        assert frozen.divided(network, given) == (network, given)
    assert "the features of backbone are not kept: other layers" in "".join(capsys.readouterr())


def test_other_weights_have_another_digest():
    network, _, _ = clips()
    digests = [frozen.divided(network, preprocessing())[1].frozen.digest]
    digests.append(frozen.divided(network, preprocessing())[1].frozen.digest)
    weight = network.get_layer("backbone").weights[0]
    weight.assign(weight + 1)
    digests.append(frozen.divided(network, preprocessing())[1].frozen.digest)
    assert digests[0] == digests[1] != digests[2]
