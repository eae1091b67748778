"""Answering models that are compiled and fitted on raw inputs and truths."""

import zipfile

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from corpora import OF_TEXTS, small

import keras_seq
from keras_seq import applications
from keras_seq.answers import Answering, RankedLabels
from keras_seq.answers.fitting import Trainable
from keras_seq.errors import DataError
from keras_seq.preprocessing.words import WordIds
from keras_seq.samples import film_reviews, holidays, news

TEXTS = ["good", "bad", "good good film", "a bad film", "good film", "bad bad"]
LABELS = ["positive", "negative"] * 3
WRONG_ENTITIES = [[(0, 3, "persn")]]


def bag():
    """A model of two labels that is traced in no time: the mean of the words' vectors, and a layer on it."""
    keras.utils.set_random_seed(2)
    ids = keras.Input((None,), dtype="int32", name="ids")
    words = keras.layers.Embedding(5, 4, mask_zero=True, name="embedding")(ids)
    mean = keras.layers.GlobalAveragePooling1D(name="mean")(words)
    scores = keras.layers.Dense(2, activation="softmax", name="scores")(mean)
    network = keras.Model(ids, scores, name="bag_network")
    text = keras.Input((), dtype="string", name="text")
    answers = RankedLabels(["negative", "positive"], name="answers")
    return Answering(text, answers(network(WordIds(["good", "bad", "film"])(text))), name="bag")


@pytest.fixture
def model():
    return bag()


@pytest.fixture(scope="module", params=OF_TEXTS)
def application(request, tmp_path_factory):
    """Of each application: its functions, what it prepares of a few examples, these, and its model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_SEQ_CACHE", str(tmp_path_factory.mktemp("cache")))
        for corpus in (film_reviews, holidays, news):
            patch.setattr(corpus, "SIZES", {"train": 64, "validation": 8, "test": 8})
        functions = applications.functions(request.param)
        examples = list(functions.read("train", source="sample"))
        preprocessing = functions.prepare(examples)
    keras.utils.set_random_seed(5)
    network = functions.build(preprocessing.sizes, embedding_dim=8, units=4)
    texts, truths = ([getattr(one, side) for one in examples[:12]] for side in ("input", "truth"))
    return functions, preprocessing, texts, truths, functions.present(preprocessing, network)


def test_a_model_is_trained_on_what_its_application_trains_on(application):
    """`training_pair` is `Preprocessing.pair`, and the loss the objective's."""
    functions, preprocessing, texts, truths, model = application
    inputs, truths = tf.constant(texts), tf.constant(truths)
    expected = preprocessing.pair(preprocessing.features_of(inputs), truths)
    found = model.training_pair(inputs, model.truths(truths, texts))
    keras.tree.assert_same_structure(found, expected)
    for one, other in zip(keras.tree.flatten(found), keras.tree.flatten(expected), strict=True):
        np.testing.assert_array_equal(one, other)
    objective, scores = functions.objective(), model.network(found[0])
    loss, metrics = model.training_loss()
    assert float(loss(found[1], scores)) == pytest.approx(float(objective.loss(found[1], scores)))
    assert len(metrics) == len(objective.metrics)


