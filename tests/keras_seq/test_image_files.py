"""Files of other formats -> pictures that models take, as Pillow sees them."""

import io

import numpy as np
import pytest
from PIL import Image

from keras_seq import image_files
from keras_seq.errors import DataError
from keras_seq.image_files import as_image

ROWS, COLUMNS = np.mgrid[:20, :26]
PIXELS = np.stack([COLUMNS * 9, ROWS * 12, (ROWS + COLUMNS) * 5], axis=-1).astype("uint8")
PICTURE = Image.fromarray(PIXELS)


def saved(picture, kind, **options):
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def made(raw, side=100):
    picture = Image.open(io.BytesIO(as_image(raw, side)))
    assert picture.format == "PNG"
    return picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP"])
def test_what_the_graph_reads_stays(kind):
    raw = saved(PICTURE, kind)
    assert as_image(raw, 4) is raw


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (saved(PICTURE, "WEBP", lossless=True), PICTURE),
        (saved(PICTURE, "TIFF"), PICTURE),
        (saved(PICTURE, "TIFF", compression="tiff_lzw"), PICTURE),
        (saved(PICTURE.convert("CMYK"), "TIFF"), PICTURE),
        (saved(PICTURE.convert("L"), "TIFF"), PICTURE.convert("L")),
        (
            saved(Image.fromarray(PIXELS[..., 0].astype("uint16") * 257), "TIFF"),
            Image.fromarray(PIXELS[..., 0]),
        ),
        (saved(PICTURE.convert("1"), "BMP"), PICTURE.convert("1").convert("L")),
        (saved(PICTURE, "WEBP", lossless=True, save_all=True, append_images=[PICTURE.rotate(90)]), PICTURE),
    ],
    ids=["webp", "tiff", "lzw", "inks", "grey", "16 bits", "one bit", "animated"],
)
def test_other_formats_become_the_same_picture(raw, expected):
    found = made(raw).convert(expected.mode)
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


def test_a_picture_is_turned_and_alpha_is_kept():
    exif = Image.Exif()
    exif[0x112] = 6
    clear = Image.fromarray(np.dstack([PIXELS, np.full((20, 26), 100, np.uint8)]))
    found = made(saved(clear, "WEBP", lossless=True, exact=True, exif=exif))
    np.testing.assert_array_equal(np.asarray(found), np.rot90(np.asarray(clear), -1))


def test_a_large_picture_becomes_smaller_and_a_small_one_stays():
    raw = saved(PICTURE, "WEBP")
    assert made(raw, 10).size == (13, 10)
    assert made(raw, 20).size == made(raw, 90).size == (26, 20)


@pytest.mark.parametrize("raw", [b"", b"a text", b"%!PS-Adobe-3.0 EPSF-3.0\n"], ids=["empty", "text", "ps"])
def test_bytes_of_no_kind_stay(raw):
    assert as_image(raw, 100) is raw


def test_what_is_wrong_is_said(monkeypatch):
    for raw in (saved(PICTURE, "WEBP")[:-40], saved(PICTURE, "TIFF")[:300]):
        with pytest.raises(DataError, match=r"^is damaged, or cut off: \w"):
            as_image(raw, 100)
    monkeypatch.setattr(image_files, "MOST_PIXELS", 500)
    with pytest.raises(DataError, match=r"^has 26 by 20 pixels: expected at most 500 in all$"):
        as_image(saved(PICTURE, "TIFF"), 100)


def test_heic_needs_a_package_that_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(DataError, match="is a HEIC file: convert it to JPEG, or pip install pillow-heif"):
        as_image(b"\0\0\0\x18ftypheic" + bytes(20), 100)
