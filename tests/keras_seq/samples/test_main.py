"""`python -m keras_seq.samples` writes files that a recipe reads."""

import pytest

from keras_seq.formats import TaggedColumns
from keras_seq.samples.__main__ import CORPORA, main


@pytest.mark.parametrize("corpus", CORPORA)
def test_a_corpus_is_written_and_never_over_files_that_are_there(corpus, tmp_path, capsys, monkeypatch):
    if corpus in ("spoken_commands", "stick_figures", "stick_figure_poses", "scenes"):
        monkeypatch.setattr(CORPORA[corpus], "SIZES", {"train": 31, "validation": 3, "test": 3})
    folder = tmp_path / "my"
    assert main([corpus, "--to", str(folder), "--train", "30"]) == 0
    suffix = CORPORA[corpus].SUFFIX
    assert {path.name for path in folder.iterdir() if path.is_file()} == {
        f"{split}{suffix}" for split in ("train", "validation", "test")
    }
    train = (folder / f"train{suffix}").read_text(encoding="utf-8")
    count = len(list(TaggedColumns(str(folder / "train.conll")))) if suffix == ".conll" else train.count("\n")
    count -= suffix == ".csv"  # the header
    assert count == 30
    with pytest.raises(SystemExit) as stop:
        main([corpus, "--to", str(folder)])
    assert stop.value.code == 2
    assert "has such files already" in capsys.readouterr().err
    assert (folder / f"train{suffix}").read_text(encoding="utf-8") == train


@pytest.mark.parametrize("size", ["0", "1000000"])
def test_more_examples_than_there_are_are_refused(size, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["news", "--to", str(tmp_path), "--train", size])
    assert stop.value.code == 2
    assert "has 1 to 3000 training examples" in capsys.readouterr().err
