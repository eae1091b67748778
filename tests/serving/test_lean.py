"""What a server and the fresh process of an export import."""

import subprocess
import sys

from corpora import PROJECT

from serving import lean

LOADED = """
import sys
{before}
import export.asking, serving.server
print(sorted({{"keras", "keras_seq", "sklearn", "matplotlib", "tensorflow"}} & set(sys.modules)))
"""


def loaded(before):
    code = LOADED.format(before=before)
    return subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout


def test_keras_is_left_out():
    assert loaded("from serving import lean; lean.leave_out_keras()") == "['tensorflow']\n"


def test_nothing_changes_once_tensorflow_is_there(monkeypatch):
    monkeypatch.delenv("TF_USE_LEGACY_KERAS", raising=False)
    lean.leave_out_keras()
    assert "TF_USE_LEGACY_KERAS" not in lean.os.environ
