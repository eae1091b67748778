"""What a Keras user gives to a loaded model: every form of strings is answered, and anything else is named."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from corpora import OF_TEXTS, model_by_chance, small

from keras_seq.answers import EntityAnswering
from keras_seq.answers.raw_inputs import as_strings

TEXTS = ["Ada", "", "the old garden was never dirty , and Ms. Holwick of Ashford Steel left"]


@pytest.fixture(scope="module", params=OF_TEXTS)
def model(request, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        return model_by_chance(request.param, patch, tmp_path_factory.mktemp("cache"))


class Series:
    """What is asked of a pandas Series."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=object)


def same(answers, expected):
    assert answers.keys() == expected.keys()
    for name, values in expected.items():
        values = np.asarray(values)
        if values.dtype.kind == "f":
            np.testing.assert_allclose(answers[name], values, atol=1e-6)
        else:
            np.testing.assert_array_equal(answers[name], values)


FORMS = {
    "list": list,
    "tuple": tuple,
    "bytes": lambda texts: [text.encode() for text in texts],
    "str array": np.array,
    "object array": lambda texts: np.array(texts, object),
    "bytes array": lambda texts: np.array(texts).astype("S"),
    "series": Series,
    "tensor": tf.constant,
    "tensors": lambda texts: list(tf.constant(texts)),
    "dict": lambda texts: {"text": texts},
    "numpy strings": lambda texts: [np.str_(text) for text in texts],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_strings_is_answered_alike(model, form):
    given, expected = FORMS[form](TEXTS), model(tf.constant(TEXTS))
    same(model(given), expected)
    same(model.predict(given, verbose=0), expected)
    same(model.predict_on_batch(given), expected)


DATASETS = {
    "unbatched": lambda whole: whole,
    "batched": lambda whole: whole.batch(2),
    "with targets": lambda whole: tf.data.Dataset.zip((whole, tf.data.Dataset.range(3))).batch(2),
    "by name": lambda whole: whole.batch(2).map(lambda texts: {"text": texts}),
    "of a generator": lambda whole: tf.data.Dataset.from_generator(
        lambda: iter(TEXTS), output_signature=tf.TensorSpec([], tf.string)
    ),
}


@pytest.mark.parametrize("form", DATASETS)
def test_datasets_are_predicted(model, form):
    dataset = DATASETS[form](tf.data.Dataset.from_tensor_slices(TEXTS))
    same(model.predict(dataset, verbose=0), model(TEXTS))


@pytest.mark.parametrize("size", [1, 2, 32])
def test_predict_pads_batches_of_unlike_width(model, size):
    answers = model.predict(TEXTS, batch_size=size, verbose=0)
    assert all(isinstance(values, np.ndarray) and len(values) == 3 for values in answers.values())
    same(answers, model(TEXTS))


def test_predict_of_steps_is_of_their_batches_only(model):
    same(model.predict(TEXTS, batch_size=1, steps=2, verbose=0), model(TEXTS[:2]))


def test_a_call_in_training_or_in_a_graph_goes_through_keras(model):
    whole = keras.Model(model.input, model(model.input)["scores"])
    np.testing.assert_allclose(whole(tf.constant(TEXTS)), model(TEXTS)["scores"], atol=1e-6)
    assert model(TEXTS, training=True).keys() == model(TEXTS).keys()
    graph = tf.function(lambda: model(TEXTS), autograph=False)
    same(graph(), model(TEXTS))


@pytest.mark.parametrize(
    "nothing", [[], (), np.array([]), tf.constant([], tf.string)], ids=["list", "tuple", "np", "tf"]
)
def test_no_inputs_give_no_answers(nothing):
    assert small()(nothing)["labels"].shape == (0, 2)
    assert small().predict(nothing, verbose=0)["labels"].shape == (0, 2)
    assert small().predict_on_batch(nothing)["label"].shape == (0,)


def test_no_inputs_give_no_answers_of_any_application(model):
    answers = model.predict([], verbose=0)
    assert answers.keys() == model(TEXTS).keys()
    assert {len(values) for values in answers.values()} == {0}


WRONG = {
    "one": ("x", TypeError, r"expected a list of texts, given one: 'x'; write \['x'\]"),
    "one of bytes": (b"x", TypeError, r"given one: b'x'; write \[b'x'\]"),
    "one tensor": (tf.constant("x"), TypeError, r"given one; write \[text\]"),
    "none": (None, TypeError, "expected a list of texts, given None; write"),
    "a number": (3, TypeError, "expected a list of texts, given int: 3"),
    "numbers": ([1, 2], TypeError, r"entry 0 is no text: 1 \(int\)"),
    "array of numbers": (np.array([1.5]), TypeError, r"entry 0 is no text: 1.5 \(float\)"),
    "tensor of numbers": (tf.constant([1]), TypeError, "given a tensor of int32"),
    "a missing one": (["x", None], TypeError, r"entry 1 is no text: None \(NoneType\)"),
    "a missing one of pandas": (Series(["x", float("nan")]), TypeError, r"entry 1 is no text: nan \(float\)"),
    "nested": ([["x", "y"]], ValueError, r"entry 0 is a list itself: \['x', 'y'\]"),
    "matrix": (np.array([["x", "y"]] * 2), ValueError, r"shape \(batch,\); given shape \(2, 2\)$"),
    "column": (
        np.array([["x"], ["y"]]),
        ValueError,
        r"given shape \(2, 1\); ravel\(\) of it is a list of texts",
    ),
    "tensor of rank 2": (tf.constant([["x", "y"]] * 2), ValueError, r"given shape \(2, 2\)"),
    "ragged": (tf.ragged.constant([["x"], []]), TypeError, "given a RaggedTensor; its values"),
    "no UTF-8": (
        [b"x", b"caf\xe9"],
        ValueError,
        r"text 1 is not UTF-8 at byte 3: b'caf\\xe9'; decode it first",
    ),
    "surrogate": (["a\ud800"], ValueError, r"text 0 has half a surrogate pair at 1: 'a\\ud800'"),
    "set": ({"x"}, TypeError, r"given set: \{'x'\}; write list\(...\) around it"),
    "generator": ((x for x in "x"), TypeError, r"given generator: .*; write list\(...\) around it"),
    "dict": ({"words": ["x"]}, ValueError, r"expected one input, 'text'; given a dict with \['words'\]"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("method", ["__call__", "predict", "predict_on_batch", "preprocess"])
def test_what_is_no_list_of_texts_is_named(case, method):
    given, kind, message = WRONG[case]
    if case == "generator":
        given = (x for x in "x")
    with pytest.raises(kind, match=message) as found:
        getattr(small(), method)(given)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("dataset", "kind", "message"),
    [
        (
            tf.data.Dataset.range(3),
            TypeError,
            "expected a dataset of texts, that is of string tensors; given one of",
        ),
        (tf.data.Dataset.from_tensors([["x"]]), ValueError, r"given elements of shape \(1, 1\)"),
    ],
    ids=["numbers", "rank 2"],
)
def test_a_dataset_of_something_else_is_named(dataset, kind, message):
    with pytest.raises(kind, match=message):
        small().predict(dataset)


def test_a_dataset_is_for_predict():
    with pytest.raises(TypeError, match=r"a tf.data.Dataset goes to model.predict"):
        small()(tf.data.Dataset.from_tensor_slices(["x"]))


def test_inputs_that_are_no_text_may_be_any_bytes():
    assert as_strings([b"\xff\x00"], "speech", files=True).numpy().tolist() == [b"\xff\x00"]


def test_the_parts_of_a_model_are_its_own(model):
    assert model.network.name == f"{model.name}_network"
    assert model.preprocessing.name in ("word_ids", "tokens", "source")
    tensors = model.preprocess(TEXTS)
    if model.name == "translation":
        tensors = model.preprocess(TEXTS, TEXTS)
        assert tensors.keys() == model.network.input.keys()
        ids = model.targets(TEXTS)
        np.testing.assert_array_equal(tensors["target_ids"][2, 1:], ids[2, :-1])
        assert list(model.preprocess(TEXTS)) == ["source_ids"]
    elif model.name == "ner":
        assert tensors.keys() == model.network.input.keys()
    scores = model.network(tensors)
    assert scores.shape[0] == 3
    if model.name == "sentiment":
        best = np.argmax(scores, axis=-1)
        assert [model.classes[place].encode() for place in best] == model(TEXTS)["label"].numpy().tolist()


def test_a_model_answers_with_the_weights_that_its_network_was_given(model):
    before = model(TEXTS)
    old = model.network.get_weights()
    model.network.set_weights([weights * 0 for weights in old])
    assert not np.allclose(model(TEXTS)["scores"], before["scores"], atol=1e-3)
    assert not np.allclose(model.predict(TEXTS, verbose=0)["scores"], before["scores"], atol=1e-3)
    model.network.set_weights(old)
    same(model(TEXTS), before)


def test_a_tagger_has_no_labels():
    with pytest.raises(TypeError, match="EntityTagIds"):
        EntityAnswering.targets(None, ["person"])


def test_sentences_are_lists_of_tokens():
    for wrong in ("Ada left", ["Ada", "left"]):
        with pytest.raises(TypeError, match="expected sentences, each a list of its tokens; given texts"):
            EntityAnswering.tag(None, wrong)


def test_a_path_is_not_taken_for_the_bytes_of_its_file():
    with pytest.raises(TypeError, match=r"expected the bytes of clips; entry 0 is a text: 'a.gif'; pathlib"):
        as_strings(["a.gif"], "clip", files=True)
    assert as_strings([b"GIF\0"], "clip", files=True).numpy().tolist() == [b"GIF\0"]
