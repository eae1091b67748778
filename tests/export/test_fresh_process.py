"""A fresh process, seen from the export."""

import pytest

from export.fresh_process import FreshProcess, FreshProcessError


def test_a_fresh_process_that_dies_is_quoted(tmp_path):
    with FreshProcess() as fresh:
        fresh.ask(folder=str(tmp_path / "none"), batches=[], others={})
        with pytest.raises(FreshProcessError, match="none"):
            fresh.receive("session")
