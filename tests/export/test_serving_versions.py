"""Versions of TensorFlow Serving: which there are, and which fits."""

import pytest
import tensorflow as tf

from export import serving_versions


@pytest.mark.parametrize(("text", "version"), [("2.17", "2.17"), ("2.17.1", "2.17"), ("2.20.0", "2.20")])
def test_a_version_of_serving_is_named(text, version):
    assert serving_versions.parsed(text) == version


@pytest.mark.parametrize(
    "text", ["", "2", "latest", "2.11", "2.21", "3.0", "2.x", "2.17.1.1", "-2.17", "٢.١٧"]
)
def test_a_version_of_serving_that_is_none(text):
    with pytest.raises(ValueError, match=r"expected a version of TensorFlow Serving from 2\.12 to 2\.20"):
        serving_versions.parsed(text)


def test_the_default_fits_the_installed_tensorflow():
    installed = serving_versions.number(tf.__version__)
    newest = serving_versions.number(serving_versions.NEWEST)
    assert serving_versions.number(serving_versions.fitting()) == min(installed, newest)
