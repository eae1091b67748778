"""The command, where its packages are missing."""

import sys

from serving import __main__ as command


def test_another_environment_is_named_and_not_a_traceback(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "serving.starting", None)
    monkeypatch.delattr("serving.starting", raising=False)
    assert command.main([str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: serving.starting is not installed for ")
    assert "source .venv/bin/activate" in error
