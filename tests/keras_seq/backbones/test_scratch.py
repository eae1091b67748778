"""The small network: its sizes, and pictures that do not mix."""

import numpy as np
import pytest

from keras_seq.backbones.scratch import scratch

PICTURES = np.random.default_rng(1).uniform(0, 255, (3, 32, 40, 3)).astype("float32")


@pytest.mark.parametrize(("channels", "blocks", "grid"), [(16, 4, (2, 3, 128)), (6, 3, (4, 5, 24))])
def test_each_block_halves_the_sides_and_doubles_the_channels(channels, blocks, grid):
    network = scratch(None, None, channels, blocks)
    assert network(PICTURES).shape == (3, *grid)
    assert scratch(32, 40, channels, blocks).output_shape == (None, *grid)


def test_what_is_said_of_its_size():
    assert sum(np.prod(weight.shape) for weight in scratch().trainable_weights) == 98448
    products, before = 0, 3  # at 96 pixels
    for channels, kernel, side in ((16, 5, 48), (32, 3, 24), (64, 3, 12), (128, 3, 6)):
        products, before = products + side**2 * kernel**2 * before * channels, channels
    assert round(products / 1e6) == 11


def test_a_picture_has_the_same_features_in_any_batch():
    network = scratch()
    together = network(PICTURES, training=False)
    alone = [network(PICTURES[place : place + 1], training=False)[0] for place in range(3)]
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert np.isfinite(network(np.zeros((1, 64, 64, 3), "float32"))).all()


def test_a_fine_one_looks_at_every_place_first():
    network = scratch(32, 40, 6, 3, fine=True)
    assert network.output_shape == scratch(32, 40, 6, 3).output_shape
    convolutions = [layer for layer in network.layers if "convolution" in layer.name]
    assert [layer.strides for layer in convolutions] == [(1, 1)] * 3
    assert network(PICTURES).shape == (3, 4, 5, 24)
