"""Files of texts with tagged entities: the text, every tag's place in it, and a complaint for what is not
right.
"""

import json

import pytest
from data_files import complaint, rows, write

from keras_seq import tagging
from keras_seq.formats import Example, TaggedColumns, TaggedSpans

CONLL = (
    "\ufeff-DOCSTART-\t-X-\tO\r\n\t\r\nAnna\tNNP\tB-PER\r\nBerg\tNNP\tI-PER\r\n's\tPOS\tO\r\n"
    "\t \r\n\r\nÅs\tNNP\tB-LOC"
)
ROWS = [("Anna Berg 's", "0\t4\tB-PER\n5\t9\tI-PER\n10\t12\tO"), ("Ås", "0\t2\tB-LOC")]


def named(example):
    """The entities of an example as their texts and types."""
    return [(example.input[e.start : e.end], e.type) for e in tagging.spans(tagging.decode(example.truth))]


@pytest.mark.parametrize("name", ["a.conll", "a.txt", "a.conll.gz", "emerging.annotated"])
def test_columns_give_sentences_with_their_tags(tmp_path, name):
    examples = TaggedColumns(str(write(tmp_path, name, CONLL)))
    assert rows(examples) == ROWS
    assert rows(examples) == ROWS, "a second iteration gives the same"
    assert [e.where.rsplit(":", 1)[1] for e in examples] == ["3", "8"]


def test_columns_divided_by_runs_of_spaces(tmp_path):
    """CoNLL-2003's form: tokens may hold other spaces than " "."""
    path = write(
        tmp_path,
        "a",
        "-DOCSTART- -X- O O\n\n10\u00a0000  CD I-NP   O \nin IN I-PP O\nBergen NNP I-NP I-LOC\n",
    )
    (example,) = TaggedColumns(str(path), scheme="IOB1")
    assert example == Example("10\u00a0000 in Bergen", "0\t6\tO\n7\t9\tO\n10\t16\tB-LOC", f"{path}:3")


def test_a_document_that_starts_without_a_blank_line_ends_the_sentence(tmp_path):
    path = write(tmp_path, "a", "a O\n-DOCSTART-\nb O\n-DOCSTART- O\n")
    assert rows(TaggedColumns(str(path))) == [("a", "0\t1\tO"), ("b", "0\t1\tO")]


def test_columns_count_from_either_end_and_cells_are_stripped(tmp_path):
    path = write(tmp_path, "a", "1\tB-PER \t New York \tx\n")
    for token, tag in ((2, 1), (-2, -3), (2, -3)):
        assert rows(TaggedColumns(str(path), token, tag)) == [("New York", "0\t8\tB-PER")]


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("IOB1", ["I-a", "I-a", "B-a", "I-b", "O"]),
        ("IOB2", ["B-a", "I-a", "B-a", "B-b", "O"]),
        ("IOBES", ["B-a", "E-a", "S-a", "S-b", "O"]),
        ("IOBES", ["B-a", "L-a", "U-a", "U-b", "O"]),
    ],
)
def test_truths_are_iob2_whatever_the_file_has(tmp_path, scheme, tags):
    path = write(tmp_path, "a", "".join(f"w {tag}\n" for tag in tags))
    (example,) = TaggedColumns(str(path), scheme=scheme)
    assert [token.tag for token in tagging.decode(example.truth)] == ["B-a", "I-a", "B-a", "B-b", "O"]


def test_types_are_renamed_and_others_count_as_outside(tmp_path):
    path = write(tmp_path, "a", "a B-PER\nb I-PER\nc B-LOC\nd B-ORG\n")
    (example,) = TaggedColumns(str(path), types={"PER": "name", "ORG": "name"})
    assert named(example) == [("a b", "name"), ("d", "name")]
    path = write(tmp_path, "a.jsonl", '{"text": "a b c", "entities": [[0, 3, "PER"], [2, 5, "X"]]}')
    (example,) = TaggedSpans(str(path), types={"PER": "name"})
    assert named(example) == [("a b", "name")]


