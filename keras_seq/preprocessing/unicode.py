"""What every preprocessing does with raw text first, in the graph: valid UTF-8 that nothing ends early, a
normal form.

Ops used: core TensorFlow, and TF-Text's NormalizeUTF8.
"""

from __future__ import annotations

from typing import Literal

import tensorflow as tf
import tensorflow_text as tf_text

MOST_MARKS = 30  # combining marks kept of a run of them


def valid(texts: tf.Tensor) -> tf.Tensor:
    """Texts as valid UTF-8: U+FFFD for bytes that are none, and a space for every NUL.

    TF-Text's RegexSplitWithOffsets takes a NUL for the end of the text, and in TensorFlow Serving up to 2.19
    other ops of it do; those of core TensorFlow do not. So it is replaced before TF-Text sees it.
    """
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
    return tf.strings.regex_replace(texts, r"\x00", " ")


def normalized(texts: tf.Tensor, form: Literal["NFC", "NFKC"]) -> tf.Tensor:
    """Valid texts in a normal form; of a run of combining marks the first 30 are kept."""
    # Ordering a run of combining marks takes time in the square of its length.
    texts = tf.strings.regex_replace(texts, rf"(\p{{M}}{{{MOST_MARKS}}})\p{{M}}+", r"\1")
    return tf_text.normalize_utf8(texts, form)