def test_every_application_s_model_is_tuned_in_five_lines(application, tmp_path):
    """The loss falls, the model answers with what was learned, and what is saved answers the same and holds no
    optimizer.
    """
    _, _, texts, truths, model = application
    before = model(texts)["scores"].numpy()
    model.compile(keras.optimizers.Adam(0.02))
    losses = model.fit(texts, truths, batch_size=4, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert not np.allclose(model(texts)["scores"], before, atol=1e-3)
    model.save(tmp_path / "tuned.keras")
    with zipfile.ZipFile(tmp_path / "tuned.keras") as archive:
        archive.extract("model.weights.h5", tmp_path)
        assert b'"compile_config": {"' not in archive.read("config.json")
    names = []
    with h5py.File(tmp_path / "model.weights.h5") as file:
        file.visit(names.append)
    assert names
    assert not [name for name in names if "optimizer" in name]
    again = keras_seq.load(tmp_path / "tuned.keras")(texts)
    for name, values in model(texts).items():
        if values.dtype == tf.string:
            np.testing.assert_array_equal(again[name], values)
        else:
            np.testing.assert_allclose(again[name], values, atol=1e-5)


def test_a_model_learns_its_labels(model):
    model.compile(keras.optimizers.Adam(0.3))
    history = model.fit(TEXTS, LABELS, epochs=8, verbose=0).history
    assert history["accuracy"][-1] == 1
    assert model(TEXTS)["label"].numpy().astype(str).tolist() == LABELS


def test_evaluating_gives_keras_s_numbers_of_the_network(model):
    model.compile()
    loss, accuracy = model.evaluate(TEXTS, LABELS, batch_size=4, verbose=0)
    scores, places = model.network(model.preprocess(TEXTS)).numpy(), model.targets(LABELS)
    assert loss == pytest.approx(-np.log(scores[range(6), places]).mean(), abs=1e-5)
    assert accuracy == pytest.approx((scores.argmax(axis=1) == places).mean())
    named = model.evaluate(TEXTS, LABELS, verbose=0, return_dict=True)
    assert named == pytest.approx({"loss": loss, "accuracy": accuracy})
    np.testing.assert_allclose(model.test_on_batch(TEXTS, LABELS), [loss, accuracy], atol=1e-5)


def test_a_dataset_of_pairs_is_learned_from_like_lists(model):
    model.compile(keras.optimizers.SGD(0.1))
    weights = model.network.get_weights()
    expected = model.fit(TEXTS, LABELS, 2, 3, 0, shuffle=False).history["loss"]
    data = tf.data.Dataset.from_tensor_slices((TEXTS, LABELS))
    for given in (data, data.batch(2), data.batch(2).filter(lambda text, label: True)):
        model.network.set_weights(weights)
        model.compile(keras.optimizers.SGD(0.1))
        found = model.fit(given, batch_size=2, epochs=3, verbose=0).history["loss"]
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert model.evaluate(data, verbose=0) == pytest.approx(model.evaluate(TEXTS, LABELS, verbose=0))


def test_validation_is_a_part_or_pairs_or_a_dataset(model):
    model.compile()
    data = tf.data.Dataset.from_tensor_slices((TEXTS[4:], LABELS[4:]))
    for given in (
        {"validation_split": 0.25},
        {"validation_data": (TEXTS[4:], LABELS[4:])},
        {"validation_data": [TEXTS[4:], LABELS[4:], [1, 1]]},
        {"validation_data": data, "validation_batch_size": 1},
    ):
        history = model.fit(TEXTS, LABELS, verbose=0, **given).history
        expected = model.evaluate(TEXTS[4:], LABELS[4:], verbose=0)
        assert [history["val_loss"][0], history["val_accuracy"][0]] == pytest.approx(expected, abs=1e-5)
    with pytest.raises(TypeError, match=r"validation_data: expected \(x, y\), .*, given str"):
        model.fit(TEXTS, LABELS, validation_data="dev.tsv")


@pytest.mark.parametrize(
    "loss",
    [
        "sparse_categorical_crossentropy",
        keras.losses.SparseCategoricalCrossentropy(),
        keras.losses.sparse_categorical_crossentropy,
        "categorical_crossentropy",
        keras.losses.CategoricalCrossentropy(),
    ],
    ids=["sparse name", "sparse object", "sparse function", "name", "object"],
)
def test_a_loss_gets_labels_in_the_form_that_it_takes(loss, model):
    model.compile()
    expected = model.evaluate(TEXTS, LABELS, verbose=0)
    model.compile(loss=loss, metrics=["accuracy"])
    assert model.evaluate(TEXTS, LABELS, verbose=0) == pytest.approx(expected, abs=1e-5)


def test_metrics_may_be_others_or_none(model):
    model.compile(metrics=[])
    assert model.evaluate(TEXTS, LABELS, verbose=0, return_dict=True).keys() == {"loss"}
    model.compile(metrics=[keras.metrics.F1Score(average="macro", name="f1")])
    assert model.evaluate(TEXTS, LABELS, verbose=0, return_dict=True).keys() == {"loss", "f1"}


def test_an_example_without_weight_is_not_learned_from(model):
    before = model.network.get_weights()
    model.compile(keras.optimizers.SGD(0.5))
    model.fit(["film", "good"], ["positive", "positive"], sample_weight=[1, 0], verbose=0)
    embedding = model.network.get_layer("embedding").embeddings.numpy()
    assert np.array_equal(embedding[2], before[0][2])  # good
    assert not np.array_equal(embedding[4], before[0][4])  # film


def test_classes_have_weights_by_their_places(model):
    model.compile()
    expected = model.evaluate(TEXTS, LABELS, sample_weight=[3, 1] * 3, verbose=0)[0]
    model.compile(keras.optimizers.SGD(0.0))
    history = model.fit(TEXTS, LABELS, class_weight={0: 1.0, 1: 3.0}, verbose=0).history
    assert history["loss"][0] == pytest.approx(expected, abs=1e-5)


def test_callbacks_see_the_network_that_learns(model):
    model.compile(keras.optimizers.SGD(0.0))
    stop = keras.callbacks.EarlyStopping("loss", patience=2)
    assert len(model.fit(TEXTS, LABELS, epochs=9, verbose=0, callbacks=[stop]).history["loss"]) == 3
    seen = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(note.model.name))
    model.fit(TEXTS, LABELS, verbose=0, callbacks=[note])
    assert seen == ["bag_network"]


