"""Entities as people write them -> what a tagger is trained on, or one sentence that says what is wrong."""

import numpy as np
import pytest

from keras_seq import tagging
from keras_seq.answers.entity_truths import entity_truth
from keras_seq.errors import DataError
from keras_seq.tagging import Entity

TYPES = ["organization", "person"]
TEXT = "日本: Ada met Ashford Steel"
FOUND = [Entity(4, 7, "person"), Entity(12, 25, "organization")]


@pytest.mark.parametrize(
    "given",
    [
        [(4, 7, "person"), (12, 25, "organization")],
        ((12, 25, "organization"), [4, 7, "person"]),
        [{"start": 4, "end": 7, "type": "person"}, {"start": 12, "end": 25, "type": "organization"}],
        [{"text": "Ada", "type": "person", "start": 4, "end": 7, "score": 0.5}, FOUND[1]],
        np.array(FOUND, object),
        [(np.int32(4), np.int64(7), "person"), FOUND[1]],
        "4\t7\tB-person\n8\t11\tO\n12\t19\tB-organization\n20\t25\tI-organization",
        b"4\t7\tB-person\n12\t25\tB-organization",
    ],
    ids=["tuples", "unsorted", "dicts", "answers", "array", "numpy", "truth", "bytes"],
)
def test_forms_of_entities_are_one_truth(given):
    assert tagging.spans(tagging.decode(entity_truth(given, 0, TYPES, TEXT))) == FOUND


def test_a_text_may_have_no_entity():
    assert entity_truth([], 0, TYPES, TEXT) == entity_truth("", 0, TYPES, TEXT) == ""


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            [(4, 7, "persn")],
            DataError,
            "entity type 'persn' is none of 'organization', 'person'; did you mean 'person'",
        ),
        ([(4, 7, "date")], DataError, "entity type 'date' is none of 'organization', 'person'$"),
        (
            [(4, 26, "person")],
            DataError,
            r"text 3: \(4, 26, 'person'\) is no place in it; .* <= 25 code points",
        ),
        ([(-1, 2, "person")], DataError, "is no place in it"),
        ([(4, 4, "person")], DataError, "is no place in it"),
        (
            [(4, 7, "person"), (6, 9, "person")],
            DataError,
            r"\(4, 7, 'person'\) and \(6, 9, 'person'\) overlap",
        ),
        ("Ada", DataError, "text 3: expected its entities, a list for each text, .* given 'Ada'"),
        ({"start": 4, "end": 7, "type": "person"}, TypeError, "entry 3 is no list of entities"),
        (None, TypeError, "entry 3 is no list of entities: None"),
        ((4, 7, "person"), TypeError, "text 3: 4 is no entity; expected a list for each text"),
        ([(4, "person")], TypeError, r"\(4, 'person'\) is no entity"),
        ([("person", 4, 7)], TypeError, "is no entity"),
        ([(4.0, 7, "person")], TypeError, "is no entity"),
        ([{"start": 4, "label": "person"}], TypeError, "is no entity; expected .*start.*end.*type"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(given, error, message):
    with pytest.raises(error, match=message):
        entity_truth(given, 3, TYPES, TEXT)


def test_without_a_text_places_are_compared_with_each_other_alone():
    assert entity_truth([(4, 99, "person")], 0, TYPES) == "4\t99\tB-person"
    with pytest.raises(DataError, match="0 <= start < end <= the end"):
        entity_truth([(4, 3, "person")], 0, TYPES)
