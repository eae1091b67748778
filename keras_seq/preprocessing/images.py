"""Pictures -> pixels of one size, in the graph: the same layer runs in `tf.data`, in the saved model and in the
servable.

A picture is a JPEG, PNG, BMP or GIF file, and is seen as a page would show it: turned as its EXIF says, and what is
transparent over white. Colour profiles are not looked at.

Ops used: core TensorFlow. What is wrong with a picture is said in its own row, and changes no other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Literal, NamedTuple

import keras
import tensorflow as tf

from keras_seq.preprocessing import bmp_headers, exif, gif_blocks, gif_frames, image_headers, image_kinds
from keras_seq.preprocessing.attempts import attempted
from keras_seq.preprocessing.complaints import first_of
from keras_seq.preprocessing.image_headers import Headers
from keras_seq.preprocessing.jpeg_headers import INKS
from keras_seq.preprocessing.resizing import FITS, resized
from keras_seq.preprocessing.transparency import over_white

ROWS_AT_ONCE = 4
# How many times smaller a JPEG file is decoded, where that is still `ENOUGH` times as large as is wanted: a quarter
# of the work, and of a picture of 6000 by 4000 a sixteenth of the memory.
RATIOS = (1, 2, 4, 8)
ENOUGH = 2
WHITE = 255
JPEG_END = b"\xff\xd9"


class Images(NamedTuple):
    """Decoded pictures.

    Attributes:
        pixels: `(batch, height, width, channels)` uint8; 0 where there is a problem.
        problem: `(batch,)` string: "", or what is wrong.
    """

    pixels: tf.Tensor
    problem: tf.Tensor


@keras.saving.register_keras_serializable("keras_seq")
class Pictures(keras.layers.Layer):
    """Pictures `(batch,)` string -> `pixels` `(batch, height, width, channels)` uint8 and `problem` `(batch,)`, as
    `Images`.

    Each is decoded and resized by itself, so that memory is that of the answer and of four whole pictures in bytes.

    Args:
        height: in pixels.
        width: in pixels.
        fit: what is done with a picture that has another ratio of its sides: `squash`, `crop` or `pad`, as
            `resizing.resized` has them.
        channels: 3 for red, green and blue, 1 for grey (luma).

    Example:
        >>> Pictures(224, 224)(tf.constant([b"no picture"]))["problem"]
        [b"not a JPEG, PNG, BMP or GIF file"]
    """

    def __init__(
        self,
        height: int,
        width: int,
        fit: Literal["squash", "crop", "pad"] = "squash",
        channels: Literal[1, 3] = 3,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if fit not in FITS or channels not in (1, 3):
            raise ValueError(
                f"fit {fit!r}, {channels} channels: expected one of {', '.join(FITS)}, and 1 or 3"
            )
        self.height, self.width, self.fit, self.channels = height, width, fit, channels
        self.built = True

    @property
    def side(self) -> int:
        """Pixels that the shorter side of a picture needs; more are of no use."""
        return ENOUGH * max(self.height, self.width)

    def call(self, raw: tf.Tensor) -> dict[str, tf.Tensor]:
        return decode(raw, self.height, self.width, self.fit, self.channels)._asdict()

    def features(self, raw: tf.Tensor) -> dict[str, tf.Tensor]:
        """`pixels` alone."""
        return {"pixels": self(raw)["pixels"]}

    def problems(self, raw: tf.Tensor) -> tf.Tensor:
        """What is wrong with each picture, `(batch,)` string, "" where nothing is; JPEG files are decoded eight times
        smaller for that, and nothing is resized.
        """
        return problems(raw)

    def compute_output_spec(self, raw: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        batch = raw.shape[0]
        return {
            "pixels": keras.KerasTensor((batch, self.height, self.width, self.channels), "uint8"),
            "problem": keras.KerasTensor((batch,), "string"),
        }

    def get_config(self) -> dict:
        names = ("height", "width", "fit", "channels")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def decode(raw: tf.Tensor, height: int, width: int, fit: str = "squash", channels: int = 3) -> Images:
    """Pictures `(batch,)` string -> their pixels.

    JPEG: baseline and progressive, grey, colours, and four inks, of which 255 is none as all programs write them.
    PNG: of all kinds, of 16 bits the higher 8. BMP: without compression, 8, 24 and 32 bits. GIF: the first frame.
    What stands behind the whole is passed over. The arguments are those of `Pictures`.
    """
    return Images(*_decoder(height, width, fit, channels)(raw))


def problems(raw: tf.Tensor) -> tf.Tensor:
    """What is wrong with each picture, `(batch,)` string; as `decode` has it."""
    return _decoder(1, 1, "squash", 3, False)(raw)[1]


@functools.cache
def _decoder(*options) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """A function, so that the loop over the pictures is in a graph wherever it is called."""
    decoder = _Decoder(*options)
    return tf.function(decoder.decode, [tf.TensorSpec([None], tf.string)], autograph=False)


class _Decoder(NamedTuple):
    """How pictures are decoded; the attributes are those of `Pictures`, and whether more than a pixel is asked for."""

    height: int
    width: int
    fit: str
    channels: int
    is_shown: bool = True

    def decode(self, raw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """All pictures of a batch, each by itself."""
        headers = image_headers.read(raw, *image_kinds.kind(raw))

        def decode_row(given: tuple[tf.Tensor, Headers]) -> tuple[tf.Tensor, tf.Tensor]:
            one, header = given
            kinds = [self._nothing, self._of_jpeg, self._of_png, self._of_bmp, self._of_gif]
            pixels, problem = tf.switch_case(
                header.kind, [functools.partial(kind, one, header) for kind in kinds]
            )
            return pixels, tf.where(header.problem == "", problem, header.problem)

        spec = (tf.TensorSpec(self.shape, tf.uint8), tf.TensorSpec([], tf.string))
        return tf.map_fn(
            decode_row, (raw, headers), fn_output_signature=spec, parallel_iterations=ROWS_AT_ONCE
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of a picture."""
        return self.height, self.width, self.channels

    def _nothing(self, *_) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.zeros(self.shape, tf.uint8), tf.constant("")

    def _of_jpeg(self, raw: tf.Tensor, header: Headers) -> tuple[tf.Tensor, tf.Tensor]:
        size = tf.strings.length(raw)
        told = tf.strings.join([tf.strings.substr(raw, 0, 2), INKS, tf.strings.substr(raw, 2, size)])
        given = (tf.where(header.inks, told, raw), self._ratio(header), header.orientation)

        def decode(given: tuple) -> tf.Tensor:
            raw, ratio, orientation = given
            # The method is named, for another one, which a build may prefer, gives other pixels. Grey is made of
            # colours, for of four inks the op makes colours only.
            ways = [
                functools.partial(tf.io.decode_jpeg, raw, 3, one, dct_method="INTEGER_ACCURATE")
                for one in RATIOS
            ]
            return self._finished(tf.switch_case(ratio, ways), orientation)

        is_whole = tf.strings.substr(raw, size - 2, 2) == JPEG_END
        return self._tried(decode, given, tf.where(is_whole, "damaged", "cut off"))

    def _of_png(self, raw: tf.Tensor, header: Headers) -> tuple[tf.Tensor, tf.Tensor]:
        def decode(given: tuple) -> tf.Tensor:
            raw, transparent, orientation = given
            picture = tf.cond(
                transparent,
                lambda: over_white(tf.io.decode_png(raw, 4)),
                lambda: tf.io.decode_png(raw, 3),
            )
            return self._finished(picture, orientation)

        is_whole = tf.strings.regex_full_match(tf.strings.substr(raw, -8, 4), "IEND")
        given = (raw, header.transparent, header.orientation)
        return self._tried(decode, given, tf.where(is_whole, "damaged", "cut off"))

    def _of_bmp(self, raw: tf.Tensor, header: Headers) -> tuple[tf.Tensor, tf.Tensor]:
        def decode(given: tuple) -> tf.Tensor:
            raw, transparent, orientation = given
            picture = bmp_headers.decoded(raw)
            picture = tf.cond(transparent, lambda: over_white(picture), lambda: picture[..., :3])
            return self._finished(tf.ensure_shape(picture, [None, None, 3]), orientation)

        return self._tried(decode, (raw, header.transparent, header.orientation), tf.constant("damaged"))

    def _of_gif(self, raw: tf.Tensor, header: Headers) -> tuple[tf.Tensor, tf.Tensor]:
        blocks = gif_blocks.read(raw)
        first = tf.zeros_like(blocks.starts[:1])
        sizes = tf.concat([tf.stack([[blocks.width, blocks.height]]), blocks.frames[:1, 2:]], axis=0)
        width, height = (tf.cast(tf.reduce_max(sides), tf.int64) for sides in tf.unstack(sizes, axis=1))
        empty = tf.reduce_min(sizes) == 0
        problem = first_of(
            (tf.size(first) == 0, blocks.problem),
            (empty, "a GIF of no pixels: expected one or more"),
            *image_headers.of_size(height, width),
            (tf.reduce_any(tf.gather(blocks.palette, first) == 0), "a GIF without a palette"),
        )
        good = problem == ""
        first = first[: tf.where(good, tf.size(first), 0)]
        frames = gif_frames.frames_of(raw, blocks, first, first, 3)
        size = tf.where(good, tf.stack([blocks.height, blocks.width]), 0)  # nothing is allocated else

        def decode(given: tuple) -> tf.Tensor:
            frames, size, orientation = given
            finished = functools.partial(self._finished, orientation=orientation)
            return gif_frames.drawn(frames, size, 3, finished, self.shape, WHITE)[0]

        given = (frames, size, header.orientation)
        found, wrong = tf.cond(
            good, lambda: self._tried(decode, given, tf.constant("damaged")), self._nothing
        )
        return found, tf.where(good, wrong, problem)

    def _ratio(self, header: Headers) -> tf.Tensor:
        """The place in `RATIOS` of how many times smaller a JPEG file is decoded, `()` int32."""
        if not self.is_shown:
            return tf.constant(len(RATIOS) - 1)
        is_turned = header.orientation > 4
        height = tf.where(is_turned, header.width, header.height)
        width = tf.where(is_turned, header.height, header.width)
        high, wide = height // (ENOUGH * self.height), width // (ENOUGH * self.width)
        times = tf.maximum(high, wide) if self.fit == "pad" else tf.minimum(high, wide)
        return tf.reduce_sum(tf.cast(times >= RATIOS[1:], tf.int32))

    def _finished(self, picture: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
        """What is kept of a whole picture, `(height, width, 3)` uint8."""
        if not self.is_shown:
            return tf.ensure_shape(picture[:1, :1], self.shape)
        kept = resized(exif.upright(picture, orientation), self.height, self.width, self.fit)
        return gif_frames.luma(kept) if self.channels == 1 else kept

    def _tried(
        self, decode: Callable[[tuple], tf.Tensor], given: tuple, problem: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """What is decoded, or nothing and a problem."""
        found, succeeded = attempted(decode, given, tf.zeros(self.shape, tf.uint8))
        return found, tf.where(succeeded, "", problem)
