"""Parallel text: the pairs that are there, a complaint for files that do not fit, and what training passes
over.
"""

import itertools
import json
import tracemalloc

import pytest
from data_files import complaint, rows, write

from keras_seq.errors import DataError
from keras_seq.formats import Example, ParallelText, UsablePairs

ENGLISH = "A dog.\n\n Two  cats. \r\nBirds\n"
GERMAN = "Ein Hund.\nNichts.\nZwei  Katzen. \n\n"
PAIRS = [("A dog.", "Ein Hund."), ("", "Nichts."), (" Two  cats. ", "Zwei  Katzen."), ("Birds", "")]


def two_files(tmp_path, source, target, names=("train.en", "train.de")):
    return ParallelText(
        *(str(write(tmp_path, n, data)) for n, data in zip(names, (source, target), strict=True))
    )


@pytest.mark.parametrize(
    "names", [*itertools.product(["train.en", "train.en.gz"], ["train.de", "train.de.gz"])]
)
def test_lines_of_two_files_are_paired_and_empty_ones_count(tmp_path, names):
    examples = two_files(tmp_path, ENGLISH, GERMAN, names)
    assert rows(examples) == PAIRS
    assert rows(examples) == PAIRS, "a second iteration gives the same"
    assert [e.where for e in examples] == [f"{tmp_path / names[0]}:{number}" for number in (1, 2, 3, 4)]


def test_a_byte_order_mark_is_no_part_of_a_sentence(tmp_path):
    assert rows(two_files(tmp_path, "\ufeffa\n", "\ufeffb\n")) == [("a", "b")]


def test_a_last_line_needs_no_end(tmp_path):
    assert rows(two_files(tmp_path, "a\nb", "c\nd\n")) == [("a", "c"), ("b", "d")]


def test_other_line_separators_of_unicode_are_inside_sentences(tmp_path):
    assert rows(two_files(tmp_path, "a\u2028b\x0cc\n", "d\u0085e\n")) == [("a\u2028b\x0cc", "d\u0085e")]


def test_patterns_pair_files_in_order_of_name(tmp_path):
    for number in (2, 1):
        write(tmp_path, f"part-{number}.en", f"en {number}\n")
        write(tmp_path, f"part-{number}.de.gz", f"de {number}\n")
    examples = ParallelText(str(tmp_path / "part-*.en"), str(tmp_path / "part-*.de.gz"))
    assert rows(examples) == [("en 1", "de 1"), ("en 2", "de 2")]
    write(tmp_path, "part-3.en", "en 3\n")
    english, german = tmp_path / "part-*.en", tmp_path / "part-*.de.gz"
    expected = f"{english}: 3 file(s), and 2 of {german}; expected one file of translations for each"
    assert complaint(examples) == expected


@pytest.mark.parametrize(("source", "target"), [(5, 4), (4, 5), (3, 3000), (3000, 3)])
def test_files_of_unequal_length_are_named_with_both_counts(tmp_path, source, target):
    examples = two_files(tmp_path, "a\n" * source, "b\n" * target, ("train.en.gz", "train.de"))
    assert complaint(examples) == (
        f"{tmp_path / 'train.en.gz'} has {source} lines and {tmp_path / 'train.de'} {target}: "
        "they must be line by line each other's translations"
    )


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("", "", "train.en: has no rows (an empty file)"),
        ("", "b\n", "train.en: has no rows (an empty file)"),
        ("a\n", "", "train.de: has no rows (an empty file)"),
        (b"a\nb\xff\n", "c\nd\n", "train.en:2: byte 2 of the line is not UTF-8"),
        ("c\nd\n", b"a\nb\xff\n", "train.de:2: byte 2 of the line is not UTF-8"),
    ],
)
def test_bad_pairs_of_files(tmp_path, source, target, expected):
    assert complaint(two_files(tmp_path, source, target)) == f"{tmp_path}/{expected}"


def test_damaged_gzip_data_of_either_file_is_named(tmp_path):
    for bad in ("train.en.gz", "train.de.gz"):
        examples = two_files(tmp_path, "a b\n" * 1000, "c d\n" * 1000, ("train.en.gz", "train.de.gz"))
        (tmp_path / bad).write_bytes((tmp_path / bad).read_bytes()[:-12])
        assert f"{tmp_path / bad}:" in complaint(examples)
        assert "damaged gzip data" in complaint(examples)


