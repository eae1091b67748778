"""One trial of a study: a training that ends with the process that started it."""

import subprocess
import sys

from corpora import PROJECT


def test_a_trial_ends_as_by_sigterm_when_its_standard_input_closes(recipe_file, tmp_path):
    command = [sys.executable, "-m", "keras_seq.trial", str(recipe_file), str(tmp_path / "run")]
    done = subprocess.run(command, cwd=PROJECT, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert done.returncode == 143
    assert not (tmp_path / "run" / "metrics.json").exists()
