"""JSON as TensorFlow Serving reads and writes it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import ServingError
from serving.values import json_text


@given(number=st.floats(width=32))
def test_a_number_that_is_written_is_read_again(number):
    (written,) = json_text.decimals(np.array([number], np.float32))
    read = np.float32(json_text.parsed(b'{"x": %s}' % written.encode())["x"])
    np.testing.assert_array_equal(read, np.float32(number))


@pytest.mark.parametrize(
    ("number", "written"),
    [(1, "1.0"), (9e6, "9e+06"), (0.1, "0.1"), (1 / 3, "0.333333343"), (-np.inf, "-Infinity")],
)
def test_numbers_are_short_where_that_says_it_all(number, written):
    assert json_text.decimals(np.array([number], np.float32)) == [written]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The document is empty"),
        (b"[1]", r"Is not object"),
        (b'{"a": [1, 2}', r"Missing a comma or \] after an array element. at offset: 11"),
        (b'{"a": 1,}', "Missing a name for object member."),
        (b'{"a": 1e999}', "Number too big to be stored in double. at offset: 6"),
        (b'{"a": "\\ud800"}', "The surrogate pair in string is invalid."),
    ],
)
def test_what_is_no_json_is_refused_in_the_servers_words(body, message):
    with pytest.raises(ServingError, match=message):
        json_text.parsed(body)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, "True"), (None, "Null"), ({}, "Object"), ([], "Array"), ("", "String"), (1.5, "Number")],
)
def test_kinds_are_named_as_the_server_names_them(value, kind):
    assert json_text.kind(value) == kind