def test_a_file_that_is_not_there_and_a_folder_are_named(tmp_path):
    there, missing = str(write(tmp_path, "a.tsv", "a\tb\n")), str(tmp_path / "b.tsv")
    for examples in (ParallelText(missing), ParallelText(missing, there), ParallelText(there, missing)):
        assert complaint(examples) == f"{missing}: no such file"
    for examples in (ParallelText(str(tmp_path)), ParallelText(there, str(tmp_path))):
        assert complaint(examples) == f"{tmp_path}: is a folder; expected a file"


TSV = "A dog.\tEin Hund.\n\n\tNichts.\nBirds\t\n"
CSV = 'id,en,de\n1,"A ""dog"", big\nand old","Ein ""Hund"""\n2,,Nichts.\n3,Birds,\n'
JSON = "".join(json.dumps({"de": de, "en": en}) + "\n" for en, de in PAIRS)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("name", "data", "columns", "expected", "numbers"),
    [
        ("a.tsv", TSV, (0, 1), [("A dog.", "Ein Hund."), ("", "Nichts."), ("Birds", "")], [1, 3, 4]),
        ("a.tsv", "\ufeffde\ten\nb\ta\n", ("en", "de"), [("a", "b")], [2]),
        (
            "a.csv",
            CSV,
            ("en", "de"),
            [('A "dog", big\nand old', 'Ein "Hund"'), ("", "Nichts."), ("Birds", "")],
            [2, 4, 5],
        ),
        ("a.jsonl", JSON, ("en", "de"), PAIRS, [1, 2, 3, 4]),
        ("a.tsv", " a \t b  c \n", (0, 1), [(" a ", "b  c")], [1]),
        ("a.jsonl", '[" a ", " b  c "]\n', (0, 1), [(" a ", "b  c")], [1]),
    ],
)
def test_tables(tmp_path, name, data, columns, expected, numbers, suffix):
    path = write(tmp_path, name + suffix, data)
    examples = ParallelText(str(path), None, *columns)
    assert rows(examples) == expected
    assert rows(examples) == expected, "a second iteration gives the same"
    assert [e.where for e in examples] == [f"{path}:{number}" for number in numbers]


def test_a_pattern_takes_several_tables(tmp_path):
    for number in (2, 1):
        write(tmp_path, f"part-{number}.tsv", f"en {number}\tde {number}\n")
    assert rows(ParallelText(str(tmp_path / "part-*.tsv"))) == [("en 1", "de 1"), ("en 2", "de 2")]


@pytest.mark.parametrize(
    ("name", "data", "columns", "expected"),
    [
        ("a.tsv", "a\tb\nonly one\n", (0, 1), "a.tsv:2: 1 column(s), expected at least 2"),
        ("a.tsv", "", (0, 1), "a.tsv: has no rows (an empty file, or a header alone)"),
        ("a.tsv", "en\tde\n", ("en", "de"), "a.tsv: has no rows (an empty file, or a header alone)"),
        ("a.tsv", "en\tde\na\tb\n", ("en", "dee"), "a.tsv:1: no column 'dee'"),
        ("a.tsv", b"a\tb\nc\xff\td\n", (0, 1), "a.tsv:2: byte 2 of the line is not UTF-8"),
        ("a.csv", 'a,b\n"x,y\n', (0, 1), "a.csv:2: not valid CSV"),
        ("a.en", "a\n", (0, 1), "a.en: unknown suffix '.en'"),
        ("a.jsonl", "{\n", ("en", "de"), "a.jsonl:1: not valid JSON"),
        ("a.jsonl", "\n\n", ("en", "de"), "a.jsonl: has no rows"),
        ("a.jsonl", '{"en": "a"}\n', ("en", "de"), "a.jsonl:1: has no 'en' and 'de'; the row is {'en': 'a'}"),
        ("a.jsonl", '"hello"\n', (0, 1), "a.jsonl:1: has no 0 and 1"),
        ("a.jsonl", '["a"]\n', (0, 1), "a.jsonl:1: has no 0 and 1"),
        (
            "a.jsonl",
            '\n["a", 1]\n',
            (0, 1),
            "a.jsonl:2: expected a text and its translation, a text or a list of texts; the row is",
        ),
        ("a.jsonl", '["a", true]\n', (0, 1), "a.jsonl:1: expected a text and its translation"),
        ("a.jsonl", '[null, "a"]\n', (0, 1), "a.jsonl:1: expected a text and its translation"),
        ("a.jsonl", '["\\ud83d", "a"]\n', (0, 1), "a.jsonl:1: the text has half of a surrogate"),
        ("a.jsonl", '["a", "\\ud83d"]\n', (0, 1), "a.jsonl:1: the translation has half of a surrogate"),
    ],
)
def test_bad_tables(tmp_path, name, data, columns, expected):
    found = complaint(ParallelText(str(write(tmp_path, name, data)), None, *columns))
    assert found.startswith(f"{tmp_path}/{expected}")


