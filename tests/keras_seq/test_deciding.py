"""What the validation split decides of a search: nothing where it is given, else what one search tells."""

import pytest

from keras_seq import deciding
from keras_seq.contract import Validation
from keras_seq.formats import Example, File


class Model:
    """Answers with what it was given."""

    def file_contents(self, raw):
        return raw + b"!"

    def candidates(self, inputs):
        return [[one] for one in inputs]


@pytest.mark.parametrize("fixed", [{"length_penalty": 0.0}, {"beam_width": 1}, {"temperature": 1.0}])
def test_nothing_is_decided_where_it_is_given_or_orders_nothing(fixed):
    assert deciding.length_penalty(None, "cider", None, None, fixed) == {}


def test_all_examples_are_searched_once_and_a_file_that_cannot_be_read_is_left_out(tmp_path):
    (tmp_path / "a").write_bytes(b"a")
    examples = [
        Example(File.of(tmp_path / "a"), ("one", "two"), "x:1"),
        Example(File.of(tmp_path / "b"), ("three",), "x:2"),
    ]
    seen = []

    def best(found, true, monitor):
        seen.append((found, true, monitor))
        return 0.6

    found = deciding.length_penalty(best, "cider", Model, Validation(examples, None), {"beam_width": 4})
    assert found == {"length_penalty": 0.6}
    assert seen == [([[b"a!"]], [("one", "two")], "cider")]
