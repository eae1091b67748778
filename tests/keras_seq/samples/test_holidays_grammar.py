"""French as it is written: what agrees, what is elided and what is contracted."""

import pytest

from keras_seq.samples.holidays_grammar import (
    Phrase,
    being,
    clause,
    elided,
    noun_phrase,
    passive,
    person,
    sentence,
)
from keras_seq.samples.holidays_words import (
    ADJECTIVES,
    FEELINGS,
    MOODS,
    MOTIONS,
    NOUNS,
    PERSONS,
    VERBS,
)

NOUN = {noun.english: noun for noun in NOUNS}


ADJECTIVE = {adjective.english: adjective for adjective in (*ADJECTIVES, *MOODS)}


VERB = {verb.english: verb for verb in (*VERBS, *FEELINGS, *MOTIONS)}


PERSON = {person.english: person for person in PERSONS}


@pytest.mark.parametrize(
    ("determiner", "adjectives", "noun", "many", "negated", "english", "french"),
    [
        ("a", "small red", "house", False, False, "a small red house", "une petite maison rouge"),
        ("a", "old", "hotel", False, False, "an old hotel", "un vieil hôtel"),
        ("a", "old", "owl", False, False, "an old owl", "un vieux hibou"),
        ("the", "old", "hotel", True, False, "the old hotels", "les vieux hôtels"),
        ("a", "beautiful", "bird", False, False, "a beautiful bird", "un bel oiseau"),
        ("a", "beautiful", "hedgehog", False, False, "a beautiful hedgehog", "un beau hérisson"),
        ("this", "new", "hospital", False, False, "this new hospital", "ce nouvel hôpital"),
        ("this", "", "hospital", True, False, "these hospitals", "ces hôpitaux"),
        ("this", "", "bird", False, False, "this bird", "cet oiseau"),
        ("this", "", "hammock", False, False, "this hammock", "ce hamac"),
        ("my", "", "school", False, False, "my school", "mon école"),
        ("my", "new", "school", False, False, "my new school", "ma nouvelle école"),
        ("her", "", "axe", False, False, "her axe", "sa hache"),
        ("his", "", "scarf", False, False, "his scarf", "son écharpe"),
        ("the", "", "clock", False, False, "the clock", "l'horloge"),
        ("the", "", "harp", False, False, "the harp", "la harpe"),
        ("the", "white", "horse", True, False, "the white horses", "les chevaux blancs"),
        ("the", "brown", "chair", True, False, "the brown chairs", "les chaises marron"),
        ("the", "cheap", "plate", True, False, "the cheap plates", "les assiettes bon marché"),
        ("the", "Greek", "island", True, False, "the Greek islands", "les îles grecques"),
        ("a", "Italian", "car", False, False, "an Italian car", "une voiture italienne"),
        ("some", "red", "hat", True, False, "some red hats", "des chapeaux rouges"),
        ("some", "pretty", "hat", True, False, "some pretty hats", "de jolis chapeaux"),
        ("some", "", "umbrella", True, True, "any umbrellas", "de parapluies"),
        ("some", "", "ladder", True, True, "any ladders", "d'échelles"),
        ("a", "", "ladder", False, True, "a ladder", "d'échelle"),
        ("many", "", "owl", True, False, "many owls", "beaucoup de hiboux"),
        ("many", "", "armchair", True, False, "many armchairs", "beaucoup de fauteuils"),
        ("many", "", "accordion", True, False, "many accordions", "beaucoup d'accordéons"),
        ("the two", "grey", "mouse", True, False, "the two grey mice", "les deux souris grises"),
        ("eight", "wild", "donkey", True, False, "eight wild donkeys", "huit ânes sauvages"),
    ],
)
def test_noun_phrases(determiner, adjectives, noun, many, negated, english, french):
    found = noun_phrase(NOUN[noun], determiner, [ADJECTIVE[a] for a in adjectives.split()], many, negated)
    finished = sentence(found)
    lower = [text[0].lower() + text[1:].removesuffix(".") for text in finished]
    assert lower == [english, french]


