"""Invented names for the generated news: persons, places, companies, clubs, institutions, days and periods.

Words are made of two parts, and every split has words of its own; so no two splits share a name.
"""

from __future__ import annotations

import functools
import itertools
import random
import re

SEED = 24
SHARES = {"train": 0.6, "validation": 0.15, "test": 0.25}  # of the words that names are made of
NAMES = {"train": 400, "validation": 120, "test": 240}  # of each kind, at most

DAY_FORMS = (
    *("{month} {number}", "{month} {number}", "{month} {number} , {year}", "{number} {month} {year}"),
    "{weekday} , {month} {number}",
)
PERIOD_FORMS = (
    "{year}",
    "{month} {year}",
    "{month} {year}",
    "the {season} of {year}",
    "early {year}",
    "late {month}",
)
DAYS = "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday".split(", ")
MONTHS = (
    "January, February, March, April, May, June, July, August, September, October, November, December, Jan., Feb., "
    "Aug., Sept., Oct., Nov., Dec."
).split(", ")
# The first and the second part of invented words.
FIRST = (
    "Al Bre Ca Da El Fi Ga Ha Il Jo Ka Le Ma No Or Pe Ro Sa Te Vi Wi Ya Zo Thé Åse",
    "lina dric mon ra reth nio sha vin bel rick lan mira dor nette sko wen ssa rian thea no",
)
LAST = (
    "Hol Mar Ves Brand Kor Stran Al Oster Pel Quin Rav Sand Tor Ul Wex Zim Dra Fen Gul Hart Lind Mol Nor Ryd Šim",
    "berg dal ström ova etti wick sson eira mann ovský ley aux ano idis enko quist oğlu ińska nder ard",
)
PLACE = (
    "Kel Mor Ash Bran Cor Dun Esk Farn Glen Hax Ilm Jar Kes Lor Nar Oak Pen Rus Sel Tarn Ux Var Wyn Yar Zür",
    "mouth ford burgh minster grad abad ville haven stad ington ora ia istan hampton dorf gate pool wald vik ões",
)
COINED = (
    "Telu Agro Petra Novi Omna Vito Helia Aquo Enta Mikra Cryo Geva Luma Syno Trava Veru Axi Dyno Fenu Opta",
    "gen tek mark dane cor nex vest chem lux plan mar form wave line",
)
LETTERS = "ABCDEFGHIKLMNOPRSTVW"
# How a kind of name is made of words; the more often a form stands here, the more often it is taken.
FORMS = {
    "person": ("{first} {last}",) * 7
    + ("{first} {letter}. {last}", "{first} {last}-{last}", "{first} {place}"),
    "place": (
        *("{place}",) * 7,
        *("New {place}", "Port {place}", "Lake {place}", "{place} Bay", "{abbreviation}", "North {place}"),
    ),
    "company": (
        *(
            "{coined}",
            "{coined}",
            "{coined} Corp.",
            "{coined} Inc.",
            "{last} & Sons",
            "{last} Brothers",
            "{last}",
        ),
        *("{place} Airlines", "{place} Steel", "{acronym}", "{last} , {last} & Co."),
    ),
    "club": ("{place}",) * 3
    + ("{place} United", "{place} City", "{place} Rovers", "Real {place}", "FC {place}"),
    "body": (
        *("University of {place}", "{place} University", "National Bank of {place}", "{place} City Council"),
        *("{place} Chamber of Commerce", "Museum of {place}", "{last} Institute", "{coined} Foundation"),
    ),
}


@functools.cache
def names(split: str) -> dict[str, list[str]]:
    """The names of a split by kind of name; no two splits share one."""
    generator = random.Random(f"{SEED} names {split}")
    words = _words(split)
    found = {}
    for kind, forms in FORMS.items():
        made = (_filled(generator.choice(forms), words, generator) for _ in range(NAMES[split]))
        found[kind] = list(dict.fromkeys(made))
    found["surname"] = [name.split()[-1] for name in found["person"]]
    found["day"], found["period"] = (_part(_dates(forms), split) for forms in (DAY_FORMS, PERIOD_FORMS))
    if split == "train":
        found["day"] += DAYS * 20
        found["period"] += MONTHS * 3
    return found


def _words(split: str) -> dict[str, list[str]]:
    """A split's own words, by the slot of a form that they fill."""
    pairs = {"first": FIRST, "last": LAST, "place": PLACE, "coined": COINED}
    made = {
        slot: ["".join(parts) for parts in itertools.product(*map(str.split, pair))]
        for slot, pair in pairs.items()
    }
    made["abbreviation"] = [f"{a}.{b}." for a, b in itertools.permutations(LETTERS, 2)]
    made["acronym"] = ["".join(letters) for letters in itertools.permutations(LETTERS, 3)]
    return {"letter": list(LETTERS)} | {
        slot: _part(_mixed(words, slot), split) for slot, words in made.items()
    }


def _dates(forms: tuple[str, ...]) -> list[str]:
    generator = random.Random(f"{SEED} {forms}")
    words = {
        "weekday": DAYS,
        "month": MONTHS,
        "number": [str(day) for day in range(1, 29)],
        "year": [str(year) for year in range(1920, 2020)],
        "season": ["spring", "summer", "autumn", "winter"],
    }
    return list(dict.fromkeys(_filled(generator.choice(forms), words, generator) for _ in range(900)))


def _filled(form: str, words: dict[str, list[str]], generator: random.Random) -> str:
    return re.sub(r"{(\w+)}", lambda slot: generator.choice(words[slot[1]]), form)


def _mixed(words: list[str], seed: str) -> list[str]:
    return random.Random(f"{SEED} {seed}").sample(words, len(words))


def _part(words: list[str], split: str) -> list[str]:
    """The part of a list that is a split's own."""
    splits = list(SHARES)
    before = sum(SHARES[name] for name in splits[: splits.index(split)])
    return words[round(before * len(words)) : round((before + SHARES[split]) * len(words))]
