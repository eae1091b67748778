"""Tags and entities: every scheme reads alike, and what is not legal is found where it stands."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from keras_seq import tagging
from keras_seq.errors import RecipeError
from keras_seq.tagging import SCHEMES, Entity, TagError, TaggedToken

LETTERS = {"IOBES": "BIES", "BILOU": "BILU", "BMEWO": "BMEW"}


def rendered(entities, count, scheme):
    """A plain rendering of entities in a scheme, or in one of the other alphabets of IOBES."""
    tags = ["O"] * count
    for number, (start, end, type) in enumerate(entities):
        if scheme in LETTERS:
            begin, inside, last, alone = LETTERS[scheme]
            letters = [begin, *inside * (end - start - 2), last] if end - start > 1 else [alone]
        else:
            touches = number and entities[number - 1][1:] == (start, type)
            letters = ["B" if scheme == "IOB2" or touches else "I", *"I" * (end - start - 1)]
        tags[start:end] = [f"{letter}-{type}" for letter in letters]
    return tags


TYPES = st.sampled_from(["PER", "LOC", "creative-work"]) | st.text(min_size=1)


@st.composite
def sentences(draw):
    """Entities in order, and how many tokens there are."""
    found, place = [], 0
    for gap, length, type in draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), TYPES), max_size=6)
    ):
        found.append(Entity(place + gap, place + gap + length, type))
        place += gap + length
    return found, place + draw(st.integers(0, 2))


@given(sentences())
def test_entities_come_back_from_their_tags(sentence):
    entities, count = sentence
    assert tagging.entities(tagging.iob2(entities, count), "IOB2") == entities
    assert tagging.iob2(entities, count) == rendered(entities, count, "IOB2")


@pytest.mark.parametrize("scheme", [*SCHEMES, "BILOU", "BMEWO"])
@given(sentence=sentences())
def test_all_schemes_read_alike(scheme, sentence):
    entities, count = sentence
    read_as = "IOBES" if scheme in LETTERS else scheme
    assert tagging.entities(rendered(entities, count, scheme), read_as) == entities


def every_sentence(count, types="xy"):
    """All the ways in which entities of some types can lie in `count` tokens."""
    if count == 0:
        return [[]]
    found = every_sentence(count - 1, types)
    for length, type in itertools.product(range(1, count + 1), types):
        found = found + [
            [*s, Entity(count - length, count, type)] for s in every_sentence(count - length, types)
        ]
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_exactly_the_legal_sequences_are_taken_and_the_first_wrong_tag_is_named(scheme):
    """Of all sequences of up to three tags: those that a scheme's rendering gives, and no others."""
    legal = {n: {tuple(rendered(e, n, scheme)): e for e in every_sentence(n)} for n in range(5)}
    beginnings = {tags[:n] for n in range(4) for tags in legal[n + 1]}  # of something legal
    letters = "BIES" if scheme == "IOBES" else "BI"
    alphabet = ["O", *(f"{letter}-{type}" for letter in letters for type in "xy")]
    wrong = 0
    for tags in itertools.chain(*(itertools.product(alphabet, repeat=n) for n in range(4))):
        if tags in legal[len(tags)]:
            assert tagging.entities(tags, scheme) == legal[len(tags)][tags]
            continue
        with pytest.raises(TagError) as error:
            tagging.entities(tags, scheme)
        fits = max(n for n in range(len(tags) + 1) if tags[:n] in beginnings)
        assert error.value.position == min(fits, len(tags) - 1)
        wrong += 1
    assert wrong > 30


def test_iob1_has_b_only_directly_after_an_entity_of_the_same_type():
    tags = ["I-PER", "B-PER", "I-PER", "I-LOC", "B-LOC"]
    assert tagging.entities(tags, "IOB1") == [
        Entity(0, 1, "PER"),
        Entity(1, 3, "PER"),
        Entity(3, 4, "LOC"),
        Entity(4, 5, "LOC"),
    ]
    for tags in (["B-PER"], ["I-PER", "O", "B-PER"], ["I-PER", "B-LOC"]):
        with pytest.raises(TagError) as error:
            tagging.entities(tags, "IOB1")
        assert error.value.position == len(tags) - 1


