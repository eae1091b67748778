"""Motion as channels."""

import keras
import numpy as np

from keras_seq.layers import FrameDifferences

FRAMES = np.random.default_rng(1).integers(0, 256, (2, 4, 3, 2, 3)).astype("uint8")
MASK = np.array([[True] * 4, [True, True, False, False]])


def test_the_channels_behind_are_the_differences_to_the_frame_before():
    found = FrameDifferences()(FRAMES, MASK).numpy()
    exact = FRAMES.astype("float32")
    np.testing.assert_array_equal(found[..., :3], exact)
    np.testing.assert_array_equal(found[0, 1:, ..., 3:], exact[0, 1:] - exact[0, :-1])
    np.testing.assert_array_equal(found[1, 1, ..., 3:], exact[1, 1] - exact[1, 0])
    assert not found[:, 0, ..., 3:].any()
    assert not found[1, 2:, ..., 3:].any()
    assert FrameDifferences()(FRAMES[:, :1], MASK[:, :1]).shape == (2, 1, 3, 2, 6)


def test_a_model_knows_its_shape_and_computes_in_its_own_type():
    frames, mask = keras.Input((None, 3, 2, 3), dtype="uint8"), keras.Input((None,), dtype="bool")
    output = FrameDifferences(dtype="mixed_float16")(frames, mask)
    assert (output.shape, output.dtype) == ((None, None, 3, 2, 6), "float16")
    model = keras.Model([frames, mask], output)
    assert model([FRAMES, MASK]).dtype == "float16"
