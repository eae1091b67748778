"""Phrases of the generated holiday sentences, English and French side by side: agreement, negation, elision.

The French of a phrase is a function of its English.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from keras_seq.samples.holidays_words import BEFORE_VOWELS, INVARIABLE, NUMBERS, Adjective, Noun, Person, Verb

VOWELS = "aeiouyhâàéèêëîïôûœ"  # h too: an aspirated one is marked
IRREGULAR = {"mouse": "mice", "knife": "knives", "scarf": "scarves", "*hibou": "*hiboux"}
BE = ("suis", "est", "sommes", "êtes", "sont")
WAS = ("étais", "était", "étions", "étiez", "étaient")
HAVE = ("ai", "a", "avons", "avez", "ont")
# English -> French masculine, feminine, plural; what stands in the plural only has that form alone.
DETERMINERS = {
    "the": ("le", "la", "les"),
    "this": ("ce", "cette", "ces"),
    "my": ("mon", "ma", "mes"),
    "his": ("son", "sa", "ses"),
    "her": ("son", "sa", "ses"),
    "our": ("notre", "notre", "nos"),
    "your": ("votre", "votre", "vos"),
    "their": ("leur", "leur", "leurs"),
}
NEGATIONS = {"not": "pas", "never": "jamais"}


class Phrase(NamedTuple):
    """The same in English and in French; unfinished: small first letter, nothing elided."""

    english: str
    french: str

    def __add__(self, other: Phrase) -> Phrase:  # type: ignore[override]
        """One phrase after the other."""
        return Phrase(f"{self.english} {other.english}".strip(), f"{self.french} {other.french}".strip())


NOTHING = Phrase("", "")


def sentence(phrase: Phrase, mark: str = ".") -> Phrase:
    """The finished sentence: elided, contracted, with a capital and a full stop or a question mark."""
    english = re.sub(r"\ba (?=[aeiouI])", "an ", phrase.english) + mark
    french = elided(phrase.french) + (" ?" if mark == "?" else mark)
    return Phrase(english[0].upper() + english[1:], french[0].upper() + french[1:])


def elided(french: str) -> str:
    """Elision (l', d', j', n', qu'), then contraction (du, des, au, aux); without the marks of the aspirated."""
    french = re.sub(rf"\b(l)[ea] (?=[{VOWELS}])", r"\1'", french, flags=re.IGNORECASE)
    french = re.sub(rf"\b(d|j|n|qu)e (?=[{VOWELS}])", r"\1'", french, flags=re.IGNORECASE)
    for apart, together in (("de le", "du"), ("de les", "des"), ("à le", "au"), ("à les", "aux")):
        french = re.sub(rf"\b{apart} ", f"{together} ", french)
    return french.replace("*", "")


def plural(word: str) -> str:
    """The French plural of a noun or an adjective in the singular."""
    if word in INVARIABLE or word[-1] in "sxz":
        return word
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word.endswith("al"):
        return word[:-1] + "ux"
    return word + ("x" if word.endswith("eau") else "s")


def english_plural(word: str) -> str:
    """The English plural of a noun; of a verb, the third person singular."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word.endswith(("s", "x", "ch", "sh", "o")):
        return word + "es"
    return word[:-1] + "ies" if re.search("[^aeiou]y$", word) else word + "s"


def agreed(adjective: Adjective, gender: str, many: bool) -> str:
    """An adjective's form for a noun."""
    form = adjective.feminine if gender == "f" else adjective.masculine
    return plural(form) if many else form


def participle(done: str, gender: str, many: bool) -> str:
    """A participle's form for what it agrees with."""
    return done + ("e" if gender == "f" else "") + ("s" if many else "")


def noun_phrase(
    noun: Noun, determiner: str, adjectives: list[Adjective], many: bool, negated: bool = False
) -> Phrase:
    """Determiner, adjectives and noun.

    Args:
        noun: in the singular.
        determiner: one of `DETERMINERS`, "a", "some", "many", "several", "the two", or one of `NUMBERS`.
        adjectives: those that French has before the noun first.
        many: the plural.
        negated: the object of a negated verb, where "un" and "des" are "de" and "some" is "any".
    """
    before = [agreed(a, noun.gender, many) for a in adjectives if a.before]
    after = [agreed(a, noun.gender, many) for a in adjectives if not a.before]
    words = [*before, plural(noun.french) if many else noun.french]
    words.insert(0, _determiner(determiner, noun.gender, many, negated, adjective_first=bool(before)))
    if not many:  # from the end: each looks at the word that follows it
        for place in range(len(words) - 2, -1, -1):
            if words[place + 1][0] in VOWELS:
                words[place] = BEFORE_VOWELS.get(words[place], words[place])
    shown = {"some": "any" if negated else "some", "this": "these" if many else "this"}.get(
        determiner, determiner
    )
    english = [
        shown,
        *(a.english for a in adjectives),
        english_plural(noun.english) if many else noun.english,
    ]
    return Phrase(" ".join(english), " ".join(words + after))


def _determiner(determiner: str, gender: str, many: bool, negated: bool, adjective_first: bool) -> str:
    if determiner in DETERMINERS:
        return DETERMINERS[determiner][2 if many else gender == "f"]
    return (
        NUMBERS.get(determiner)
        or {
            "a": "de" if negated else "une" if gender == "f" else "un",
            "some": "de" if negated or adjective_first else "des",
            "many": "beaucoup de",
            "several": "plusieurs",
            "the two": "les deux",
        }[determiner]
    )


def person(phrase: Phrase, gender: str, many: bool) -> Person:
    """A noun phrase as a subject."""
    return Person(phrase.english, phrase.french, 4 if many else 1, gender)


def clause(
    subject: Person, verb: Verb, tense: str, polarity: str, object_before: Person | None = None
) -> Phrase:
    """Subject and verb.

    Args:
        subject: whose gender counts for verbs of motion in the past.
        verb: the verb.
        tense: "present" or "past".
        polarity: "plain", "not", "never" or "question".
        object_before: the object where it is before the verb: a participle after "avoir" agrees with it.
    """
    if tense == "present":
        french = _negated(verb.present[subject.form], polarity)
    elif verb.motion:
        done = participle(verb.done, subject.gender, subject.form == 4)
        french = f"{_negated(BE[subject.form], polarity)} {done}"
    else:
        agrees = (object_before.gender, object_before.form == 4) if object_before else ("m", False)
        french = f"{_negated(HAVE[subject.form], polarity)} {participle(verb.done, *agrees)}"
    return Phrase(_english(subject, verb, tense, polarity), _asked(f"{subject.french} {french}", polarity))


def _english(subject: Person, verb: Verb, tense: str, polarity: str) -> str:
    do = "did" if tense == "past" else "does" if subject.form == 1 else "do"
    if polarity == "question":
        return f"{do} {subject.english} {verb.english}"
    if polarity == "not":
        return f"{subject.english} {do} not {verb.english}"
    first, *rest = verb.english.split()
    third = " ".join([english_plural(first), *rest])
    finite = verb.past if tense == "past" else third if subject.form == 1 else verb.english
    return f"{subject.english} never {finite}" if polarity == "never" else f"{subject.english} {finite}"


def being(subject: Person, tense: str, polarity: str, rest: Phrase) -> Phrase:
    """Subject, "to be", and the rest: an adjective; arguments as for `clause`."""
    forms = (
        ("am", "is", "are", "are", "are") if tense == "present" else ("was", "was", "were", "were", "were")
    )
    be = forms[subject.form]
    french = _asked(
        f"{subject.french} {_negated((BE if tense == 'present' else WAS)[subject.form], polarity)}", polarity
    )
    if polarity == "question":
        return Phrase(f"{be} {subject.english}", french) + rest
    english = f"{subject.english} {be}" + (f" {polarity}" if polarity in NEGATIONS else "")
    return Phrase(english, french) + rest


def passive(subject: Person, verb: Verb, polarity: str) -> Phrase:
    """What was done to the subject: "were sold", "ont été vendues"; arguments as for `clause`."""
    done = participle(verb.done, subject.gender, subject.form == 4)
    french = _asked(f"{subject.french} {_negated(HAVE[subject.form], polarity)} été {done}", polarity)
    be = "were" if subject.form == 4 else "was"
    if polarity == "question":
        return Phrase(f"{be} {subject.english} {verb.participle}", french)
    negation = f" {polarity}" if polarity in NEGATIONS else ""
    return Phrase(f"{subject.english} {be}{negation} {verb.participle}", french)


def _negated(verb: str, polarity: str) -> str:
    return f"ne {verb} {NEGATIONS[polarity]}" if polarity in NEGATIONS else verb


def _asked(clause: str, polarity: str) -> str:
    return f"est-ce que {clause}" if polarity == "question" else clause
