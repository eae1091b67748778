"""Which frames of a video are sampled: by time, and each once where there are few."""

import io

import av
import pytest
import videos

from keras_seq.errors import DataError
from keras_seq.frame_times import Times, has_times, times_of

STEADY = Times(list(range(0, 120, 10)), 120, 10)


@pytest.mark.parametrize(
    ("frames", "places"),
    [(1, [6]), (2, [3, 9]), (4, [1, 4, 7, 10]), (12, list(range(12))), (99, list(range(12)))],
)
def test_at_a_steady_rate_the_middles_of_equal_parts(frames, places):
    assert STEADY.sampled(frames) == places
    assert not STEADY.variable


def test_a_frame_that_is_shown_for_long_is_sampled_several_times():
    times = Times([0, 10, 20, 80], 90, 10)
    assert times.variable
    assert times.sampled(3) == [1, 2, 2]
    assert times.sampled(99) == [0, 1, 2, 2, 2, 2, 2, 2, 3]


def test_a_little_jitter_is_no_variable_rate():
    jitter = Times([0, 33, 67, 99, 134], 167, 33)
    assert not jitter.variable
    assert jitter.sampled(8) == [0, 1, 2, 3, 4]


def of(raw):
    with av.open(io.BytesIO(raw)) as container:
        return times_of(container, container.streams.video[0])


@pytest.mark.parametrize("kind", ["mp4", "matroska", "mpegts", "avi"])
def test_times_come_in_the_order_of_showing_and_end_with_the_last_frame(kind):
    found = of(videos.video(kind, "mpeg4", bf=2))
    assert len(found.starts) == 12
    assert found.starts == sorted(found.starts)
    assert found.end - found.starts[0] == pytest.approx(12 * found.interval, rel=0.01)


def test_only_some_containers_know_when_frames_are_shown():
    for kind, expected in (("mp4", True), ("avi", False)):
        with av.open(io.BytesIO(videos.video(kind))) as container:
            assert has_times(container) is expected


def test_an_end_that_is_missing_is_named():
    slow = videos.video("matroska", "mjpeg", rate=2)
    with pytest.raises(DataError, match=r"is cut off: it has [23].* of 6\.0 s"):
        of(slow[: len(slow) // 2])
