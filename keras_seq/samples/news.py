"""A generated corpus of English news sentences with named entities, in CoNLL files: token TAB IOB2 tag.

Sentences come from templates, names from parts of words: persons, locations, organizations, dates. No
template of one split is in another, and half of the names of validation and test come from words that
training never has, so context must tell them; some names have several types (a place, the club that plays
there, a person called after it). It shows that everything works, not how good a model is on real text.
"""

from __future__ import annotations

import pathlib
import random

from keras_seq.samples.corpus import written
from keras_seq.samples.news_names import names

VERSION = 1  # in the folder's name; a change of the corpus counts it up
SEED = 23
SIZES = {"train": 3000, "validation": 400, "test": 800}
SUFFIX = ".conll"
KNOWN = 0.5  # part of the names of validation and test that are drawn from those of training

# Kind of name, as in a template's {slot} -> entity type.
TYPES = {
    "person": "person",
    "surname": "person",
    "place": "location",
    "company": "organization",
    "club": "organization",
    "body": "organization",
    "day": "date",
    "period": "date",
}
TEMPLATES = {
    "train": (
        "{person} , the {role} of {company} , {said} on {day} that {goods} sales rose {percent} percent .",
        "{company} {said} {goods} sales fell {percent} percent in {period} .",
        "Shares of {company} rose {percent} percent on {day} .",
        "Shares in {company} fell after {surname} stepped down .",
        "{person} was born in {place} in {period} .",
        "{person} , born in {place} , is the {role} of {club} .",
        "Mr. {surname} {said} he would visit {place} on {day} .",
        "Mrs. {surname} {said} that she had never met {person} .",
        "Dr. {surname} of the {body} {said} the {goods} was safe .",
        "President {surname} will visit {place} in {period} .",
        "{club} beat {club} {score} in {place} on {day} .",
        "{club} lost {score} to {club} after {person} scored twice .",
        "{person} scored twice for {club} .",
        "{club} fans in {place} waited for {small} hours .",
        "{club} 's {role} , {person} , {said} the match was lost early .",
        "{person} plays for {club} , who finished last in {period} .",
        "The {role} of {company} , {person} , will step down in {period} .",
        "{company} named {person} as its {role} .",
        "{company} will open {count} shops in {place} and {place} .",
        "{company} bought {company} for $ {percent} million in {period} .",
        "{company} , based in {place} , makes {goods} .",
        "Workers at {company} went on strike on {day} .",
        "{company} 's shares were little changed .",
        "Police in {place} arrested {count} people on {day} .",
        "Police {said} {person} was found safe near {place} .",
        "Talks between {place} and {place} will begin on {day} .",
        "{place} and {place} signed a trade agreement in {period} .",
        "The capital of {place} is {place} .",
        "A storm killed {count} people in {place} , officials {said} on {day} .",
        "Trains from {place} to {place} were late .",
        "The road between {place} and {place} was closed on {day} .",
        "{place} 's {goods} harvest fell {percent} percent in {period} .",
        "{person} studied law at the {body} until {period} .",
        "The {body} {said} it had found {percent} million dollars .",
        "The {body} gave {person} a prize on {day} .",
        "{person} left the {body} to join {company} in {period} .",
        "{person} and {person} were elected on {day} .",
        "{surname} , {small} , lives in {place} .",
        "{surname} lost to {person} {score} in {place} .",
        '{surname} {said} : " We are ready to begin . "',
        '" It was a long day , " said {person} , {role} of {club} .',
        '" We are not ready , " {surname} {said} on {day} .',
        "{place} , {day} -- {company} {said} it had bought {company} .",
        "{place} , {day} -- {person} was elected {role} of the {body} .",
        "On {day} , {person} met {person} in {place} .",
        "In {period} , {company} opened an office in {place} .",
        "Since {period} , {person} has been the {role} of the {body} .",
        "The match on {day} was watched by {count} people .",
        "The agreement was signed on {day} and ended in {period} .",
        "{day} : {club} - {club} {score} .",
        "Prices of {goods} rose {percent} percent , well above a {adjective} forecast .",
        "The {role} did not want to comment .",
        "He {said} the {adjective} plan would cost $ {percent} million .",
        "Officials {said} the {goods} was {adjective} .",
        "Analysts expected a {adjective} harvest , but sales of {goods} fell .",
        "It was a {adjective} day for makers of {goods} .",
    ),
    "validation": (
        "{person} , {role} of {company} , {said} {goods} sales fell in {period} .",
        "On {day} , {club} lost {score} to {club} .",
        "{surname} {said} he would join the {body} in {period} .",
        "Officials in {place} arrested {person} near the road to {place} .",
        "{company} opened {count} shops in {place} on {day} .",
        "{person} of {club} was born in {place} .",
        "Workers at {company} {said} Mr. {surname} would visit {place} .",
        "The {body} named {person} as its {role} on {day} .",
        "The capital of {place} was closed on {day} .",
        '" We lost early , " said {person} .',
        "Analysts {said} the {goods} was {adjective} .",
    ),
    "test": (
        "{company} {said} on {day} that {person} would step down as {role} .",
        "{person} , who was born in {place} , scored twice in {period} .",
        "{company} shares rose {percent} percent after {company} was bought .",
        "{club} beat {club} , but {surname} was {adjective} .",
        "A storm in {place} killed {count} people on {day} .",
        "Police arrested {person} and {person} in {place} .",
        "In {period} , {person} left {place} to join {club} .",
        "The {body} in {place} gave Mrs. {surname} a prize .",
        "{person} met officials of the {body} on {day} .",
        "Dr. {surname} studied at the {body} in {place} .",
        "{place} 's {role} , {person} , signed the agreement in {period} .",
        '" The match was long , " {club} \'s {role} {said} on {day} .',
        "{company} makes {goods} in {place} .",
        "Prices of {goods} fell , officials {said} , but sales rose {percent} percent .",
        "The {adjective} agreement ended a strike of makers of {goods} .",
    ),
}
WORDS = {
    "role": "president, chairman, director, founder, owner, captain, coach, secretary, treasurer, leader".split(
        ", "
    ),
    "said": "said, told reporters, announced, confirmed, added, noted, argued".split(", "),
    "goods": "steel, wheat, coffee, car, cotton, timber, paper, sugar, glass, tea, rice, wool, fish".split(
        ", "
    ),
    "adjective": "weak, strong, record, modest, well-known, long-term, poor, solid, so-called, low-cost".split(
        ", "
    ),
    "count": [*map(str, range(18, 80)), *(f"{n:,}" for n in range(120, 9000, 70))],
    "small": [str(n) for n in range(18, 80)],
    "percent": [f"{n / 10}" for n in range(11, 99)],
    "score": [f"{a}-{b}" for a in range(6) for b in range(6)],
}


