"""Images with all their captions, from captions files and split lists."""

import json

import pytest
from corpora import PROJECT
from data_files import complaint, write

from keras_seq.formats import Captions, File

FLICKR8K = PROJECT.parent / "shared" / "data" / "captioning" / "flickr8k"
TOKEN = "a.jpg#0\tA dog .\nb c.jpg#0\tTwo cats .\na.jpg#1\tOne dog .\né.jpg#0\tA cow .\n"
A, B, E = ("a.jpg", ("A dog .", "One dog .")), ("b c.jpg", ("Two cats .",)), ("é.jpg", ("A cow .",))


@pytest.fixture
def token(tmp_path):
    return str(write(tmp_path, "Flickr.token.txt", TOKEN))


def found(examples, folder):
    return [(one.input.path.removeprefix(f"{folder}/"), one.truth) for one in examples]


def test_an_image_is_one_example_with_all_its_captions(tmp_path, token):
    captions = Captions(token, root="pictures")
    assert found(captions, "pictures") == [A, B, E]
    assert found(captions, "pictures") == [A, B, E]
    assert next(iter(captions)).input == File("pictures/a.jpg", 1)
    assert [one.where for one in captions] == [f"{token}:1", f"{token}:2", f"{token}:4"]


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_split_list_says_which_images_and_in_which_order(tmp_path, token, end):
    content = b"\xef\xbb\xbf" + end.join(["é.jpg", " a.jpg ", "", ""]).encode()
    path = str(write(tmp_path, "trainImages.txt", content))
    captions = Captions(path, token, "pictures")
    assert found(captions, "pictures") == [E, A]
    assert [one.where for one in captions] == [f"{path}:1", f"{path}:2"]


def test_captions_and_lists_may_be_several_files_by_a_pattern(tmp_path):
    write(tmp_path, "part-1.tsv", "a.jpg\tA dog .\nb c.jpg\tTwo cats .\n")
    write(tmp_path, "part-2.tsv.gz", "a.jpg\tOne dog .\né.jpg\tA cow .\n")
    write(tmp_path, "list-1.lst", "é.jpg\n")
    write(tmp_path, "list-2.lst", "a.jpg\n")
    pattern = str(tmp_path / "part-*")
    assert found(Captions(pattern, root="p"), "p") == [A, B, E]
    assert found(Captions(str(tmp_path / "list-*.lst"), pattern, "p"), "p") == [E, A]


def test_names_of_flickr30k_entities_have_no_suffix(tmp_path, token):
    path = str(write(tmp_path, "train.txt", "a\nb c.jpg\n"))
    assert found(Captions(path, token, "p"), "p") == [A, B]


@pytest.mark.parametrize("place", ["", "images", "Images", "../text"])
def test_images_are_beside_the_files_that_name_them(tmp_path, place):
    lists, text = tmp_path / "lists", tmp_path / "text"
    for folder in (lists, text, lists / place):
        folder.mkdir(exist_ok=True)
    (lists / place / "a.jpg").write_bytes(b"x")
    path, captions = write(lists, "train.txt", "a.jpg\n"), write(text, "t.token", TOKEN)
    (example,) = Captions(str(path), str(captions))
    assert example.input.path == str((text if place == "../text" else lists / place) / "a.jpg")


def test_images_that_are_nowhere_are_listed_all_the_same(tmp_path, token):
    assert found(Captions(token), tmp_path) == [A, B, E]


def test_absolute_names_need_no_folder(tmp_path):
    path = write(tmp_path, "a.csv", "/data/a.jpg,A dog\n")
    assert [one.input.path for one in Captions(str(path), root="p")] == ["/data/a.jpg"]


def test_a_file_of_karpathys_has_the_splits_unless_a_list_says_which(tmp_path):
    images = [
        {"filename": f"{split}.jpg", "split": split, "sentences": [{"raw": "A dog."}]}
        for split in ("train", "test")
    ]
    path = str(write(tmp_path, "dataset.json", json.dumps({"images": images})))
    named = str(write(tmp_path, "list.txt", "train.jpg\n"))
    assert found(Captions(path, root="p", part="test"), "p") == [("test.jpg", ("A dog.",))]
    assert found(Captions(named, path, "p", part="test"), "p") == [("train.jpg", ("A dog.",))]


