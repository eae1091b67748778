"""The language model that a recipe of transcripts asks for: of an ARPA file, or learned."""

from __future__ import annotations

from collections.abc import Iterable

from keras_seq.decoding import kneser_ney
from keras_seq.decoding.ngrams import LanguageModel
from keras_seq.formats import arpa
from keras_seq.preprocessing.letters import Letters, written


def language_model(
    transcripts: Iterable[str], letters: Letters, path: str | None, order: int
) -> LanguageModel | None:
    """An n-gram model of words that are written in letters; None where neither a file nor an order is given.

    Args:
        transcripts: to learn from.
        letters: of the transcripts.
        path: of an ARPA file; its words get the case of the letters.
        order: words in the n-grams of a model that is learned.

    Raises:
        DataError: when the file is wrong, or has no word that the letters can write.
    """
    if path is None and not order:
        return None
    label = {letter: place for place, letter in enumerate(letters.alphabet, 1)}

    def spell(word: str) -> list[int] | None:
        found = [label.get(letter, 0) for letter in written(word, letters.case)]
        return found if all(found) and letters.separator not in found else None

    if path is not None:
        ngrams = arpa.read(path)
    else:
        ngrams = kneser_ney.learn([written(one, letters.case).split() for one in transcripts], order)
    return LanguageModel.of(
        ngrams, spell, letters.separator, len(letters.alphabet) + 1, name="language_model"
    )
