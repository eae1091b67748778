"""TF_CONFIG: which workers there are, which of them this is, and what is said of one that is none of a training's."""

import json

import pytest

from keras_seq import cluster
from keras_seq.errors import RecipeError


def of(jobs, task, index):
    text = json.dumps({"cluster": jobs, "task": {"type": task, "index": index}})
    return cluster.of_environment({"TF_CONFIG": text})


def test_workers_and_their_chief():
    first, second = (of({"worker": ["a:1", "b:1"]}, "worker", index) for index in (0, 1))
    assert first.addresses == second.addresses == ["a:1", "b:1"]
    assert (first.is_chief, second.is_chief) == (True, False)


def test_a_chief_of_its_own_is_the_first():
    jobs = {"worker": ["b:1", "c:1"], "chief": ["a:1"]}
    assert of(jobs, "chief", 0) == cluster.Cluster(["a:1", "b:1", "c:1"], 0)
    assert of(jobs, "worker", 1) == cluster.Cluster(["a:1", "b:1", "c:1"], 2)


def test_workers_of_a_host_have_their_places_on_it():
    jobs = {"worker": ["a:1", "b:1", "a:2", "a:3", "b:2"]}
    assert [of(jobs, "worker", index).place_on_host for index in range(5)] == [0, 0, 1, 2, 1]


def test_what_is_described_is_read_back():
    text = cluster.described(["a:1", "b:2"], 1)
    assert cluster.of_environment({"TF_CONFIG": text}) == cluster.Cluster(["a:1", "b:2"], 1)
    assert cluster.of_environment({"TF_CONFIG": cluster.EXAMPLE}).addresses == ["a:2222", "b:2222"]


def test_without_one_it_is_said_what_sets_it():
    with pytest.raises(RecipeError, match=r"TF_CONFIG.*keras_seq\.launch --workers 2"):
        cluster.of_environment({})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"cluster": {"worker": 3}, "task": {"type": "worker", "index": 0}}', "cannot be read"),
        ('{"cluster": {"worker": ["a:1"]}}', "cannot be read"),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}', "no worker 1"),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": -1}}', "no worker -1"),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "evaluator", "index": 0}}', "'evaluator'"),
        ('{"cluster": {"ps": ["a:1"]}, "task": {"type": "worker", "index": 0}}', "parameter servers"),
        ('{"cluster": {"worker": ["a"]}, "task": {"type": "worker", "index": 0}}', "expected HOST:PORT"),
    ],
    ids=["cut", "list", "number", "no_task", "above", "below", "evaluator", "ps", "no_port"],
)
def test_what_is_wrong_with_one_is_named(text, message):
    with pytest.raises(RecipeError, match=message):
        cluster.of_environment({"TF_CONFIG": text})
