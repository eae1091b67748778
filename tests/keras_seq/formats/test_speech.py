"""Manifests of recorded speech, of every kind that is known."""

import json
import pathlib

import pytest
from corpora import PROJECT
from data_files import complaint, write

from keras_seq.formats import Utterances

AN4 = PROJECT.parent / "shared" / "data" / "speech" / "an4"


def found(path, *columns, **settings):
    """Of each utterance the path of the sound, its length, the transcript and the line."""
    examples = list(Utterances(str(path), *columns, **settings))
    assert examples == list(Utterances(str(path), *columns, **settings)), "over and over"
    lines = [int(example.where.removeprefix(f"{path}:")) for example in examples]
    return [(*e.input, e.truth, line) for e, line in zip(examples, lines, strict=True)]


def json_rows(*rows):
    return "".join(f"{json.dumps(row)}\n" for row in rows)


@pytest.mark.parametrize("name", ["m.jsonl", "m.json", "m.jsonl.gz"])
def test_json_lines_have_durations(tmp_path, name):
    rows = [
        {"audio_filepath": "wav/a.wav", "duration": 1.25, "text": " one two ", "offset": 0},
        {"audio_filepath": "/far/b.flac", "text": ""},
    ]
    path = write(tmp_path, name, json_rows(rows[0]) + "\n" + json_rows(rows[1]))
    assert found(path) == [(str(tmp_path / "wav/a.wav"), 1250, "one two", 1), ("/far/b.flac", 0, "", 3)]


def test_csv_has_sizes(tmp_path):
    text = 'wav_filename,wav_filesize,transcript\na.wav,64000,"one, ""two"""\n\nb.wav,320,\n'
    path = write(tmp_path, "m.csv", text)
    expected = [(str(tmp_path / "a.wav"), 2000, 'one, "two"', 2), (str(tmp_path / "b.wav"), 10, "", 4)]
    assert found(path) == expected
    (tmp_path / "a.wav").write_bytes(bytes(32000))
    without = write(tmp_path, "n.csv", "transcript,wav_filename\none,a.wav\n")
    assert found(without) == [(str(tmp_path / "a.wav"), 1000, "one", 2)]


def test_cells_between_bars_have_ids_and_the_normalised_text(tmp_path):
    lines = ['LJ1|Dr. "B", 5|Doctor "B", five', "LJ2|and so on,|", "LJ3|two cells", "", "LJ4||"]
    path = write(tmp_path, "metadata.csv", "\r\n".join(lines))
    assert [(pathlib.Path(file).name, truth, line) for file, _, truth, line in found(path)] == [
        ("LJ1.wav", 'Doctor "B", five', 1),
        ("LJ2.wav", "and so on,", 2),
        ("LJ3.wav", "two cells", 3),
        ("LJ4.wav", "", 5),
    ]
    assert found(path)[0][0] == str(tmp_path / "wavs" / "LJ1.wav")
    write(tmp_path, "metadata.csv", "LJ1|a|b|c\n")
    assert "metadata.csv:1: 4 cell(s) between vertical bars; expected id|text|norm" in complaint(
        Utterances(str(path))
    )


def test_clips_are_beside_the_table_or_in_their_folder(tmp_path):
    header = "client_id\tpath\tsentence_id\tsentence\tup_votes\n"
    path = write(tmp_path, "train.tsv", f'{header}x\ta.mp3\t7\t"No," he said.\t2\nx\tb.mp3\t8\tYes\t0\n')
    assert [row[0] for row in found(path)] == [str(tmp_path / "a.mp3"), str(tmp_path / "b.mp3")]
    (tmp_path / "clips").mkdir()
    write(tmp_path / "clips", "a.mp3", bytes(8000))
    write(tmp_path, "b.mp3", bytes(80))
    assert found(path) == [
        (str(tmp_path / "clips" / "a.mp3"), 1000, '"No," he said.', 2),
        (str(tmp_path / "b.mp3"), 10, "Yes", 3),
    ]
    (tmp_path / "b.mp3").unlink()
    assert found(path)[1][0] == str(tmp_path / "clips" / "b.mp3")


@pytest.mark.parametrize(
    ("name", "text", "columns", "header"),
    [
        ("m.tsv", "a.wav\tone\n", (0, 1), None),
        ("m.tsv", "file\tx\na.wav\tone\n", (0, 1), True),
        ("m.tsv.gz", "words\tfile\none\ta.wav\n", ("file", "words"), None),
        ("m.csv", "words,path,text\none,a.wav,two\n", (None, "words"), None),
        ("m.csv", "words,file,text\ntwo,a.wav,one\n", ("file", None), None),
        ("m.csv", "x,text,path\na.wav,one,b.wav\n", (0, None), None),
        ("m.csv", "a|b,text\na.wav,one\n", ("a|b", "text"), None),
        ("m.jsonl", '{"file": "a.wav", "words": "one"}\n', ("file", "words"), None),
        ("m.jsonl", '{"audio_filepath": "a.wav", "words": "one", "text": "two"}\n', (None, "words"), None),
        ("m.jsonl", '["one", "a.wav"]\n', (1, 0), None),
    ],
)
def test_columns_may_be_named_or_numbered(tmp_path, name, text, columns, header):
    path = write(tmp_path, name, text)
    expected = [(str(tmp_path / "a.wav"), 0, "one", text.count("\n"))]
    assert found(path, *columns, header=header) == expected


