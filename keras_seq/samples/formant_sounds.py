"""Sounds of English as targets of a formant synthesiser: which resonances, sources and times each has.

Sounds are called as in ARPAbet, in lower case; a stressed vowel has a 1 behind it. Figures are of
Peterson and Barney 1952 (vowels of men and women, table II), Klatt 1980 (consonants, table III), Jongman,
Wayland and Wong 2000 (peaks of fricatives) and Fujimura 1962 (zeros of nasals); `ax` is the tube of 17.5 cm
without a constriction (Fant 1960). What they do not tell, as times and levels, is chosen by eye.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

Formants = tuple[float, float, float]  # Hz

VOWELS: dict[str, tuple[Formants, Formants]] = {  # of men, of women
    "iy": ((270, 2290, 3010), (310, 2790, 3310)),
    "ih": ((390, 1990, 2550), (430, 2480, 3070)),
    "eh": ((530, 1840, 2480), (610, 2330, 2990)),
    "ae": ((660, 1720, 2410), (860, 2050, 2850)),
    "aa": ((730, 1090, 2440), (850, 1220, 2810)),
    "ao": ((570, 840, 2410), (590, 920, 2710)),
    "uh": ((440, 1020, 2240), (470, 1160, 2680)),
    "uw": ((300, 870, 2240), (370, 950, 2670)),
    "ah": ((640, 1190, 2390), (760, 1400, 2780)),
    "er": ((490, 1350, 1690), (500, 1640, 1960)),
    "ax": ((500, 1500, 2500), (580, 1740, 2900)),
}
WOMEN = 1.16  # mean ratio of the formants of women and men above; consonants have it too
DIPHTHONGS = {
    "ey": ("eh", "iy"),
    "ay": ("aa", "iy"),
    "oy": ("ao", "iy"),
    "ow": ("ah", "uw"),
    "aw": ("aa", "uw"),
}
GLIDES = {"w": (290, 610, 2150), "y": (260, 2070, 3020), "r": (310, 1060, 1380), "l": (310, 1050, 2880)}
NASALS = {"m": (480, 1270, 2130), "n": (480, 1340, 2470), "ng": (480, 1990, 2850)}
FRICATIVES = {
    "f": (340, 1100, 2080),
    "v": (220, 1100, 2080),
    "th": (320, 1290, 2540),
    "dh": (270, 1290, 2540),
    "s": (320, 1390, 2530),
    "z": (240, 1390, 2530),
    "sh": (300, 1840, 2750),
}
STOPS = {
    "p": (400, 1100, 2150),
    "b": (200, 1100, 2150),
    "t": (400, 1600, 2600),
    "d": (200, 1600, 2600),
    "k": (300, 1990, 2850),
    "g": (200, 1990, 2850),
    "ch": (350, 1800, 2820),
    "jh": (260, 1800, 2820),
}
BACK_VELARS = {"k": (300, 1250, 2200), "g": (200, 1250, 2200)}  # beside a vowel whose F2 is below BACK
BACK = 1400  # Hz
VOICED = frozenset("v dh z b d g jh".split())
ZEROS = {"m": 500, "n": 800, "ng": 1100, "murmur": 1100}  # Hz; the last is for a voice behind a closure
NASAL_POLE = 270  # Hz; without a nasal, the zero is there too, and both cancel

# Noise of friction: peaks as (Hz, bandwidth, level).
NOISES = {
    "f": ((1200, 2000, 0.5), (7733, 9000, 1.0)),
    "th": ((7470, 2500, 1.0),),
    "s": ((5200, 1500, 0.5), (6839, 1500, 1.0)),
    "sh": ((2750, 500, 0.7), (3820, 1500, 1.0)),
    "p": ((800, 1200, 1.0),),
    "t": ((4500, 2500, 1.0),),
    "k": ((2850, 600, 1.0),),
    "back": ((1500, 500, 1.0),),
}
LEVELS = {"f": 0.25, "th": 0.16, "s": 0.6, "sh": 0.6, "p": 0.6, "t": 0.8, "k": 0.8, "back": 0.8}
SOURCES = {"v": "f", "dh": "th", "z": "s", "b": "p", "d": "t", "g": "k", "ch": "sh", "jh": "sh"}

LONG, SHORT, REDUCED, DIPHTHONG = 130, 105, 65, 170  # ms
LONG_VOWELS = frozenset("iy ae aa ao uw er".split())
PAUSE = "pau"  # what stands for silence among phones


class Sound(NamedTuple):
    """A stretch of speech with one target for each parameter.

    Args:
        milliseconds: how long it is.
        men: formants F1, F2, F3 of men, in Hz.
        women: the same of women.
        voicing: amplitude of the voice; a stressed vowel has 1.
        aspiration: amplitude of noise from the glottis, which goes through the formants.
        friction: amplitude of noise from a constriction.
        noise: whose spectrum that has, of `NOISES`.
        zero: frequency of the nasal zero, in Hz.
        accent: 1 where the pitch rises.
    """

    milliseconds: float
    men: Formants
    women: Formants
    voicing: float = 0.0
    aspiration: float = 0.0
    friction: float = 0.0
    noise: str = "f"
    zero: float = NASAL_POLE
    accent: float = 0.0


def sounds(phones: Sequence[str]) -> Iterator[Sound]:
    """The sounds of an utterance, from its phones: `["k", "ao1", "l"]`.

    Raises:
        KeyError: for a phone that there is not.
    """
    for place, phone in enumerate(phones):
        name = phone.rstrip("1")
        before, after = phones[place - 1] if place else "", phones[place + 1 : place + 2]
        if name in VOWELS or name in DIPHTHONGS:
            yield from _vowel(name, stressed=phone.endswith("1"))
        elif name in GLIDES:
            yield Sound(65, *_formants(GLIDES[name]), voicing=0.7)
        elif name in NASALS:
            yield Sound(75, *_formants(NASALS[name]), voicing=0.6, zero=ZEROS[name])
        elif name in FRICATIVES:
            yield _fricative(name)
        elif name == PAUSE:
            yield Sound(60, *VOWELS["ax"])
        elif name == "hh":
            yield Sound(65, *_targets(after[0]), aspiration=0.3)
        else:
            yield from _stop(name, before, after[0] if after else "")


def _vowel(name: str, stressed: bool) -> Iterator[Sound]:
    level, length = (1.0, 1.0) if stressed else (0.8, 0.8)
    if name in DIPHTHONGS:
        for half in DIPHTHONGS[name]:
            yield Sound(DIPHTHONG / 2 * length, *VOWELS[half], voicing=level, accent=float(stressed))
        return
    base = REDUCED if name == "ax" else LONG if name in LONG_VOWELS else SHORT
    yield Sound(base * length, *VOWELS[name], voicing=level, accent=float(stressed))


def _fricative(name: str) -> Sound:
    noise = SOURCES.get(name, name)
    voiced = name in VOICED
    return Sound(
        75 if voiced else 105,
        *_formants(FRICATIVES[name]),
        voicing=0.2 if voiced else 0.0,
        friction=LEVELS[noise] * (0.6 if voiced else 1.0),
        noise=noise,
        zero=ZEROS["murmur"] if voiced else NASAL_POLE,
    )


def _stop(name: str, before: str, after: str) -> Iterator[Sound]:
    """A closure, a burst, and the breath that follows a voiceless one."""
    neighbour = after if _is_vowel(after) else before
    back = name in BACK_VELARS and _is_vowel(neighbour) and _targets(neighbour)[0][1] < BACK
    targets = _formants(BACK_VELARS[name] if back else STOPS[name])
    noise = "back" if back else SOURCES.get(name, name)
    voiced = name in VOICED
    yield Sound(55, *targets, voicing=0.15 if voiced else 0.0, zero=ZEROS["murmur"])
    if name in ("ch", "jh"):
        yield Sound(50 if voiced else 75, *targets, voicing=0.2 * voiced, friction=LEVELS["sh"], noise="sh")
        return
    yield Sound(10, *targets, friction=LEVELS[noise] * (0.7 if voiced else 1.0), noise=noise)
    if not voiced and before != "s":
        yield Sound(35, *targets, aspiration=0.2)


def _is_vowel(phone: str) -> bool:
    name = phone.rstrip("1")
    return name in VOWELS or name in DIPHTHONGS


def _targets(phone: str) -> tuple[Formants, Formants]:
    name = phone.rstrip("1")
    return VOWELS[DIPHTHONGS[name][0] if name in DIPHTHONGS else name]


def _formants(men: Formants) -> tuple[Formants, Formants]:
    f1, f2, f3 = men
    return men, (f1 * WOMEN, f2 * WOMEN, f3 * WOMEN)