@pytest.mark.parametrize(
    ("subject", "verb", "tense", "polarity", "english", "french"),
    [
        ("I", "buy", "present", "plain", "I buy.", "J'achète."),
        ("I", "buy", "present", "not", "I do not buy.", "Je n'achète pas."),
        ("I", "hate", "present", "plain", "I hate.", "Je hais."),
        ("we", "hate", "present", "not", "We do not hate.", "Nous ne haïssons pas."),
        (
            "the boys",
            "forget",
            "present",
            "never",
            "The boys never forget.",
            "Les garçons n'oublient jamais.",
        ),
        ("she", "wash", "present", "plain", "She washes.", "Elle lave."),
        ("you", "see", "past", "not", "You did not see.", "Vous n'avez pas vu."),
        ("he", "sell", "past", "never", "He never sold.", "Il n'a jamais vendu."),
        ("my sister", "arrive", "past", "plain", "My sister arrived.", "Ma sœur est arrivée."),
        (
            "the two girls",
            "leave",
            "past",
            "not",
            "The two girls did not leave.",
            "Les deux filles ne sont pas parties.",
        ),
        ("Paul and Emma", "come", "past", "plain", "Paul and Emma came.", "Paul et Emma sont venus."),
        ("my sister", "borrow", "past", "plain", "My sister borrowed.", "Ma sœur a emprunté."),
        ("Hugo", "look for", "present", "question", "Does Hugo look for?", "Est-ce qu'Hugo cherche ?"),
        ("the hero", "go", "present", "question", "Does the hero go?", "Est-ce que le héros va ?"),
        (
            "the actress",
            "come back",
            "past",
            "question",
            "Did the actress come back?",
            "Est-ce que l'actrice est revenue ?",
        ),
    ],
)
def test_clauses(subject, verb, tense, polarity, english, french):
    found = sentence(
        clause(PERSON[subject], VERB[verb], tense, polarity), "?" if polarity == "question" else "."
    )
    assert found == (english, french)


def test_participles_agree_with_their_subject_or_with_an_object_before_the_verb():
    chairs = person(noun_phrase(NOUN["chair"], "the", [], True), "f", True)
    car = person(noun_phrase(NOUN["car"], "the", [], False), "f", False)
    assert sentence(passive(chairs, VERB["sell"], "not")) == (
        "The chairs were not sold.",
        "Les chaises n'ont pas été vendues.",
    )
    bought = clause(PERSON["Paul"], VERB["buy"], "past", "plain", object_before=chairs)
    assert bought == ("Paul bought", "Paul a achetées")
    painted = clause(PERSON["Paul"], VERB["paint"], "past", "plain", object_before=car)
    assert painted == ("Paul painted", "Paul a peinte")


def test_being():
    tired = Phrase("tired", "fatiguées")
    assert sentence(being(PERSON["Anna and Julie"], "past", "not", tired)) == (
        "Anna and Julie were not tired.",
        "Anna et Julie n'étaient pas fatiguées.",
    )
    assert sentence(being(PERSON["he"], "present", "question", Phrase("late", "en retard")), "?") == (
        "Is he late?",
        "Est-ce qu'il est en retard ?",
    )


@pytest.mark.parametrize(
    ("apart", "together"),
    [
        ("de le hôtel", "de l'hôtel"),
        ("de le *hangar", "du hangar"),
        ("de les États-Unis", "des États-Unis"),
        ("à le marché", "au marché"),
        ("à le aéroport", "à l'aéroport"),
        ("à la école", "à l'école"),
        ("à les îles", "aux îles"),
        ("de Athènes", "d'Athènes"),
        ("de *Hambourg", "de Hambourg"),
        ("parce que elle ne y va pas", "parce qu'elle n'y va pas"),
        ("beaucoup de *onze", "beaucoup de onze"),
        ("belle école", "belle école"),
    ],
)
def test_elision_and_contraction(apart, together):
    assert elided(apart) == together
