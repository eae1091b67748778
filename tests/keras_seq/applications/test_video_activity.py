"""Activities in videos, from lists of clips to a network."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq import applications, gif
from keras_seq.contract import Known, Preprocessing
from keras_seq.errors import DataError, RecipeError
from keras_seq.training import frozen

video_activity = applications.functions("video_activity")
SIZES = {"num_classes": 4, "height": 16, "width": 16, "channels": 1}
LABELS = ("left", "right", "up")


def clip(label, seed):
    """A bright square that goes to a side."""
    frames = np.full((9, 16, 16), 20, "uint8")
    for number in range(9):
        place = number if label != "left" else 8 - number
        row, column = (8 - place, 6) if label == "up" else (6 + seed % 3, place)
        frames[number, row : row + 5, column : column + 5] = 200
    return gif.encoded(frames)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("clips")
    for label in LABELS:
        (root / label).mkdir()
        for number in range(4):
            (root / label / f"p{number}.gif").write_bytes(clip(label, number))
    return root


def prepared(folder, **keywords):
    numbers = {"frames": 8, "height": 16, "width": 16, "channels": 1, **keywords}
    return video_activity.prepare(video_activity.read("train", train=str(folder), validation=0.25), **numbers)


def test_people_are_held_out_whole(folder):
    parts = [
        {
            one.input.path[-6:-4]
            for one in video_activity.read(split, train=str(folder), validation=0.25, group=r"p\d")
        }
        for split in ("train", "validation")
    ]
    assert [len(part) for part in parts] == [3, 1]
    assert not set.intersection(*parts)


def test_what_is_learned_of_the_training_split(folder):
    preprocessing = prepared(folder, mirrored={"left": "right"})
    assert preprocessing.classes == ["left", "right", "up"]
    assert preprocessing.sizes == {"num_classes": 3, "height": 16, "width": 16, "channels": 1}
    assert preprocessing.weights["scores"][0].tolist() == [1, 0, 2]
    raw = [clip("left", 0), clip("up", 1)]
    tensors = preprocessing.features_of(tf.constant(raw))
    assert tensors["frames"].shape == (2, 8, 16, 16, 1)
    inputs, targets = preprocessing.pair(tensors, tf.constant(["left", "up"]))
    assert set(inputs) == {"frames", "lengths"}
    assert targets.numpy().tolist() == [[1, 0, 0], [0, 0, 1]]
    assert preprocessing.problems_of([raw[0], b"x"]) == ["", "neither a GIF nor a JPEG file"]


def test_what_does_not_fit_is_said(folder):
    with pytest.raises(RecipeError, match=r"prepare\.mirrored: no class 'down'"):
        prepared(folder, mirrored={"up": "down"})
    with pytest.raises(DataError, match="one class only"):
        video_activity.prepare(video_activity.read("train", train=str(folder), labels={"up": "up"}))


@pytest.mark.parametrize(
    "keywords",
    [
        {"pooled": False, "motion": True, "mirror": 0.5, "crop": 0.2, "light": 0.1, "speed": 0.3},
        {"pooling": "attention", "layers": 2},
        {"backbone": "mobilenet_v2", "motion": True, "pooling": "max"},
        {"backbone": "mobilenet_v2"},
    ],
    ids=["all", "plain", "motion", "kept"],
)
def test_every_shape_of_the_network_ignores_padding(keywords):
    keras.utils.set_random_seed(1)
    sizes = {**SIZES, "height": 32, "width": 32}
    network = video_activity.build(sizes, frames=4, units=4, **keywords)
    frames = np.random.default_rng(1).integers(0, 256, (2, 6, 32, 32, 1)).astype("uint8")
    lengths = np.array([6, 2], "int32")
    frames[1, 2:] = 0
    both = network({"frames": frames, "lengths": lengths}).numpy()
    alone = network({"frames": frames[1:, :2], "lengths": lengths[1:]}).numpy()
    np.testing.assert_allclose(both[1:], alone, atol=1e-5)
    np.testing.assert_allclose(both.sum(axis=1), 1, atol=1e-5)
    network({"frames": frames, "lengths": lengths}, training=True)


def test_a_mirror_exchanges_classes_and_leaves_the_truth(folder):
    """Of a network that always sees clips in a mirror, the scores are those of the mirrored clip, exchanged."""
    keras.utils.set_random_seed(1)
    network = video_activity.build(SIZES, frames=8, units=4, mirror=0.999999, dropout=0.0)
    network.get_layer("scores").set_weights([np.array([1, 0, 2, 3], "int32")])
    network.get_layer(
        "features"
    ).trainable = False  # else the batch it is normalised by would tell the two apart
    frames = np.random.default_rng(1).integers(0, 256, (1, 8, 16, 16, 1)).astype("uint8")
    lengths = np.array([8], "int32")
    seen = network({"frames": frames, "lengths": lengths}, training=True).numpy()
    mirrored = network({"frames": frames[:, :, :, ::-1], "lengths": lengths}).numpy()
    np.testing.assert_allclose(seen, mirrored[:, [1, 0, 2, 3]], atol=1e-5)


def test_the_order_of_frames_can_be_learned(folder):
    preprocessing = prepared(folder)
    keras.utils.set_random_seed(2)
    network = video_activity.build(
        preprocessing.sizes, frames=8, units=16, pooled=False, motion=True, dropout=0.0
    )
    model = video_activity.present(preprocessing, network)
    clips = [clip(label, seed) for label in LABELS for seed in range(4)]
    labels = [label for label in LABELS for _ in range(4)]
    model.compile(keras.optimizers.Adam(0.01))
    model.fit(clips, labels, epochs=40, verbose=0)
    found = [label.decode() for label in model(clips)["label"].numpy()]
    assert found == labels
    shuffled = model.score_truths(clips, labels)["shuffled_label"].numpy()
    assert [label.decode() for label in shuffled] != labels


def test_training_goes_on_from_a_model_with_other_classes(folder):
    preprocessing = prepared(folder)
    model = video_activity.present(
        preprocessing, video_activity.build(preprocessing.sizes, frames=4, units=4)
    )
    examples = video_activity.read("train", train=str(folder), labels={"up": "rise", "left": "left"})
    carried = video_activity.prepare(
        examples, Known(model), frames=8, height=16, width=16, channels=1
    ).carried
    assert carried["num_classes"].places.tolist() == [0, -1]


def test_the_features_of_a_frozen_backbone_can_be_kept():
    keras.utils.set_random_seed(1)
    sizes = {**SIZES, "height": 32, "width": 32}
    network = video_activity.build(sizes, backbone="mobilenet_v2", frames=4, units=4)
    network.get_layer("features").trainable = False
    layer = keras.layers.Identity()
    preprocessing = Preprocessing(inputs=layer, targets=layer, pair=lambda x, y: (x, y), sizes=sizes)
    trained, changed = frozen.divided(network, preprocessing)
    assert changed.frozen.name == "frames"
    frames = np.random.default_rng(1).integers(0, 256, (2, 6, 32, 32, 1)).astype("uint8")
    frames[1, 3:] = 0
    inputs = {"frames": tf.constant(frames), "lengths": tf.constant([6, 3])}
    features = changed.frozen.network(inputs)
    assert features.shape == (2, 6, 1280)
    np.testing.assert_allclose(trained({**inputs, "frames": features}), network(inputs), atol=1e-6)
