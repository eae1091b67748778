"""A generated parallel corpus of sentences about holidays, in TSV: English TAB French.

The French agrees (articles, adjectives, participles, verbs), elides and contracts, negates, and has its
adjectives before or after the noun; the same English has one French only. All words and templates of
validation and test are in training; but each of their sentences has a combination of words (noun and
adjective, subject and verb, vehicle and city) that training never has, so a model must have learned the words
one by one. It shows that everything works, not how good a model is on real text.
"""

from __future__ import annotations

import functools
import pathlib
import random
import re

from keras_seq.samples import holidays_templates
from keras_seq.samples.corpus import written
from keras_seq.samples.holidays_templates import Draft
from keras_seq.samples.holidays_words import (
    ADJECTIVES,
    CITIES,
    FEELINGS,
    MOODS,
    MOTIONS,
    NOUNS,
    PERSONS,
    VEHICLES,
    VERBS,
)

VERSION = 1  # in the folder's name; a change of the corpus counts it up
SEED = 27
SIZES = {"train": 6000, "validation": 500, "test": 1000}
SUFFIX = ".tsv"
HELD_OUT = {"validation": 0.05, "test": 0.1}  # part of all combinations


def write() -> pathlib.Path:
    """Write the corpus where it is not there yet, and return its folder: `train.tsv`, `validation.tsv`,
    `test.tsv`.

    The folder is in `KERAS_SEQ_CACHE`, or in the user's cache folder.

    Raises:
        RecipeError: when it cannot be written there.
    """
    return written("holidays", VERSION, lambda folder: write_files(folder, SIZES))


def write_files(folder: pathlib.Path, sizes: dict[str, int]) -> None:
    """Write a file for each split into a folder, with the first of its pairs, as many as `sizes` says."""
    for split, size in sizes.items():
        rows = "".join(f"{english}\t{french}\n" for english, french in pairs(split, SIZES[split])[:size])
        (folder / f"{split}{SUFFIX}").write_text(rows, encoding="utf-8")


def pairs(split: str, size: int) -> list[tuple[str, str]]:
    """`size` distinct sentences of a split, each with its translation."""
    return [(draft.english, draft.french) for draft in drafts(split, size)]


def drafts(split: str, size: int) -> list[Draft]:
    """`size` distinct sentences of a split, with what they are made of."""
    generator = random.Random(f"{SEED} {split}")
    known = None if split == "train" else _training_words(SIZES["train"])
    found: dict[str, Draft] = {}
    while len(found) < size:
        draft = holidays_templates.draft(generator)
        splits = {held_out().get(combination, "train") for combination in draft.combinations}
        fits = splits == {"train"} if split == "train" else splits - {"train"} == {split}
        if fits and (known is None or known.issuperset(words(draft.english) + words(draft.french))):
            found.setdefault(draft.english, draft)
    return list(found.values())


def words(text: str) -> list[str]:
    """The words and the marks of a text."""
    return re.findall(r"\w+|[^\w\s]", text)


def combinations() -> list[tuple[str, str]]:
    """All combinations that are held out or not: noun and adjective, subject and verb, vehicle and city."""
    verbs = [verb.english for verb in (*VERBS, *FEELINGS, *MOTIONS)] + [mood.english for mood in MOODS]
    return [
        *(
            (noun.english, adjective.english)
            for noun in NOUNS
            for adjective in ADJECTIVES
            if noun.kind in adjective.kinds
        ),
        *((subject.english, verb) for subject in PERSONS for verb in verbs),
        *((vehicle.english, city[0]) for vehicle in VEHICLES for city in CITIES),
    ]


@functools.cache
def held_out() -> dict[tuple[str, str], str]:
    """Combinations of words that training never has -> the split, validation or test, that has them."""
    every = combinations()
    random.Random(SEED).shuffle(every)
    found: dict[tuple[str, str], str] = {}
    for split, part in HELD_OUT.items():
        start = len(found)
        found |= dict.fromkeys(every[start : start + round(part * len(every))], split)
    return found


@functools.cache
def _training_words(size: int) -> frozenset[str]:
    train = drafts("train", size)
    return frozenset(word for draft in train for word in words(draft.english) + words(draft.french))
