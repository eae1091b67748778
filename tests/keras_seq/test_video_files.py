"""Videos of many kinds become clips; what is none, or not whole, is named."""

import concurrent.futures

import numpy as np
import pytest
import videos

from keras_seq import archives, video_files
from keras_seq.errors import DataError
from keras_seq.video_files import as_clip, windows

KINDS = [*((kind, None) for kind in videos.CODECS), ("avi", "mjpeg"), ("avi", "libx264")]
ALL = [(4 + number * 56 / 11) / 64 for number in range(12)]  # where the square is


def complaint(raw, frames=8):
    with pytest.raises(DataError) as error:
        as_clip(raw, frames, 32)
    return str(error.value)


@pytest.mark.parametrize(("kind", "codec"), KINDS)
def test_videos_become_strips_of_their_frames(kind, codec):
    raw = videos.video(kind, codec)
    whole, four = as_clip(raw, 32, 48), as_clip(raw, 4, 24)
    assert videos.marks(whole) == pytest.approx(ALL, abs=0.03)
    assert videos.marks(four) == pytest.approx(ALL[1::3], abs=0.05)
    assert videos.pictures(whole)[0].shape == (48, 64, 3)
    assert videos.pictures(four)[0].shape == (24, 32, 3)


def test_frames_that_need_later_ones_come_in_the_order_in_which_they_are_shown():
    for kind in ("mp4", "avi"):
        raw = videos.video(kind, "mpeg4", bf=2)
        assert videos.marks(as_clip(raw, 32, 48)) == pytest.approx(ALL, abs=0.03)
        assert videos.marks(as_clip(raw, 4, 48)) == pytest.approx(ALL[1::3], abs=0.03)


def test_gifs_and_strips_are_taken_as_they_are_unless_they_are_large(monkeypatch):
    gif, strip = videos.video("gif", "gif"), as_clip(videos.video(), 12, 48)
    assert as_clip(gif, 4, 16) is gif
    assert as_clip(strip, 4, 16) is strip
    assert as_clip(videos.image(next(videos.moving()), "mjpeg"), 4, 16)[:3] == b"\xff\xd8\xff"
    assert as_clip(gif, 4, 12) is gif, "a side of 48"
    assert len(videos.pictures(as_clip(gif, 4, 11))) == 4
    monkeypatch.setattr(video_files, "MOST_TIMES", 1)
    assert videos.marks(as_clip(gif, 4, 47)) == pytest.approx(ALL[1::3], abs=0.05)
    assert videos.marks(as_clip(strip + bytes(2**22), 32, 48)) == pytest.approx(ALL, abs=0.03)


def test_at_a_variable_rate_frames_are_sampled_by_time():
    """Ten frames in a second, and two more seconds of the last but one."""
    raw = videos.video(times=[*range(0, 1100, 100), 3000])
    found = videos.marks(as_clip(raw, 6, 48))  # a part is 0.52 s: at 0.26, 0.77, 1.29, ...
    assert found == pytest.approx([ALL[2], ALL[7], ALL[10], ALL[10], ALL[10], ALL[10]], abs=0.03)
    assert len(videos.marks(as_clip(raw, 100, 48))) == pytest.approx(31, abs=1), "a frame a tenth of a second"


