"""Clips that cannot be trained on, by their headers."""

import pytest
import videos

from keras_seq.formats import Example, at
from keras_seq.formats.clip_faults import ClipFaults

GOOD = {"mp4": videos.video(), "mkv": videos.video("matroska"), "gif": videos.video("gif", "gif")}
STILL = {"mp4": videos.video(pictures=videos.moving(1)), "jpg": videos.image(next(videos.moving()), "mjpeg")}


def fault(folder, raw, faults):
    (folder / "clip").write_bytes(raw)
    return faults(Example(at(folder / "clip"), "walk", "list:1"))


@pytest.mark.parametrize("raw", [*GOOD.values(), *STILL.values()], ids=[*GOOD, *STILL])
def test_good_clips_have_none_and_still_ones_only_where_more_frames_are_asked_for(tmp_path, raw):
    assert fault(tmp_path, raw, ClipFaults()) == ""
    expected = "with fewer than 2 frames: 1" if raw in STILL.values() else ""
    assert fault(tmp_path, raw, ClipFaults(2)) == expected


def test_what_is_no_video_has_a_fault_of_its_kind(tmp_path):
    assert fault(tmp_path, b"a text", ClipFaults()) == "that is no video: it begins with b'a text'"
    assert fault(tmp_path, videos.sound(), ClipFaults()) == "that has audio but no video"
    assert fault(tmp_path, b"GIF89a", ClipFaults(2)) == "", "the model says what is wrong"


def test_folders_are_counted_and_missing_files_left_to_others(tmp_path):
    assert ClipFaults()(Example(at(tmp_path / "none"), "walk", "")) == ""
    assert ClipFaults()(Example(at(tmp_path), "walk", "")) == "that is an empty folder"
    (tmp_path / "1.png").write_bytes(videos.image(next(videos.moving())))
    assert ClipFaults()(Example(at(tmp_path), "walk", "")) == ""
    assert ClipFaults(2)(Example(at(tmp_path), "walk", "")) == "with fewer than 2 frames: 1"


def test_a_file_is_looked_at_once(tmp_path):
    faults = ClipFaults()
    assert fault(tmp_path, b"a text", faults) == fault(tmp_path, GOOD["mp4"], faults) != ""
