"""The models of a training: what is trained is not what is saved, but what answers while it is trained."""

import numpy as np
import pytest
from corpora import PROJECT

from keras_seq.applications import sentiment
from keras_seq.contract import Known
from keras_seq.formats import Example
from keras_seq.reading import Reader
from keras_seq.recipe import load_recipe
from keras_seq.training.models import Models

ZOO = PROJECT / "zoo" / "sentiment.yaml"
EXAMPLES = [Example("good film", "good", "my.tsv:1"), Example("bad film", "bad", "my.tsv:2")]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "r.yaml"
    path.write_text(
        "application: sentiment\ndata: {source: sample}\nmodel: {units: 3, embedding_dim: 4}\n",
        encoding="utf-8",
    )
    return Models(load_recipe(path), sentiment.prepare(EXAMPLES))


@pytest.fixture(scope="module")
def mixed(models):
    """As `models`, of a mixed training."""
    recipe = load_recipe(
        ZOO, overrides=["training.precision=mixed_bfloat16", "model.units=3", "model.embedding_dim=4"]
    )
    return Models(recipe, models.preprocessing)


def test_the_best_weights_go_into_a_network_of_their_own(models):
    models.network.get_layer("scores").bias.assign([9.0, -9.0])
    assert not models.best.get_layer("scores").bias.numpy().any()
    answer = models.of_training({})(["film"])
    np.testing.assert_allclose(answer["scores"][0], [1, 0], atol=1e-6)
    assert models.of_best()(["film"])["scores"][0][0] < 0.9


def test_nothing_is_started_from_where_there_is_no_model(models):
    models.start(Known())
    assert models.started is None


def test_answers_to_the_validation_split_are_watched_where_the_objective_asks_for_them(models):
    objective = sentiment.objective()
    assert models.watch(objective, EXAMPLES, Reader())(models.network, models.preprocessing, None)() == {}
    objective.watched = {}
    found = models.watch(objective, EXAMPLES, Reader())(models.network, models.preprocessing, None)()
    assert 0 <= found["accuracy"] <= 1


def test_what_answers_of_a_mixed_training_is_float32_with_the_weights_of_the_network(mixed):
    assert mixed.network.get_layer("embedding").compute_dtype == "bfloat16"
    assert mixed.network.get_layer("scores").compute_dtype == "float32"
    assert {layer.compute_dtype for layer in mixed.best.layers} == {"float32"}
    objective = sentiment.objective()
    objective.watched = {}
    scores = mixed.watch(objective, EXAMPLES, Reader())(mixed.network, mixed.preprocessing, None)
    for bias in ([9.0, -9.0], [-9.0, 9.0]):
        mixed.network.get_layer("scores").bias.assign(bias)
        assert scores()["accuracy"] == 0.5
        assert mixed.best.get_layer("scores").bias.numpy().tolist() == bias
