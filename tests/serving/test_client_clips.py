"""The client's command for models that take clips: videos become clips of the size that the model wants."""

import json
import shutil
import subprocess
import sys

import pytest
import videos

from serving import client as serving_client
from serving.client import main
from serving.clips import as_clip


@pytest.fixture
def activity(state):
    """A stub's model of clips, which wants 4 frames of 24 pixels."""
    state.signatures["activity"] = ({"clip": "DT_STRING"}, {"transcript": "DT_STRING"})
    state.readable["activity"] = ("sampling", {"frames": "DT_INT32", "side": "DT_INT32"})
    return state


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "walk.mp4"
    path.write_bytes(videos.video())
    return path


def run(asked, *paths, options=()):
    return main(
        ["--url", asked["url"], *(["--grpc"] if asked.get("grpc") else []), *options, "activity", *paths]
    )


def heard(capsys):
    printed = capsys.readouterr()
    return [json.loads(line)["transcript"] for line in printed.out.splitlines()], printed.err


def test_a_video_becomes_a_clip_of_the_size_that_the_model_wants(asked, activity, video, capsys):
    assert run(asked, str(video), str(video)) == 0
    size = len(as_clip(video.read_bytes(), 4, 24).raw)
    answers, said = heard(capsys)
    assert answers == [f"heard {size} bytes"] * 2
    assert said == f"made a clip of 4 frames of 32x24 from {video} (1.0 s, 12 frames)\n" * 2


@pytest.mark.parametrize(
    ("options", "sizes"), [(["--frames", "2"], (2, 24)), (["--frames", "3", "--side", "30"], (3, 30))]
)
def test_the_command_line_decides_first(asked, activity, video, capsys, options, sizes):
    assert run(asked, str(video), options=options) == 0
    assert heard(capsys)[0] == [f"heard {len(as_clip(video.read_bytes(), *sizes).raw)} bytes"]


def test_a_model_that_does_not_say_gets_clips_of_the_usual_size(rest, activity, video, capsys):
    del activity.readable["activity"]
    assert run({"url": rest}, str(video)) == 0
    assert heard(capsys)[0] == [f"heard {len(as_clip(video.read_bytes()).raw)} bytes"]


def test_clips_and_what_is_no_video_are_sent_as_they_are(rest, activity, tmp_path, capsys):
    for name, raw in {"a.gif": videos.video("gif", "gif"), "b.txt": b"only a text", "c": b""}.items():
        (tmp_path / name).write_bytes(raw)
    paths = [tmp_path / name for name in ("a.gif", "b.txt", "c")]
    assert run({"url": rest}, *map(str, paths)) == 0
    answers, said = heard(capsys)
    assert answers == [f"heard {len(path.read_bytes())} bytes" for path in paths]
    assert said == f"note: {paths[1]}: is no video that FFmpeg reads; it is sent as it is\n"


def test_files_of_other_models_are_never_made_into_clips(rest, video, capsys):
    assert main(["--url", rest, "speech", str(video)]) == 0
    assert heard(capsys) == ([f"heard {video.stat().st_size} bytes"], "")


def test_what_is_missing_is_said(rest, activity, video, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    assert run({"url": rest}, str(video)) == 2
    assert "is no GIF; to make a clip of a video, pip install av numpy" in capsys.readouterr().err
    monkeypatch.setattr(serving_client, "__file__", str(tmp_path / "client.py"))
    monkeypatch.delitem(sys.modules, "keras_seq_clips")
    assert run({"url": rest}, str(video)) == 2
    assert "copy clips.py beside client.py" in capsys.readouterr().err


def test_both_files_can_be_copied_anywhere(rest, activity, video, tmp_path):
    for name in ("client.py", "clips.py"):
        shutil.copy(serving_client.__file__.replace("client.py", name), tmp_path / name)
    command = [sys.executable, "-I", str(tmp_path / "client.py"), "--url", rest, "activity", str(video)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert "heard" in done.stdout
    assert done.stderr.startswith("made a clip of 4 frames")


def test_sizes_are_whole_numbers(capsys):
    with pytest.raises(SystemExit):
        main(["--frames", "0", "activity", "x"])
    assert "expected a whole number" in capsys.readouterr().err
