"""Training that starts from a trained model: what fits goes where its word or class is; the rest is named."""

import keras
import numpy as np
import pytest
from corpora import SHRUNK

from keras_seq.applications import ner, sentiment, speech_to_text, translation
from keras_seq.contract import Known
from keras_seq.errors import RecipeError
from keras_seq.formats import Example
from keras_seq.tagging import tag_names
from keras_seq.training.transfer import axes_of_sizes, start_from, transfer

SMALL = {"embedding_dim": 4, "units": 3}


def answering(module, preprocessing, seed=1, **model):
    keras.utils.set_random_seed(seed)
    return module.present(preprocessing, module.build(preprocessing.sizes, **SMALL, **model))


def texts(*rows):
    return [Example(text, truth, f"my.tsv:{number}") for number, (text, truth) in enumerate(rows, 1)]


def started(module, old, examples, extend=True, **model):
    """A preprocessing and a network that start from a model, and what became of the weights."""
    preprocessing = module.prepare(examples, Known(old, extend))
    keras.utils.set_random_seed(2)

    def build(sizes):
        return module.build(sizes, **{**SMALL, **model})

    network = build(preprocessing.sizes)
    before = {variable.path: variable.numpy() for variable in network.weights}
    report = transfer(old.network, network, build, preprocessing.sizes, preprocessing.carried)
    return preprocessing, network, report, before


def weights(network):
    return {variable.path: variable.numpy() for variable in network.weights}


@pytest.fixture(scope="module")
def reviewer():
    """A model that knows four words and two classes."""
    examples = texts(("good film", "positive"), ("bad film", "negative"), ("bad", "negative"))
    return answering(sentiment, sentiment.prepare(examples))


NEW = texts(("a good novel", "positive"), ("a dull novel", "boring"), ("bad", "angry"))


def test_words_and_classes_keep_their_rows_and_new_words_start_as_the_unknown_one(reviewer):
    preprocessing, network, _, before = started(sentiment, reviewer, NEW)
    assert preprocessing.inputs.vocabulary[:3] == reviewer.preprocessing.vocabulary
    assert sorted(preprocessing.inputs.vocabulary[3:]) == ["a", "dull", "novel"]
    old, new = weights(reviewer.network), weights(network)
    rows = new["embedding/embeddings"]
    np.testing.assert_array_equal(rows[:5], old["embedding/embeddings"])
    np.testing.assert_array_equal(rows[5:], np.repeat(old["embedding/embeddings"][1:2], 3, axis=0))
    place = {name: preprocessing.classes.index(name) for name in ("angry", "boring", "positive")}
    kernel = new["scores/kernel"]
    np.testing.assert_array_equal(
        kernel[:, place["positive"]], old["scores/kernel"][:, reviewer.classes.index("positive")]
    )
    np.testing.assert_array_equal(kernel[:, place["angry"]], before["scores/kernel"][:, place["angry"]])


def test_what_became_of_the_weights_is_said(reviewer):
    *_, report, _ = started(sentiment, reviewer, NEW)
    assert report.lines() == [
        "vocabulary: 3 kept, 3 new",
        "classes: 1 kept, 2 new, 1 gone",
        "kept: embedding, bidirectional_1",
        "kept in part: scores",
    ]


def test_a_vocabulary_that_is_kept_does_not_grow(reviewer):
    preprocessing, network, *_ = started(sentiment, reviewer, NEW, extend=False)
    assert preprocessing.inputs.vocabulary == reviewer.preprocessing.vocabulary
    assert network.get_layer("embedding").input_dim == 5


def test_layers_of_another_shape_are_named_and_start_anew(reviewer):
    _, network, report, before = started(sentiment, reviewer, NEW, units=5)
    assert (report.kept, report.in_part) == (["embedding"], [])
    assert report.new == ["bidirectional_1", "scores"]
    assert "bidirectional_1 (4, 12) (3, 12)" in report.misfits[0]
    assert "which is (4, 20) (5, 20)" in report.misfits[0]
    path = "bidirectional_1/forward_lstm_1/lstm_cell/kernel"
    np.testing.assert_array_equal(weights(network)[path], before[path])


def test_nothing_that_fits_is_an_error(reviewer):
    with pytest.raises(RecipeError, match=r"nothing of the model fits this network: .*, which is"):
        started(sentiment, reviewer, NEW, embedding_dim=7, units=5)


