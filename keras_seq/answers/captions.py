"""Pictures -> captions, and what there is to see of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_seq import image_files
from keras_seq.answers import caption_pictures, image_edges
from keras_seq.answers.caption_pictures import Captioned
from keras_seq.answers.edge_inputs import EdgeInputs
from keras_seq.answers.generated import GeneratedText
from keras_seq.answers.generating import STRINGS, GeneratedAnswering
from keras_seq.backbones import ImageFeatures
from keras_seq.formats import Example
from keras_seq.pictures import Picture
from keras_seq.preprocessing.subwords import SPACE

CONSTANT_IMAGE = "constant_image_caption"  # what `score_truths` gives of a picture in which there is nothing
MEAN_GREY = 127  # of 0 to 255
MOST_PIECES = 60  # of a caption, its end among them
SHOWN_INPUTS = 2  # of a run's requests
SHOWN_ATTENTIONS = 3  # pictures over which a card draws the attention
# Odd, and so that products of it with pixels fill 64 bits: keys of pictures are sums of such products.
KEY_FACTOR = 0x9E3779B97F4A7C1

Tensors = dict[str, tf.Tensor]


@keras.saving.register_keras_serializable("keras_seq")
class Captions(GeneratedText):
    """`pixels` `(batch, height, width, 3)` uint8 and `problem` `(batch,)` string -> the pictures' captions.

    `caption` and `score`, `captions` and `scores` are those of `GeneratedText`. A picture with a problem has the
    caption "".

    Args:
        args: as of `GeneratedText`; the network reads `pixels`.
        most_pieces: of a caption, its end among them.
        kwargs: likewise.
    """

    names = ("caption", "captions")
    options = (*GeneratedText.options, "most_pieces")

    def __init__(self, *args: Any, most_pieces: int = MOST_PIECES, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most_pieces = most_pieces

    def encoder_inputs(self, inputs: Tensors) -> Tensors:
        return {name: inputs[name] for name in self.network.input if name != "target_ids"}

    def has_content(self, inputs: Tensors) -> tf.Tensor:
        return tf.equal(inputs["problem"], "")

    def limits(self, inputs: Tensors) -> tf.Tensor:
        return tf.where(self.has_content(inputs), self.most_pieces, 1)

    def keys(self, inputs: Tensors) -> tf.Tensor:
        pixels = tf.cast(inputs["pixels"], tf.int64)
        pixels = tf.reshape(pixels, [tf.shape(pixels)[0], tf.reduce_prod(tf.shape(pixels)[1:])])
        factors = (2 * tf.range(tf.shape(pixels, tf.int64)[1]) + 1) * KEY_FACTOR
        return tf.reduce_sum(pixels * factors, axis=1)

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the places that the decoder attends to; 1 and 1 of a vector, 0 and 0 of nothing."""
        if getattr(self.decoder, "attention", "") == "none":
            return 0, 0
        memory = self.decoder.input[1].shape
        places = memory[1] if len(memory) == 3 else 1
        for layer in self.network.layers:
            if isinstance(layer, ImageFeatures) and not layer.pooled:
                _, rows, columns, _ = layer.backbone.compute_output_shape((None, *layer.input.shape[-3:]))
                if rows * columns == places:
                    return rows, columns
        return 1, places


