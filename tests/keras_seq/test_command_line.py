"""The commands that commands propose, and the questions in them."""

import shlex

import pytest

from keras_seq.command_line import CommandParser, proposed, question, whole_number


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a gripping story", "a gripping story"),
        ("it's  \n fine\t", "it's fine"),
        ("word " * 40, ("word " * 12).strip()),
        ("x" * 70 + " y", "x" * 60),
        ("電影" * 50, "電影" * 30),
        ("a\0b \udcff c", "a b c"),
        (" ", ""),
    ],
    ids=["short", "quote", "words", "one long word", "no spaces", "controls", "blank"],
)
def test_a_question_is_cut_between_words(text, shown):
    assert question(text) == shown


@pytest.mark.parametrize(
    "arguments", [["runs/a b", 'it\'s -5 * "fine" $HOME `x`'], ["runs/x", "-5 stars"], ["-r", ""]]
)
def test_a_proposed_command_works_as_it_is_printed(arguments):
    parser = CommandParser("keras_seq.predict", "")
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("texts", nargs="*", metavar="TEXT")
    words = shlex.split(proposed("keras_seq.predict", *arguments))
    assert words[:3] == ["python", "-m", "keras_seq.predict"]
    found = parser.parse_args(words[3:])
    assert [found.run, *found.texts] == arguments


@pytest.mark.parametrize("text", ["-awful", "-hilarious"])
def test_a_text_that_begins_with_a_dash_gets_a_hint(text, capsys):
    parser = CommandParser("keras_seq.predict", "")
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("texts", nargs="*", metavar="TEXT")
    with pytest.raises(SystemExit):  # newer Pythons take -hilarious for -h
        parser.parse_args(["runs/x", text])
    assert "comes after --, as in: python -m keras_seq.predict -- RUN '-5 stars'" in "".join(
        capsys.readouterr()
    )


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", ""])
def test_a_whole_number_that_is_none_is_refused(text, capsys):
    parser = CommandParser("keras_seq.tune", "")
    parser.add_argument("--trials", type=whole_number(1))
    assert parser.parse_args(["--trials", "12"]).trials == 12
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args([f"--trials={text}"])
    assert f"given '{text}', expected a whole number from 1 on" in capsys.readouterr().err
