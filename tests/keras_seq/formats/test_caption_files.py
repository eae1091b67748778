"""Files of captions are known by their suffix, and where that says nothing by their first line."""

import pytest
from data_files import complaint, write

from keras_seq.formats.caption_files import caption_rows

TOKEN = "a.jpg#0\tA dog , running .\nb c.jpg#0\tTwo cats .\na.jpg#1\tOne dog .\n"
KAGGLE = 'image,caption\na.jpg,"A dog, running ."\nb c.jpg,"A sign says ""Stop"" ."\n'


def rows(path, *arguments):
    return [
        (row.image, row.caption, row.where.removeprefix(f"{path}:")) for row in caption_rows(path, *arguments)
    ]


@pytest.mark.parametrize("name", ["Flickr8k.token.txt", "results.token", "results.token.gz", "captions"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_token_file_has_a_name_and_a_number_before_the_tab(tmp_path, name, end):
    path = write(tmp_path, name, b"\xef\xbb\xbf" + TOKEN.replace("\n", end).encode())
    assert rows(path) == [
        ("a.jpg", "A dog , running .", "1"),
        ("b c.jpg", "Two cats .", "2"),
        ("a.jpg", "One dog .", "3"),
    ]


def test_a_name_may_have_signs_of_its_own_and_a_caption_tabs(tmp_path):
    path = write(tmp_path, "a.token", "é #1.jpg#0\tA\tdog\n\nx.jpg.1#4\t \n")
    assert rows(path) == [("é #1.jpg", "A dog", "1"), ("x.jpg.1", "", "3")]


@pytest.mark.parametrize("name", ["captions.txt", "captions.csv", "captions.csv.gz"])
def test_kaggles_file_is_csv_whatever_its_suffix(tmp_path, name):
    path = write(tmp_path, name, KAGGLE)
    assert rows(path) == [("a.jpg", "A dog, running .", "2"), ("b c.jpg", 'A sign says "Stop" .', "3")]


def test_tables_have_columns_by_name_by_number_or_the_first_two(tmp_path):
    path = write(tmp_path, "a.tsv", "a.jpg\tA dog\nb.jpg\tA cat\n")
    expected = [("a.jpg", "A dog", "1"), ("b.jpg", "A cat", "2")]
    assert rows(path) == expected
    assert rows(write(tmp_path, "a.txt", "a.jpg\tA dog\nb.jpg\tA cat\n")) == expected
    assert rows(write(tmp_path, "b.txt", "a.jpg,A dog\nb.jpg,A cat\n")) == expected
    assert rows(write(tmp_path, "a.csv", "0,A dog,a.jpg\n1,A cat,b.jpg\n"), 2, 1) == expected
    named = write(tmp_path, "b.csv", "n,says,pic\n0,A dog,a.jpg\n")
    assert rows(named, "pic", "says") == [("a.jpg", "A dog", "2")]
    assert rows(named, 2, 1, True) == [("a.jpg", "A dog", "2")]
    assert rows(named, 2, 1, False) == [("pic", "says", "1"), ("a.jpg", "A dog", "2")]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "a.txt",
            "a.jpg#0\tA dog\nb.jpg#0 A cat\n",
            ":2: expected image#0, a tab and a caption; the line is ",
        ),
        ("a.txt", "a.jpg#0 A dog, running\n", ":1: expected image#0, a tab and a caption; the line is "),
        ("a.txt", "a.jpg\nb.jpg\n", ": the first line has neither a tab nor a comma; expected image#0"),
        ("a.csv", "a.jpg\n", ":1: 1 column(s), expected at least 2: column 0 (image) and column 1 (caption)"),
        ("a.csv", "image,says\na.jpg,A dog\n", ":1: no column of the captions is known: ['image', 'says']"),
        ("a.csv", 'a.jpg,"A dog\nb.jpg,A cat\n', ":1: not valid CSV: a quote"),
        ("a.csv", 'a.jpg,"A\ndog"\n', ":1: the caption 'A\\ndog' has a line break; is a quote not closed?"),
        (
            "a.csv",
            "a.jpg,A dog\nb.jpg,A cat, too\n",
            ":2: 3 columns, the first row has 2: a cell with commas",
        ),
        ("a.csv", "a.jpg,A dog\n,A cat\n", ":2: the name of the image is empty; the caption is 'A cat'"),
        ("a.txt", b"a.jpg#0\tA dog\nb.jpg#0\t\xff\n", ":2: byte 9 of the line is not UTF-8"),
        ("a.txt", "a.jpg#0\tA dog".encode("utf-16"), ": is UTF-16 text; expected UTF-8"),
        ("results.csv", "image_name| comment_number| comment\na| 0| b\n", "looks separated by vertical bars"),
    ],
    ids=[
        *(
            "no tab",
            "first",
            "list",
            "one column",
            "half a header",
            "quote",
            "line break",
            "comma",
            "nameless",
        ),
        *("latin", "utf16", "bars"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(tmp_path, name, content, expected):
    path = write(tmp_path, name, content)
    said = complaint(caption_rows_of(path))
    assert said.startswith(str(path))
    assert expected in said


def caption_rows_of(path):
    yield from caption_rows(path)
