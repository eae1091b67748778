"""Ray's workers run the training command; with Ray itself where it is installed."""

import importlib.util
import os
import subprocess
import sys
import types

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
    monkeypatch.setenv(cluster.COMMAND_VARIABLE, "")
    return found


def test_a_worker_trains_in_the_folder_of_the_command(ran, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    ran.append(0)
    ray_train.work({"words": ["recipe.yaml"], "folder": str(tmp_path), "command": "again"})
    assert ran[1:] == [["recipe.yaml"]]
    assert os.getcwd() == str(tmp_path)  # noqa: PTH109
    assert os.environ[cluster.COMMAND_VARIABLE] == "again"


@pytest.mark.parametrize(
    ("end", "code"), [(75, 75), (143, 143), (SystemExit(2), 2), (SystemExit("no"), 2)], ids=str
)
def test_one_that_ends_early_is_rays_to_start_again(end, code, ran, tmp_path):
    ran.append(end)
    with pytest.raises(RuntimeError, match=f"worker 1 ended with exit code {code}"):
        ray_train.work({"words": [], "folder": str(tmp_path), "command": "again"})


class Told(list):
    """What the workers of each training were told, and the errors with which the first of them end."""

    def __init__(self):
        super().__init__()
        self.errors = []


@pytest.fixture
def ray(monkeypatch):
    """Stands for Ray."""
    told = Told()

    class Trainer:
        def __init__(self, loop, *, train_loop_config, scaling_config):
            assert loop is ray_train.work
            assert scaling_config == {"num_workers": 2, "use_gpu": False}
            told.append(train_loop_config)

        def fit(self):
            if told.errors:
                raise RuntimeError(told.errors.pop(0))

    modules = {"ray": {}, "ray.train": {"ScalingConfig": dict}}
    for name, values in {**modules, "ray.train.tensorflow": {"TensorflowTrainer": Trainer}}.items():
        module = types.ModuleType(name)
        vars(module).update(values)
        monkeypatch.setitem(sys.modules, name, module)
    return told


def test_all_are_started_again_where_a_worker_was_lost(ray, recipe_file, tmp_path, capsys):
    ray.errors.extend(["worker 1 ended with exit code 75", "the node died"])
    words = [str(recipe_file), "--run", str(tmp_path / "run")]
    assert ray_train.main([*words, "--fresh"]) == 0
    distribution = ["--set", "training.distribution=multi_worker"]
    assert [one["words"] for one in ray] == [[*words, "--fresh", *distribution]] * 3  # no run was begun
    assert ray[0]["command"] == f"python -m keras_seq.deploy.ray_train {' '.join(words)}"
    assert "workers were lost: the node died" in capsys.readouterr().out


def test_they_are_not_started_again_for_ever(ray, recipe_file):
    ray.errors.extend(["the node died"] * 9)
    assert ray_train.main([str(recipe_file), "--restarts", "2"]) == 75
    assert len(ray) == 3


@pytest.mark.parametrize("code", [2, 1])
def test_what_is_wrong_is_not_tried_again(code, ray, recipe_file, capsys):
    ray.errors.extend([f"worker 0 ended with exit code 75, worker 1 ended with exit code {code}"])
    assert f"exit code {code}" in refused(ray_train, recipe_file, capsys=capsys)
    assert len(ray) == 1


def test_a_recipe_that_is_wrong_starts_nobody(ray, recipe_file, capsys):
    assert "epochs" in refused(ray_train, recipe_file, "--set", "training.epochs=0", capsys=capsys)
    assert ray == []


def test_without_ray_it_is_said_how_to_install_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray.train", None)
    monkeypatch.setitem(sys.modules, "ray", None)
    message = refused(ray_train, "recipe.yaml", capsys=capsys)
    assert message.endswith("pip install -r requirements-ray.txt\n")


@pytest.fixture
def environment(tmp_path):
    """Of a process that uses Ray itself; skips where it is not installed, or cannot be started on this machine."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    environment = {**os.environ, "HOME": str(tmp_path), "RAY_TRAIN_V2_ENABLED": "1"}
    begin = [sys.executable, "-c", "import ray; ray.init(num_cpus=2); ray.shutdown()"]
    begun = subprocess.run(begin, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if begun.returncode:
        pytest.skip(f"Ray does not start here: {begun.stderr[-300:]}")
    return environment


def test_two_of_rays_workers_train_a_recipe(recipe_file, tmp_path, environment):
    command = [sys.executable, "-m", "keras_seq.deploy.ray_train", "--workers", "2", str(recipe_file)]
    done = subprocess.run(
        [*command, "--run", str(tmp_path / "run"), "--set", "training.epochs=1"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert Run(tmp_path / "run").read_metrics()["training"]["workers"] == 2
