"""Tables as people have them: headers nobody asked about, other separators, quotes, spellings of labels, odd
names.
"""

import itertools

import pytest
from data_files import complaint, write

from keras_seq import splits
from keras_seq.applications.sentiment import read
from keras_seq.errors import DataError, RecipeError
from keras_seq.formats import ClassFolders, ParallelText, Table, TaggedColumns
from keras_seq.formats.labels import spelled
from keras_seq.formats.lines import files
from keras_seq.sections import matching

ROWS = "".join(f"the film is dull, {n}\t{'neg' if n % 2 else 'pos'}\n" for n in range(8))
WORDS = "".join(
    f"{word}\t{'neg' if word < 'n' else 'pos'}\n" for word in "dull poor sad good fine superb".split()
)


def table(path, names=None, header=None, columns=(0, 1)):
    return Table(str(path), *columns, names, header)


def rows(examples):
    return [(example.input, example.truth) for example in examples]


@pytest.mark.parametrize(
    "header",
    [
        "text\tlabel",
        "Review Text\tStar Rating",
        '"sentence"\t"sentiment"',
        "texte\tavis",
        "文本\t标签",
        "Κείμενο\tΤάξη",
    ],
)
@pytest.mark.parametrize("body", [ROWS, WORDS], ids=["sentences", "words"])
def test_a_header_is_no_example(tmp_path, header, body):
    path = write(tmp_path, "a.tsv", f"{header}\n{body}")
    assert "a.tsv:1: looks like a header" in complaint(table(path))
    assert len(list(table(path, header=True))) == body.count("\n")
    assert len(list(table(path, header=False))) == body.count("\n") + 1


def test_a_header_of_more_columns_is_seen_at_once(tmp_path):
    path = write(tmp_path, "a.csv", "id,text,label\n1,fine,pos\n")
    for columns in ((0, 1), (1, 2), (2, 0)):
        with pytest.raises(DataError, match=r"a\.csv:1: looks like a header"):
            next(iter(table(path, columns=columns)))
    assert "looks like a header" in complaint(
        ParallelText(str(write(tmp_path, "b.tsv", "source\ttarget\na\tb\n")))
    )


def test_every_part_of_a_pattern_may_have_a_header(tmp_path):
    for number in range(2):
        write(tmp_path, f"part-{number}.tsv", f"texte\tavis\n{ROWS}")
    assert "part-0.tsv:1: looks like a header" in complaint(table(tmp_path / "part-*.tsv"))
    assert len(list(table(tmp_path / "part-*.tsv", header=True))) == 16


@pytest.mark.parametrize(
    "data",
    [
        ROWS,
        WORDS,
        "the plot is what it is and no more\tmixed\n" + ROWS,  # one example of a class, but a sentence
        "great\t5\n" + WORDS,
        "great\tpositive\nawful\tnegative\nwell\tneutral\nso so\tmixed\nodd\tother\n",  # every label once
        "fine\tpos\ndull\tneg\nsad\tneg\n",  # too few to tell
        "good\tpos\n" + WORDS,
    ],
)
def test_examples_are_no_header(tmp_path, data):
    assert len(list(table(write(tmp_path, "a.tsv", data)))) == data.count("\n")


def test_a_first_row_whose_label_the_recipe_names_is_an_example(tmp_path):
    path = write(tmp_path, "a.tsv", "avis\tbon\n" + ROWS)
    assert "looks like a header" in complaint(table(path))
    assert len(list(table(path, {"bon": "good", "pos": "good", "neg": "bad"}))) == 9


def test_without_a_header_no_column_has_a_name():
    with pytest.raises(
        RecipeError, match=r"data\.header: is false, but only a header names the column 'text'"
    ):
        read("train", train="a.tsv", text="text", header=False)
    assert splits.header(True, 0, 1) is True


