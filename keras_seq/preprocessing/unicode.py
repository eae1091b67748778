"""The one cleaner of text, in the graph: valid UTF-8 that nothing ends early, normal forms, white space.

Ops used: core TensorFlow, and TF-Text's NormalizeUTF8 and CaseFoldUTF8.
"""

from __future__ import annotations

from typing import Literal

import tensorflow as tf
import tensorflow_text as tf_text

MOST_MARKS = 30  # combining marks kept of a run of them
# White space, control and zero-width characters, to stand within [] of a regular expression of RE2.
BLANKS = r"\s\p{Z}\p{Cc}\x{200B}\x{FEFF}"


def valid(texts: tf.Tensor) -> tf.Tensor:
    """Texts as valid UTF-8 without NUL: U+FFFD for bytes that are none, and a space for every NUL.

    TF-Text's RegexSplitWithOffsets takes a NUL for the end of the text, and in TensorFlow Serving up to 2.19
    other ops of it do; those of core TensorFlow do not. So it is replaced before TF-Text sees it.
    """
    return tf.strings.regex_replace(valid_with_nul(texts), r"\x00", " ")


def valid_with_nul(texts: tf.Tensor) -> tf.Tensor:
    """Texts as valid UTF-8, for core TensorFlow alone: U+FFFD for bytes that are none; a NUL stays."""
    return tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")


def normalized(
    texts: tf.Tensor,
    form: Literal["NFC", "NFKC"],
    fold_case: bool = False,
    most_marks: int | None = MOST_MARKS,
) -> tf.Tensor:
    """Valid texts in a normal form.

    Args:
        texts: string, of any shape.
        form: NFC composes; NFKC also replaces compatibility characters, such as ligatures.
        fold_case: whether case is folded then.
        most_marks: combining marks kept of a run of them, because ordering them takes time in the square of
            their number; None where the texts are short.
    """
    if most_marks is not None:
        texts = tf.strings.regex_replace(texts, rf"(\p{{M}}{{{most_marks}}})\p{{M}}+", r"\1")
    texts = tf_text.normalize_utf8(texts, form)
    return tf_text.case_fold_utf8(texts) if fold_case else texts