NEMO = {"audio_filepath": "a.wav", "text": "one"}
COMPLAINTS = [
    (
        "m.jsonl",
        json_rows(NEMO, {"text": "one"}),
        "m.jsonl:2: no column for the audio: expected audio_filepath ",
    ),
    (
        "m.jsonl",
        json_rows({"path": "a"}),
        "m.jsonl:1: no column for the transcript: expected text (NeMo), tr",
    ),
    ("m.jsonl", json_rows(NEMO | {"text": None}), "m.jsonl:1: expected a text in 'text'"),
    ("m.jsonl", json_rows(NEMO | {"audio_filepath": ""}), "m.jsonl:1: the path of the sound is empty"),
    ("m.jsonl", json_rows(NEMO | {"duration": "2 s"}), "m.jsonl:1: duration '2 s': expected a number of sec"),
    ("m.jsonl", json_rows(NEMO | {"offset": 1.5}), "m.jsonl:1: offset 1.5: a part of a recording is not"),
    ("m.jsonl", json_rows(NEMO | {"text": "\ud800"}), "m.jsonl:1: the transcript has half of a surrogate"),
    ("m.jsonl", "[1]\n", "m.jsonl:1: no column for the audio"),
    ("m.jsonl", "{\n", "m.jsonl:1: not valid JSON"),
    ("m.jsonl", "", "m.jsonl: has no utterances"),
    ("m.csv", "wav_filename,transcript\n", "m.csv: has no utterances"),
    (
        "m.csv",
        "file,text\na.wav,one\n",
        "m.csv:1: no column for the audio: expected audio_filepath (NeMo), wav",
    ),
    ("m.csv", "path,transcript\na.wav,one,two\n", "m.csv:2: 3 columns, the header has 2"),
    ("m.csv", "path,transcript\na.wav\n", "m.csv:2: 1 column(s), expected at least 2: column 0 (audio)"),
    (
        "m.csv",
        "wav_filename,wav_filesize,transcript\na.wav,3 kB,one\n",
        "m.csv:2: wav_filesize '3 kB': expec",
    ),
    ("m.csv", 'path,text\na.wav,"one\nb.wav,two"\n', "has a line break; is a quote not closed?"),
    ("m.tsv", "path\tsentence\n\tone\n", "m.tsv:2: the path of the sound is empty"),
    ("m.xlsx", "path,sentence\n", "unknown suffix '.xlsx'"),
]


@pytest.mark.parametrize(("name", "text", "message"), COMPLAINTS)
def test_what_is_wrong_is_named_with_its_line(tmp_path, name, text, message):
    path = write(tmp_path, name, text)
    said = complaint(Utterances(str(path)))
    assert said.startswith(str(path))
    assert message in said


def test_columns_of_the_recipe_are_named_in_complaints(tmp_path):
    rows = write(tmp_path, "m.jsonl", json_rows({"file": "a.wav", "words": "one"}))
    assert "m.jsonl:1: has no 'flie'; did you mean 'file'?" in complaint(
        Utterances(str(rows), "flie", "words")
    )
    table = write(tmp_path, "m.tsv", "file\twords\na.wav\tone\n")
    assert "no column 'flie' in the header" in complaint(Utterances(str(table), "flie", "words"))
    without = complaint(Utterances(str(table), 0, header=False))
    assert "data.header is false, so data.audio and data.transcript are needed" in without
    assert complaint(Utterances(str(tmp_path / "none.csv"))) == f"{tmp_path / 'none.csv'}: no such file"


@pytest.mark.real_data
@pytest.mark.skipif(not AN4.exists(), reason="AN4 is not beside the project")
def test_a_real_manifest_is_read_whole():
    sizes = {split: len(list(Utterances(str(AN4 / f"{split}.jsonl")))) for split in ("train", "dev", "test")}
    assert sizes == {"train": 848, "dev": 100, "test": 130}
    test = list(Utterances(str(AN4 / "test.jsonl")))
    assert sum(len(example.truth.split()) for example in test) == 773
    assert all(pathlib.Path(example.input.path).exists() for example in test)
    assert sum(example.input.length for example in test) == pytest.approx(5.95 * 60_000, rel=0.01)