@pytest.mark.parametrize(
    ("name", "data", "columns", "expected"),
    [
        ("a.csv", "text;label\nfine;pos\n", ("text", "label"), "no column 'text' in the header ['text;label']; it"),
        ("a.csv", "fine;pos\n", (0, 1), "it looks separated by semicolons, and commas are expected"),
        ("a.csv", "well, fine;pos\nfine;pos\n", (0, 1), "a.csv:2: 1 column(s), expected at least 2"),
        ("a.csv", "well, fine;pos\nso, so, fine;pos\n", (0, 1), "it looks separated by semicolons"),
        ("a.csv", "fine\tpos\n", (0, 1), "separated by tabs, and commas are expected (or name the file .tsv)"),
        ("a.tsv", "fine,pos\n", (0, 1), "separated by commas, and tabs are expected (or name the file .csv)"),
        ("a.tsv", '"fine\nfilm"\tpos\n', (0, 1), "TSV has no quoting"),
        ("a.csv", "text,label\na, b,pos\n", ("text", "label"), "a.csv:2: 3 columns, the header has 2: a cell with"),
        ("a.tsv", "a\tpos\nb\tc\tpos\n", (0, 1), "a.tsv:2: 3 columns, the first row has 2: a cell with tabs"),
        ("a.csv", "text,label,text\na,pos,b\n", ("text", "label"), "a.csv:1: the header has two columns 'text'"),
        ("a.csv", 'a,pos\n"b,neg\nc,pos\n', (0, 1), 'a.csv:2: not valid CSV: a quote (") of this row is never closed'),
        ("a.csv", 'a,pos\nb,"neg\nc,pos\nd,"\n', (0, 1), "a.csv:2: the label 'neg\\nc,pos\\nd,' has a line break"),
        ("a.tsv", "a\tp\0\n", (0, 1), "a.tsv:1: the label 'p\\x00' has a line break or another control character"),
        ("a.jsonl", '{"t": "x", "l": "\\ud800"}\n', ("t", "l"), "a.jsonl:1: the label has half of a surrogate pair"),
        ("a.jsonl", '{"t": "x", "l": NaN}\n', ("t", "l"), "a.jsonl:1: expected a text and a label"),
        ("a.jsonl", '[\n{"t": "x", "l": "y"}\n]\n', ("t", "l"), "expected JSON lines, a whole object a line"),
        ("a.tsv", "a\tpos\n".encode("utf-16"), (0, 1), "a.tsv: is UTF-16 text; expected UTF-8"),
        ("a.tsv", "a\tpos\n".encode("utf-16-be"), (0, 1), "a.tsv: every second byte or so is 0"),
        ("a.tsv", "a\tpos\n".encode("utf-32"), (0, 1), "a.tsv: is UTF-32 text"),
        ("a.tsv", b"\x1f\x8b\x08\x00\n", (0, 1), "a.tsv: is gzip data"),
    ],
)  # fmt: skip
def test_what_is_said_of_other_files(tmp_path, name, data, columns, expected):
    assert expected in complaint(table(write(tmp_path, name, data), columns=columns))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("name", "between"), [("a.tsv", "\t"), ("A.TSV", "\t"), ("a.csv", ","), ("A.CSV", ",")]
)
def test_lines_end_alike_in_all_tables(tmp_path, name, between, end):
    texts = ["a\u2028b", "c\x85d", "e\x0bf\x0cg\x1ch", " i "]
    path = write(tmp_path, name, "\ufeff" + "".join(f"{text}{between}pos {end}" for text in texts))
    assert rows(table(path)) == [(text, "pos") for text in texts]
    assert [example.where for example in table(path)] == [f"{path}:{number}" for number in range(1, 5)]


@pytest.mark.parametrize(("name", "between"), [("a.tsv", "\t"), ("a.csv", ",")])
def test_a_cr_inside_a_line_is_part_of_it(tmp_path, name, between):
    path = write(tmp_path, name, f"a\rb{between}pos\nc\0d{between}pos\n")
    assert rows(table(path)) == [("a\rb", "pos"), ("c\0d", "pos")]


def test_long_cells_and_capital_suffixes(tmp_path):
    text = "word " * 100_000
    for name, between in (("a.csv", ","), ("a.tsv", "\t"), ("B.TSV", "\t")):
        assert rows(table(write(tmp_path, name, f"{text}{between}pos\n"))) == [(text, "pos")]
    assert rows(table(write(tmp_path, "C.CSV.GZ", "a,pos\n"))) == [("a", "pos")]


@pytest.mark.parametrize(
    ("labels", "spellings"),
    [
        ({True: "good", False: "bad"}, ["True", "true", "TRUE", "False"]),
        ({1: "good", 0: "bad"}, ["1", "1.0", "01", "1e0", "0", "0.0"]),
        ({1.0: "good", 0.0: "bad"}, ["1", "1.0", "0"]),
        ({" 1": "good", "false": "bad"}, ["1", "1.0", "False"]),
    ],
)
def test_labels_of_yaml_meet_the_spellings_of_other_programs(tmp_path, labels, spellings):
    path = write(tmp_path, "a.tsv", "".join(f"x\t{spelling}\n" for spelling in spellings))
    found = [example.truth for example in table(path, splits.names("data.labels", labels))]
    assert found == ["bad" if s[0] in "0Ff" and s != "01" else "good" for s in spellings]


def test_spellings_that_could_be_two_labels_or_none_are_not_guessed():
    assert spelled("1", {"1": "a", "1.0": "b"}) == "1"
    assert spelled("01", {"1": "a", "1.0": "b"}) is None
    assert spelled("1", {"true": "a"}) is None
    assert spelled("nan", {"NaN": "a"}) is None
    assert spelled("Yes", {"yes": "a"}) is None


