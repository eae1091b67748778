"""Clips -> frames of one size, in the graph: the same layer runs in `tf.data`, in the saved model and in the
servable.

A clip is an animated GIF, or JPEG files one after the other: what cameras and FFmpeg call MJPEG. Video files are
made into the latter, for it has all colours. One JPEG file is a clip of one frame.

Ops used: core TensorFlow. What is wrong with a clip is said in its own row, and changes no other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Literal, NamedTuple

import keras
import tensorflow as tf

from keras_seq.preprocessing import clip_files, gif_blocks, gif_frames, jpeg_strips
from keras_seq.preprocessing.attempts import attempted
from keras_seq.preprocessing.complaints import first_of, text
from keras_seq.preprocessing.resizing import FITS, resized
from keras_seq.preprocessing.trimming import evenly_lit, trimmed

ROWS_AT_ONCE = 4
LARGER = 4 / 3  # a clip is decoded, where its borders are trimmed


class Clips(NamedTuple):
    """Frames of clips.

    Attributes:
        frames: `(batch, time, height, width, channels)` uint8, padded on the right with 0; one step at least.
        lengths: frames of each, `(batch,)` int32; 0 where there is a problem.
        problem: `(batch,)` string: "", or what is wrong.
    """

    frames: tf.Tensor
    lengths: tf.Tensor
    problem: tf.Tensor


@keras.saving.register_keras_serializable("keras_seq")
class ClipFrames(keras.layers.Layer):
    """Clips `(batch,)` string -> `frames` `(batch, time, height, width, channels)`, `lengths` and `problem`
    `(batch,)`, as `Clips`.

    Of a clip that has more frames than are wanted it takes the middle one of each of as many equal parts; a shorter
    one has all of its own, and none twice. A frame is resized when it is decoded, so that memory is that of the
    frames that are answered, `batch * time * height * width * channels` bytes three times, and of some whole ones.

    Args:
        frames: most frames of a clip.
        height: of a frame, in pixels.
        width: of a frame, in pixels.
        channels: 3 for red, green and blue, 1 for grey (luma).
        fit: what is done with a clip that has another ratio of its sides: `crop`, `pad` or `squash`, as
            `resizing.resized` has them.
        trim: whether clips lose what is black at their borders; see `TrimmedFrames`. They are decoded a third larger
            then, and padded.
        even_light: whether what is not black has the same brightness and contrast in every clip; see `evenly_lit`.

    Example:
        >>> ClipFrames(8, 64, 64)(tf.constant([b"no clip"]))["problem"]
        [b"neither a GIF nor a JPEG file"]
    """

    def __init__(
        self,
        frames: int,
        height: int,
        width: int,
        channels: Literal[1, 3] = 3,
        fit: Literal["crop", "pad", "squash"] = "crop",
        trim: bool = False,
        even_light: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if fit not in FITS or channels not in (1, 3):
            raise ValueError(
                f"fit {fit!r}, {channels} channels: expected one of {', '.join(FITS)}, and 1 or 3"
            )
        self.frames, self.height, self.width, self.channels, self.fit = frames, height, width, channels, fit
        self.trim, self.even_light = trim, even_light
        self.built = True

    @property
    def side(self) -> int:
        """Pixels that the shorter side of a clip needs; more are of no use."""
        return max(self._decoded_sides)

    def call(self, clips: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._decoded(clips)._asdict()

    def features(self, clips: tf.Tensor) -> dict[str, tf.Tensor]:
        """`frames` and `lengths` alone."""
        found = self._decoded(clips)
        return {"frames": found.frames, "lengths": found.lengths}

    def problems(self, clips: tf.Tensor) -> tf.Tensor:
        """What is wrong with each clip, `(batch,)` string; "" where nothing is."""
        return self._decoded(clips).problem

    def compute_output_spec(self, clips: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        batch = clips.shape[0]
        return {
            "frames": keras.KerasTensor((batch, None, self.height, self.width, self.channels), "uint8"),
            "lengths": keras.KerasTensor((batch,), "int32"),
            "problem": keras.KerasTensor((batch,), "string"),
        }

    def get_config(self) -> dict:
        names = ("frames", "height", "width", "channels", "fit", "trim", "even_light")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    @property
    def _decoded_sides(self) -> tuple[int, int]:
        larger = LARGER if self.trim else 1.0
        return round(larger * self.height), round(larger * self.width)

    def _decoded(self, clips: tf.Tensor) -> Clips:
        fit = "pad" if self.trim else self.fit
        found = decode(clips, self.frames, *self._decoded_sides, self.channels, fit)
        frames = found.frames
        if self.trim:
            frames = trimmed(frames, self.height, self.width)
        return found._replace(frames=evenly_lit(frames) if self.even_light else frames)


def decode(
    clips: tf.Tensor, frames: int, height: int, width: int, channels: int = 3, fit: str = "crop"
) -> Clips:
    """Clips `(batch,)` string -> their frames.

    GIF: partial frames, transparent colours, local palettes, interlace and disposal methods as the specification has
    them; where nothing is drawn it is black. A JPEG file is decoded only if its frame is taken, whatever its size
    beside the others, so that of those that are not taken nothing is known but where they are. A file that is cut off
    within a frame has a problem; GIF's end, or bytes behind the whole, may be missing.

    The arguments are those of `ClipFrames`.
    """
    return Clips(*_decoder(frames, height, width, channels, fit)(clips))


@functools.cache
def _decoder(*options) -> Callable[[tf.Tensor], Clips]:
    """A function, so that the loop over the clips is in a graph wherever it is called."""
    decoder = _Decoder(*options)
    return tf.function(decoder.decode, [tf.TensorSpec([None], tf.string)], autograph=False)


class _Decoder(NamedTuple):
    """How clips are decoded; the attributes are those of `ClipFrames`."""

    frames: int
    height: int
    width: int
    channels: int
    fit: str

    def decode(self, clips: tf.Tensor) -> Clips:
        """All clips of a batch, each by itself."""
        count = tf.size(clips)
        kind, problem = clip_files.kind(clips)
        rows = tf.TensorArray(tf.uint8, count, element_shape=[None, *self.shape], infer_shape=False)
        lengths = tf.TensorArray(tf.int32, count, element_shape=[])
        problems = tf.TensorArray(tf.string, count, element_shape=[])

        def decode_row(row: tf.Tensor, rows, lengths, problems) -> tuple:
            raw = clips[row]
            found, wrong = tf.switch_case(
                kind[row], [self._nothing, lambda: self._of_gif(raw), lambda: self._of_jpeg(raw)]
            )
            wrong = tf.where(problem[row] == "", wrong, problem[row])
            length = tf.shape(found)[0]
            return row + 1, rows.write(row, found), lengths.write(row, length), problems.write(row, wrong)

        _, rows, lengths, problems = tf.while_loop(
            lambda row, *_: row < count,
            decode_row,
            [0, rows, lengths, problems],
            parallel_iterations=ROWS_AT_ONCE,
        )
        return Clips(self._padded(rows.concat(), lengths.stack()), lengths.stack(), problems.stack())

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of a frame."""
        return self.height, self.width, self.channels

    def _padded(self, flat: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Frames of all clips one after the other -> `(batch, time, ...)`."""
        starts = tf.cumsum(lengths, exclusive=True)
        time = tf.maximum(tf.reduce_max(tf.concat([lengths, [1]], axis=0)), 1)
        nothing = tf.zeros([1, *self.shape], tf.uint8)
        places = tf.where(
            tf.sequence_mask(lengths, time), starts[:, None] + tf.range(time), tf.shape(flat)[0]
        )
        return tf.gather(tf.concat([flat, nothing], axis=0), places)

    def _nothing(self) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.zeros([0, *self.shape], tf.uint8), tf.constant("")

    def _finished(self, picture: tf.Tensor) -> tf.Tensor:
        return resized(picture, self.height, self.width, self.fit)

    def _of_gif(self, raw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        blocks = gif_blocks.read(raw)
        size = tf.stack([blocks.height, blocks.width])
        taken = sampled(tf.size(blocks.starts), self.frames)
        numbers = gif_frames.needed(blocks, taken)
        own = tf.reduce_prod(tf.cast(tf.gather(blocks.frames, numbers)[:, 2:], tf.int64), axis=1)
        whole = tf.reduce_prod(tf.cast(size, tf.int64))
        no_palette = tf.reduce_any(tf.gather(blocks.palette, numbers) == 0)
        problem = first_of(
            (blocks.problem != "", blocks.problem),
            (
                whole == 0,
                text(blocks.width, " by ", blocks.height, " pixels: expected one or more"),
            ),
            *clip_files.too_large(tf.maximum(own, whole)),
            (no_palette, "a GIF without a palette"),
        )
        numbers = numbers[: tf.where(problem == "", tf.size(numbers), 0)]
        frames = gif_frames.frames_of(raw, blocks, numbers, taken, self.channels)
        size = tf.where(problem == "", size, 0)  # nothing is allocated for what is refused

        def draw(frames: gif_frames.Frames) -> tf.Tensor:
            return gif_frames.drawn(frames, size, self.channels, self._finished, self.shape)

        return self._tried(draw, frames, gif_frames.decoded, frames.pictures, numbers, problem)

    def _of_jpeg(self, raw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        strip = jpeg_strips.read(raw)
        numbers = sampled(tf.size(strip.starts), self.frames)
        problem = first_of(
            (strip.problem != "", strip.problem), *clip_files.too_large(tf.gather(strip.pixels, numbers))
        )
        numbers = numbers[: tf.where(problem == "", tf.size(numbers), 0)]
        starts, sizes = tf.gather(strip.starts, numbers), tf.gather(strip.sizes, numbers)
        pictures = tf.strings.substr(tf.fill(tf.shape(numbers), raw), starts, sizes)

        def decode_one(picture: tf.Tensor) -> tf.Tensor:
            # The method is named, for another one, which a build may prefer, gives other pixels.
            return tf.io.decode_jpeg(picture, self.channels, dct_method="INTEGER_ACCURATE")

        def decode_all(pictures: tf.Tensor) -> tf.Tensor:
            spec = tf.TensorSpec(self.shape, tf.uint8)
            return tf.map_fn(
                lambda picture: self._finished(decode_one(picture)),
                pictures,
                fn_output_signature=spec,
                parallel_iterations=1,
            )

        return self._tried(decode_all, pictures, decode_one, pictures, numbers, problem)

    def _tried(
        self, decode_all, given, decode_one, pictures, numbers, problem
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """All frames, or none and a problem that names the first of those that cannot be decoded."""

        def first_damaged() -> tf.Tensor:
            def is_good(picture: tf.Tensor) -> tf.Tensor:
                return attempted(lambda picture: tf.size(decode_one(picture)), picture, 0)[1]

            good = tf.map_fn(is_good, pictures, fn_output_signature=tf.bool)
            number = tf.gather(numbers, tf.argmin(tf.cast(good, tf.int32)))
            return text("frame ", number + 1, " is damaged")

        found, succeeded = attempted(decode_all, given, self._nothing()[0])
        return found, tf.cond(succeeded, lambda: problem, first_damaged)


def sampled(count: tf.Tensor, frames: int) -> tf.Tensor:
    """Which of `count` frames are taken: all, or the middle one of each of `frames` equal parts; int32."""
    taken = tf.range(tf.minimum(count, frames))
    middle = (2 * tf.cast(taken, tf.int64) + 1) * tf.cast(count, tf.int64) // (2 * frames)
    return tf.where(count > frames, tf.cast(middle, tf.int32), taken)