def test_no_pair_is_held_after_it_was_given_out(tmp_path):
    line = "word " * 200 + "\n"
    examples = UsablePairs(two_files(tmp_path, line * 4000, line * 4000, ("a.en.gz", "a.de.gz")), 100)
    tracemalloc.start()
    try:
        assert "none of 4000 pairs" in complaint(examples)
        assert tracemalloc.get_traced_memory()[1] < 2**20, "of 8 MB of text"
    finally:
        tracemalloc.stop()


def test_pairs_come_before_the_file_ends(tmp_path):
    examples = two_files(tmp_path, b"a\n" * 9 + b"\xff", b"b\n" * 10)
    assert rows(itertools.islice(examples, 9)) == [("a", "b")] * 9


def pairs(*texts):
    return [Example(text, translation, f"a.en:{n}") for n, (text, translation) in enumerate(texts, 1)]


GOOD = ("0123456789", "abcdefghij")


def test_unusable_pairs_are_passed_over_and_counted_once(capsys):
    texts = [
        GOOD,
        ("", "a"),
        (" \t", ""),
        ("a", "\u00a0"),
        ("", ""),
        GOOD,
        ("", "b"),
        ("01234567890", "a"),
        ("a", "b" * 11),
    ]
    examples = UsablePairs(pairs(*texts), 10)
    assert rows(examples) == [GOOD, GOOD]
    assert capsys.readouterr().out == (
        "passed over 7 of 9 pairs: 4 without a source (a.en:2, a.en:3, a.en:5, ...), "
        "1 without a translation (a.en:4), 2 with more than 10 characters (a.en:8, a.en:9)\n"
    )
    assert rows(examples) == [GOOD, GOOD]
    assert capsys.readouterr().out == ""


def test_only_an_iteration_that_gets_to_its_end_says_what_it_passed_over(capsys):
    examples = UsablePairs(pairs(("", "a"), GOOD, ("a", "")), 10)
    assert rows(itertools.islice(examples, 1)) == [GOOD]
    assert capsys.readouterr().out == ""
    list(examples)
    expected = "passed over 2 of 3 pairs: 1 without a source (a.en:1), 1 without a translation (a.en:3)\n"
    assert capsys.readouterr().out == expected


def test_nothing_is_said_when_all_pairs_are_used(capsys):
    assert rows(UsablePairs(pairs(GOOD), 10)) == [GOOD]
    assert capsys.readouterr().out == ""


def test_characters_are_code_points():
    assert len(list(UsablePairs(pairs(("é" * 10, "日" * 10)), 10))) == 1


def test_no_pair_left_is_an_error_with_numbers(capsys):
    examples = UsablePairs(pairs(("", "a"), ("a", "")), 10)
    expected = "none of 2 pairs can be used: 1 without a source (a.en:1), 1 without a translation (a.en:2)"
    for _ in range(2):
        assert complaint(examples) == expected
    assert complaint(UsablePairs([], 10)) == "none of 0 pairs can be used: there are none"
    assert capsys.readouterr().out == ""


def test_a_complaint_of_the_pairs_is_passed_on(tmp_path, capsys):
    examples = UsablePairs(two_files(tmp_path, "a\n\n", "b\n"), 10)
    with pytest.raises(DataError, match="has 2 lines"):
        list(examples)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("ends", [*itertools.product(["\n", "\r\n", "\r"], repeat=2)])
def test_parallel_files_may_end_their_lines_differently(tmp_path, ends):
    texts = [["a", "", "b\u2028c"], ["x", "y\x85", "z"]]
    paths = [
        write(tmp_path, n, "".join(t + end for t in side))
        for n, side, end in zip("st", texts, ends, strict=True)
    ]
    assert rows(ParallelText(*map(str, paths))) == [("a", "x"), ("", "y"), ("b\u2028c", "z")]


def test_json_lines_may_have_several_translations(tmp_path):
    path = tmp_path / "pairs.jsonl"
    rows = [{"text": "a", "translation": ["b ", "c"]}, {"text": "d", "translation": "e"}]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    pairs = list(ParallelText(str(path), None, "text", "translation"))
    assert [pair.truth for pair in pairs] == [("b", "c"), "e"]
    assert list(UsablePairs(pairs, 5)) == pairs
    path.write_text('{"text": "a", "translation": ["b", 1]}\n', encoding="utf-8")
    with pytest.raises(
        DataError, match=r"pairs.jsonl:1: expected a text and its translation, a text or a list"
    ):
        list(ParallelText(str(path), None, "text", "translation"))
