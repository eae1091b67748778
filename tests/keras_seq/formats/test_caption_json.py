"""Captions in JSON: COCO's, Karpathy's, lists of objects, JSON lines."""

import json

import pytest
from data_files import complaint, write

from keras_seq.formats.caption_json import json_rows

COCO = {
    "info": {},
    "images": [
        {"id": 7, "file_name": "b.jpg"},
        {"id": 5, "file_name": "a é.jpg"},
        {"id": 9, "file_name": "c.jpg"},
    ],
    "annotations": [
        {"image_id": 5, "id": 1, "caption": "A dog.\n"},
        {"image_id": 7, "id": 2, "caption": "Two  cats"},
        {"image_id": 5, "id": 3, "caption": ""},
    ],
}
KARPATHY = {
    "dataset": "made up",
    "images": [
        {"filename": "a.jpg", "split": "train", "sentences": [{"raw": "A dog."}, {"raw": "One dog."}]},
        {"filename": "b.jpg", "split": "restval", "filepath": "val2014", "sentences": [{"raw": "A cat."}]},
        {"filename": "c.jpg", "split": "val", "sentences": []},
        {"filename": "d.jpg", "split": "test", "sentences": [{"raw": "A cow."}]},
    ],
}
OBJECTS = [{"image": "a.jpg", "caption": ["A dog.", "One dog."]}, {"image": "b.jpg", "caption": "A cat."}]


def rows(path, *arguments, **options):
    return [
        (row.image, row.caption, row.where.removeprefix(f"{path}:"))
        for row in json_rows(path, *arguments, **options)
    ]


@pytest.mark.parametrize("indent", [None, 1], ids=["line", "lines"])
@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_captions_of_coco_are_joined_with_their_images(tmp_path, name, indent):
    path = write(tmp_path, name, json.dumps(COCO, indent=indent))
    assert rows(path) == [
        ("a é.jpg", "A dog.", "annotations[0]"),
        ("b.jpg", "Two cats", "annotations[1]"),
        ("a é.jpg", "", "annotations[2]"),
        ("c.jpg", None, "images[2]"),
    ]


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("train", ["a.jpg", "a.jpg", "val2014/b.jpg"]),
        ("validation", ["c.jpg"]),
        ("test", ["d.jpg"]),
        (None, ["a.jpg", "a.jpg", "val2014/b.jpg", "c.jpg", "d.jpg"]),
    ],
    ids=["train", "validation", "test", "all"],
)
def test_karpathys_file_names_the_splits(tmp_path, part, names):
    path = write(tmp_path, "dataset.json", json.dumps(KARPATHY))
    found = rows(path, part=part)
    assert [name for name, _, _ in found] == names
    assert (("c.jpg", None, "images[2]") in found) == ("c.jpg" in names)


def test_a_split_that_no_image_is_of_is_named(tmp_path):
    path = write(tmp_path, "dataset.json", json.dumps({"images": KARPATHY["images"][:1]}))
    assert complaint(json_rows(path, part="test")) == f"{path}: no image is of the split test; it has train"


@pytest.mark.parametrize("indent", [None, 1], ids=["line", "lines"])
def test_a_list_of_objects_is_a_table(tmp_path, indent):
    path = write(tmp_path, "a.json", b"\xef\xbb\xbf" + json.dumps(OBJECTS, indent=indent).encode())
    assert rows(path) == [
        ("a.jpg", "A dog.", "[0]"),
        ("a.jpg", "One dog.", "[0]"),
        ("b.jpg", "A cat.", "[1]"),
    ]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.jsonl.gz"])
def test_json_lines_have_a_caption_or_a_list_of_them(tmp_path, name):
    text = "".join(json.dumps(one) + "\r\n" for one in [*OBJECTS, {"image": "c.jpg", "caption": []}])
    path = write(tmp_path, name, text)
    assert rows(path) == [
        ("a.jpg", "A dog.", "1"),
        ("a.jpg", "One dog.", "1"),
        ("b.jpg", "A cat.", "2"),
        ("c.jpg", None, "3"),
    ]


def test_keys_are_named_and_lists_of_cells_numbered(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"says": "x", "pic": "a"}\n')
    assert rows(path, "pic", "says") == [("a", "x", "1")]
    path = write(tmp_path, "b.json", '["a", "x"]\n["b", "y"]\n')
    assert rows(path) == [("a", "x", "1"), ("b", "y", "2")]
    assert rows(path, 1, 0) == [("x", "a", "1"), ("y", "b", "2")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{\n"a": 1\n}', ": captions are expected in COCO's"),
        ('{\n"images": 1\n}', ": captions are expected in COCO's"),
        ("{\n]", ":2: not valid JSON: "),
        ("[" * 10**5, ":1: not valid JSON: "),
        ('{"a": 1}', ":1: no column of the images is known: ['a']; expected one of image, "),
        ("7", ":1: expected an image and its caption; the row is 7"),
        ('["a"]', ":1: has no 0 and 1; the row is ['a']"),
        ('{"image": "a", "caption": 7}', ":1: expected the name of an image and a caption; given ('a', 7)"),
        ('{"images": [], "annotations": {}}', ": 'annotations' is no list; captions are expected in COCO's"),
        ('{"images": [7], "annotations": []}', ":images[0]: expected an object; given 7"),
        ('{"images": [{"id": 1}], "annotations": []}', ":images[0]: has no 'file_name'; it is {'id': 1}"),
        (
            '{"images": [{"id": 1, "file_name": "a"}], "annotations": [{"image_id": 1, "bbox": []}]}',
            ":annotations[0]: has no 'caption'; COCO's captions are in captions_*.json; it is ",
        ),
        (
            '{"images": [{"id": 1, "file_name": "a"}], "annotations": [{"image_id": 2, "caption": "x"}]}',
            ":annotations[0]: no image has the id 2; it is ",
        ),
        (
            '{"images": [{"file_name": "a"}]}',
            ":images[0]: has no 'sentences'; captions are expected in COCO's",
        ),
        (
            '{"images": [{"filename": "a", "sentences": "x"}]}',
            ":images[0]: 'sentences' is no list of objects",
        ),
        ('{"images": [{"filename": "a", "sentences": [{}]}]}', ":images[0]: has no 'raw'; it is {}"),
        ('{"images": [{"sentences": []}]}', ":images[0]: the name of the image is empty"),
    ],
    ids=[
        *(
            "keys",
            "images",
            "damaged",
            "deep",
            "object",
            "number",
            "short",
            "caption",
            "annotations",
            "image",
        ),
        *("file_name", "boxes", "unknown", "images alone", "sentences", "raw", "nameless"),
    ],
)
def test_another_schema_is_refused_by_place(tmp_path, content, expected):
    path = write(tmp_path, "a.json", content)
    assert complaint(json_rows(path)).startswith(f"{path}{expected}")
