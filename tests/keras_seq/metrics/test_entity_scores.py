"""The scores of entities: those of conlleval, rendered here independently, and what goes beyond it."""

import collections

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq import metrics, tagging
from keras_seq.metrics import TaggedAnswer
from keras_seq.tagging import Entity, TaggedToken

TYPES = [
    "loc",
    "per",
    "creative-work",
    "loc-",
    "-",
    "_",
]  # the last three seqeval reads as another or one another
many = tried_on(100)


def conlleval(sentences):
    """Counts `(correct, true, answered)` of chunks, overall ("") and a type, in one pass over lines as the
    shared task's script goes: a chunk is open on both sides or not, and is right when both sides open and
    close it at once.

    Args:
        sentences: of each a list of `(true tag, answered tag)`, in IOB2.
    """
    counts = collections.defaultdict(lambda: [0, 0, 0])
    in_correct, last = None, ("O", "O")

    def parts(tag):
        return (tag[0], tag[2:]) if tag != "O" else ("O", "")

    for pair in [line for sentence in sentences for line in (*sentence, ("O", "O"))]:
        starts, ends, kinds = [], [], []
        for tag, before in zip(pair, last, strict=True):
            (letter, kind), (letter_before, kind_before) = parts(tag), parts(before)
            differs = kind != kind_before
            starts.append(letter == "B" or (letter == "I" and (letter_before == "O" or differs)))
            ends.append(letter_before != "O" and (letter in "BO" or differs))
            kinds.append(kind)
        if in_correct is not None:
            if all(ends):
                counts[""][0] += 1
                counts[in_correct][0] += 1
                in_correct = None
            elif any(ends) or kinds[0] != kinds[1]:
                in_correct = None
        if all(starts) and kinds[0] == kinds[1]:
            in_correct = kinds[0]
        for side, place in ((0, 1), (1, 2)):
            if starts[side]:
                counts[""][place] += 1
                counts[kinds[side]][place] += 1
        last = pair
    return counts


def numbers(correct, true, answered):
    precision, recall = (correct / count if count else 0.0 for count in (answered, true))
    f1 = 2 * precision * recall / (precision + recall) if correct else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


def words(count):
    """A text of words of different lengths, and their places."""
    text, places = "", []
    for n in range(count):
        word = "é" * (1 + n % 3)
        places.append((len(text), len(text) + len(word)))
        text += word + " "
    return text[:-1], places


def record(true_tags, answered_tags, score=0.5):
    """What is kept of a sentence in CoNLL columns: its true tags, and the answered ones as entities with a
    score.
    """
    text, places = words(len(true_tags))
    tokens = [TaggedToken(*place, tag) for place, tag in zip(places, true_tags, strict=True)]
    found = tagging.spans(
        [TaggedToken(*place, tag) for place, tag in zip(places, answered_tags, strict=True)]
    )
    return TaggedAnswer.of(text, tokens, [answer(*entity, score) for entity in found])


def answer(start, end, kind, score=0.5):
    return {"text": "", "start": start, "end": end, "type": kind, "score": score}


RUNS = st.lists(st.none() | st.tuples(st.sampled_from(TYPES), st.integers(1, 3)), max_size=6)


def tags_of(runs, count):
    tags = []
    for run in runs:
        tags += ["O"] if run is None else [f"B-{run[0]}", *[f"I-{run[0]}"] * (run[1] - 1)]
    return (tags + ["O"] * count)[:count]


@st.composite
def sentences(draw):
    """`(true tag, answered tag)` of every token; the answer is often the truth."""
    found = []
    for _ in range(draw(st.integers(1, 5))):
        count, true = draw(st.integers(1, 9)), draw(RUNS)
        answered = list(true)
        for _ in range(draw(st.integers(0, 2))):
            place = draw(st.integers(0, 6))
            answered[place : place + 1] = draw(RUNS.map(lambda runs: runs[:1]))
        found.append(list(zip(tags_of(true, count), tags_of(answered, count), strict=True)))
    return found


