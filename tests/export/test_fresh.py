"""The fresh process ends itself."""

import subprocess
import sys

from corpora import PROJECT


def test_the_fresh_process_ends_when_nobody_asks_any_more():
    with subprocess.Popen(
        [sys.executable, "-m", "export.fresh"], cwd=PROJECT, stdin=subprocess.PIPE
    ) as process:
        process.stdin.close()
        assert process.wait(timeout=60) == 1
