"""The applications: name -> the shape of its sequence model. Each is one file here with the same five
functions.

This table is below everything else in the import order: a recipe is checked against it before TensorFlow is
imported. An application's file imports Keras, TensorFlow and the layers only within the functions that need
them: `read`, and so what it finds wrong with the data, does not wait for them.
"""

import importlib
import types

APPLICATIONS = {
    "sentiment": "many to one: text -> label, score",
    "ner": "many to many, equal length: text -> entities with their places and scores",
    "translation": "many to many, unequal length: text -> its translation, by beam search",
}


def functions(application: str) -> types.ModuleType:
    """The module that holds an application's `read`, `prepare`, `build`, `objective` and `present`."""
    return importlib.import_module(f"keras_seq.applications.{application}")