def test_what_is_passed_over_is_counted_named_and_told_once(tmp_path, capsys):
    token = str(write(tmp_path, "t.token", TOKEN + "a.jpg#2\t \nf.jpg#0\t\nother.jpg#0\t\n"))
    path = str(write(tmp_path, "list.txt", "a.jpg\nf.jpg\nnone.jpg\na.jpg\né.jpg\n"))
    captions = Captions(path, token, "p")
    assert found(captions, "p") == [A, E]
    assert found(captions, "p") == [A, E]
    assert found(Captions(path, token, "p", reports=False), "p") == [A, E]
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: passed over 3 of 5 images: 2 without a caption ({path}:2 ('f.jpg'), {path}:3 ('none.jpg')); "
        f"1 named twice ({path}:4 ('a.jpg'))",
        f"{path}: passed over 2 captions: 2 empty ({token}:5 ('a.jpg'), {token}:6 ('f.jpg'))",
    ]


def test_images_of_coco_without_captions_are_told(tmp_path, capsys):
    images = [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}]
    content = {"images": images, "annotations": [{"image_id": 2, "caption": "A dog."}]}
    path = str(write(tmp_path, "captions.json", json.dumps(content)))
    assert found(Captions(path, root="p"), "p") == [("b.jpg", ("A dog.",))]
    told = f"{path}: passed over 1 of 2 images: 1 without a caption ({path}:images[0] ('a.jpg'))\n"
    assert capsys.readouterr().out == told


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "list.txt: names no image (an empty file)"),
        ("a.jpg\tA dog\n", "list.txt:1: has a tab; expected the name of an image, as data.captions is given"),
        (
            "a.jpg\nimages/a.jpg\n",
            "list.txt:2: 'images/a.jpg' is a path, and the captions have 'a.jpg'; expected",
        ),
        ("x.jpg\ny.jpg\n", "list.txt: none of 2 images has a caption in "),
        ("é.jpg\n".encode("latin-1"), "list.txt:1: byte 1 of the line is not UTF-8"),
    ],
    ids=["empty", "tab", "path", "others", "latin"],
)
def test_a_list_that_does_not_fit_is_refused(tmp_path, token, content, expected):
    path = write(tmp_path, "list.txt", content)
    assert f"{tmp_path}/{expected}" in complaint(Captions(str(path), token))


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl", "a.txt", "a.token"])
@pytest.mark.parametrize("content", ["", "\n\n"], ids=["nothing", "blank"])
def test_an_empty_file_has_no_captions(tmp_path, name, content):
    assert "has no captions (an empty file, or a header alone)" in complaint(
        Captions(str(write(tmp_path, name, content)))
    )


def test_files_that_are_not_there_and_folders_are_named(tmp_path, token):
    assert complaint(Captions(str(tmp_path / "none.txt"), token)).endswith("none.txt: no such file")
    assert complaint(Captions(token, str(tmp_path / "none.txt"))).endswith("none.txt: no such file")
    assert complaint(Captions(str(tmp_path))).endswith("is a folder; expected a file")


@pytest.mark.real_data
@pytest.mark.skipif(not FLICKR8K.exists(), reason="no Flickr8k")
@pytest.mark.parametrize(("split", "count"), [("train", 6000), ("dev", 1000), ("test", 1000)])
def test_the_lists_of_flickr8k(split, count, capsys):
    text = FLICKR8K / "text"
    captions = list(
        Captions(
            str(text / f"Flickr_8k.{split}Images.txt"),
            str(text / "Flickr8k.token.txt"),
            str(FLICKR8K / "images"),
        )
    )
    assert len(captions) == count
    assert {len(one.truth) for one in captions} == {5}
    assert capsys.readouterr().out == ""
