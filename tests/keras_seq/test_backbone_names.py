"""The table of backbones is what Keras has, and names are found however they are written."""

import inspect

import keras
import pytest
from pydantic import TypeAdapter, ValidationError

from keras_seq import backbone_names
from keras_seq.backbone_names import NAMES, OWN, canonical
from keras_seq.sections import BackboneName, BackboneWeights


def test_the_table_is_what_keras_has():
    found = {name for name, _ in inspect.getmembers(keras.applications, inspect.isfunction)}
    assert set(NAMES) == found | set(OWN)
    assert len(set(NAMES)) == len(NAMES)
    groups = (backbone_names.SIGNED, backbone_names.CENTRED, backbone_names.NORMALIZED, backbone_names.RAW)
    assert sum(map(len, groups)) == len(found), "each is scaled in one way"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("mobilenet_v2", "MobileNetV2"),
        ("MobileNetV2", "MobileNetV2"),
        ("resnet50", "ResNet50"),
        ("efficientnet-b0", "EfficientNetB0"),
        ("EfficientNet_Lite0", "efficientnet_lite0"),
        ("resnet", None),
        ("", None),
    ],
)
def test_names_however_they_are_written(written, meant):
    assert canonical(written) == meant


def test_a_recipe_is_told_the_nearest_name():
    kind = TypeAdapter(BackboneName)
    assert kind.validate_python("mobilenet_v2") == "MobileNetV2"
    with pytest.raises(
        ValidationError, match=r"no backbone is called 'mobilnet_v2'; did you mean 'MobileNetV2'\?"
    ):
        kind.validate_python("mobilnet_v2")
    with pytest.raises(
        ValidationError, match=r"no backbone is called 'x'. There are efficientnet_lite0, scratch, "
    ):
        kind.validate_python("x")


def test_weights_are_none_imagenet_or_a_path(tmp_path):
    kind = TypeAdapter(BackboneWeights)
    assert [kind.validate_python(one) for one in ("none", "imagenet")] == ["none", "imagenet"]
    with pytest.raises(ValidationError, match="no file or folder at"):
        kind.validate_python("imagnet", context={"check_files": True})
    (tmp_path / "a.h5").touch()
    context = {"check_files": True, "directory": str(tmp_path)}
    assert kind.validate_python("a.h5", context=context) == str(tmp_path / "a.h5")
