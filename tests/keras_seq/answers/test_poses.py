"""A model whose graph takes numbers: every form of raw input, and what the gates and scores ask."""

import numpy as np
import pose_clips
import pytest
import tensorflow as tf

from keras_seq import applications, pose_files
from keras_seq.errors import DataError
from keras_seq.formats import Example, File

poses = applications.functions("video_activity_poses")
CLIPS = [pose_clips.clip(label, 5) for label in pose_clips.MOVES]
FILES = [pose_files.packed(clip) for clip in CLIPS]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = pose_clips.write(tmp_path_factory.mktemp("poses"), {"train": 6})
    examples = poses.read("train", train=str(folder / "train.txt"))
    preprocessing = poses.prepare(examples, layout="kinect20")
    return poses.present(preprocessing, poses.build(preprocessing.sizes, projection=8, units=4, layers=1))


def padded():
    batch = np.zeros((3, max(map(len, CLIPS)) + 2, 60), "float32")
    for row, clip in enumerate(CLIPS):
        batch[row, : len(clip)] = clip.reshape(len(clip), 60)
    return batch


def test_every_form_of_input_has_the_same_answer(model):
    expected = model(FILES)["scores"].numpy()
    batch = padded()
    forms = [
        *(CLIPS, [clip.reshape(-1, 60) for clip in CLIPS], [tf.constant(clip) for clip in CLIPS]),
        *(batch, batch.reshape(3, -1, 20, 3), tf.constant(batch), {"poses": batch}, tf.constant(FILES)),
    ]
    for given in forms:
        np.testing.assert_allclose(model(given)["scores"], expected, atol=1e-5)
        np.testing.assert_allclose(
            model.predict(given, batch_size=2, verbose=0)["scores"], expected, atol=1e-5
        )
    data = tf.data.Dataset.from_tensor_slices(FILES)
    np.testing.assert_allclose(model.predict(data, verbose=0)["scores"], expected, atol=1e-5)
    np.testing.assert_allclose(model(FILES, training=False)["scores"], expected, atol=1e-5)


def test_the_signature_takes_numbers(model):
    (name, signature), *others = model.signatures().items()
    assert (name, others) == ("serving_default", [])
    assert signature.spec == tf.TensorSpec([None, None, 60], tf.float32, name="poses")
    inputs = signature.examples(tf.constant(FILES))
    np.testing.assert_array_equal(inputs["poses"], padded()[:, :-2])
    np.testing.assert_allclose(signature.answers(inputs)["scores"], model(FILES)["scores"], atol=1e-5)
    assert model.takes_numbers


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (CLIPS[0].reshape(-1, 60), r"write \[poses\] for one clip"),
        ([CLIPS[0][:, :19]], "57 numbers a frame, the model takes 60"),
        ([b"no pose"], "expected a .npy file"),
        ([np.zeros((0, 60))], "no frames"),
    ],
)
def test_what_is_wrong_with_an_input_is_said(model, given, message):
    with pytest.raises(DataError, match=message):
        model(given)


def test_texts_and_lists_of_lists_are_refused(model):
    with pytest.raises(TypeError, match="expected the bytes"):
        model(["clip.npy"])
    with pytest.raises(ValueError, match="list itself"):
        model([[1.0, 2.0]])


def test_edge_inputs_have_answers_alone_and_together(model):
    edges = model.edge_inputs(FILES)
    assert (edges.damaged, edges.either) == ([], [])
    shapes = [pose_files.shape(raw) for raw in edges.good]
    assert (1, 60) in shapes
    assert (1000, 60) in shapes
    together = model([*edges.good, *FILES])["scores"].numpy()
    assert np.isfinite(together).all()
    for raw, scores in zip([*edges.good, *FILES], together, strict=True):
        np.testing.assert_allclose(model([raw])["scores"][0], scores, atol=1e-5)


def test_the_middle_frame_and_the_shuffled_frames_are_answered_by_the_same_model(model):
    found = model.score_truths(FILES, ["raise"] * 3)
    assert {name: values.shape for name, values in found.items()} == {
        "single_frame_label": (3,),
        "shuffled_label": (3,),
    }
    middles = [clip[len(clip) // 2][None] for clip in CLIPS]
    assert found["single_frame_label"].numpy().tolist() == model(middles)["label"].numpy().tolist()
    one = model.score_truths(FILES[:1], ["raise"])
    assert one["shuffled_label"][0] == found["shuffled_label"][0], "whatever stands beside it"


def test_pictures_show_skeletons_and_the_scores_as_a_clip_goes_on(model, tmp_path):
    example = Example(File("a.npy", 5), "raise", "a.npy")
    (picture,) = model.pictures_of([("wrong_1", example, FILES[0])])
    picture.draw(tmp_path / "wrong.png")
    assert (tmp_path / "wrong.png").stat().st_size > 5000
    assert picture.about.endswith("true: raise.")
