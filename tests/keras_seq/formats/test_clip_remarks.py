"""What is said of unusual clips before a training."""

import videos

from keras_seq.formats import Clips
from keras_seq.formats.clip_remarks import remarks

FILES = {
    "a.mp4": videos.video(),
    "b.mp4": videos.video(rotation=90),
    "c.mp4": videos.video(times=[*range(0, 1100, 100), 3000]),
    "d.mp4": videos.video(pictures=videos.moving(1)),
    "e.gif": videos.video("gif", "gif"),
    "f.mp4": b"no video",
}


def test_unusual_clips_are_named_and_others_are_not(tmp_path):
    (tmp_path / "walk").mkdir()
    for name, raw in FILES.items():
        (tmp_path / "walk" / name).write_bytes(raw)
    place = tmp_path / "walk"
    assert remarks(Clips(str(tmp_path))) == [
        f"1 of 6 clips have one frame ({place}/d.mp4)",
        f"1 of 6 clips have a variable rate, and are sampled by time ({place}/c.mp4)",
        f"1 of 6 clips are stored turned, and are turned back ({place}/b.mp4)",
        f"clips have 2 sizes, from 48x64 ({place}/b.mp4) to 64x48 ({place}/a.mp4)",
    ]


def test_usual_clips_are_nothing_to_speak_of_and_of_many_three_are_named(tmp_path):
    (tmp_path / "walk").mkdir()
    for number in range(5):
        (tmp_path / "walk" / f"{number}.mp4").write_bytes(FILES["a.mp4"])
    assert remarks(Clips(str(tmp_path))) == []
    for number in range(5):
        (tmp_path / "walk" / f"{number}.mp4").write_bytes(FILES["d.mp4"])
    (line,) = remarks(Clips(str(tmp_path)))
    assert line.startswith("5 of 5 clips have one frame (")
    assert line.endswith("2.mp4, ...)")
