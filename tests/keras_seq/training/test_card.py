"""The card: whatever people name things, it says so as written; whatever goes wrong with it, the run is
finished.
"""

import errno
import html.parser
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from corpora import PROJECT
from odd_names import NAMES, scores

import keras_seq
from keras_seq import pictures, train
from keras_seq.answers import Answering, EntityAnswering
from keras_seq.formats import Example
from keras_seq.metrics import LabelScorer
from keras_seq.pictures import Attention
from keras_seq.run import Run
from keras_seq.tagging import TaggedToken, encode
from keras_seq.training import card, card_parts, scoring


@pytest.fixture
def run(tiny_run, tmp_path):
    """A copy of a finished run, without its card and pictures."""
    run = Run(shutil.copytree(tiny_run, tmp_path / "tiny"))
    for path in (run.card_file, run.picture_file("confusion_matrix"), run.picture_file("learning_curves")):
        path.unlink(missing_ok=True)
    return run


class Model:
    """What a card asks of a model."""

    def __init__(self, pictures=lambda inputs: ()):
        self.pictures = pictures

    worst_examples, summary = Answering.worst_examples, Answering.summary


def write(run, names, model=None, worst=None):
    if worst is None:
        worst = [(Example(f"text of {name}", name, ""), {"label": name, "score": 0.5}) for name in names]
    metrics = {**run.read_metrics(), "test": scores(names)}
    scored = scoring.Scored(metrics["test"], worst, LabelScorer(names))
    card.write(run, run.recipe, model or Model(), metrics, {"test": scored})


def outside_code(text):
    """A Markdown text without its blocks of code."""
    return re.sub(r"^(`{3,})[^`\n]*\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)


def test_names_stand_in_the_card_as_they_are_written(run, capsys):
    write(run, NAMES)
    assert "warning" not in capsys.readouterr().out
    assert run.picture_file("confusion_matrix").read_bytes().startswith(b"\x89PNG")
    text = outside_code(run.card_file.read_text(encoding="utf-8"))
    rows = [row for row in text.splitlines() if row.startswith("|") and "text of" in row]
    assert len(rows) == len(NAMES)
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) == 4, f"three columns: {row}"
        assert not re.search(r"(?<!\\)[<`$]", row)
    assert "&#36;x&#36;" in rows[0]
    assert r"\<script\>" in text


def test_a_fence_holds_what_it_shows(run):
    write(run, NAMES)
    text = run.card_file.read_text(encoding="utf-8")
    assert "\n````\n" in text, "a label of three backticks is inside a fence of four"
    assert "## Recipe" in outside_code(text)
    assert "application: sentiment" not in outside_code(text)


@pytest.mark.parametrize("number", [20, 200])
def test_any_number_of_classes(number, run):
    write(run, [f"class {n}" for n in range(number)])
    text = run.card_file.read_text(encoding="utf-8")
    assert run.picture_file("confusion_matrix").exists() == ("confusion_matrix.png" in text) == (number == 20)
    assert f"class {number - 1}" in text


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.names = set()

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)


def test_the_page_of_worst_examples_holds_no_markup_of_the_users(run):
    name = "<script>alert(1)</script>"
    truth = encode([TaggedToken(0, 4, f"B-{name}")])
    example = Example("<img src=x onerror=alert(1)> & \ud800", truth, "")
    model = Model()
    model.worst_examples = lambda examples: EntityAnswering.worst_examples(model, examples)
    answer = {"tags": [f"B-{name}"], "starts": [5], "ends": [8], "scores": [0.5]}
    write(run, ["a", "b"], model, [(example, answer)])
    tags = Tags()
    tags.feed(run.worst_examples_file.read_text(encoding="utf-8"))
    assert not {"script", "img"} & tags.names
    assert r"\<script\>" in run.card_file.read_text(encoding="utf-8")


def test_paths_with_backticks_and_pipes_are_code():
    assert card_parts.code("/a|b/`c`.tsv") == r"``/a\|b/`c`.tsv``"
    assert card_parts.code("`c") == "`` `c ``"


def failing(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("what", ["learning_curves", "confusion_matrix"])
def test_a_picture_that_fails_is_left_out_of_the_card(what, run, monkeypatch, capsys):
    monkeypatch.setattr(pictures, what, failing)
    write(run, ["a", "b"])
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1
    assert printed[0].startswith("warning: ")
    assert "No space left on device" in printed[0]
    text = run.card_file.read_text(encoding="utf-8")
    assert f"({what}.png)" not in text
    assert "## Recipe" in text


def test_attention_that_cannot_be_asked_for_is_left_out(run, capsys):
    def fails(inputs):
        raise ValueError("no\nattention")

    write(run, ["a", "b"], Model(fails))
    assert "ValueError: no\n" in capsys.readouterr().out
    of_one = pictures.attention([Attention(["$_$"], ["a_$$"], [[1.0]])])
    write(run, ["a", "b"], Model(lambda inputs: of_one))
    assert "![attention](attention.png)" in run.card_file.read_text(encoding="utf-8")


def test_a_run_without_a_card_is_finished_and_answers(recipe_file, tmp_path, monkeypatch, capsys):
    write_text = pathlib.Path.write_text

    def full(path, *arguments, **options):
        return failing() if path.name == "card.md" else write_text(path, *arguments, **options)

    monkeypatch.setattr(pathlib.Path, "write_text", full)
    monkeypatch.setattr(pictures, "learning_curves", failing)
    run = Run(tmp_path / "run")
    assert train.main([str(recipe_file), "--run", str(run.path), "--set", "training.epochs=1"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("warning: ") == 2
    assert f"warning: {run.card_file} was left out: OSError: [Errno 28] No space left on device" in printed
    assert run.is_complete
    assert not run.state.exists()
    assert not run.card_file.exists()
    assert keras_seq.load(run.path)(["a fine film"])["label"].shape == (1,)


def test_a_home_that_cannot_be_written_stops_no_picture(run, tmp_path):
    """matplotlib keeps its list of fonts there."""
    code = (
        "import pathlib, sys; from keras_seq import pictures\n"
        "pictures.confusion_matrix([[1, 0], [0, 1]], ['a', 'b']).draw(pathlib.Path(sys.argv[1]))"
    )
    home = {
        "HOME": "/dev/null",
        "MPLCONFIGDIR": "/dev/null/x",
        "PATH": "/usr/bin:/bin",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [sys.executable, "-c", code, str(run.picture_file("confusion_matrix"))]
    done = subprocess.run(
        command, cwd=PROJECT, env=home, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert run.picture_file("confusion_matrix").exists()


def test_a_style_of_the_users_does_not_reach_the_pictures(run, monkeypatch):
    import matplotlib

    monkeypatch.setitem(matplotlib.rcParams, "text.usetex", True)
    write(run, NAMES)
    assert run.picture_file("confusion_matrix").exists()
    assert matplotlib.rcParams["text.usetex"], "and it is as it was afterwards"
