"""python -m keras_seq.evaluate: the numbers of the run, or of another file."""

from refusals import refused

from keras_seq import evaluate
from keras_seq.run import Run


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
