"""Tables as people have them: headers nobody asked about, other separators, quotes, spellings of labels, odd
names.
"""

import pytest
from data_files import complaint, table, write

from keras_seq.errors import DataError
from keras_seq.formats import ParallelText, TaggedColumns

ROWS = "".join(f"the film is dull, {n}\t{'neg' if n % 2 else 'pos'}\n" for n in range(8))
WORDS = "".join(
    f"{word}\t{'neg' if word < 'n' else 'pos'}\n" for word in "dull poor sad good fine superb".split()
)


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


def test_column_files_have_no_header(tmp_path):
    path = write(tmp_path, "a.conll", "token\ttag\nAda\tB-PER\n")
    assert "a.conll:1: 'tag' is no IOB2 tag" in complaint(TaggedColumns(str(path)))
    assert complaint(TaggedColumns(str(path))).endswith("column files have no header")