def test_colours_keep_what_they_are():
    middle = videos.pictures(as_clip(videos.video(crf=5), 1, 48))[0]
    assert middle[40, 60] == pytest.approx([20, 40, 200], abs=8)
    assert middle[40, 4] == pytest.approx([40, 40, 40], abs=5)


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_turned_videos_are_turned(rotation):
    upright, turned = (
        videos.pictures(as_clip(videos.video(rotation=degrees), 4, 24)) for degrees in (None, rotation)
    )
    for before, after in zip(upright, turned, strict=True):
        assert np.abs(np.rot90(before, rotation // 90) - after).mean() < 3


def test_pixels_that_are_not_square_become_so():
    assert videos.pictures(as_clip(videos.video(aspect=2), 4, 24))[0].shape == (24, 64, 3)
    assert videos.pictures(as_clip(videos.video(aspect="1/2"), 4, 24))[0].shape == (36, 24, 3)


def test_a_video_of_one_frame_is_a_clip_of_one():
    raw = videos.video(pictures=videos.moving(1))
    assert len(videos.pictures(as_clip(raw, 8, 48))) == 1


def test_what_is_no_video_is_named():
    assert complaint(b"only a text\n" * 9) == "is no video: it begins with b'only a text\\nonly'"
    assert complaint(b"") == "is no video: it is empty"
    assert complaint(b"%PDF-1.7\n") == "is no video: it is a PDF"
    assert "animated WebP" in complaint(b"RIFF\x20\0\0\0WEBPVP8X" + bytes(40))
    assert complaint(videos.sound()) == "has audio but no video"


def test_files_that_name_other_files_are_not_followed(tmp_path):
    (tmp_path / "a.ts").write_bytes(videos.video("mpegts"))
    assert "is no video" in complaint(f"ffconcat version 1.0\nfile '{tmp_path}/a.ts'\n".encode())
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{tmp_path}/a.ts\n#EXT-X-ENDLIST\n"
    assert "is no video" in complaint(playlist.encode())


def test_what_is_cut_off_is_named():
    raw = videos.video()
    assert (
        complaint(raw[: raw.index(b"moov")])
        == "is no video: it is an MP4 or MOV file cut off before its index"
    )
    assert complaint(raw[: raw.index(b"trak")]) == "is a video cut off before its index"
    assert complaint(raw[: raw.index(b"stsd")]).startswith("is a video that is cut off")
    fragments = videos.video(movflags="frag_keyframe+empty_moov", g=3)
    assert len(videos.pictures(as_clip(fragments[: len(fragments) * 2 // 3], 32, 48))) in range(3, 12)
    noise = np.random.default_rng(1).integers(0, 255, (20, 48, 64, 3), np.uint8)
    avi = videos.video("avi", "mjpeg", noise)
    assert complaint(avi[: len(avi) // 2]).startswith("is cut off: it has ")
    assert complaint(avi[: len(avi) // 2]).endswith("of 20 frames")
    slow = videos.video("matroska", "mjpeg", noise, rate=2)
    assert complaint(slow[: len(slow) // 2]).endswith("of 10.0 s")


def test_what_is_damaged_is_named_or_passed_over(capfd):
    noise = np.random.default_rng(1).integers(0, 255, (20, 48, 64, 3), np.uint8)
    raw = videos.video("avi", "mjpeg", noise)
    first = raw.index(b"\xff\xd8\xff")
    second = raw.index(b"\xff\xd8\xff", first + 1)
    one = raw[:first] + bytes(200) + raw[first + 200 :]
    assert len(videos.pictures(as_clip(one, 32, 48))) == 20
    assert len(raw) > second + 4000
    starts = [place for place in range(first, len(raw) - 3) if raw[place : place + 3] == b"\xff\xd8\xff"]
    for count, expected in (
        (10, "is damaged: of 20 frames 10 cannot be decoded"),
        (20, "none of its frames"),
    ):
        damaged = bytearray(raw)
        for start in starts[:count]:
            damaged[start : start + 700] = bytes(700)
        assert expected in complaint(bytes(damaged), 32)
    assert capfd.readouterr() == ("", "")


def archive(*members):
    return archives.packed(list(members))


@pytest.mark.parametrize("codec", ["png", "mjpeg", "tiff"])
def test_folders_of_pictures_become_strips(codec):
    members = [(f"{number}.x", videos.image(one, codec)) for number, one in enumerate(videos.moving())]
    assert videos.marks(as_clip(archive(*members), 32, 48)) == pytest.approx(ALL, abs=0.03)
    assert videos.marks(as_clip(archive(*members), 4, 24)) == pytest.approx(ALL[1::3], abs=0.05)


def test_pictures_of_other_sizes_are_made_the_first_ones_size():
    first, wide, high = (np.full((*size, 3), 90, np.uint8) for size in ((40, 60), (40, 80), (60, 40)))
    wide[:, :8], wide[:, -8:] = 255, 255  # cut off: 80 x 40 is 5 at each side more than 60 x 40 is wide
    names = archive(("1.png", videos.image(first)), ("2.png", videos.image(wide)))
    found = videos.pictures(as_clip(names, 8, 20))
    assert [one.shape for one in found] == [(20, 30, 3)] * 2
    assert np.abs(found[1] - 90).max() < 10
    unlike = archive(("1.png", videos.image(first)), ("2.png", videos.image(high)))
    assert complaint(unlike) == "frame '2.png' has another shape, 40x60, than the first, 48x32"


def test_depth_of_16_bits_is_as_bright_as_can_be():
    near, far = (np.full((40, 60), value, np.uint16) for value in (1000, 4000))
    found = videos.pictures(as_clip(archive(("1", videos.image(near)), ("2", videos.image(far))), 8, 40))
    assert [one.mean() for one in found] == pytest.approx([255 / 4, 255], abs=1.5)


def test_what_is_no_picture_of_a_folder_is_named():
    picture = ("1.png", videos.image(next(videos.moving())))
    assert (
        complaint(archive(picture, ("a.txt", b"hello")))
        == "frame 'a.txt' is no picture: it begins with b'hello'"
    )
    assert complaint(archive(("1.mp4", videos.video()))) == "frame '1.mp4' is a video; expected a picture"
    cut = ("2.png", picture[1][:60])
    assert "frame '2.png' is" in complaint(archive(cut))


def test_threads_give_the_same_as_one():
    raw = [videos.video(), videos.video("webm"), videos.video("avi")]
    alone = [as_clip(one, 8, 32) for one in raw]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda one: as_clip(one, 8, 32), raw * 8)) == alone * 8


@pytest.mark.parametrize("kind", ["mp4", "avi", "webm"])
def test_windows_slide_over_a_video(tmp_path, kind):
    """Of 24 frames in 2 s, windows of 1 s, half a second apart."""
    path = tmp_path / "video"
    path.write_bytes(videos.video(kind, pictures=videos.moving(24)))
    found = list(windows(str(path), 1.0, 0.5, 4, 48))
    assert [(round(one.start, 2), round(one.end, 2)) for one in found] == [(0, 1), (0.5, 1.5), (1, 2)]
    for one in found:
        middles = [one.start + (part + 0.5) / 4 * (one.end - one.start) for part in range(4)]
        expected = [(4 + int(12 * middle) * 56 / 23) / 64 for middle in middles]
        assert videos.marks(one.raw) == pytest.approx(expected, abs=0.05)


def test_a_video_shorter_than_a_window_is_one(tmp_path):
    path = tmp_path / "video"
    path.write_bytes(videos.video())
    (one,) = windows(str(path), 30.0, 1.0, 4, 48)
    assert (one.start, one.end, one.raw) == (0, 1, as_clip(path.read_bytes(), 4, 48))
    with pytest.raises(DataError, match="is a folder of pictures"):
        next(windows(str(tmp_path), 1.0, 1.0, 4, 48))