def test_offsets_count_code_points(tmp_path):
    path = write(tmp_path, "a", "😀 O\ne\u0301a B-PER\nÅs I-PER\n")
    (example,) = TaggedColumns(str(path))
    assert example.truth == "0\t1\tO\n2\t5\tB-PER\n6\t8\tI-PER"
    assert named(example) == [("e\u0301a Ås", "PER")]


@pytest.mark.parametrize("kind", [TaggedColumns, TaggedSpans])
def test_shards_are_read_in_order_of_name_one_sentence_at_a_time(tmp_path, kind):
    good = {TaggedColumns: "w{} B-x\n", TaggedSpans: '{{"text": "w{}", "entities": [[0, 2, "x"]]}}\n'}[kind]
    for number in (2, 1):
        write(tmp_path, f"part-{number}.jsonl.gz", good.format(number))
    assert [e.input for e in kind(str(tmp_path / "part-*.jsonl.gz"))] == ["w1", "w2"]
    path = write(tmp_path, "a.jsonl", f"{good.format(1)}\n{good.format(2)}\nbad\n")
    examples = iter(kind(str(path)))
    assert [next(examples).input, next(examples).input] == ["w1", "w2"]
    assert "a.jsonl:5: " in complaint(examples)


@pytest.mark.parametrize(
    ("data", "options", "expected"),
    [
        (
            "a O\n\nb\n",
            {},
            "f:3: 1 column(s), expected a token in column 0 and a tag in column -1; the line is ['b']",
        ),
        ("a O\n", {"tag": 2}, "f:1: 2 column(s), expected a token in column 0 and a tag in column 2"),
        ("a O\n", {"token": -3}, "f:1: 2 column(s), expected a token in column -3 and a tag in column -1"),
        ("a O\n", {"tag": -2}, "f:1: 2 column(s), expected a token in column 0 and a tag in column -2"),
        ("x\tO\n\tO\n", {}, "f:2: column 0, the token, is empty; the line is ['', 'O']"),
        (
            "EU NNP I-NP B-ORG\n",
            {"tag": 1},
            "f:1: 'NNP' is no IOB2 tag; expected O, B-type or I-type; "
            "read from column 1 of ['EU', 'NNP', 'I-NP', 'B-ORG']",
        ),
        (
            "a\tB-x\nb\t\n",
            {},
            "f:2: '' is no IOB2 tag; expected O, B-type or I-type; read from column -1 of ['b', '']",
        ),
        (
            "\na O\nb I-x\n",
            {},
            "f:3: I-x after O is not IOB2; it is IOB1 (data.scheme: IOB1); IOB2 would have B-x",
        ),
        ("a B-x\n\nb O\n", {"scheme": "IOBES"}, "f:1: B-x at the end is not IOBES; it is IOB2"),
        (b"a O\n\xff O\n", {}, "f:2: byte 1 of the line is not UTF-8"),
        ("", {}, "f: has no sentences"),
        ("-DOCSTART- O\n\n", {}, "f: has no sentences"),
    ],
)
def test_bad_columns(tmp_path, data, options, expected):
    assert expected in complaint(TaggedColumns(str(write(tmp_path, "f", data)), **options))


