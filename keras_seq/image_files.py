"""Files of pictures -> pictures as models take them: what Pillow reads (WebP, TIFF, AVIF and others) becomes PNG.

What the graph reads itself (JPEG, PNG, GIF, most BMP) stays as it is. `serving/client.py` makes the same.
"""

from __future__ import annotations

import importlib
import io
import struct
import warnings
from typing import TYPE_CHECKING

from keras_seq.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

READ_BY_THE_GRAPH = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8")
BMP, HEIC = b"BM", (b"ftypheic", b"ftypheix", b"ftypheim", b"ftypheis", b"ftyphevc", b"ftypmif1")
MOST_PIXELS = 2**26  # a phone's 50 million and some: 200 MB of colours
# Of what Pillow knows: it starts Ghostscript for PostScript, and reads what no picture of anybody's is.
FORMATS = ("WEBP", "TIFF", "AVIF", "HEIF", "BMP", "DIB", "JPEG2000", "PPM", "TGA", "ICO", "PCX", "SGI", "QOI")
SIXTEEN_BITS = 256  # times brighter


def as_image(raw: bytes, side: int) -> bytes:
    """The bytes of a picture's file -> a picture that models take.

    Pictures of other formats become PNG files: the first frame or page, as a person sees it, alpha kept; made smaller,
    where they are larger, until the shorter side is `side`. Bytes of no kind that is known stay as they are: what is
    wrong with them is said where they are decoded. It may be called in several threads.

    Args:
        raw: of a file.
        side: pixels of the shorter side.

    Raises:
        DataError: when the picture is cut off, damaged or far too large, or HEIC, and pillow-heif is not there.
    """
    if not raw or raw.startswith(READ_BY_THE_GRAPH) or _is_usual_bitmap(raw):
        return raw
    from PIL import Image, UnidentifiedImageError

    if raw[4:12] in HEIC:
        _know_heic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of many pixels, which are counted here, and of odd tags
            with Image.open(io.BytesIO(raw), formats=_known(FORMATS)) as picture:
                width, height = picture.size
                if width * height > MOST_PIXELS:
                    raise DataError(f"has {width} by {height} pixels: expected at most {MOST_PIXELS} in all")
                return _png(picture, side)
    except UnidentifiedImageError:
        return raw
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"is damaged, or cut off: {_first_line(error)}") from None


def _is_usual_bitmap(raw: bytes) -> bool:
    """Whether it is a BMP file of 24 or 32 bits a pixel, or of a palette of 256 colours, without compression."""
    header = raw[14:34].ljust(20, b"\0")
    size, _, _, _, bits, compression = struct.unpack("<IiiHHI", header)
    return raw.startswith(BMP) and size >= 40 and bits in (8, 24, 32) and not compression


def _known(formats: tuple[str, ...]) -> list[str]:
    """Those of which this Pillow has a reader; it raises for others."""
    from PIL import Image

    Image.init()
    return [name for name in formats if name in Image.OPEN]


def _know_heic() -> None:
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:
        raise DataError("is a HEIC file: convert it to JPEG, or pip install pillow-heif") from None


def _png(picture: Image.Image, side: int) -> bytes:
    from PIL import Image, ImageOps

    picture.load()
    upright = _in_8_bits(ImageOps.exif_transpose(picture))
    scale = side / min(upright.size)
    if scale < 1:
        width, height = (max(1, round(scale * length)) for length in upright.size)
        # Alpha has to be multiplied into the colours while they are mixed, which Pillow does.
        upright = upright.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    stream = io.BytesIO()
    upright.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _in_8_bits(picture: Image.Image) -> Image.Image:
    """A picture of greys, of colours, or of colours and alpha."""
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda value: value * (1 / SIXTEEN_BITS)).convert("L")
    has_alpha = picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info
    return picture.convert("RGBA" if has_alpha else "L" if picture.mode in ("L", "1") else "RGB")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200] or type(error).__name__
