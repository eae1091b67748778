"""How a process takes part in a training: which cluster it is of, and who holds the run's folder."""

import json

import pytest
from refusals import refused

from keras_seq import cluster, distribution, train
from keras_seq.cluster import Cluster, PeersLost
from keras_seq.recipe import load_recipe
from keras_seq.run import Run


@pytest.fixture
def recipe(recipe_file):
    return load_recipe(recipe_file, overrides=["training.distribution=multi_worker"])


def test_workers_without_a_cluster_are_refused_before_anything_is_loaded(recipe_file, monkeypatch, capsys):
    monkeypatch.delenv(cluster.VARIABLE, raising=False)
    message = refused(train, recipe_file, "--set", "training.distribution=multi_worker", capsys=capsys)
    assert "python -m keras_seq.launch --workers 2" in message


def test_a_cluster_that_is_not_asked_for_is_said_to_be_left_alone(recipe_file, monkeypatch, capsys):
    monkeypatch.setenv(cluster.VARIABLE, cluster.EXAMPLE)
    assert distribution.cluster_of(load_recipe(recipe_file)) == cluster.alone()
    assert "TF_CONFIG is set, but training.distribution is none" in capsys.readouterr().out
    recipe = load_recipe(recipe_file, overrides=["training.distribution=multi_worker"])
    assert distribution.cluster_of(recipe) == Cluster(["a:2222", "b:2222"], 0)


def test_the_chief_alone_holds_the_run(recipe, tmp_path, monkeypatch):
    met = []
    monkeypatch.setattr(distribution.rendezvous, "meet", lambda *what: not met.append(what))
    for index, holds in [(0, True), (1, False)]:
        run = Run(tmp_path / "run")
        with distribution.begun(recipe, run, False, Cluster(["a:1", "b:1"], index)) as is_complete:
            assert not is_complete
            assert run.lock_file.exists() == holds
        assert not (tmp_path / "run").exists()
    assert met[0][1] == met[1][1]


def test_a_complete_run_is_told_to_the_others(recipe, tiny_run, monkeypatch):
    told = []
    monkeypatch.setattr(distribution.rendezvous, "meet", lambda *what: told.append(what) or not what[2])
    monkeypatch.setattr(Run, "_same_recipe", lambda self, recipe: None)
    with distribution.begun(recipe, Run(tiny_run), False, Cluster(["a:1", "b:1"], 0)) as is_complete:
        assert is_complete
    assert told[0][2]


def test_what_is_trained_is_the_same_wherever_the_files_are(recipe, corpus, recipe_file, tmp_path):
    moved = corpus.rename(tmp_path / "elsewhere")
    other = tmp_path / "other.yaml"
    text = recipe_file.read_text(encoding="utf-8").replace(str(corpus), str(moved))
    other.write_text(text, encoding="utf-8")
    overrides = ["training.distribution=multi_worker"]
    assert distribution._what(load_recipe(other, overrides=overrides)) == distribution._what(recipe)
    more = load_recipe(other, overrides=[*overrides, "training.epochs=9"])
    assert distribution._what(more) != distribution._what(recipe)


def test_who_has_lost_others_ends_with_the_code_to_be_started_again(capsys):
    assert distribution.left(PeersLost("worker 1 is down"), "python -m keras_seq.train r") == 75
    said = capsys.readouterr().out
    assert "worker 1 is down" in said
    assert said.endswith("python -m keras_seq.train r\n")


def test_a_run_may_be_gone_on_with_by_others(recipe_file, tmp_path):
    """The distribution says who trains, and is no part of what is trained."""
    recipe = load_recipe(recipe_file)
    other = load_recipe(recipe_file, overrides=["training.distribution=mirrored"])
    assert other.differences(recipe) == []
    assert json.dumps(other.as_dict()) != json.dumps(recipe.as_dict())
