"""Clips at the edges: what is good has no problem, what is damaged has one, and no two are alike."""

import tensorflow as tf

from keras_seq.answers import clip_edges
from keras_seq.preprocessing import ClipFrames


def test_good_clips_are_read_whole_and_damaged_ones_have_a_problem():
    good, damaged = clip_edges.good(), clip_edges.damaged()
    found = ClipFrames(4, 8, 8)(tf.constant([*good, *damaged]))
    problems = found["problem"].numpy().tolist()
    assert set(problems[: len(good)]) == {b""}
    assert all(problems[len(good) :])
    assert found["lengths"].numpy().tolist() == [
        *[1, 3, 2, 2, 2, 3, 4, 4, 3, 1, 3, 3, 2, 4],
        *[0] * len(damaged),
    ]
    assert len({*good, *damaged}) == len(good) + len(damaged)


def test_the_longest_have_a_thousand_frames_and_the_others_are_small():
    sizes = sorted(map(len, [*clip_edges.good(), *clip_edges.damaged()]))
    assert sizes[-3] < 5000
    assert sizes[-1] < 10**6
    assert sum(map(len, clip_edges.good(many=2))) < 50_000
