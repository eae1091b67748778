"""The applications: name -> where its five functions are, and the shape of its sequence model.

This table is below everything else in the import order: a recipe is checked against it before TensorFlow is
imported. An application's file imports Keras, TensorFlow and the layers only within the functions that need
them: `read`, and so what it finds wrong with the data, does not wait for them.
"""

import importlib
import importlib.util
import pathlib
import types
from typing import NamedTuple


class Application(NamedTuple):
    """A line of the table.

    Attributes:
        module: with `read`, `prepare`, `build`, `objective` and `present`, and the constant `SIZES`: the
            numbers that `build` takes where nothing is known of the data.
        about: shape, input and answer of its model, in a line.
    """

    module: str
    about: str


APPLICATIONS = {
    "sentiment": Application("keras_seq.applications.sentiment", "many to one: text -> label, score"),
    "ner": Application(
        "keras_seq.applications.ner",
        "many to many, equal length: text -> entities with their places and scores",
    ),
    "translation": Application(
        "keras_seq.applications.translation",
        "many to many, unequal length: text -> its translation, by beam search",
    ),
    "speech_to_text": Application(
        "keras_seq.applications.speech_to_text",
        "many to many, unequal length, unaligned: sound -> transcript, words with times",
    ),
    "video_activity": Application(
        "keras_seq.applications.video_activity", "many to one: clip -> label, score, over its frames"
    ),
    "captioning": Application(
        "keras_seq.applications.captioning", "one to many: image -> its caption, by beam search"
    ),
    "video_activity_poses": Application(
        "keras_seq.applications.video_activity_poses", "many to one: poses of a clip -> label, score"
    ),
}


def functions(application: str) -> types.ModuleType:
    """The module that holds an application's five functions."""
    return importlib.import_module(APPLICATIONS[application].module)


def source(application: str) -> pathlib.Path:
    """The file of that module, which is not imported."""
    module = APPLICATIONS[application].module
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"no module {module!r}, which the application {application!r} is to be in")
    return pathlib.Path(found.origin)
