"""A network run block by block gives the scores that it gives of the whole."""

import keras
import numpy as np
import pytest
import streams
import tensorflow as tf

from keras_seq.answers.stream_network import BlockNetwork, looks_ahead
from keras_seq.answers.stream_sound import Blocks


@pytest.mark.parametrize("subsampling", [1, 3, 4])
def test_blocks_have_the_scores_of_the_whole(subsampling):
    """The last block is of fewer frames, and of no whole number of steps."""
    network = streams.network(subsampling)
    by_block, blocks = BlockNetwork(network), Blocks(subsampling)
    assert by_block.stride == subsampling
    samples = streams.sound(2, 3 * blocks.size + 7 * 160 + 1)[None] / np.float32(2**15)
    whole = network({"samples": samples, "lengths": np.array([samples.shape[1]])}, training=False)
    padded, state, found = np.pad(samples, [(0, 0), (0, blocks.window)]), by_block.start(1), []
    for number in range(4):
        part = padded[:, number * blocks.size : number * blocks.size + blocks.window]
        mask = np.arange(blocks.frames)[None] < (8 if number == 3 else blocks.frames)
        state, scores, is_step = by_block.step(state, tf.constant(part), tf.constant(mask))
        found.append(scores[0][is_step[0]])
    np.testing.assert_allclose(tf.concat(found, 0), whole[0], rtol=1e-4, atol=1e-4)


def test_the_state_is_float32_and_keeps_its_shapes():
    by_block, blocks = BlockNetwork(streams.network(layers=3)), Blocks(4)
    state = by_block.start(2)
    expected = {"normalization": (2, 3, 8), "convolution_1": (2, 1, 8, 1), "convolution_2": (2, 1, 4, 3)}
    expected |= {f"{name}_{number}": (2, 6) for number in (1, 2, 3) for name in ("hidden", "cell")}
    after, _, _ = by_block.step(state, tf.zeros([2, blocks.window]), tf.ones([2, blocks.frames], tf.bool))
    for one in (state, after):
        assert {name: tuple(value.shape) for name, value in one.items()} == expected
        assert {value.dtype for value in one.values()} == {tf.float32}


def test_a_network_that_waits_for_the_end_is_told_apart():
    assert not any(map(looks_ahead, streams.network().layers))
    ahead = [layer.name for layer in streams.network(bidirectional=True).layers if looks_ahead(layer)]
    assert ahead == ["normalization", "bidirectional_1", "bidirectional_2"]


@pytest.mark.parametrize("layer", [keras.layers.GlobalAveragePooling1D, keras.layers.Conv1D])
def test_a_layer_that_no_stream_can_run_through_is_named(layer):
    x = keras.Input((None, 4))
    made = layer(name="odd") if layer is not keras.layers.Conv1D else layer(2, 3, name="odd")
    with pytest.raises(TypeError, match=rf"run through layer 'odd', {layer.__name__}"):
        BlockNetwork(keras.Model(x, made(x)))
    with pytest.raises(TypeError, match=r"'bidirectional_1', Bidirectional|'normalization'"):
        BlockNetwork(streams.network(bidirectional=True))
