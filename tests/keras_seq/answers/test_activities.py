"""A model of clips: files of every kind, what order is worth, windows, pictures, what it tells clients."""

import numpy as np
import pytest
import tensorflow as tf
from videos import moving, video

from keras_seq import applications, gif
from keras_seq.contract import Preprocessing
from keras_seq.errors import DataError
from keras_seq.formats import Example, File

video_activity = applications.functions("video_activity")
CLASSES = ["left", "right", "still"]
SIDES = {"height": 12, "width": 16, "channels": 3}


def clip(number=7, seed=1):
    return gif.encoded(np.random.default_rng(seed).integers(0, 9, (number, 12, 16)).astype("uint8") * 28)


@pytest.fixture(scope="module")
def model():
    import keras

    from keras_seq.preprocessing import ClipFrames

    keras.utils.set_random_seed(3)
    sizes = {"num_classes": 3, **SIDES}
    network = video_activity.build(sizes, frames=8, units=4)
    layer = ClipFrames(8, 12, 16, name="clips")
    preprocessing = Preprocessing(
        inputs=layer, targets=layer, pair=lambda x, y: (x, y), sizes=sizes, classes=CLASSES
    )
    return video_activity.present(preprocessing, network)


def test_a_video_file_becomes_a_clip_of_the_size_that_the_model_wants(model):
    raw = model.file_contents(video("mp4", pictures=moving(20, 64, 48)))
    found = model.clips(tf.constant([raw]))
    assert found["lengths"].numpy().tolist() == [8]
    assert model([raw])["problem"].numpy().tolist() == [b""]
    with pytest.raises(DataError):
        model.file_contents(b"no video")


def test_clients_are_told_how_large_a_clip_has_to_be(model):
    signature = model.signatures()["sampling"]
    told = signature.answers(signature.examples(tf.constant([b"", b"any"])))
    assert {name: values.numpy().tolist() for name, values in told.items()} == {
        "frames": [8, 8],
        "side": [16, 16],
    }


def test_a_damaged_clip_has_a_problem_and_its_neighbours_the_answers_that_they_have_alone(model):
    good = [clip(7), clip(3, seed=2)]
    found = model([good[0], b"no clip", good[1], clip()[:90]])
    assert [bool(problem) for problem in found["problem"].numpy()] == [False, True, False, True]
    assert found["label"].numpy()[[1, 3]].tolist() == [b"", b""]
    for place, raw in ((0, good[0]), (2, good[1])):
        np.testing.assert_allclose(found["scores"][place], model([raw])["scores"][0], atol=1e-6)


def test_edge_clips_are_answered_or_have_a_problem(model):
    edges = model.edge_inputs([clip()])
    for raw in edges.good:
        assert model([raw])["problem"].numpy().tolist() == [b""]
    for raw in edges.damaged:
        assert model([raw])["problem"].numpy()[0]


def test_labels_without_order_are_those_of_the_middle_frame_and_of_other_orders(model):
    raw = [clip(7), clip(1)]
    found = model.score_truths(raw, ["left", "right"])
    assert set(found) == {"single_frame_label", "shuffled_label"}
    still = gif.encoded(np.random.default_rng(1).integers(0, 9, (7, 12, 16)).astype("uint8")[3:4] * 28)
    assert found["single_frame_label"].numpy()[0] == model([still])["label"].numpy()[0]
    assert found["shuffled_label"].numpy()[1] == model(raw[1:])["label"].numpy()[0], "one frame has one order"


def test_windows_slide_over_a_long_video(model, tmp_path):
    (tmp_path / "long.mp4").write_bytes(video("mp4", pictures=moving(48), rate=12))
    found = list(model.labels_of_windows(str(tmp_path / "long.mp4"), 2.0, 1.0))
    assert [(one["start"], one["end"]) for one in found] == [(0.0, 2.0), (1.0, 3.0), (2.0, 4.0)]
    assert all(one["label"] in CLASSES and 0 < one["score"] < 1 for one in found)


def test_pictures_show_clips_and_their_scores_as_they_go_on(model, tmp_path):
    example = Example(File("x.gif", 7), "left", "x.gif")
    (picture,) = model.pictures_of([("worst", example, clip())])
    picture.draw(tmp_path / "worst.png")
    assert (tmp_path / "worst.png").stat().st_size > 5000
    assert picture.about.endswith("true: left.")