def test_names_of_labels_are_texts_of_one_line():
    for name in ("", " ", "a\tb", "a\nb", "a\u2028b"):
        with pytest.raises(RecipeError, match="is empty, or holds a tab or a line break"):
            splits.names("data.types", {"PER": name})
    assert splits.names("data.labels", {None: "x", 2: 3}) == {"null": "x", "2": "3"}


def test_json_labels_may_be_numbers_of_any_kind(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"t": "a", "l": 1.0}\n{"t": "b", "l": 0}\n{"t": "c", "l": "1"}\n')
    assert [e.truth for e in table(path, {"1": "good", "0": "bad"}, columns=("t", "l"))] == [
        "good",
        "bad",
        "good",
    ]


def test_what_exists_is_taken_as_it_is_called(tmp_path):
    folder = tmp_path / "data [v1]*"
    folder.mkdir()
    (tmp_path / "data 1x").mkdir()
    odd = write(folder, "a[1]?.tsv", "x\tpos\n")
    write(folder, "a1b.tsv", "y\tpos\n")
    write(tmp_path / "data 1x", "a1b.tsv", "z\tpos\n")
    assert rows(table(odd)) == [("x", "pos")]
    assert files(str(folder / "a1*.tsv")) == [folder / "a1b.tsv"]
    assert files(str(tmp_path / "data*" / "a1b.tsv")) == [
        tmp_path / "data 1x" / "a1b.tsv",
        folder / "a1b.tsv",
    ]
    assert files(str(folder / "a[1]*.tsv")) == [folder / "a1b.tsv"], "a pattern where no such file is"
    assert matching(folder / "nowhere" / "*.tsv") == []


def test_hidden_files_match_no_pattern_unless_it_is_hidden_too(tmp_path):
    write(tmp_path, "part-1.tsv", "x\tpos\n")
    write(tmp_path, "._part-1.tsv", b"\x00\x05\x16\x07")
    assert files(str(tmp_path / "*.tsv")) == [tmp_path / "part-1.tsv"]
    assert files(str(tmp_path / ".*.tsv")) == [tmp_path / "._part-1.tsv"]


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_what_cannot_be_a_path(tmp_path, name):
    with pytest.raises(DataError, match=r"not a path|no such file"):
        files(str(tmp_path / name))


def test_class_folders_of_odd_names(tmp_path):
    for name in ("1.0", "True", "$x$ [a]*", ".hidden"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "a.txt", f"{name}\r\n")
        write(tmp_path / name, ".DS_Store", b"\xff")
    assert sorted(e.truth for e in ClassFolders(str(tmp_path))) == ["$x$ [a]*", "1.0", "True"]
    names = splits.names("data.labels", {1: "one", "true": "yes"})
    assert sorted(rows(ClassFolders(str(tmp_path), names))) == [("1.0\r\n", "one"), ("True\r\n", "yes")]
    (tmp_path / "1.0" / "more").mkdir()
    assert "1.0/more: is a folder within a class folder" in complaint(ClassFolders(str(tmp_path)))


def test_a_folder_whose_name_is_no_text_is_named(tmp_path):
    (tmp_path / "caf\udce9").mkdir()
    message = complaint(ClassFolders(str(tmp_path)))
    assert "the folder's name has half of a surrogate pair" in message
    message.encode()


def test_a_file_of_a_class_folder_in_utf16(tmp_path):
    (tmp_path / "pos").mkdir()
    write(tmp_path / "pos", "a.txt", "fine".encode("utf-16"))
    assert "a.txt: is UTF-16 text" in complaint(ClassFolders(str(tmp_path)))


def test_column_files_have_no_header(tmp_path):
    path = write(tmp_path, "a.conll", "token\ttag\nAda\tB-PER\n")
    assert "a.conll:1: 'tag' is no IOB2 tag" in complaint(TaggedColumns(str(path)))
    assert complaint(TaggedColumns(str(path))).endswith("column files have no header")


@pytest.mark.parametrize("ends", [*itertools.product(["\n", "\r\n", "\r"], repeat=2)])
def test_parallel_files_may_end_their_lines_differently(tmp_path, ends):
    texts = [["a", "", "b\u2028c"], ["x", "y\x85", "z"]]
    paths = [
        write(tmp_path, n, "".join(t + end for t in side))
        for n, side, end in zip("st", texts, ends, strict=True)
    ]
    assert rows(ParallelText(*map(str, paths))) == [("a", "x"), ("", "y"), ("b\u2028c", "z")]
