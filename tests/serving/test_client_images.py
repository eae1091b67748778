"""The client's command for models that take pictures: what the model does not read is converted, or refused."""

import io
import json
import sys

import pytest
from PIL import Image

from serving import client as serving_client
from serving.client import main


@pytest.fixture
def captioning(state):
    """A stub's model of pictures."""
    state.signatures["captioning"] = ({"image": "DT_STRING"}, {"transcript": "DT_STRING"})
    return state


def saved(picture, kind, **options):
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


PICTURE = Image.linear_gradient("L").resize((30, 20)).convert("RGB")
KEPT = {f"a.{kind.lower()}": saved(PICTURE, kind) for kind in ("JPEG", "PNG", "BMP", "GIF")}


@pytest.fixture
def paths(tmp_path):
    """Writes files, and gives their paths."""

    def write(files):
        for name, raw in files.items():
            (tmp_path / name).write_bytes(raw)
        return [str(tmp_path / name) for name in files]

    return write


def run(asked, *paths, options=()):
    return main(
        ["--url", asked["url"], *(["--grpc"] if asked.get("grpc") else []), *options, "captioning", *paths]
    )


def test_pictures_and_what_is_none_are_sent_as_they_are(asked, captioning, paths, capsys):
    files = {**KEPT, "text": b"only a text", "empty": b""}
    assert run(asked, *paths(files)) == 0
    printed = capsys.readouterr()
    answers = [json.loads(line)["transcript"] for line in printed.out.splitlines()]
    assert answers == [f"heard {len(raw)} bytes" for raw in files.values()]
    assert printed.err == ""


def test_a_list_of_files_is_read(rest, captioning, paths, tmp_path, capsys):
    listed = paths(KEPT)
    (tmp_path / "list").write_text("\n".join(listed), encoding="utf-8")
    assert run({"url": rest}, options=["--file", str(tmp_path / "list")]) == 0
    assert [json.loads(line)["image"] for line in capsys.readouterr().out.splitlines()] == listed


@pytest.mark.parametrize(("kind", "name"), [("WEBP", "WebP"), ("TIFF", "TIFF"), ("AVIF", "AVIF")])
def test_other_kinds_become_jpeg_files(rest, captioning, paths, capsys, kind, name):
    (path,) = paths({"photo": saved(PICTURE, kind)})
    assert run({"url": rest}, path) == 0
    printed = capsys.readouterr()
    sent = serving_client._converted(saved(PICTURE, kind))
    assert json.loads(printed.out)["transcript"] == f"heard {len(sent)} bytes"
    assert printed.err == f"made a JPEG file of the {name} file {path}\n"
    assert Image.open(io.BytesIO(sent)).size == (30, 20)


def test_a_picture_is_turned_and_alpha_and_deep_greys_stay():
    exif = Image.Exif()
    exif[0x112] = 6
    clear = PICTURE.copy()
    clear.putalpha(90)
    found = Image.open(io.BytesIO(serving_client._converted(saved(clear, "WEBP", exif=exif))))
    assert (found.format, found.size, found.getpixel((3, 3))[3]) == ("PNG", (20, 30), 90)
    deep = Image.new("I;16", (4, 4), 100 * 256)
    found = Image.open(io.BytesIO(serving_client._converted(saved(deep, "TIFF"))))
    assert found.getpixel((1, 1)) == (100, 100, 100)


def test_a_damaged_file_is_sent_and_told_of(rest, captioning, paths, capsys):
    (path,) = paths({"photo.webp": saved(PICTURE, "WEBP")[:40]})
    assert run({"url": rest}, path) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["transcript"] == "heard 40 bytes"
    assert printed.err.startswith(f"note: {path}: no picture could be made of this WebP file: ")
    assert printed.err.endswith("; it is sent as it is\n")
    assert printed.err.count("\n") == 1


def test_without_pillow_a_file_is_refused_in_a_line(rest, captioning, paths, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    (path,) = paths({"photo.webp": b"RIFF\0\0\0\0WEBPVP8 "})
    assert run({"url": rest}, path) == 2
    assert capsys.readouterr().err == (
        f"error: {path}: a WebP file; the model takes JPEG, PNG, BMP and GIF: convert it, or pip install pillow\n"
    )