@many
@given(sentences())
def test_scores_are_those_of_conlleval(data):
    found = metrics.entities([record(*zip(*sentence, strict=True)) for sentence in data], set())
    counts = conlleval(data)
    assert {name: found[name] for name in ("precision", "recall", "f1")} == pytest.approx(
        numbers(*counts[""])
    )
    assert (found["entities"], found["examples"]) == (counts[""][1], len(data))
    for name in {*counts, *found["classes"]} - {""}:
        row = dict(found["classes"][name])
        assert row.pop("examples") == counts[name][1]
        assert row == pytest.approx(numbers(*counts[name]))
    assert list(found["classes"]) == sorted(found["classes"])


def test_the_rendering_of_conlleval_counts_by_hand():
    """Two of three true entities, of four answered."""
    true, answered = "B-per I-per O B-loc B-loc".split(), "B-per I-per B-loc B-loc B-per".split()
    counts = conlleval([list(zip(true, answered, strict=True))])
    assert dict(counts) == {"": [2, 3, 4], "per": [1, 1, 2], "loc": [1, 2, 2]}
    found = metrics.entities([record(true, answered)], set())
    assert (found["precision"], found["recall"]) == (pytest.approx(0.5), pytest.approx(2 / 3))


def test_records_with_tags_of_their_own_are_kept_as_they_are():
    kept = record(["B-per", "I-per", "O", "B-per", "B-per"], ["B-per", "O", "B-loc", "B-per", "B-per"], 0.25)
    assert kept.true == ["B-per", "I-per", "O", "B-per", "B-per"]
    assert kept.answered == ["B-per", "O", "B-loc", "B-per", "B-per"]
    assert kept.found == [("é éé", False), ("é", True), ("éé", True)]
    assert kept.right == [(0.25, False), (0.25, False), (0.25, True), (0.25, True)]
    assert kept.mistakes == 3


def test_nothing_to_find_and_nothing_found_scores_zero():
    found = metrics.entities([record(["O", "O"], ["O", "O"]), TaggedAnswer.of("", [], [])], set())
    assert (found["f1"], found["entities"], found["unseen_entities"], found["classes"]) == (0.0, 0, 0, {})
    assert (found["unseen_recall"], found["calibration_error"]) == (0.0, 0.0)
    assert next(iter(found)) == "f1"


def test_unseen_recall_is_of_entities_whose_surface_training_never_had():
    text = "ADA met Li in straße"
    tokens = [(0, 3, "B-per"), (4, 7, "O"), (8, 10, "B-per"), (11, 13, "O"), (14, 20, "B-loc")]
    answered = [answer(0, 3, "per"), answer(8, 10, "loc"), answer(14, 20, "loc")]
    one = TaggedAnswer.of(text, [TaggedToken(*token) for token in tokens], answered)
    found = metrics.entities([one], {"ada"})
    assert (found["unseen_entities"], found["unseen_recall"]) == (2, 0.5)
    assert metrics.entities([one], {"ada", "strasse"})["unseen_recall"] == 0.0
    assert metrics.entities([one], {"ada", "strasse", "li"})["unseen_entities"] == 0
    assert tagging.surface(text, Entity(14, 20, "x")) == "strasse"


def test_the_calibration_error_is_the_mean_distance_of_scores_from_what_is_right():
    """Ten entities with 0.85, of which six are right, and two with 1.0 and 0.95, both right."""
    right = [(0.85, n < 6) for n in range(10)] + [(1.0, True), (0.95, True)]
    one = TaggedAnswer(["O"], ["O"], [], right)
    assert metrics.entities([one], set())["calibration_error"] == pytest.approx((10 * 0.25 + 0.05) / 12)
    other = TaggedAnswer(["O"], ["O"], [], [(0.0, False), (0.05, False), (0.15, True)])
    assert metrics.entities([other], set())["calibration_error"] == pytest.approx((0.05 + 0.85) / 3)


@pytest.mark.parametrize(
    ("answered", "right"),
    [
        ((3, 11), True),
        ((3, 10), False),
        ((4, 11), False),
        ((3, 12), False),
        ((2, 11), False),
        ((0, 3), False),
    ],
)
def test_in_texts_with_character_offsets_only_the_exact_ones_count(answered, right):
    """One entity from 3 to 11 of a text whose tokens nobody gave."""
    one = TaggedAnswer.of(
        "in New-York-based firms", [TaggedToken(3, 11, "B-loc")], [answer(*answered, "loc")]
    )
    assert (one.found[0][1], one.right[0][1]) == (right, right)
    assert metrics.entities([one], set())["f1"] == float(right)
    assert one.mistakes == (0 if right else 2)


