"""Pictures in the graph: what a person sees, beside Pillow, and what a bad picture does to its neighbours."""

import io

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from keras_seq import gif
from keras_seq.answers.image_edges import COLOURS, GREY, GREY_ALPHA, flat_png, png, saved
from keras_seq.preprocessing import Pictures, images
from keras_seq.preprocessing.jpeg_headers import ADOBE

HEIGHT, WIDTH = 20, 26
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH]
PIXELS = np.stack([COLUMNS * 9, ROWS * 12, (ROWS + COLUMNS) * 5], axis=-1).astype("uint8")
PICTURE = Image.fromarray(PIXELS)
CLEAR = Image.fromarray(np.dstack([PIXELS, PIXELS[..., 0]]))
PALETTE = PICTURE.quantize(9)
JPEG, PNG = saved(PICTURE, "JPEG", quality=95), saved(PICTURE, "PNG")
CMYK = saved(PICTURE.convert("CMYK"), "JPEG", quality=95)
PLACE = CMYK.index(ADOBE)
# Without Adobe's marker, which says how inks are meant; and with the transform that it says of YCCK.
UNTOLD = CMYK[: PLACE - 4] + CMYK[PLACE + 12 :]
YCCK = CMYK[: PLACE + 11] + b"\2" + CMYK[PLACE + 12 :]
DEEP = PIXELS.astype("uint16") * 257
SEEN = {
    "jpeg": JPEG,
    "progressive": saved(PICTURE, "JPEG", progressive=True),
    "grey jpeg": saved(PICTURE.convert("L"), "JPEG", quality=95),
    "half the colours": saved(PICTURE, "JPEG", subsampling=2),
    "red green blue": saved(PICTURE, "JPEG", keep_rgb=True),
    "restarts": saved(PICTURE, "JPEG", restart_marker_blocks=1),
    "four inks": CMYK,
    "untold inks": UNTOLD,
    "ycck": YCCK,
    "more behind it": JPEG + JPEG + b"text",
    "png": PNG,
    "grey png": saved(PICTURE.convert("L"), "PNG"),
    "one bit": saved(PICTURE.convert("1"), "PNG"),
    "palette": saved(PALETTE, "PNG"),
    "palette with a hole": saved(PALETTE, "PNG", transparency=2),
    "colours with a hole": saved(PICTURE, "PNG", transparency=(0, 0, 0)),
    "alpha": saved(CLEAR, "PNG"),
    "grey alpha": saved(CLEAR.convert("LA"), "PNG"),
    "16 bits": png(DEEP, COLOURS),
    "16 bits and alpha": png(DEEP[..., :2], GREY_ALPHA),
    "bmp": saved(PICTURE, "BMP"),
    "grey bmp": saved(PICTURE.convert("L"), "BMP"),
    "palette bmp": saved(PALETTE, "BMP"),
    "32 bit bmp": saved(PICTURE.convert("RGBA"), "BMP"),
    "gif": saved(PALETTE, "GIF"),
}


def turned(orientation, endian="<", kind="JPEG"):
    exif = Image.Exif()
    exif.endian = endian
    exif[0x010F], exif[0x0112] = "Acme", orientation
    return saved(PICTURE, kind, exif=exif.tobytes(), **({"quality": 95} if kind == "JPEG" else {}))