def write() -> pathlib.Path:
    """Write the corpus where it is not there yet, and return its folder: `train.conll` and two more, like
    `SIZES`.

    The folder is in `KERAS_SEQ_CACHE`, or in the user's cache folder.

    Raises:
        RecipeError: when it cannot be written there.
    """
    return written("news", VERSION, lambda folder: write_files(folder, SIZES))


def write_files(folder: pathlib.Path, sizes: dict[str, int]) -> None:
    """Write a file for each split into a folder, with the first of its sentences, as many as `sizes` says."""
    for split, size in sizes.items():
        lines = (
            "".join(f"{token}\t{tag}\n" for token, tag in sentence)
            for sentence in sentences(split, SIZES[split])[:size]
        )
        (folder / f"{split}{SUFFIX}").write_text("\n".join(lines), encoding="utf-8")


def sentences(split: str, size: int) -> list[list[tuple[str, str]]]:
    """`size` distinct sentences of a split, each of tokens with their IOB2 tags."""
    generator = random.Random(f"{SEED} {split}")
    found: dict[tuple[tuple[str, str], ...], None] = {}
    while len(found) < size:
        found.setdefault(tuple(_sentence(generator.choice(TEMPLATES[split]), split, generator)))
    return [list(sentence) for sentence in found]


def _sentence(template: str, split: str, generator: random.Random) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    used = set()
    for word in template.split():
        slot = word[1:-1] if word.startswith("{") else ""
        if slot in TYPES:
            while (name := _name(slot, split, generator)) in used:
                pass
            used.add(name)
            first, *rest = name.split()
            tokens += [(first, f"B-{TYPES[slot]}"), *((token, f"I-{TYPES[slot]}") for token in rest)]
        else:
            tokens += [
                (token, "O") for token in (generator.choice(WORDS[slot]) if slot in WORDS else word).split()
            ]
    return tokens


def _name(kind: str, split: str, generator: random.Random) -> str:
    source = "train" if generator.random() < KNOWN else split
    return generator.choice(names(source)[kind])
