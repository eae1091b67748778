"""Captions of pictures: named answers, damaged pictures, attention over the grid, pictures for the card."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from captioning import HEIGHT, WIDTH, captioning

from keras_seq.answers.captions import MEAN_GREY, Captions
from keras_seq.formats import Example

SIZE = HEIGHT * WIDTH * 3
RANDOM = np.random.default_rng(5)
PICTURES = [RANDOM.integers(0, 256, SIZE).astype("uint8").tobytes() for _ in range(3)]
GREY = bytes([MEAN_GREY] * SIZE)
BAD = b"no picture"


@pytest.fixture(scope="module")
def model():
    return captioning(n_best=2)


def test_a_damaged_picture_has_a_problem_and_its_neighbours_the_captions_that_they_have_alone(model):
    found = model([PICTURES[0], BAD, PICTURES[1]])
    assert list(found)[:2] == ["caption", "score"]
    assert set(found) == {"caption", "score", "captions", "scores", "problem"}
    assert found["problem"].numpy().tolist() == [b"", b"not a picture", b""]
    assert found["captions"].shape == found["scores"].shape == (3, 2)
    assert found["captions"][1].numpy().tolist() == [b"", b""]
    assert found["caption"][1] == b""
    assert found["score"][1] == 0
    for row, raw in ((0, PICTURES[0]), (2, PICTURES[1])):
        alone = model([raw])
        assert alone["captions"][0].numpy().tolist() == found["captions"][row].numpy().tolist()
        np.testing.assert_allclose(alone["scores"][0], found["scores"][row], atol=1e-5)
    assert found["caption"][0] == found["captions"][0, 0] != b""


def test_the_attention_is_over_the_rows_and_columns_of_the_grid(model):
    found = {name: values.numpy() for name, values in model.attend(tf.constant([*PICTURES, BAD])).items()}
    assert found["rows"].tolist() == [2] * 4
    assert found["columns"].tolist() == [3] * 4
    assert found["attention"].shape == (*found["pieces"].shape, 6)
    real = found["pieces"] != b""
    np.testing.assert_allclose(found["attention"].sum(axis=-1), real, atol=1e-5)
    assert (found["token_scores"][real] < 0).all()
    assert not real[3].any()
    assert not found["token_scores"][3].any()
    for row, raw in enumerate(PICTURES):
        pieces = [piece.decode() for piece in found["pieces"][row] if piece]
        text = "".join(piece for piece in pieces if piece != "</s>").replace("\u2581", " ").strip()
        assert text.encode() == model([raw])["caption"][0].numpy()
    signature = model.signatures()["attention"]
    assert signature.answers(signature.examples(tf.constant(PICTURES[:1])))["rows"].numpy().tolist() == [2]


@pytest.mark.parametrize(
    ("attention", "pooled", "grid"),
    [("bahdanau", False, (2, 3)), ("luong", True, (1, 1)), ("none", False, (0, 0)), ("none", True, (0, 0))],
    ids=["grid", "vector", "grid without attention", "vector without attention"],
)
def test_every_kind_of_memory_has_captions_and_its_grid(attention, pooled, grid):
    model = captioning(attention, pooled)
    assert model.get_layer("answers").grid == grid
    found = model.attend(tf.constant(PICTURES[:1]))
    assert found["attention"].shape[-1] == grid[0] * grid[1]
    assert model(PICTURES[:1])["score"][0] < 0
    pictures = model.pictures_of([("best_1", Example("x", ("a dog",), "f:1"), PICTURES[0])])
    assert [one.name for one in pictures] == ["captions", "attention_best_1"][: 2 if grid[0] > 1 else 1]


def test_the_log_probability_of_a_true_caption_is_the_networks(model):
    truths = ["a red dog runs", "two dogs"]
    found = model.score_truths(PICTURES[:2], truths)
    ids = model.targets(truths).numpy()
    inputs, targets = model.training_pair(tf.constant(PICTURES[:2]), tf.constant(truths))
    np.testing.assert_array_equal(targets, ids)
    logs = tf.nn.log_softmax(model.network(inputs)).numpy()
    for row in range(2):
        count = int((ids[row] > 0).sum())
        expected = sum(logs[row, place, ids[row, place]] for place in range(count))
        assert found["true_pieces"][row] == count
        np.testing.assert_allclose(found["log_probability"][row], expected, rtol=1e-4)


def test_beside_the_truths_stands_the_caption_of_a_grey_picture(model):
    found = model.score_truths(PICTURES, ["a dog"] * 3)["constant_image_caption"].numpy().tolist()
    assert found == model([GREY])["caption"].numpy().tolist() * 3


def test_the_grey_caption_follows_the_weights():
    model = captioning()
    before = model.score_truths(PICTURES[:1], ["a dog"])["constant_image_caption"].numpy()
    for variable in model.network.trainable_variables:
        variable.assign(-variable)
    after = model.score_truths(PICTURES[:1], ["a dog"])["constant_image_caption"].numpy()
    assert after.tolist() == model([GREY])["caption"].numpy().tolist() != before.tolist()


def test_candidates_are_what_the_search_met_and_a_damaged_picture_has_empty_ones(model):
    rows = model.candidates([PICTURES[0], BAD])
    answer = model(PICTURES[:1])
    assert [one.text.encode() for one in rows[0]] == answer["captions"][0].numpy().tolist()
    assert [one.log_probability / one.pieces for one in rows[0]] == pytest.approx(
        answer["scores"][0].numpy().tolist(), rel=1e-4
    )
    assert {one.text for one in rows[1]} == {""}


def test_drawn_captions_are_the_same_alone_and_differ_from_picture_to_picture():
    model = captioning(temperature=2.0, n_best=3, beam_width=1)
    together = model(PICTURES)["captions"].numpy().tolist()
    for raw, row in zip(PICTURES, together, strict=True):
        assert model([raw])["captions"][0].numpy().tolist() == row
    assert len({tuple(row) for row in together}) == 3
    keys = model.get_layer("answers").keys(model.preprocessing(tf.constant([*PICTURES, GREY, bytes(SIZE)])))
    assert len(set(keys.numpy().tolist())) == 5


def test_a_model_comes_back_from_its_file(model, tmp_path):
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    one, other = (each.get_layer("answers").get_config() for each in (again, model))
    assert {name: one[name] for name in Captions.options} == {name: other[name] for name in Captions.options}
    np.testing.assert_array_equal(again(PICTURES)["captions"], model(PICTURES)["captions"])
    assert one["most_pieces"] == again.get_layer("answers").most_pieces == 6


def test_an_answer_is_read_and_summed_up(model):
    columns = {name: values.numpy().tolist() for name, values in model(PICTURES[:1]).items()}
    answer = {
        name: [one.decode() if isinstance(one, bytes) else one for one in column[0]]
        if isinstance(column[0], list)
        else column[0].decode()
        if isinstance(column[0], bytes)
        else column[0]
        for name, column in columns.items()
    }
    assert set(model.readable(b"", answer)) == {"captions", "scores", "problem"}
    assert model.summary(answer).startswith(answer["caption"] + ", -")


def test_the_card_shows_the_pictures_and_where_the_model_looked(model, tmp_path):
    examples = [
        (f"best_{n}", Example("x", ("a $dog_ runs", "a dog"), "f:1"), raw) for n, raw in enumerate(PICTURES)
    ]
    pictures = model.pictures_of([*examples, ("worst_1", Example("x", ("a",), "f:1"), BAD)])
    assert [one.name for one in pictures] == ["captions", *(f"attention_best_{n}" for n in range(3))]
    for one in pictures[:2]:
        one.draw(tmp_path / "one.png")
        assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert model.pictures_of([]) == []
    of_requests = model.pictures([PICTURES[0], BAD, *PICTURES])
    assert [one.name for one in of_requests] == ["attention_input_1"]
