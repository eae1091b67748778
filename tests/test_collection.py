"""The same tests are collected every time: no id depends on the time, on the seed of hashes or on the
machine.
"""

import os
import subprocess
import sys
import time

from corpora import PROJECT


def collected(hash_seed):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
    ]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTEST_ADDOPTS": ""}
    found = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    return [line for line in found.stdout.splitlines() if "::" in line]


def test_two_processes_collect_the_same_tests_under_short_printable_names():
    first = collected("1")
    time.sleep(1.1)  # some formats hold the time of day, to the second
    assert first == collected("2")
    assert len(first) > 1000
    assert len(set(first)) == len(first)
    assert not [one for one in first if len(one) > 250 or not one.isprintable()]
