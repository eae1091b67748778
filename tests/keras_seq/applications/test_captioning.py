"""Captions of pictures, from lists of files to answers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq import applications, png
from keras_seq.contract import Known
from keras_seq.errors import DataError, RecipeError
from keras_seq.layers import SmoothedCrossEntropy

captioning = applications.functions("captioning")
COLORS = {"red": (220, 30, 20), "green": (20, 200, 40), "blue": (30, 40, 210)}
SHAPES = ("square", "bar")
SMALL = {"embedding_dim": 16, "units": 24, "dropout": 0.0}
PREPARE = {"height": 16, "width": 16, "vocabulary_size": 60}


def picture(color: str, shape: str, seed: int) -> bytes:
    """A PNG file of 24 by 20 pixels."""
    random = np.random.default_rng(seed)
    pixels = random.integers(180, 256, (20, 24, 3)).astype("uint8")
    top, left = random.integers(0, 8, 2)
    height, width = (10, 10) if shape == "square" else (4, 14)
    pixels[top : top + height, left : left + width] = COLORS[color]
    return png.encoded(pixels)


def captions_of(color: str, shape: str) -> list[str]:
    return [f"A {color} {shape} .", f"There is a {shape} , it is {color} ."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files as those of Flickr8k: a token file of all captions, and lists of the images of each split."""
    root, tokens, number = tmp_path_factory.mktemp("captions"), [], 0
    (root / "images").mkdir()
    for split, size in {"train": 36, "validation": 6, "test": 6}.items():
        names = []
        for place in range(size):
            color, shape = list(COLORS)[place % 3], SHAPES[place // 3 % 2]
            name, number = f"{split}_{place}.png", number + 1
            (root / "images" / name).write_bytes(picture(color, shape, number))
            tokens += [f"{name}#{n}\t{text}\n" for n, text in enumerate(captions_of(color, shape))]
            names.append(f"{name}\n")
        (root / f"{split}.txt").write_text("".join(names), encoding="utf-8")
    (root / "captions.token.txt").write_text("".join(tokens), encoding="utf-8")
    return root


def read(folder, split="train", **data):
    lists = {part: str(folder / f"{part}.txt") for part in ("train", "validation", "test")}
    return captioning.read(split, captions=str(folder / "captions.token.txt"), **{**lists, **data})


def built(preprocessing, **model):
    keras.utils.set_random_seed(1)
    return captioning.build(preprocessing.sizes, **{**SMALL, **model})


@pytest.fixture(scope="module")
def preprocessing(folder):
    return captioning.prepare(read(folder), **PREPARE)


def test_an_image_is_an_example_with_all_its_captions(folder):
    examples = list(read(folder, "validation"))
    assert len(examples) == 6
    assert examples[0].input.path == str(folder / "images" / "validation_0.png")
    assert examples[0].truth == tuple(captions_of("red", "square"))
    assert read(folder, "test", test=None) is None
    held = [list(read(folder, split, validation=0.25)) for split in ("train", "validation")]
    assert [len(part) for part in held] == [27, 9]


def test_images_that_other_splits_have_too_are_told_before_training(folder, capsys):
    list(read(folder, validation=str(folder / "train.txt")))
    assert "36 of 36 images of validation are in training too" in capsys.readouterr().out
    list(read(folder))
    assert capsys.readouterr().out == ""


def test_what_is_learned_of_the_training_split(folder, preprocessing):
    assert preprocessing.sizes["height"] == preprocessing.sizes["width"] == 16
    assert preprocessing.examples == 36
    assert preprocessing.seen == {text for c in COLORS for s in SHAPES for text in captions_of(c, s)}
    tensors, truth = preprocessing.pair(
        preprocessing.features_of(tf.constant([picture("red", "bar", 1)])), tf.constant(["A red bar ."])
    )
    assert tensors["pixels"].shape == (1, 16, 16, 3)
    assert tensors["target_ids"].shape == truth.shape
    pieces = preprocessing.targets.pieces_of(truth)
    assert preprocessing.targets.text_of(pieces).numpy().tolist() == [b"a red bar ."]
    cased = captioning.prepare(read(folder), **PREPARE, case="as_is").targets
    assert cased.text_of(cased.pieces_of(cased.ids_of(tf.constant(["A bar"])))).numpy().tolist() == [b"A bar"]


@pytest.mark.parametrize(
    "model",
    [
        {"attention": "bahdanau", "layers": 2},
        {"attention": "none", "place_deviation": 0.5},
        {"mirror": 0.5, "crop": 0.2, "light": 0.2, "dropout": 0.5},
    ],
    ids=["bahdanau", "none", "augmented"],
)
def test_a_network_takes_what_the_preprocessing_gives(preprocessing, model):
    network = built(preprocessing, **model)
    raw = [picture("red", "square", 1), picture("blue", "bar", 2)]
    tensors, truth = preprocessing.pair(
        preprocessing.features_of(tf.constant(raw)), tf.constant(["a red square .", "a blue bar ."])
    )
    for training in (False, True):
        logits = network(tensors, training=training)
        assert logits.shape == (2, truth.shape[1], preprocessing.sizes["vocabulary_size"])
        assert np.isfinite(logits).all()


def test_a_blind_network_says_the_same_of_every_picture(preprocessing):
    raw = tf.constant([picture("red", "square", 1), picture("blue", "bar", 2)])
    tensors, _ = preprocessing.pair(preprocessing.features_of(raw), tf.constant(["a red square ."] * 2))
    blind, seeing = (built(preprocessing, blind=one)(tensors).numpy() for one in (True, False))
    np.testing.assert_allclose(blind[0], blind[1], atol=1e-6)
    assert abs(seeing[0] - seeing[1]).max() > 1e-3


def test_the_network_learns_what_is_in_pictures(folder, preprocessing):
    network = built(preprocessing)
    examples = list(read(folder))
    images = preprocessing.features_of(tf.constant([open_(example) for example in examples]))["pixels"]
    truths = [text for example in examples for text in example.truths]
    given = {"pixels": tf.repeat(images, 2, axis=0)}
    network.compile(keras.optimizers.Adam(0.01), SmoothedCrossEntropy(0.0), jit_compile=False)
    network.fit(*preprocessing.pair(given, tf.constant(truths)), epochs=50, batch_size=24, verbose=0)
    model = captioning.present(preprocessing, network, beam_width=2)
    tests = list(read(folder, "test"))
    answers = model([*(open_(example) for example in tests), b"no picture"])
    found = [caption.decode() for caption in answers["caption"].numpy()]
    right = [
        text in [one.lower() for one in example.truths] for text, example in zip(found, tests, strict=False)
    ]
    assert np.mean(right) > 0.8, found
    assert found[-1] == ""
    assert answers["problem"][-1] == b"not a JPEG, PNG, BMP or GIF file"
    assert answers["score"][-1] == 0
    known = captioning.prepare(read(folder), Known(model), **PREPARE)
    assert known.targets.model == preprocessing.targets.model
    assert known.targets.case == "lower"


def open_(example):
    with open(example.input.path, "rb") as file:
        return file.read()


def test_what_cannot_be_is_said(folder, preprocessing):
    with pytest.raises(DataError, match="no captions"):
        captioning.prepare([])
    with pytest.raises(RecipeError, match="a beam of 2 hypotheses cannot give 3 captions"):
        captioning.present(preprocessing, built(preprocessing), beam_width=2, n_best=3)
    assert captioning.objective(monitor="loss").watched is None
