"""Ray's workers run the training command; with Ray itself where it is installed."""

import importlib.util
import os
import subprocess
import sys

import pytest
from corpora import PROJECT
from refusals import refused

from keras_seq import cluster, train
from keras_seq.deploy import ray_train
from keras_seq.run import Run


@pytest.fixture
def ran(monkeypatch):
    """The commands that were run, by a training that ends with the code that is put first."""
    found = []

    def main(words):
        found.append(words)
        if isinstance(found[0], BaseException):
            raise found[0]
        return found[0]

    monkeypatch.setattr(train, "main", main)
    monkeypatch.setenv(cluster.VARIABLE, cluster.described(["a:1", "b:1"], 1))
    return found


def test_a_worker_trains_in_the_folder_of_the_command(ran, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    ran.append(0)
    ray_train.work({"words": ["recipe.yaml"], "folder": str(tmp_path)})
    assert ran[1:] == [["recipe.yaml"]]
    assert os.getcwd() == str(tmp_path)  # noqa: PTH109


@pytest.mark.parametrize(
    ("end", "code"), [(75, 75), (143, 143), (SystemExit(2), 2), (SystemExit("no"), 2)], ids=str
)
def test_one_that_ends_early_is_rays_to_start_again(end, code, ran, tmp_path):
    ran.append(end)
    with pytest.raises(RuntimeError, match=f"worker 1 ended with exit code {code}"):
        ray_train.work({"words": [], "folder": str(tmp_path)})


def test_without_ray_it_is_said_how_to_install_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray.train", None)
    monkeypatch.setitem(sys.modules, "ray", None)
    assert 'pip install "ray[train]"' in refused(ray_train, "recipe.yaml", capsys=capsys)


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")
def test_two_of_rays_workers_train_a_recipe(recipe_file, tmp_path):
    command = [sys.executable, "-m", "keras_seq.deploy.ray_train", "--workers", "2", str(recipe_file)]
    done = subprocess.run(
        [*command, "--run", str(tmp_path / "run"), "--set", "training.epochs=1"],
        cwd=PROJECT,
        env={**os.environ, "HOME": str(tmp_path), "RAY_TRAIN_V2_ENABLED": "1"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert Run(tmp_path / "run").read_metrics()["training"]["workers"] == 2
