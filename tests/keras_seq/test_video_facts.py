"""Facts of videos and of folders of pictures."""

import pytest
import videos

from keras_seq.errors import DataError
from keras_seq.video_facts import Facts, count, facts, is_clip


def test_facts_of_videos_and_folders(tmp_path):
    def of(raw):
        (tmp_path / "video").write_bytes(raw)
        return facts(str(tmp_path / "video"))

    assert of(videos.video()) == Facts(12, 1.0, 12.0, False, 0, (64, 48))
    assert of(videos.video(rotation=90)) == Facts(12, 1.0, 12.0, False, 90, (48, 64))
    varied = of(videos.video("matroska", times=[*range(0, 1100, 100), 3000]))
    assert varied[:1] + varied[3:] == (12, True, 0, (64, 48))
    assert varied.seconds == pytest.approx(3.1, abs=0.1)
    assert of(videos.video("gif", "gif"))[:1] == (12,)
    (tmp_path / "frames").mkdir()
    for name in ("10.png", "9.png", ".hidden"):
        (tmp_path / "frames" / name).write_bytes(videos.image(next(videos.moving())))
    assert facts(str(tmp_path / "frames")) == Facts(2, 0.0, 0.0, False, 0, (64, 48))
    with pytest.raises(DataError, match="is no video"):
        of(b"text")


def test_frames_are_counted_by_headers_and_clips_told_by_their_beginnings(tmp_path):
    path = tmp_path / "video"
    for raw in (videos.video(), videos.video("webm"), videos.video("gif", "gif")):
        path.write_bytes(raw)
        assert count(str(path)) == 12
        assert is_clip(str(path)) is raw.startswith(b"GIF")
    assert not is_clip(str(tmp_path))
    assert count(str(tmp_path)) == 1
    path.write_bytes(b"text")
    with pytest.raises(DataError, match="is no video"):
        count(str(path))
