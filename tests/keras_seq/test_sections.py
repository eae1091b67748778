"""A recipe's section is a function's signature: keys, types, descriptions."""

import inspect
import json

import pytest

from keras_seq import applications
from keras_seq.recipe import schema
from keras_seq.sections import SECTIONS, section_model


@pytest.mark.parametrize("application", applications.APPLICATIONS)
def test_the_schema_is_the_signature(application):
    """The checker reads source text; what it found there is what Python finds."""
    from keras_seq.training import fit, optimizers, precision, schedules, transfer

    module = applications.functions(application)
    for section, function in SECTIONS.items():
        expected = dict(inspect.signature(getattr(module, function)).parameters)
        if section == "training":
            for function in (
                fit.fit,
                optimizers.make,
                schedules.make,
                precision.computing,
                transfer.start_from,
            ):
                expected |= inspect.signature(function).parameters
        expected = {name: p.default for name, p in expected.items() if p.kind is p.KEYWORD_ONLY}
        fields = {
            name: field.default for name, field in section_model(application, section).model_fields.items()
        }
        fields.pop("directory", None)
        assert fields == expected


@pytest.mark.parametrize("application", applications.APPLICATIONS)
def test_every_key_is_described_in_the_json_schema(application):
    document = schema(application)
    json.dumps(document)
    for section in document["$defs"].values():
        for key, field in section["properties"].items():
            assert field.get("description"), f"{key} has no line in its function's docstring"
