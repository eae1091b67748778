"""One function for all backbones: pixels from 0 to 255 in, a grid out, saved and loaded with its weights."""

import urllib.error

import keras
import numpy as np
import pytest

from keras_seq.backbones import efficientnet_lite0
from keras_seq.backbones.backbone import backbone
from keras_seq.errors import DataError, RecipeError

PIXELS = np.random.default_rng(1).uniform(0, 255, (2, 64, 64, 3)).astype("float32")


def test_efficientnet_lite0_with_imagenet_weights_takes_pixels(tmp_path, monkeypatch):
    network = backbone("EfficientNet_Lite0", "imagenet", trainable=False)
    plain = efficientnet_lite0.efficientnet_lite0()
    efficientnet_lite0.load(plain, efficientnet_lite0.imagenet_weights())
    np.testing.assert_allclose(network(PIXELS), plain((PIXELS - 127) / 128), atol=1e-5)
    assert network.name == "backbone"
    assert not network.trainable_variables
    network.save(tmp_path / "a.keras")
    monkeypatch.setattr(efficientnet_lite0, "_read", None)  # the package is not asked for
    loaded = keras.saving.load_model(tmp_path / "a.keras")
    np.testing.assert_array_equal(loaded(PIXELS), network(PIXELS))
    again = backbone("efficientnet_lite0", str(tmp_path / "a.keras"), (64, 64, 3))
    np.testing.assert_allclose(again(PIXELS), network(PIXELS), atol=1e-5)


def test_grey_pictures_are_those_in_three_equal_colours():
    grey = PIXELS[..., :1]
    keras.utils.set_random_seed(1)
    of_grey = backbone("efficientnet_lite0", None, (64, 64, 1))
    of_colours = backbone("efficientnet_lite0", None, (None, None, 3))
    of_colours.set_weights(of_grey.get_weights())
    np.testing.assert_allclose(of_grey(grey), of_colours(np.repeat(grey, 3, -1)), atol=1e-5)


@pytest.mark.parametrize("colours", [1, 2, 6])
def test_a_network_from_the_beginning_takes_any_number_of_colours(colours):
    network = backbone("scratch", None, (16, 16, colours), channels=4, blocks=2)
    pixels = np.repeat(PIXELS[:, :16, :16], 2, -1)[..., :colours]
    assert network(pixels).shape == (len(PIXELS), 4, 4, 8)
    assert network.get_layer("scratch").input_shape == (None, 16, 16, colours)


def test_a_network_of_keras_with_weights_by_path(tmp_path):
    made = keras.applications.MobileNet(include_top=False, weights=None, input_shape=(64, 64, 3))
    made.save_weights(tmp_path / "mobilenet.weights.h5")
    network = backbone("mobilenet", str(tmp_path / "mobilenet.weights.h5"), (64, 64, 3))
    np.testing.assert_allclose(network(PIXELS), made(PIXELS / 127.5 - 1), atol=1e-4)
    assert network.output_shape == (None, 2, 2, 1024)
    network.save(tmp_path / "whole.keras")
    loaded = keras.saving.load_model(tmp_path / "whole.keras")
    np.testing.assert_array_equal(loaded(PIXELS), network(PIXELS))
    with pytest.raises(DataError, match="these are no weights of vgg16: "):
        backbone("VGG16", str(tmp_path / "mobilenet.weights.h5"), (32, 32, 3))


def test_without_a_network_it_is_the_download_that_failed(monkeypatch, tmp_path):
    def unreachable(*arguments):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", unreachable)
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path))
    with pytest.raises(
        DataError, match=r"VGG16's ImageNet weights could not be .*: .*no route to host.*; the path"
    ):
        backbone("VGG16", "imagenet", (32, 32, 3))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            ("mobilnet",),
            RecipeError,
            "no backbone is called 'mobilnet'; there are efficientnet_lite0, scratch, ",
        ),
        (("mobilenet_v2", None, (32, 32, 4)), RecipeError, "1 or 3 colours, not 4"),
        (("scratch", "imagenet"), DataError, "no ImageNet weights for scratch"),
        (("VGG16", None, (8, 8, 3)), RecipeError, r"VGG16 takes no pictures of \(8, 8, 3\): "),
        (("efficientnet_lite0", "none.pth"), DataError, r"none\.pth: cannot be read"),
    ],
)
def test_what_cannot_be_made_is_said(arguments, error, message):
    with pytest.raises(error, match=message):
        backbone(*arguments)
