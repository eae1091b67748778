"""The templates of the generated holiday sentences, and how their words are drawn."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from keras_seq.samples.holidays_grammar import (
    DETERMINERS,
    NOTHING,
    Phrase,
    agreed,
    being,
    clause,
    noun_phrase,
    passive,
    person,
    sentence,
)
from keras_seq.samples.holidays_words import (
    ADJECTIVES,
    CITIES,
    COUNTRIES,
    FEELINGS,
    HABITS,
    MODALS,
    MOODS,
    MOTIONS,
    NOT_GOALS,
    NOUNS,
    NUMBERS,
    PAST,
    PERSONS,
    VEHICLES,
    VERBS,
    Adjective,
    Noun,
    Person,
    Verb,
)

KINDS = "TAHS"
DEFINITE = ("the", "the", "the", "the two", *DETERMINERS)
INDEFINITE = ("a", "a", "some", "many", "several", "number")
NEGATED = ("a", "a", "some", "many")  # what is indefinite after a negation
POLARITIES = ("plain", "plain", "not", "never", "question")
WANTED = [verb for verb in VERBS if verb.english not in ("lose", "forget")]
OFTEN = PERSONS + PERSONS[:5] * 2  # pronouns, so that all their forms are in the corpus
PREPOSITIONS = {"to": "à", "at": "à", "from": "de"}
BESIDE = {"near": "près de", "in front of": "devant", "behind": "derrière", "next to": "à côté de"}


class Draft(NamedTuple):
    """One sentence with its translation, the template that it came from, and its combinations of words."""

    english: str
    french: str
    template: str
    combinations: frozenset[tuple[str, str]]


def draft(generator: random.Random) -> Draft:
    """A sentence of any split."""
    drawing = _Drawing(generator)
    template = generator.choice(TEMPLATES)
    unfinished, form = template(drawing)
    finished = sentence(unfinished, "?" if form == "question" else ".")
    return Draft(*finished, f"{template.__name__} {form}", frozenset(drawing.combinations))


class _Drawing:
    """What the templates draw words with; it notes their combinations."""

    def __init__(self, generator: random.Random) -> None:
        self.choice, self.random, self.randrange = generator.choice, generator.random, generator.randrange
        self.combinations: set[tuple[str, str]] = set()

    def subject(self, verb: Verb | Adjective, polarity: str, gendered: bool = False) -> Person:
        """The subject of a verb or a mood; nobody asks what he does himself. `gendered`: English shows the
        gender.
        """
        fitting = [
            p
            for p in OFTEN
            if not (gendered and p.gender == "-") and not (polarity == "question" and not p.form)
        ]
        subject = self.choice(fitting)
        self.combinations.add((subject.english, verb.english))
        return subject

    def adjectives(self, noun: Noun, count: int) -> list[Adjective]:
        """As many adjectives as asked for, none twice for a noun; of two, French has only one before the
        noun.
        """
        used = self.combinations
        fitting = [a for a in ADJECTIVES if noun.kind in a.kinds and (noun.english, a.english) not in used]
        if count == 2:
            found = [
                self.choice([a for a in fitting if a.before]),
                self.choice([a for a in fitting if not a.before]),
            ]
        else:
            found = [self.choice(fitting)] if count else []
        self.combinations |= {(noun.english, adjective.english) for adjective in found}
        return found

    def something(self, noun: Noun, polarity: str) -> Person:
        """The object of a verb, in the forms that it has after a negation."""
        negated = polarity in ("not", "never")
        return self.thing(noun, DEFINITE + (NEGATED if negated else INDEFINITE), negated)

    def thing(
        self,
        noun: Noun,
        determiners: tuple[str, ...],
        negated: bool = False,
        counts: tuple[int, ...] = (0, 1, 1, 2),
    ) -> Person:
        """The phrase of a noun, with one of `counts` as the number of adjectives, as a subject."""
        determiner = self.choice(determiners)
        either = determiner in DETERMINERS
        if determiner == "number":
            determiner = self.choice(list(NUMBERS))
        many = self.random() < 0.4 if either else determiner != "a"
        adjectives = self.adjectives(noun, self.choice(counts))
        return person(noun_phrase(noun, determiner, adjectives, many, negated), noun.gender, many)

    def noun(self, kinds: str) -> Noun:
        """A noun of one of some kinds."""
        return self.choice([noun for noun in NOUNS if noun.kind in kinds])

    def when(self, tense: str, polarity: str) -> Phrase:
        """A time, or nothing."""
        if polarity == "never" or self.random() < 0.5:
            return NOTHING
        return Phrase(*self.choice(list((PAST if tense == "past" else HABITS).items())))

    def beside(self) -> Phrase:
        """A place that is told from another."""
        place = self.thing(self.noun("HS"), DEFINITE, counts=(0, 1))
        return Phrase(*self.choice(list(BESIDE.items()))) + phrase(place)


def phrase(person: Person) -> Phrase:
    """A person or a thing as a phrase."""
    return Phrase(person.english, person.french)


def action(draw: _Drawing) -> tuple[Phrase, str]:
    """My sister bought a small red suitcase yesterday."""
    tense, polarity, verb = draw.choice(("present", "past")), draw.choice(POLARITIES), draw.choice(VERBS)
    start = clause(draw.subject(verb, polarity), verb, tense, polarity)
    bought = draw.something(draw.noun(verb.kinds), polarity)
    when = draw.when(tense, polarity)
    if when != NOTHING and polarity == "plain" and draw.random() < 0.3:
        return Phrase(f"{when.english},", f"{when.french},") + start + phrase(bought), polarity
    return start + phrase(bought) + when, polarity


def feeling(draw: _Drawing) -> tuple[Phrase, str]:
    """Paul does not like our old boat."""
    polarity, verb = draw.choice(("plain", "plain", "not", "question")), draw.choice(FEELINGS)
    start = clause(draw.subject(verb, polarity), verb, "present", polarity)
    return start + phrase(draw.thing(draw.noun(verb.kinds), DEFINITE)), polarity


def wish(draw: _Drawing) -> tuple[Phrase, str]:
    """The boys want to visit this famous castle."""
    polarity, modal, verb = (
        draw.choice(("plain", "plain", "not", "question")),
        draw.choice(MODALS),
        draw.choice(WANTED),
    )
    start = clause(draw.subject(verb, polarity), modal, "present", polarity)
    wanted = draw.something(draw.noun(verb.kinds), polarity)
    return start + Phrase(verb.english, verb.infinitive) + phrase(wanted), polarity


def motion(draw: _Drawing) -> tuple[Phrase, str]:
    """The two girls came back from Athens last week."""
    tense, polarity, verb = draw.choice(("present", "past")), draw.choice(POLARITIES), draw.choice(MOTIONS)
    start = clause(draw.subject(verb, polarity, gendered=tense == "past"), verb, tense, polarity)
    return start + _goal(draw, verb.kinds) + draw.when(tense, polarity), polarity


def _goal(draw: _Drawing, preposition: str) -> Phrase:
    if preposition == "for" or draw.random() < 0.5:
        english, to, origin, bound = draw.choice(CITIES + COUNTRIES)
        french = {"from": origin, "for": bound}.get(preposition, to)
        return Phrase(f"{'in' if preposition == 'at' else preposition} {english}", french)
    noun = draw.choice([noun for noun in NOUNS if noun.kind in "HS" and noun.english not in NOT_GOALS])
    return Phrase(preposition, PREPOSITIONS[preposition]) + phrase(draw.thing(noun, DEFINITE))


def description(draw: _Drawing) -> tuple[Phrase, str]:
    """Her umbrellas were not expensive."""
    tense, polarity, noun = draw.choice(("present", "past")), draw.choice(POLARITIES), draw.noun(KINDS)
    described = draw.thing(noun, DEFINITE, counts=(0, 1))
    return being(described, tense, polarity, _quality(draw, noun, described)), polarity


def _quality(draw: _Drawing, noun: Noun, described: Person) -> Phrase:
    [adjective] = draw.adjectives(noun, 1)
    return Phrase(adjective.english, agreed(adjective, described.gender, described.form == 4))


def mood(draw: _Drawing) -> tuple[Phrase, str]:
    """My aunt was never jealous."""
    tense, polarity = draw.choice(("present", "past")), draw.choice(POLARITIES)
    return _mood(draw, tense, polarity), polarity


def _mood(draw: _Drawing, tense: str, polarity: str) -> Phrase:
    adjective = draw.choice(MOODS)
    subject = draw.subject(adjective, polarity, gendered=True)
    form = agreed(adjective, subject.gender, subject.form == 4)
    return being(subject, tense, polarity, Phrase(adjective.english, form))


def reason(draw: _Drawing) -> tuple[Phrase, str]:
    """Alice is happy because Hugo found her black cat."""
    because = _mood(draw, "present", "plain") + Phrase("because", "parce que")
    verb, polarity = draw.choice(VERBS), draw.choice(("plain", "not"))
    bought = draw.something(draw.noun(verb.kinds), polarity)
    return because + clause(draw.subject(verb, polarity), verb, "past", polarity) + phrase(bought), polarity


def existence(draw: _Drawing) -> tuple[Phrase, str]:
    """There are three white owls behind the old hotel."""
    polarity = draw.choice(("plain", "plain", "not", "question"))
    there = draw.thing(
        draw.noun("TA"),
        INDEFINITE if polarity == "plain" else NEGATED[:3],
        negated=polarity == "not",
        counts=(1, 1, 2),
    )
    be = "are" if there.form == 4 else "is"
    start = {
        "plain": Phrase(f"there {be}", "il y a"),
        "not": Phrase(f"there {be} not", "il ne y a pas"),
        "question": Phrase(f"{be} there", "est-ce que il y a"),
    }
    return start[polarity] + phrase(there) + draw.beside(), polarity


def price(draw: _Drawing) -> tuple[Phrase, str]:
    """These Italian chairs cost 45 euros."""
    sold = draw.thing(draw.noun("T"), ("the", "this"), counts=(1, 2))
    cost = Verb("cost", "cost", "-", "coûter", ("", "coûte", "", "", "coûtent"), "coûté", "T")
    amount = draw.randrange(20, 100, 5)
    start = clause(sold, cost, "present", polarity := draw.choice(("plain", "not", "question")))
    return start + Phrase(f"{amount} euros", f"{amount} euros"), polarity


def timetable(draw: _Drawing) -> tuple[Phrase, str]:
    """The train from Geneva arrives at 9:30."""
    vehicle, (city, _, origin, bound) = draw.choice(VEHICLES), draw.choice(CITIES)
    draw.combinations.add((vehicle.english, city))
    arrives = draw.random() < 0.5
    subject = noun_phrase(vehicle, "the", [], False)
    subject += Phrase(f"from {city}", origin) if arrives else Phrase(f"to {city}", bound)
    verb = next(verb for verb in MOTIONS if verb.english == ("arrive" if arrives else "leave"))
    if draw.random() < 0.5:
        hour, minute = draw.randrange(6, 24), draw.choice((10, 15, 20, 30, 45, 50))
        time = Phrase(f"at {hour}:{minute}", f"à {hour} h {minute}")
    else:
        english, french = draw.choice(list(NUMBERS.items())[:10])
        time = Phrase(f"at {english} o'clock", f"à {french} heures")
    tense, polarity = draw.choice(("present", "past")), draw.choice(("plain", "plain", "not", "question"))
    return clause(person(subject, vehicle.gender, False), verb, tense, polarity) + time, polarity


def possession(draw: _Drawing) -> tuple[Phrase, str]:
    """My uncle's new boat is blue."""
    owner = draw.choice([p for p in PERSONS if p.form in (1, 4) and p.english not in ("he", "she")])
    noun, many = draw.noun("TAH"), draw.random() < 0.4
    owned = noun_phrase(noun, "the", draw.adjectives(noun, draw.choice((0, 1))), many)
    whose = owner.english + ("'" if owner.form == 4 and owner.english.endswith("s") else "'s")
    owned = Phrase(
        f"{whose} {owned.english.removeprefix('the ')}",
        f"{owned.french} de {owner.french}".replace(" et ", " et de "),
    )
    subject = person(owned, noun.gender, many)
    tense, polarity = draw.choice(("present", "past")), draw.choice(POLARITIES)
    return being(subject, tense, polarity, _quality(draw, noun, subject)), polarity


