"""Clips without the order of their frames."""

import numpy as np

from keras_seq.answers.without_order import middle, shuffled

FRAMES = np.arange(14, dtype="float32").reshape(2, 7, 1)
LENGTHS = np.array([7, 4], "int32")


def test_the_middle_frame_is_a_clip_of_one():
    frames, lengths = middle(FRAMES, LENGTHS)
    assert frames.numpy().ravel().tolist() == [3, 9]
    assert lengths.numpy().tolist() == [1, 1]


def test_shuffled_clips_have_the_same_frames_in_another_order_and_padding_at_the_end():
    frames, lengths = shuffled(FRAMES, LENGTHS)
    found = frames.numpy()[:, :, 0].tolist()
    assert sorted(found[0]) == list(range(7)) != found[0]
    assert sorted(found[1][:4]) == [7, 8, 9, 10] != found[1][:4]
    assert found[1][4:] == [11, 12, 13]
    assert np.array(lengths).tolist() == [7, 4]


def test_the_order_of_a_clip_follows_neither_from_its_batch_nor_from_its_padding():
    alone, _ = shuffled(FRAMES[1:, :4], LENGTHS[1:])
    assert np.array_equal(alone.numpy()[0], shuffled(FRAMES, LENGTHS)[0].numpy()[1, :4])
    assert np.array_equal(shuffled(FRAMES, LENGTHS)[0].numpy(), shuffled(FRAMES, LENGTHS)[0].numpy())


def test_a_clip_without_frames_stays_without():
    for function in (middle, shuffled):
        assert np.array(function(FRAMES[:, :0], LENGTHS * 0)[1]).tolist() == [0, 0]
