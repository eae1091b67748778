"""python -m keras_seq.evaluate: the numbers of the run, or of another file."""

import re
import shutil

import pytest
from refusals import refused

from keras_seq import environment, evaluate
from keras_seq.catalogue import published
from keras_seq.run import Run

pytestmark = pytest.mark.usefixtures("loaded_once")


def test_evaluate_prints_the_numbers_of_the_run(tiny_run, capsys):
    assert evaluate.main([str(tiny_run)]) == 0
    printed = capsys.readouterr().out
    metrics = Run(tiny_run).read_metrics()["test"]
    assert f"accuracy     {metrics['accuracy']:.4f}" in printed
    assert "precision  recall      f1" in printed
    assert "confusion matrix" in printed
    assert "next:" in printed


def test_evaluate_takes_another_file(tiny_run, tmp_path, capsys):
    path = tmp_path / "other.tsv"
    path.write_text("the plot is dull\tnegative\nthe plot is fine\tpositive\n", encoding="utf-8")
    assert evaluate.main([str(tiny_run), "--data", str(path)]) == 0
    assert "on " + str(path) in capsys.readouterr().out
    assert "no such file" in refused(evaluate, tiny_run, "--data", tmp_path / "none.tsv", capsys=capsys)
    path.write_text("x\tneutral\n", encoding="utf-8")
    assert "which the model does not know" in refused(evaluate, tiny_run, "--data", path, capsys=capsys)


def test_a_model_of_the_zoo_is_scored_by_its_name(tmp_path, monkeypatch, capsys):
    """That of a built-in corpus needs no file; others' files are scored too."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "other.tsv"
    path.write_text("the plot is dull\tnegative\nthe plot is superb\tpositive\n", encoding="utf-8")
    assert evaluate.main(["sentiment", "--data", str(path)]) == 0
    printed = capsys.readouterr().out
    assert f"sentiment on {path}\naccuracy     1.0000\n" in printed
    assert "\n  python -m keras_seq.predict sentiment TEXT\n" in printed
    assert evaluate.main(["sentiment"]) == 0
    accuracy = Run(published()["sentiment"]).read_metrics()["test"]["accuracy"]
    assert f"sentiment on the test split\naccuracy     {accuracy:.4f}\n" in capsys.readouterr().out


def test_data_that_has_moved_is_found_where_it_is_said_to_be(tiny_run, tmp_path, capsys):
    corpus = shutil.copytree(tiny_run.parent.parent / "corpus", tmp_path / "moved")
    (corpus / "test.tsv").write_text("the plot is superb\tpositive\n" * 3, encoding="utf-8")
    assert evaluate.main([str(tiny_run), "--directory", str(corpus)]) == 0
    assert re.search(r"^positive .* 3$", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            [],
            "run: the data of its test split is not there ({old}/test.tsv); give its folder with --directory DIR",
        ),
        (["--directory", "{tmp}"], "the data of its test split is not there ({tmp}/test.tsv)"),
        (["--directory", "{tmp}/none"], "--directory {tmp}/none: no such folder"),
    ],
    ids=["without a folder", "another folder", "no folder"],
)
def test_data_that_is_not_there_is_said_before_tensorflow(
    options, expected, tiny_run, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(environment, "import_keras", lambda: pytest.fail("too late"))
    run, old = Run(shutil.copytree(tiny_run, tmp_path / "run")), tmp_path / "gone"
    text = run.recipe_file.read_text(encoding="utf-8")
    corpus = str(tiny_run.parent.parent / "corpus")
    run.recipe_file.write_text(text.replace(corpus, str(old)), encoding="utf-8")
    places = {"tmp": tmp_path, "old": old}
    options = [option.format(**places) for option in options]
    assert expected.format(**places) in refused(evaluate, run.path, *options, capsys=capsys)
