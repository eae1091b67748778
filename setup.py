"""Refuses, in a sentence and before anything is downloaded, a Python or a system that some package has no
wheel for.

pip runs this first of all; `python setup.py`, without arguments, only checks. Older Pythons must be able to
read it.
"""

import platform
import sys

SUPPORTED = "Python 3.11, 3.12 or 3.13 on Linux or on a Mac with Apple silicon"


def refusal(version, implementation, system, machine):
    """Why the packages cannot be installed there, as pip's index stood in November 2026; "" where they can."""
    if implementation != "CPython":
        return "tensorflow has wheels for CPython alone, and this is %s" % implementation
    if version < (3, 11):
        return "keras 3.15 needs Python 3.11 or later, and this is %d.%d" % version
    if version > (3, 13):
        return "tensorflow-text has no wheel for Python %d.%d yet" % version
    if system == "Windows":
        return "tensorflow-text has no wheel for Windows; WSL 2 and Docker are Linux"
    if system == "Darwin" and machine == "x86_64":
        return "tensorflow and tensorflow-text have no wheels for a Mac with an Intel processor"
    if system == "Linux" and machine not in ("x86_64", "aarch64"):
        return "tensorflow has no wheel for Linux on %s" % machine
    if system == "Linux" and machine == "aarch64" and version == (3, 11):
        return "tensorflow-text 2.17 has no wheel for Linux on ARM; Python 3.12 and 3.13 take 2.21, which has"
    return ""


if __name__ == "__main__":
    problem = refusal(
        tuple(sys.version_info[:2]), platform.python_implementation(), platform.system(), platform.machine()
    )
    if problem:
        sys.exit("error: %s. keras_seq runs on %s." % (problem, SUPPORTED))
    if sys.argv[1:]:
        from setuptools import setup

        setup()