@keras.saving.register_keras_serializable("keras_seq")
class CaptionAnswering(GeneratedAnswering):
    """`Answering` with captions of pictures, and with a second signature `attention`.

    Example:
        >>> model = keras_seq.load("runs/captioning")
        >>> model([pathlib.Path("scene.png").read_bytes()])["caption"]
        <tf.Tensor: shape=(1,), dtype=string, numpy=array([b'a red square'], dtype=object)>
    """

    takes_files = True

    def file_contents(self, raw: bytes) -> bytes:
        """The bytes of a picture as the graph reads it, of a file of any kind that Pillow opens."""
        return image_files.as_image(raw, self.preprocessing.side)

    def edge_inputs(self, examples: list[str | bytes]) -> EdgeInputs:
        """Pictures of every kind that is read, and files that are none; see `Answering.edge_inputs`."""
        of_files = super().edge_inputs(examples)
        return of_files._replace(
            good=[*of_files.good, *image_edges.good()], damaged=[*of_files.damaged, *image_edges.damaged()]
        )

    def attend(self, raw: tf.Tensor) -> Tensors:
        """Pictures `(batch,)` -> their best captions piece by piece, and where the model looked for each piece.

        `pieces` `(batch, time)` string, `</s>` at the end; `token_scores` `(batch, time)` float32, the
        log-probability of each; `attention` `(batch, time, places)` float32, over the places of the picture row by
        row, and `rows` and `columns` `(batch,)` int32, how many there are of them. Padding is "" and 0.
        """
        if tf.executing_eagerly():
            return self._as_graph("attention", self.attend, [STRINGS])(raw)
        answers, inputs = self.answers, self.preprocessing(raw)
        found, good = answers.hypotheses(inputs), tf.equal(inputs["problem"], "")[:, None]
        pieces = self._with_end(answers.target.pieces_of(found.tokens)[:, 0], found)
        rows, columns = (tf.fill(tf.shape(raw), size) for size in answers.grid)
        return {
            "pieces": tf.where(good, pieces, ""),
            "token_scores": tf.where(good, found.token_scores[:, 0], 0.0),
            "attention": tf.where(good[..., None], found.attention[:, 0], 0.0),
            "rows": rows,
            "columns": columns,
        }

    def score_truths(self, inputs: list, truths: list[str]) -> Tensors:
        """See `GeneratedAnswering.score_truths`; and `constant_image_caption`, the same of each: what the model says
        of a picture that is grey all over. What its captions are above that, it owes to the pictures.
        """
        grey = self._as_graph("constant_image", self._of_grey, [])()
        return {
            **super().score_truths(inputs, truths),
            CONSTANT_IMAGE: tf.repeat(grey, len(inputs), axis=0),
        }

    def _of_grey(self) -> tf.Tensor:
        (pixels,) = [tensor for tensor in self.network.inputs if tensor.name == "pixels"]
        grey = tf.fill([1, *pixels.shape[1:]], tf.constant(MEAN_GREY, pixels.dtype))
        return self.answers({"pixels": grey, "problem": tf.constant([""])})["caption"]

    def pictures(self, inputs: list) -> list[Picture]:
        """Where the model looks for each word of the first inputs."""
        named = (self._captioned(f"input_{n}", (), raw) for n, raw in enumerate(inputs[:SHOWN_INPUTS], 1))
        return [caption_pictures.of_attention(one) for one in named if one is not None and one.has_map]

    def pictures_of(self, examples: list[tuple[str, Example, str | bytes]]) -> list[Picture]:
        """Some pictures with their captions, and where the model looked for each word of a few."""
        captioned = (self._captioned(name, example.truths, raw) for name, example, raw in examples)
        shown = [one for one in captioned if one is not None]
        attended = [one for one in shown if one.has_map][:: max(1, len(shown) // SHOWN_ATTENTIONS)]
        return [
            *caption_pictures.of_captions(shown),
            *(caption_pictures.of_attention(one) for one in attended[:SHOWN_ATTENTIONS]),
        ]

    def _captioned(self, name: str, truths: Sequence[str], raw: str | bytes) -> Captioned | None:
        """What there is to see of a picture; None where it cannot be used."""
        tensors, found = self.preprocessing(tf.constant([raw])), self.attend(tf.constant([raw]))
        if tensors["problem"][0].numpy():
            return None
        caption = self([raw])["caption"][0].numpy().decode("utf-8", "replace")
        pieces = [piece.decode("utf-8", "replace") for piece in found["pieces"][0].numpy() if piece]
        words = [piece.replace(SPACE, " ").strip() or SPACE for piece in pieces]
        weights = found["attention"][0, : len(words)].numpy().reshape(len(words), *self.answers.grid)
        pixels = np.asarray(tensors["pixels"][0])
        return Captioned(name, pixels, caption, truths, words, weights)
