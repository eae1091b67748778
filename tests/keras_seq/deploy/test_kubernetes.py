"""The files of a Kubernetes Job: its pods become the workers of one cluster."""

import re

import pytest
import ruamel.yaml
from corpora import PROJECT

from keras_seq import cluster

FOLDER = PROJECT / "keras_seq" / "deploy" / "kubernetes"


@pytest.fixture(scope="module")
def objects():
    """Every object by its kind and name."""
    found = [
        one for path in sorted(FOLDER.glob("*.yaml")) for one in ruamel.yaml.YAML(typ="safe").load_all(path)
    ]
    return {(one["kind"], one["metadata"]["name"]): one for one in found}


@pytest.fixture(scope="module")
def job(objects):
    return objects["Job", "keras-seq-train"]["spec"]


@pytest.fixture(scope="module")
def container(job):
    return job["template"]["spec"]["containers"][0]


def test_every_pod_is_a_worker_at_its_own_address(job, container, objects):
    names = [variable["name"] for variable in container["env"]]
    assert names.index("INDEX") < names.index(cluster.VARIABLE)  # or it would not be put in
    text = next(one["value"] for one in container["env"] if one["name"] == cluster.VARIABLE)
    assert job["completionMode"] == "Indexed"
    assert job["completions"] == job["parallelism"]
    service = job["template"]["spec"]["subdomain"]
    port = container["ports"][0]["containerPort"]
    for index in range(job["completions"]):
        found = cluster.of_environment({cluster.VARIABLE: text.replace("$(INDEX)", str(index))})
        assert found.index == index
        assert found.addresses == [f"keras-seq-train-{n}.{service}:{port}" for n in range(job["completions"])]
    assert objects["Service", service]["spec"]["clusterIP"] == "None"
    assert objects["Service", service]["spec"]["selector"] == job["template"]["metadata"]["labels"]


def test_what_is_lost_is_started_again_and_what_is_wrong_is_not(job):
    assert job["template"]["spec"]["restartPolicy"] == "Never"  # as a podFailurePolicy needs
    assert job["backoffLimitPerIndex"] >= 5
    codes = {
        code: rule["action"]
        for rule in job["podFailurePolicy"]["rules"]
        for code in rule.get("onExitCodes", {}).get("values", [])
    }
    assert codes == {2: "FailJob"}
    assert cluster.AGAIN not in codes


def test_it_runs_the_training_command_with_what_is_mounted(job, container, objects):
    words = container["args"]
    assert "training.distribution=multi_worker" in words
    assert "--fresh" not in words
    mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    assert {re.match(r"/\w+", word)[0] for word in words if word.startswith("/")} <= {*mounts}
    volumes = {one["name"]: one for one in job["template"]["spec"]["volumes"]}
    assert {*mounts.values()} == {*volumes}
    claims = {
        one["persistentVolumeClaim"]["claimName"]
        for one in volumes.values()
        if len(one) > 1 and "emptyDir" not in one
    }
    assert claims == {name for kind, name in objects if kind == "PersistentVolumeClaim"}


def test_the_data_is_copied_to_where_the_workers_read_it(job, container, objects):
    fill = objects["Pod", "keras-seq-fill"]["spec"]
    [volume] = fill["volumes"]
    assert volume in job["template"]["spec"]["volumes"]
    [mount] = fill["containers"][0]["volumeMounts"]
    assert {**mount, "readOnly": True} in container["volumeMounts"]
    assert container["workingDir"] == mount["mountPath"]
    assert fill["securityContext"] == job["template"]["spec"]["securityContext"]