@pytest.mark.parametrize(
    "entity",
    [
        [0, 4, "PER"],
        {"start": 0, "end": 4, "label": "PER"},
        {"start": 0, "end": 4, "type": "PER", "score": 0.5},
        {"start": 0, "end": 4, "tag": " PER "},
        {"start_offset": 0, "end_offset": 4, "label": "PER", "id": 7},
        [0, 6, "PER"],
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.json"])
def test_spans_in_the_forms_of_annotation_tools(tmp_path, entity, name):
    """White space at an entity's edges is no part of it; entities come in the order of the text."""
    row = json.dumps({"text": "Anna  in 😀 Ås\n", "entities": [[10, 14, "LOC"], entity]})
    path = write(tmp_path, name, f'\ufeff\n{row}\n{{"text": "", "entities": []}}\n')
    examples = TaggedSpans(str(path))
    expected = [("Anna  in 😀 Ås\n", "0\t4\tB-PER\n11\t13\tB-LOC"), ("", "")]
    assert rows(examples) == rows(examples) == expected
    assert [e.where.rsplit(":", 1)[1] for e in examples] == ["2", "3"]


def test_spans_under_other_keys(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"data": "Oslo", "label": [[0, 4, "LOC"]]}')
    assert rows(TaggedSpans(str(path), "data", "label")) == [("Oslo", "0\t4\tB-LOC")]


@pytest.mark.parametrize(
    ("entities", "expected"),
    [
        ([[0, 9, "x"]], "entity [0, 9, 'x']: expected 0 <= start < end <= 8, the text's length"),
        ([[3, 2, "x"]], "expected 0 <= start < end <= 8"),
        ([[2, 2, "x"]], "expected 0 <= start < end <= 8"),
        ([[-2, 2, "x"]], "expected 0 <= start < end <= 8"),
        ([[4, 5, "x"]], "entity [4, 5, 'x']: holds white space only"),
        ([[0.0, 4, "x"]], "expected start and end as whole numbers"),
        ([[0, True, "x"]], "expected start and end as whole numbers"),
        ([{"start": "0", "end": 4, "label": "x"}], "expected start and end as whole numbers"),
        (["x"], "entity 'x': expected start and end as whole numbers, and a label"),
        ([[0, 4]], "expected start and end as whole numbers, and a label"),
        ([{"start": 0, "end": 4}], "expected a label that is a text"),
        ([[0, 4, 1]], "expected a label that is a text"),
        ([[0, 4, " "]], "the label is empty, or holds a tab or a line break"),
        ([[0, 4, "a\tb"]], "the label is empty, or holds a tab or a line break"),
        ([[0, 4, "a\u2028b"]], "the label is empty, or holds a tab or a line break"),
        ([[0, 4, "\ud83d"]], "the label has half of a surrogate pair"),
        ([[3, 8, "y"], [0, 4, "x"]], "entities overlap: 'Anna' (0 to 4, x) and 'a Ås!' (3 to 8, y)"),
        ([[0, 4, "x"], [0, 4, "x"]], "entities overlap: 'Anna' (0 to 4, x) and 'Anna' (0 to 4, x)"),
        ({"PER": [0, 4]}, "expected a text and a list of entities; the row is"),
        (None, "expected a text and a list of entities; the row is"),
    ],
)
def test_bad_entities(tmp_path, entities, expected):
    row = json.dumps({"text": "Anna Ås!", "entities": entities})
    message = complaint(TaggedSpans(str(write(tmp_path, "a.jsonl", "\n" + row))))
    assert "a.jsonl:2: " in message
    assert expected in message


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.jsonl", "{", "a.jsonl:1: not valid JSON"),
        ("a.jsonl", '["x", []]', "a.jsonl:1: has no 'text' and 'entities'; the row is ['x', []]"),
        ("a.jsonl", '{"text": "x"}', "a.jsonl:1: has no 'text' and 'entities'; the row is {'text': 'x'}"),
        ("a.jsonl", '{"text": 1, "entities": []}', "a.jsonl:1: expected a text and a list of entities"),
        (
            "a.jsonl",
            '{"text": "\\ud83d", "entities": []}',
            "a.jsonl:1: the text has half of a surrogate pair",
        ),
        ("a.jsonl", "\n", "a.jsonl: has no rows"),
        ("a.conll.gz", "x O\n", "a.conll.gz: unknown suffix '.conll'; expected .jsonl"),
    ],
)
def test_bad_rows_of_spans(tmp_path, name, data, expected):
    assert expected in complaint(TaggedSpans(str(write(tmp_path, name, data))))
