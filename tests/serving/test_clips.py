"""Clips that a client makes: those that the models are trained on."""

import pytest
import videos

from keras_seq import video_files
from serving.clips import Clip, as_clip, is_clip

VIDEOS = {
    "mp4": {},
    "bframes": {"codec": "mpeg4", "bf": 2},
    "avi": {"kind": "avi", "codec": "mpeg4", "bf": 2},
    "webm": {"kind": "webm"},
    "variable": {"kind": "matroska", "times": [*range(0, 1100, 100), 3000]},
    "turned": {"rotation": 90},
    "aspect": {"aspect": 2},
    "still": {"pictures": list(videos.moving(1))},
}


@pytest.mark.parametrize("about", VIDEOS.values(), ids=list(VIDEOS))
@pytest.mark.parametrize(("frames", "side"), [(4, 24), (32, 99)])
def test_a_clip_is_the_one_that_models_are_trained_on(about, frames, side):
    raw = videos.video(**about)
    assert as_clip(raw, frames, side).raw == video_files.as_clip(raw, frames, side)


def test_clips_that_are_not_large_are_left_as_they_are():
    gif = videos.video("gif", "gif")
    strip = as_clip(videos.video()).raw
    assert is_clip(gif)
    assert is_clip(strip)
    assert as_clip(gif, 4, 12) is None
    assert as_clip(strip, 4, 12) is None
    assert as_clip(gif, 4, 11).raw == video_files.as_clip(gif, 4, 11)


def test_what_was_made_is_said():
    assert as_clip(videos.video(), 4, 24) == Clip(as_clip(videos.video(), 4, 24).raw, 4, (32, 24), 1.0, 12)


@pytest.mark.parametrize("raw", [b"", b"only a text", videos.sound()], ids=["empty", "text", "sound"])
def test_what_is_no_video_is_an_error(raw):
    with pytest.raises(ValueError, match=r"is no video|has no video"):
        as_clip(raw)