def relative(draw: _Drawing) -> tuple[Phrase, str]:
    """The chairs that Anna bought are old."""
    tense, verb = draw.choice(("present", "past")), draw.choice(VERBS)
    noun = draw.noun(verb.kinds)
    bought = draw.thing(noun, ("the", "this"), counts=(0, 1))
    subject = draw.subject(verb, "plain")
    that = (
        phrase(bought) + Phrase("that", "que") + clause(subject, verb, tense, "plain", object_before=bought)
    )
    polarity = draw.choice(("plain", "not"))
    whole = person(that, bought.gender, bought.form == 4)
    return being(whole, "present", polarity, _quality(draw, noun, bought)), polarity


def sale(draw: _Drawing) -> tuple[Phrase, str]:
    """The old bicycles were sold last year."""
    polarity, verb = draw.choice(POLARITIES), draw.choice([verb for verb in VERBS if verb.participle != "-"])
    sold = draw.thing(draw.noun(verb.kinds), DEFINITE, counts=(1, 1, 2))
    return passive(sold, verb, polarity) + draw.when("past", polarity), polarity


TEMPLATES: tuple[Callable[[_Drawing], tuple[Phrase, str]], ...] = (
    *(
        action,
        action,
        action,
        wish,
        wish,
        motion,
        motion,
        relative,
        relative,
        feeling,
        description,
        mood,
        reason,
    ),
    *(existence, price, timetable, possession, sale),
)
