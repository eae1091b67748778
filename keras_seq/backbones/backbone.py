"""One function for all backbones: a name -> a network from pixels to a grid of features."""

from __future__ import annotations

import keras

from keras_seq import backbone_names
from keras_seq.backbones import efficientnet_lite0, pixels, torch_file, weights_file
from keras_seq.backbones.scratch import scratch
from keras_seq.errors import DataError, RecipeError

Shape = tuple[int | None, int | None, int]


def backbone(
    name: str,
    weights: str | None = None,
    input_shape: Shape = (None, None, 3),
    trainable: bool = True,
    *,
    channels: int = 16,
    blocks: int = 4,
    fine: bool = False,
) -> keras.Model:
    """A functional network called `backbone`: pixels from 0 to 255, float32 `(batch, height, width, colours)` -> a
    grid `(batch, rows, columns, channels)`. What the pixels have to be scaled to is done in it; grey ones are
    taken three times.

    Called with `training=False`, as `layers.ImageFeatures` does, normalization has the statistics that came with
    the weights, and keeps them, whether it is fine-tuned or not.

    Args:
        name: "efficientnet_lite0"; "scratch"; or a network of `keras.applications`, as "MobileNetV2" or
            "mobilenet_v2".
        weights: None or "none" for weights by chance; "imagenet", out of a Python package for efficientnet_lite0
            and out of Keras's download for the others; or the path of a `.weights.h5`, `.h5` or `.keras` file,
            for efficientnet_lite0 also of a `.pth` file in PyTorch's old format.
        input_shape: height, width and colours; None for any height and width. "scratch" takes any number of colours,
            the others 1 or 3.
        trainable: False for a network that stays as it is.
        channels: of the first block of "scratch".
        blocks: of "scratch".
        fine: of "scratch".

    Raises:
        RecipeError: when there is no such network, or none for pictures of this size.
        DataError: when the weights cannot be had.
    """
    meant = backbone_names.canonical(name)
    if meant is None:
        raise RecipeError(f"no backbone is called {name!r}; there are {', '.join(backbone_names.NAMES)}")
    height, width, colors = input_shape
    if colors not in (1, 3) and meant != "scratch":
        raise RecipeError(f"pictures have 1 or 3 colours, not {colors}")
    given = keras.Input((height, width, colors), name="pixels")
    if meant == "scratch":
        network = scratch(height, width, channels, blocks, colors, fine)
        found = keras.Model(given, _loaded(network, meant, weights)(given), name="backbone")
        found.trainable = trainable
        return found
    x = pixels.colored(given)
    if meant == "efficientnet_lite0":
        network = efficientnet_lite0.efficientnet_lite0(height, width)
        scale, offset = 1 / efficientnet_lite0.PIXEL_DEVIATION, -efficientnet_lite0.PIXEL_MEAN
        x = keras.layers.Rescaling(scale, offset * scale, name="scaled_pixels")(x)
        grid = _loaded(network, meant, weights)(x)
    else:
        network = _of_keras(meant, weights, (height, width, 3))
        grid = network(pixels.scaled(x, meant))
    found = keras.Model(given, grid, name="backbone")
    found.trainable = trainable
    return found


def _loaded(network: keras.Model, name: str, weights: str | None) -> keras.Model:
    """One of our own networks, with its weights."""
    if weights in (None, "none"):
        return network
    if weights != "imagenet":
        if name == "efficientnet_lite0" and weights.endswith((".pth", ".pt")):
            efficientnet_lite0.load(network, torch_file.read_tensors(weights), weights)
        else:
            weights_file.load(network, weights)
    elif name == "efficientnet_lite0":
        efficientnet_lite0.load(network, efficientnet_lite0.imagenet_weights())
    else:
        raise DataError(f"there are no ImageNet weights for {name}; expected none, or the path of a file")
    return network


def _of_keras(name: str, weights: str | None, shape: Shape) -> keras.Model:
    """A network of `keras.applications`, without its classifier."""
    make, known = getattr(keras.applications, name), "imagenet" if weights == "imagenet" else None
    try:
        network = make(include_top=False, weights=known, input_shape=shape)
    except ValueError as error:
        raise RecipeError(f"{name} takes no pictures of {shape}: {error}") from None
    except Exception as error:  # of a download: Keras raises a bare Exception
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise DataError(
            f"{name}'s ImageNet weights could not be downloaded: {first}; the path of a file can be given"
        ) from None
    if weights not in (None, "none", "imagenet"):
        weights_file.load(network, weights)
    return network