def test_tags_keep_the_weights_of_their_type():
    def tagged(text, *tags):
        return Example(text, "\n".join(tags), "my.conll:1")

    old = answering(ner, ner.prepare([tagged("Ada in Rome", "0\t3\tB-person", "4\t6\tO", "7\t11\tB-place")]))
    for weight in old.network.weights:
        weight.assign(np.random.default_rng(3).normal(size=weight.shape))
    examples = [tagged("Ada at Acme", "0\t3\tB-person", "4\t6\tO", "7\t11\tB-company")]
    preprocessing, network, report, _ = started(ner, old, examples)
    assert preprocessing.classes == ["company", "person"]
    person = [tag_names(preprocessing.classes).index(f"{letter}-person") for letter in "BIES"]
    before = [tag_names(old.classes).index(f"{letter}-person") for letter in "BIES"]
    one, other = (weights(model)["crf/transitions"] for model in (network, old.network))
    np.testing.assert_array_equal(one[np.ix_(person, person)], other[np.ix_(before, before)])
    np.testing.assert_array_equal(one[0, person], other[0, before])
    assert not one[1:5].any()  # of the new type, which starts at 0
    assert report.in_part == ["scores", "crf"]
    assert not report.new
    spellings = [model.get_layer("characters").weights[0].numpy() for model in (network, old.network)]
    np.testing.assert_array_equal(spellings[0][-2:], spellings[1][-2:])  # a word's beginning and end


def test_a_translator_keeps_its_pieces_and_all_its_weights():
    pairs = [Example("the cat", "le chat", "1"), Example("the dog", "le chien", "2")] * 3
    old = answering(translation, translation.prepare(pairs, vocabulary_size=40))
    preprocessing, network, report, _ = started(translation, old, [Example("the cow", "la vache", "1")])
    assert preprocessing.inputs.model == old.preprocessing.model
    assert report.lines()[0].startswith("vocabulary: ")
    with pytest.raises(RecipeError, match=r"target_vocabulary_size: .* has one vocabulary of both languages"):
        translation.prepare(pairs, Known(old), target_vocabulary_size=40)
    assert not report.in_part
    assert not report.new
    for path, value in weights(old.network).items():
        np.testing.assert_array_equal(weights(network)[path], value)


def test_letters_keep_their_weights_and_a_layer_its_count():
    def build(sizes):
        return speech_to_text.build(sizes, **SHRUNK["speech_to_text"])

    sizes = {"num_classes": 5, "subsampling": 2}
    old, new = build({**sizes, "num_classes": 4}), build(sizes)
    old.get_layer("spec_augment").steps.assign(7)
    carried = {"num_classes": Known(object()).named("letters", "abc", "cadb", 1)}
    report = transfer(old, new, build, sizes, carried)
    assert int(new.get_layer("spec_augment").steps) == 7
    assert "logits" in report.in_part
    kernels = [network.get_layer("logits").kernel.numpy() for network in (old, new)]
    np.testing.assert_array_equal(kernels[1][:, [0, 1, 2, 4]], kernels[0][:, [0, 3, 1, 2]])


def test_the_axes_of_a_size_are_those_that_grow_with_it():
    sizes = {"vocabulary_size": 7, "num_classes": 7}

    def build(some):
        return sentiment.build(some, embedding_dim=7, units=7)

    axes = axes_of_sizes(build(sizes), build, sizes, sizes)
    assert axes["embedding"] == [{0: "vocabulary_size"}]
    assert axes["scores"] == [{1: "num_classes"}, {0: "num_classes"}]
    assert axes["bidirectional_1"] == [{}] * 6


def test_without_a_model_training_starts_from_nothing():
    assert start_from() == Known()


def test_a_model_that_was_loaded_fits_like_the_one_that_was_saved(reviewer, tmp_path):
    """Keras gives some weights of a loaded model other paths."""
    reviewer.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    *_, report, _ = started(sentiment, loaded, NEW)
    assert report.kept == ["embedding", "bidirectional_1"]


def test_a_vocabulary_can_only_be_kept_where_there_is_one():
    with pytest.raises(RecipeError, match="vocabulary: keep: there is none"):
        start_from(vocabulary="keep")