@pytest.mark.parametrize(
    ("scheme", "tags", "position", "message"),
    [
        (
            "IOB2",
            "O I-PER",
            1,
            "I-PER after O is not IOB2; it is IOB1 (data.scheme: IOB1); IOB2 would have B-PER",
        ),
        (
            "IOB2",
            "I-PER",
            0,
            "I-PER at the start is not IOB2; it is IOB1 (data.scheme: IOB1); IOB2 would have B-PER",
        ),
        ("IOB2", "I-PER O B-PER", 0, "I-PER at the start is not IOB2; IOB2 would have B-PER"),
        ("IOB2", "B-PER I-LOC", 1, "I-LOC after B-PER is not IOB2; IOB2 would have B-LOC"),
        ("IOB2", "O S-PER", 1, "it is IOBES (data.scheme: IOBES); expected O, B-type or I-type"),
        (
            "IOB1",
            "B-PER I-PER",
            0,
            "B-PER at the start is not IOB1; it is IOB2 (data.scheme: IOB2); IOB1 would have I",
        ),
        (
            "IOBES",
            "B-PER O",
            1,
            "O after B-PER is not IOBES; it is IOB2 (data.scheme: IOB2); IOBES would have I-PER or",
        ),
        ("IOBES", "S-PER B-PER", 1, "B-PER at the end is not IOBES; IOBES would have S-PER"),
        (
            "IOBES",
            "B-PER I-PER",
            1,
            "I-PER at the end is not IOBES; it is IOB2 (data.scheme: IOB2); IOBES would have E",
        ),
        ("IOBES", "O E-PER", 1, "E-PER after O is not IOBES; IOBES would have B-PER or S-PER"),
        ("IOB2", "O NNP", 1, "'NNP' is no IOB2 tag; expected O, B-type or I-type"),
        ("IOB2", "B-", 0, "'B-' is no IOB2 tag; expected O, B-type or I-type"),
        ("IOB1", "B", 0, "'B' is no IOB1 tag; expected O, B-type or I-type"),
        ("IOBES", "o", 0, "'o' is no IOBES tag; expected O, B-type, I-type, E-type or S-type"),
    ],
)
def test_what_is_not_legal_is_named_with_what_is(scheme, tags, position, message):
    with pytest.raises(TagError) as error:
        tagging.entities(tags.split(), scheme)
    assert message in str(error.value)
    assert error.value.position == position


def test_an_unknown_scheme_is_refused():
    with pytest.raises(RecipeError, match="unknown scheme 'BIO'; expected IOB1, IOB2"):
        tagging.entities([], "BIO")


@pytest.mark.parametrize(
    "entities", [[(0, 0, "x")], [(1, 4, "x")], [(-1, 1, "x")], [(0, 2, "x"), (1, 3, "x")]]
)
def test_entities_that_no_tags_can_hold_are_refused(entities):
    with pytest.raises(ValueError, match=r"not within 3 tokens|overlaps another"):
        tagging.iob2([Entity(*entity) for entity in entities], 3)


@given(
    st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 9999), st.sampled_from(["O", "B-a b", "I-ü-x"])))
)
def test_tokens_come_back_from_a_truth(tokens):
    tokens = [TaggedToken(*token) for token in tokens]
    assert tagging.decode(tagging.encode(tokens)) == tokens
    assert tagging.types(tagging.encode(tokens)) == {token.tag[2:] for token in tokens} - {""}


def test_a_truth_is_a_line_a_token_and_its_entities_count_code_points():
    tokens = [TaggedToken(0, 4, "B-PER"), TaggedToken(5, 9, "I-PER"), TaggedToken(10, 11, "O")]
    assert tagging.encode(tokens) == "0\t4\tB-PER\n5\t9\tI-PER\n10\t11\tO"
    assert tagging.spans(tokens) == [Entity(0, 9, "PER")]
    assert tagging.encode([]) == ""
    assert tagging.decode("") == tagging.spans([]) == []
    with pytest.raises(TagError):
        tagging.spans(tokens[1:])


def test_ids_of_tags_in_plain_python_numpy_and_tensorflow():
    names = tagging.tag_names(["loc", "x-y"])
    assert names == "O B-loc I-loc E-loc S-loc B-x-y I-x-y E-x-y S-x-y".split()
    assert tagging.tag_names(["loc"], scheme="IOB2") == ["O", "B-loc", "I-loc", "I-loc", "B-loc"]
    assert tagging.num_tags(2) == len(names)
    first, last = ([name[0] in letters for name in ["P", *names]] for letters in ("BS", "ES"))
    types = [-1, 0, 0, 0, 0, 1, 1, 1, 1]
    ids = range(tagging.PADDING_ID, len(names))
    assert [tagging.is_first(number) for number in ids] == first
    assert [tagging.is_last(number) for number in ids] == last
    assert [tagging.type_id(number) for number in ids[1:]] == types
    for make, where in ((np.array, np.where), (tf.constant, tf.where)):
        array = make(list(ids))
        np.testing.assert_array_equal(tagging.is_first(array), first)
        np.testing.assert_array_equal(tagging.is_last(array), last)
        np.testing.assert_array_equal(tagging.type_id(array)[1:], types)
        inside = array[2:]
        again = tagging.tag_id(
            tagging.type_id(inside), tagging.is_first(inside), tagging.is_last(inside), where
        )
        np.testing.assert_array_equal(again, inside)