def test_exact_offsets_of_another_type_are_wrong_and_neighbours_are_told_apart():
    tokens = [TaggedToken(0, 2, "B-per"), TaggedToken(2, 4, "B-per"), TaggedToken(5, 7, "B-loc")]
    answered = [answer(0, 2, "per"), answer(2, 4, "loc"), answer(5, 7, "loc")]
    one = TaggedAnswer.of("abcd efg", tokens, answered)
    assert [found for _, found in one.found] == [True, False, True]
    assert metrics.entities([one], set())["f1"] == pytest.approx(2 / 3)
    assert TaggedAnswer.of("abcd efg", tokens, [answer(0, 4, "per")]).mistakes == 4


def test_an_entity_that_is_a_whole_text_counts_by_its_exact_offsets_too():
    one = TaggedAnswer.of("Ada's", [TaggedToken(0, 5, "B-per")], [answer(0, 3, "per")])
    assert one.right == [(0.5, False)]


@many
@given(st.data())
def test_offsets_count_as_sets_of_entities_do(data):
    def some():
        places = sorted(data.draw(st.sets(st.integers(0, 12), max_size=8)))
        return [
            (a, b, data.draw(st.sampled_from(TYPES))) for a, b in zip(places[::2], places[1::2], strict=False)
        ]

    true, answered = some(), some()
    tokens = [TaggedToken(start, end, f"B-{kind}") for start, end, kind in true]
    one = TaggedAnswer.of("x" * 20, tokens, [answer(*entity) for entity in answered])
    found = metrics.entities([one], set())
    expected = numbers(len({*true} & {*answered}), len(true), len(answered))
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert [right for _, right in one.right] == [entity in true for entity in answered]
    assert [right for _, right in one.found] == [entity in answered for entity in true]


COLUMNS = [
    TaggedToken(0, 4, "O"),
    TaggedToken(5, 12, "B-per"),
    TaggedToken(13, 15, "I-per"),
    TaggedToken(16, 18, "O"),
]


@pytest.mark.parametrize(
    ("answered", "tags"),
    [
        ([(5, 15)], "O B-per I-per O"),
        ([(6, 14)], "O B-per I-per O"),
        ([(5, 10)], "O B-per O O"),
        ([(11, 17)], "O B-per I-per I-per"),
        ([(5, 7), (8, 15)], "O B-per B-per O"),
        ([(5, 7), (8, 12)], "O B-per O O"),
        ([(4, 5)], "O O O O"),
    ],
)
def test_an_answered_entity_that_cuts_a_token_of_a_column_file_is_widened_to_it(answered, tags):
    one = TaggedAnswer.of("said O'Brien Li to", COLUMNS, [answer(*places, "per") for places in answered])
    assert one.true == "O B-per I-per O".split()
    assert one.answered == tags.split()
    assert one.found == [("o'brien li", tags == "O B-per I-per O")]
    assert len(one.right) == len(answered)


NAMES = ["x", "x-", "-x", "x_", "_", "-", "B-x", "O", "x\0", "x ", "1", "01", "True", "é", "e\u0301"]


def test_every_type_of_entity_has_scores_of_its_own():
    """seqeval takes hyphens off a name, and then `x`, `x-` and `-x` are one."""
    records = []
    for name in NAMES:
        right, other = [f"B-{name}", f"I-{name}", "O"], ["O", "O", f"B-{name}"]
        for answered in (right, other):
            records.append(TaggedAnswer(right, answered, [], []))
    found = metrics.entities(records, set())
    assert list(found["classes"]) == sorted(NAMES)
    for row in found["classes"].values():
        assert row == {
            "precision": pytest.approx(0.5),
            "recall": pytest.approx(0.5),
            "f1": pytest.approx(0.5),
            "examples": 2,
        }
    assert found["entities"] == 2 * len(NAMES)
    mistaken = metrics.entities([TaggedAnswer(["B-x"], ["B-x-"], [], [])], set())
    assert mistaken["f1"] == 0, "one type answered for another is wrong, however alike their names"
