"""The headers of JPEG files: what is found among markers, and where the search ends."""

import io

import pytest
import tensorflow as tf
from PIL import Image

from keras_seq.preprocessing import header_bytes, jpeg_headers
from keras_seq.preprocessing.complaints import first_of


def jpeg(mode="RGB", **options):
    stream = io.BytesIO()
    Image.new(mode, (30, 20)).save(stream, "JPEG", **options)
    return stream.getvalue()


USUAL, EXIF = jpeg(), b"Exif\0\0MM\0*" + bytes(9)


def read(*files):
    raw = tf.constant(files)
    return jpeg_headers.read(raw, tf.cast(tf.strings.length(raw), tf.int64), tf.fill([len(files)], True))


def problems(*files):
    return [problem.decode() for problem in first_of(*read(*files).problems).numpy()]


def test_sizes_exif_and_inks_are_found():
    files = [USUAL, jpeg(progressive=True, exif=EXIF), jpeg("CMYK"), jpeg("CMYK").replace(b"Adobe", b"Adobo")]
    found = read(*files)
    assert set(found.height.numpy()) == {20}
    assert set(found.width.numpy()) == {30}
    assert found.inks.numpy().tolist() == [False, False, False, True]
    assert found.exif_size.numpy().tolist() == [0, len(EXIF) - 6, 0, 0]
    assert found.exif.numpy()[1] == files[1].index(b"MM\0*")
    assert problems(*files) == [""] * 4


@pytest.mark.parametrize(
    "before",
    [
        *[jpeg()[2:20], b"\xff\xfe\0\x02", b"\xff" * 9, b"\xff\x01\xff\xd0", b"some text"],
        b"\xff\xe1\0\x08Exif\0\0",
    ],
    ids=["segment", "comment", "fill", "bare", "text", "exif"],
)
def test_what_stands_before_the_frame_is_passed_over(before):
    found = read(USUAL[:2] + before + USUAL[2:])
    assert found.height.numpy().tolist() == [20]
    assert found.exif_size.numpy().tolist() == [0]


def test_a_preview_within_a_header_is_not_the_picture():
    preview = USUAL.replace(b"\0\x14\0\x1e", b"\0\x04\0\x05")
    assert read(jpeg(comment=preview)).width.numpy().tolist() == [30]


def test_what_is_not_decoded_is_said(monkeypatch):
    monkeypatch.setattr(header_bytes, "MOST_PARTS", 20)
    lossless, many = USUAL.replace(b"\xff\xc0", b"\xff\xc3"), b"\xff\xfe\0\x02" * 21
    files = [USUAL[:25], USUAL[:2] + many + USUAL[2:], b"\xff\xd8\xff\xd9" + USUAL[2:], lossless]
    assert problems(*files) == [
        "cut off within its header",
        "damaged: no picture after its markers",
        "cut off within its header",
        "a lossless or hierarchical JPEG file: expected a usual one",
    ]
