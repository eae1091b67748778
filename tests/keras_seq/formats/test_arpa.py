"""ARPA files: what is read, what is refused and where, what is written, and the probabilities of words."""

import gzip

import pytest
from data_files import write

from keras_seq.errors import DataError
from keras_seq.formats import arpa

FILE = """\
made by hand

\\data\\
ngram 1=5
ngram 2=4
ngram  3 = 1

\\1-grams:
-1.0\t<unk>
-99\t<s>\t-0.5
-0.7\t</s>
-0.3 yes -0.25
-0.6\tn\u00a0o\t0.125

\\2-grams:
-0.1\t<s> yes\t-0.0625
-0.2\tyes yes
-0.4\tyes </s>
-0.45\tyes n\u00a0o

\\3-grams:
-0.05\t<s> yes n\u00a0o

\\end\\
"""


def read(tmp_path, text, name="a.arpa"):
    return arpa.read(write(tmp_path, name, text))


@pytest.mark.parametrize("name", ["a.arpa", "a.lm.gz"])
def test_all_orders_are_read_with_their_backoffs(tmp_path, name):
    ones, twos, threes = read(tmp_path, FILE.replace("<unk>", "<UNK>"), name).orders
    assert ones == {
        ("<unk>",): (-1.0, 0.0),
        ("<s>",): (-99.0, -0.5),
        ("</s>",): (-0.7, 0.0),
        ("yes",): (-0.3, -0.25),
        ("n\u00a0o",): (-0.6, 0.125),
    }
    assert twos[("<s>", "yes")] == (-0.1, -0.0625)
    assert twos[("yes", "</s>")] == (-0.4, 0.0)
    assert threes == {("<s>", "yes", "n\u00a0o"): (-0.05, 0.0)}


def test_a_word_has_the_longest_ngram_that_is_listed_and_the_backoffs_of_longer_ones(tmp_path):
    ngrams = read(tmp_path, FILE)
    assert ngrams.log10(["<s>", "yes"], "n\u00a0o") == -0.05
    assert ngrams.log10(["yes", "<s>", "yes"], "n\u00a0o") == -0.05
    assert ngrams.log10(["<s>", "yes"], "yes") == -0.0625 - 0.2
    assert ngrams.log10(["<s>", "yes"], "<unk>") == -0.0625 - 0.25 - 1.0
    assert ngrams.log10(["yes", "n\u00a0o"], "yes") == 0.125 - 0.3
    assert ngrams.log10([], "maybe") == arpa.NEVER
    assert ngrams.of_sentence(["yes", "maybe"]) == pytest.approx([-0.1, -1.3125, -0.7])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("\\data\\", "data", "f: has no line \\data\\"),
        ("ngram 2", "ngram 3", "f:5: expected ngram 2=COUNT, given 'ngram 3=4'"),
        ("ngram 2=4", "ngram 2=four", "f:5: expected ngram 2=COUNT, given 'ngram 2=four'"),
        ("\\1-grams:", "\\2-grams:", "f:8: expected \\1-grams:, given '\\\\2-grams:'"),
        ("ngram 1=5", "ngram 1=6", "f:15: 5 1-grams end here; \\data\\ says 6"),
        ("-0.3 yes", "x yes", "f:12: expected a finite number, given 'x'"),
        ("-0.3 yes", "nan yes", "f:12: expected a finite number, given 'nan'"),
        ("-0.25", "inf", "f:12: expected a finite number, given 'inf'"),
        ("-0.3 yes", "0.3 yes", "f:12: 0.3 is the logarithm of a probability above 1"),
        (
            "yes -0.25",
            "yes no -0.25",
            "f:12: expected a number, 1 word(s) and perhaps a number, given '-0.3 yes no -0.25'",
        ),
        ("-0.2\tyes yes", "-0.2\tyes", "f:17: expected a number, 2 word(s)"),
        ("-0.2\tyes yes", "-0.2\tyes maybe", "f:17: the word 'maybe' is not among the 1-grams"),
        ("-0.2\tyes yes", "-0.2\tyes </s>", "f:18: 'yes </s>' stands here a second time"),
        ("-0.05\t", "-0.05\tyes ", "f:22: expected a number, 3 word(s), given"),
        ("\\end\\\n", "", "f: is cut off among the 3-grams"),
        (FILE[FILE.index("ngram 2") :], "", "f: is cut off after \\data\\"),
        ("\\end\\", "\\4-grams:", "f:24: expected \\end\\, given '\\\\4-grams:'"),
        ("<s>", "s", "f: the 1-grams have no <s>, which stands for the edge of a sentence"),
        ("</s>", "s", "f: the 1-grams have no </s>"),
    ],
)
def test_what_is_not_right_is_said_with_its_line(tmp_path, old, new, expected):
    assert old in FILE
    with pytest.raises(DataError) as error:
        read(tmp_path, FILE.replace(old, new), "f")
    assert expected in str(error.value)


def test_damaged_files_are_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        arpa.read(tmp_path / "none.arpa")
    path = tmp_path / "a.arpa.gz"
    path.write_bytes(gzip.compress(FILE.encode())[:-20])
    with pytest.raises(DataError, match=r"a.arpa.gz:\d+: damaged gzip data"):
        arpa.read(path)


@pytest.mark.parametrize("name", ["b.arpa", "b.arpa.gz"])
def test_what_is_written_is_read_again(tmp_path, name):
    ngrams = read(tmp_path, FILE)
    ngrams.orders[1][("yes", "<unk>")] = (-1 / 3, 1e-9)
    arpa.write(ngrams, tmp_path / name)
    again = arpa.read(tmp_path / name)
    for ours, theirs in zip(ngrams.orders, again.orders, strict=True):
        assert list(ours) == list(theirs)
        for ngram, numbers in ours.items():
            assert theirs[ngram] == pytest.approx(numbers, abs=1e-9)
    assert (tmp_path / name).read_bytes().startswith(b"\x1f\x8b") == name.endswith(".gz")