def test_a_layer_that_is_not_to_be_trained_stays_as_it_is(model):
    model.network.get_layer("embedding").trainable = False
    before = model.network.get_layer("embedding").embeddings.numpy()
    model.compile()
    model.train_on_batch(TEXTS, LABELS)
    np.testing.assert_array_equal(model.network.get_layer("embedding").embeddings, before)


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_what_is_not_compiled_says_how_it_is(method, model):
    with pytest.raises(
        ValueError, match=rf"bag is not compiled: call model\.compile\(\) before model\.{method}"
    ):
        getattr(model, method)(TEXTS, LABELS)


def test_wrong_labels_are_named_in_lists_and_in_datasets(model):
    model.compile()
    message = "^label 'positiv' is none of 'negative', 'positive'; did you mean 'positive'[?]$"
    wrong = [*LABELS[:5], "positiv"]
    dataset = tf.data.Dataset.from_tensor_slices((TEXTS, wrong))
    for given in ((TEXTS, wrong), (dataset,)):
        for method in (model.fit, model.evaluate):
            with pytest.raises(DataError, match=message):
                method(*given, verbose=0)
    with pytest.raises(DataError, match="6 texts and 5 truths"):
        model.fit(TEXTS, LABELS[:5])
    with pytest.raises(TypeError, match=r"expected a list of labels; entry 0 is no text: 1 \(int\)"):
        model.fit(["good"], [1])


def test_the_truths_of_another_application_are_refused(application):
    *_, model = application
    model.compile()
    wrong = {"ner": (["Ada"], ["person"]), "sentiment": (["Ada"], WRONG_ENTITIES)}
    texts, truths = wrong.get(model.name, (["Ada"], [3]))
    with pytest.raises((TypeError, ValueError), match="expected"):
        model.fit(texts, truths)


def test_what_has_no_network_or_no_classes_says_so():
    with pytest.raises(TypeError, match="m has no network, and so nothing to train"):
        small().compile()
    ids = keras.Input((3,), name="ids")
    inner = keras.Model(ids, keras.layers.Dense(1, name="scores")(ids))
    other = Answering(ids, keras.layers.Identity(name="answers")(inner(ids)), name="other")
    with pytest.raises(
        TypeError, match="other has no classes to train for: its class Answering has to override"
    ):
        other.compile()


def test_what_a_class_has_to_say_is_asked_of_it():
    for method, arguments in (("truths", [[]]), ("training_pair", [[], []]), ("training_loss", [])):
        with pytest.raises(NotImplementedError):
            getattr(Trainable, method)(None, *arguments)
