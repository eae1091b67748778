"""A caption and the name of its image, and the columns that they stand in."""

import pytest

from keras_seq.errors import DataError
from keras_seq.formats.caption_rows import CaptionRow, chosen


def test_a_caption_is_one_line_without_white_space_at_its_edges():
    assert CaptionRow.of(" a b.jpg ", " A dog\n runs \t.", "f:1") == ("a b.jpg", "A dog runs .", "f:1")
    assert CaptionRow.of("a.jpg", " ", "f:1").caption == ""
    assert CaptionRow.of("a.jpg", None, "f:1").caption is None


def test_captions_of_a_list_are_a_row_each_and_an_empty_list_is_none():
    assert [row.caption for row in CaptionRow.several("a", ["x", "y"], "f:1")] == ["x", "y"]
    assert [row.caption for row in CaptionRow.several("a", "x", "f:1")] == ["x"]
    assert [row.caption for row in CaptionRow.several("a", [], "f:1")] == [None]


@pytest.mark.parametrize(
    ("image", "caption", "expected"),
    [
        ("", "x", "f:1: the name of the image is empty; the caption is 'x'"),
        (7, "x", "f:1: expected the name of an image and a caption; given (7, 'x')"),
        ("a", 1.5, "f:1: expected the name of an image and a caption; given ('a', 1.5)"),
        ("a\ud83d", "x", "f:1: the name of the image has half of a surrogate pair"),
        ("a", "x\ud83d", "f:1: the caption has half of a surrogate pair"),
    ],
    ids=["empty", "number", "score", "name", "caption"],
)
def test_what_is_no_name_and_no_text_is_refused(image, caption, expected):
    with pytest.raises(DataError) as error:
        CaptionRow.of(image, caption, "f:1")
    assert str(error.value).startswith(expected)


@pytest.mark.parametrize(
    ("names", "image", "caption", "expected"),
    [
        (["image", "caption"], None, None, ("image", "caption")),
        (["id", "text", "file_name"], None, None, ("file_name", "text")),
        (["image_name", "comment_number", "comment"], None, None, ("image_name", "comment")),
        (["a.jpg", "A dog"], None, None, (0, 1)),
        (["a.jpg", "A dog"], 1, None, (1, 1)),
        (["pic", "says"], "pic", "says", ("pic", "says")),
        (["pic", "caption"], "pic", None, ("pic", "caption")),
        (["image", "caption"], 3, 4, (3, 4)),
    ],
    ids=["kaggle", "folder", "flickr30k", "none", "number", "given", "one", "numbers"],
)
def test_columns_are_those_given_or_of_known_names_or_the_first_two(names, image, caption, expected):
    assert chosen(names, image, caption, "f:1", has_names=False) == expected


@pytest.mark.parametrize(
    ("names", "image", "caption", "has_names", "what"),
    [
        (["image", "says"], None, None, False, "captions"),
        (["pic", "says"], "pic", None, False, "captions"),
        (["pic", "caption"], None, None, True, "images"),
        (["pic", "says"], None, "says", False, "images"),
    ],
    ids=["half", "given", "header", "caption"],
)
def test_where_columns_have_names_one_that_is_not_known_is_asked_for(names, image, caption, has_names, what):
    with pytest.raises(DataError, match=rf"f:1: no column of the {what} is known: .*data\.{what[:-1]}"):
        chosen(names, image, caption, "f:1", has_names)
