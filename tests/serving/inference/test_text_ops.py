"""TF-Text's ops, registered without its Python."""

import subprocess
import sys

import pytest
from corpora import PROJECT

from export.targets import TEXT_OPS
from serving.inference import text_ops

REGISTERED = """
import sys
from serving import lean
lean.leave_out_keras()
from serving.inference import text_ops
text_ops.load()
text_ops.load()
from tensorflow.python.framework import op_def_registry
print(" ".join(name for name in sys.argv[1:] if op_def_registry.get(name) is None))
print("tensorflow_text" in sys.modules)
"""


def test_all_that_a_servable_may_hold_are_registered():
    command = [sys.executable, "-c", REGISTERED, *sorted(TEXT_OPS)]
    found = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert found.stdout == "\nFalse\n"


@pytest.mark.parametrize("is_there", [False, True])
def test_where_tf_text_is_not_installed_or_of_another_tensorflow_nothing_happens(
    is_there, monkeypatch, tmp_path
):
    (tmp_path / "tensorflow_text" / "python").mkdir(parents=True)
    (tmp_path / "tensorflow_text" / "__init__.py").touch()
    (tmp_path / "tensorflow_text" / "python" / "_other.so").write_bytes(b"no library")
    monkeypatch.setattr(sys, "path", [str(tmp_path)] if is_there else [])
    monkeypatch.delitem(sys.modules, "tensorflow_text", raising=False)
    text_ops.load()
