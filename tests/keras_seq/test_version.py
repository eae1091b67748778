"""The version is that of the checkout, not of what is installed beside it."""

import importlib.metadata
import tomllib

from corpora import PROJECT

from keras_seq import version


def test_the_version_is_the_checkouts(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "9.9")
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert version.version.__wrapped__() == project["version"]


def test_outside_a_checkout_it_is_that_of_the_package_or_unknown(monkeypatch, tmp_path):
    monkeypatch.setattr(version, "__file__", str(tmp_path / "keras_seq" / "version.py"))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "9.9")
    assert version.version.__wrapped__() == "9.9"

    def missing(name):
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert version.version.__wrapped__() == "unknown"