def seen_by_pillow(raw):
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(raw)))
    if picture.mode in ("RGBA", "LA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture.convert("RGB")


def apart(pixels, raw):
    """The largest difference from what Pillow makes of a file, of the same size."""
    expected = seen_by_pillow(raw).resize(pixels.shape[1::-1], Image.Resampling.BILINEAR)
    return np.abs(pixels.astype(int) - np.asarray(expected, int)).max()


@pytest.fixture(scope="module")
def layer():
    return Pictures(12, 15, name="pictures")


@pytest.fixture(scope="module")
def own():
    """One for which a picture has the size that is wanted."""
    return Pictures(HEIGHT, WIDTH)


@pytest.mark.parametrize("size", ["own", "layer"])
def test_every_kind_is_seen_as_pillow_sees_it(size, request):
    found = request.getfixturevalue(size)(tf.constant(list(SEEN.values())))
    assert set(found["problem"].numpy()) == {b""}
    far = {
        name: apart(pixels, raw)
        for (name, raw), pixels in zip(SEEN.items(), found["pixels"].numpy(), strict=True)
    }
    assert {name: most for name, most in far.items() if most > 1} == {}


def test_a_picture_is_turned_as_a_camera_says(own):
    """In both orders of bytes; what is turned by a quarter is squashed after that, not before."""
    files = [turned(number, endian) for number in range(1, 9) for endian in "<>"]
    files.append(turned(6, kind="PNG"))
    found = own(tf.constant(files))["pixels"].numpy()
    assert max(apart(pixels, raw) for pixels, raw in zip(found, files, strict=True)) <= 1
    assert len({pixels.tobytes() for pixels in found[:16]}) == 8


def test_a_damaged_exif_is_none(own):
    good = turned(6)
    place = good.index(b"\x12\x01\3\0\1\0\0\0\6")
    wrong = [
        good.replace(b"II*\0", b"II+\0"),
        good.replace(b"II*\0\x08\0\0\0", b"II*\0\xff\xff\xff\xff"),
        good.replace(b"II*\0\x08\0\0\0", b"II*\0\xff\xff\xff\x7f"),
        good[: place + 8] + b"\x09" + good[place + 9 :],
        good[: place + 8] + b"\0" + good[place + 9 :],
        good[: place + 2] + b"\2" + good[place + 3 :],  # of another type
        good.replace(b"Exif\0\0", b"Exif\0\1"),
    ]
    expected = own(tf.constant([JPEG]))["pixels"].numpy()
    found = own(tf.constant(wrong))
    assert set(found["problem"].numpy()) == {b""}
    np.testing.assert_array_equal(found["pixels"].numpy(), np.repeat(expected, len(wrong), axis=0))


BAD = {
    "empty": (b"", "empty"),
    "text": (b"a text", "not a JPEG, PNG, BMP or GIF file"),
    "html": (b"<!DOCTYPE html>", "not a JPEG, PNG, BMP or GIF file"),
    "webp": (b"RIFF\0\0\0\0WEBPVP8 ", "a WebP file: expected JPEG, PNG, BMP or GIF"),
    "tiff": (b"MM\0*\0\0\0\x08", "a TIFF file: expected JPEG, PNG, BMP or GIF"),
    "heic": (b"\0\0\0\x18ftypheic\0\0", "a HEIC file: expected JPEG, PNG, BMP or GIF"),
    "jpeg cut": (JPEG[: len(JPEG) // 2], "cut off"),
    "jpeg end": (JPEG[:-2], "cut off"),
    "jpeg header": (JPEG[:30], "cut off within its header"),
    "jpeg broken": (JPEG.replace(b"\xff\xc4\0\x1f\0", b"\xff\xc4\0\x1f\x55"), "damaged"),
    "lossless": (
        JPEG.replace(b"\xff\xc0", b"\xff\xc3"),
        "a lossless or hierarchical JPEG file: expected a usual one",
    ),
    "12 bits": (
        JPEG.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0c"),
        "a JPEG file of 12 bits a colour: expected 8",
    ),
    "jpeg bomb": (
        JPEG.replace(b"\0\x14\0\x1a\3", b"\xff\xdc\xff\xdc\3"),
        "65500 by 65500 pixels: expected at most 67108864 in all",
    ),
    "jpeg of nothing": (
        JPEG.replace(b"\0\x14\0\x1a\3", b"\0\0\0\x1a\3"),
        "26 by 0 pixels: expected one or more",
    ),
    "png cut": (PNG[: len(PNG) // 2], "cut off"),
    "png end": (PNG[:-12], "cut off"),
    "png header": (PNG[:20], "cut off within its header"),
    "png checksum": (PNG[:50] + b"\0\0" + PNG[52:], "damaged"),
    "png bomb": (flat_png(30000, 30000), "30000 by 30000 pixels: expected at most 67108864 in all"),
    "png line": (flat_png(65536, 1), "65536 by 1 pixels: expected sides of at most 65535"),
    "bmp cut": (SEEN["bmp"][:-1], "cut off after 1653 of 1654 bytes"),
    "bmp bomb": (
        SEEN["bmp"][:18] + b"\x30\x75\0\0\xd0\x8a\xff\xff" + SEEN["bmp"][26:],  # rows from the top
        "30000 by 30000 pixels: expected at most 67108864 in all",
    ),
    "one bit bmp": (
        saved(PICTURE.convert("1"), "BMP"),
        "a BMP file of 1 bits a pixel, compression 0: expected 8, 24 or 32, and 0",
    ),
    "gif cut": (SEEN["gif"][: len(SEEN["gif"]) // 2], "cut off within frame 1"),
    "gif bomb": (
        gif.of_frames([gif.Frame(b"\0", 1)], 65535, 65535),
        "65535 by 65535 pixels: expected at most 67108864 in all",
    ),
    "gif of nothing": (
        gif.of_frames([gif.Frame(b"\0", 1)], 0, 9),
        "a GIF of no pixels: expected one or more",
    ),
    "gif without frames": (gif.of_frames([], 9, 9), "a GIF without a frame"),
    "gif broken": (
        gif.of_frames([gif.Frame(bytes(192), 16)], 16, 12).replace(b"\x2c\0\0\0\0\x10", b"\x2c\0\0\0\0\x20"),
        "damaged",
    ),
}


def test_a_bad_picture_is_a_problem_of_its_own(layer):
    good = [JPEG, PNG]
    alone = [layer(tf.constant([raw]))["pixels"].numpy()[0] for raw in good]
    files = [good[0], *(raw for raw, _ in BAD.values()), good[1]]
    found = layer(tf.constant(files))
    expected = ["", *(problem for _, problem in BAD.values()), ""]
    assert [text.decode() for text in found["problem"].numpy()] == expected
    pixels = found["pixels"].numpy()
    assert not pixels[1:-1].any()
    np.testing.assert_array_equal(pixels[[0, -1]], alone)
    assert [text.decode() for text in layer.problems(tf.constant(files)).numpy()] == expected


def test_no_pictures_at_all(layer):
    found = layer(tf.constant([], tf.string))
    assert found["pixels"].shape == (0, 12, 15, 3)
    assert found["problem"].shape == (0,)


def test_a_pixel_and_a_line_are_pictures(layer):
    dot, line = png(PIXELS[:1, :1] + 9, COLOURS), png(np.full((1, 400), 9, np.uint8), GREY)
    for one, there in ((layer, {9}), (Pictures(4, 6, "pad"), {0, 9})):
        found = one(tf.constant([dot, line]))
        assert found["problem"].numpy().tolist() == [b"", b""]
        assert [set(pixels.ravel()) for pixels in found["pixels"].numpy()] == [there, there]


def test_the_first_frame_of_a_gif_is_over_white_and_what_follows_may_be_cut_off(own):
    hole = gif.Frame(bytes([200, 0] * 8), 4, 1, 2, transparent=0)
    file = gif.of_frames([hole, gif.Frame(bytes(64), 8)], WIDTH, HEIGHT)
    expected = np.full((HEIGHT, WIDTH), 255)
    expected[2:6, 1:5:2] = 200
    found = own(tf.constant([file, file[:-20]]))
    assert found["problem"].numpy().tolist() == [b"", b""]
    for pixels in found["pixels"].numpy():
        np.testing.assert_array_equal(pixels, np.repeat(expected[..., None], 3, axis=2))


def test_a_far_larger_jpeg_is_decoded_smaller_and_looks_the_same():
    """Of a smooth picture; the sides of a half are rounded up."""
    large = PICTURE.resize((403, 301), Image.Resampling.BICUBIC)
    raw = saved(large, "JPEG", quality=95)
    found = Pictures(20, 24, "crop")(tf.constant([raw]))["pixels"].numpy()[0]
    middle = ImageOps.fit(large, (361, 301))
    expected = np.asarray(middle.resize((24, 20), Image.Resampling.BILINEAR), int)
    assert np.abs(found - expected).mean() < 1


@pytest.mark.parametrize(
    ("size", "orientation", "fit", "expected"),
    [
        ((375, 500), 1, "squash", 0),
        ((400, 440), 1, "squash", 1),
        ((400, 440), 1, "crop", 1),
        ((400, 399), 1, "squash", 0),
        ((400, 399), 1, "pad", 1),
        ((4000, 6000), 1, "squash", 3),
        ((440, 400), 1, "squash", 0),
        ((440, 400), 6, "squash", 1),
        ((30000, 100), 1, "squash", 0),
    ],
)
def test_how_much_smaller_a_jpeg_is_decoded(size, orientation, fit, expected):
    """As far as twice what is wanted is left, 100 by 110 pixels here."""
    decoder = images._Decoder(100, 110, fit, 3)
    height, width = (tf.constant(side, tf.int64) for side in size)
    header = images.Headers(None, height, width, tf.constant(orientation), None, None, None)
    assert decoder._ratio(header).numpy() == expected


def test_grey_is_luma_of_every_kind(own):
    found = Pictures(HEIGHT, WIDTH, channels=1)(tf.constant([PNG, CMYK, SEEN["grey jpeg"]]))
    pixels = found["pixels"].numpy()
    assert pixels.shape == (3, HEIGHT, WIDTH, 1)
    assert np.abs(pixels[0, ..., 0].astype(int) - np.asarray(PICTURE.convert("L"))).max() <= 1
    colours = own(tf.constant([CMYK]))["pixels"].numpy()[0]
    assert np.abs(pixels[1, ..., 0] - colours @ [0.299, 0.587, 0.114]).max() <= 0.51


def test_features_are_the_pixels_alone_in_a_data_set_too(layer):
    raw = [JPEG, PNG, b""]
    expected = layer(tf.constant(raw))["pixels"].numpy()
    found = layer.features(tf.constant(raw))
    assert list(found) == ["pixels"]
    np.testing.assert_array_equal(found["pixels"], expected)
    data = tf.data.Dataset.from_tensor_slices(raw).batch(2).map(layer.features)
    np.testing.assert_array_equal(np.concatenate([batch["pixels"] for batch in data]), expected)


def test_an_option_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="fit 'stretch', 3 channels: expected one of crop, pad, squash"):
        Pictures(8, 8, "stretch")
    with pytest.raises(ValueError, match="4 channels"):
        Pictures(8, 8, channels=4)


def test_a_model_of_pictures_knows_its_shapes_and_how_large_they_have_to_be(layer):
    model = keras.Model(given := keras.Input((), dtype="string"), layer(given))
    assert model.output["pixels"].shape == (None, 12, 15, 3)
    assert model.output["pixels"].dtype == "uint8"
    assert layer.side == 30


def mutated(raw, random):
    """A file with some bytes changed, most of them in its header, or cut off, or with bytes in between."""
    content = bytearray(raw)
    for _ in range(random.integers(1, 5)):
        most = len(content) if random.random() < 0.4 else min(len(content), 60)
        content[random.integers(most)] = random.choice([0, 1, 0x7F, 0x80, 0xFF, random.integers(256)])
    cut = random.integers(len(content)) if random.random() < 0.2 else len(content)
    return bytes(content[:cut])


def test_whatever_bytes_are_there_a_batch_is_answered_and_its_good_rows_stay(layer):
    random = np.random.default_rng(7)
    good = list(SEEN.values())
    expected = layer(tf.constant(good))["pixels"].numpy()
    alone = [layer(tf.constant([raw]))["pixels"].numpy()[0] for raw in good[::5]]
    np.testing.assert_array_equal(expected[::5], alone)
    damaged = [mutated(raw, random) for raw in good for _ in range(4)]
    mixed = layer(tf.constant([raw for pair in zip(good * 4, damaged, strict=True) for raw in pair]))
    pixels, problem = mixed["pixels"].numpy(), mixed["problem"].numpy()
    np.testing.assert_array_equal(pixels[::2], np.concatenate([expected] * 4))
    assert set(problem[::2]) == {b""}
    assert not pixels[problem != b""].any()
    assert 20 < (problem != b"").sum() < 100
