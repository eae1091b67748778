"""What is on record of TensorFlow's releases."""

import json
import pathlib
import subprocess
import sys

import pytest
import tensorflow as tf

from export import op_history, serving_versions, targets


@pytest.fixture(scope="module")
def registered():
    """What the installed TensorFlow knows, without the libraries that these tests have loaded."""
    command = [sys.executable, "-m", "export.op_history", "--list", str(pathlib.Path(tf.__file__).parent)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)["known"]


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="other systems name the library otherwise")


@linux_only
def test_the_record_does_not_contradict_the_installed_tensorflow(registered):
    names = {".".join(entry[:2]) + "".join(f"={value}" for value in entry[2:]) for entry in registered}
    version = "{}.{}".format(*serving_versions.number(tf.__version__))
    assert targets.is_known(tf.__version__)
    assert not names & targets.lacking(version)
    assert targets._history()[version]["graph_def"] == tf.version.GRAPH_DEF_VERSION
    assert [*targets.served_versions()][:: len(targets.served_versions()) - 1] == [
        "2.12",
        serving_versions.NEWEST,
    ]


@linux_only
def test_the_record_is_made_of_the_libraries_themselves():
    folder = str(pathlib.Path(tf.__file__).parent)
    command = [sys.executable, "-m", "export.op_history", folder, folder]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    version = "{}.{}".format(*serving_versions.number(tf.__version__))
    expected = {"graph_def": tf.version.GRAPH_DEF_VERSION, "added": [], "removed": []}
    assert json.loads(done.stdout) == {version: expected}


def test_differences_name_the_op_alone_where_all_of_it_is_new():
    older = {("A",), ("A", "x"), ("A", "x", "DT_INT32")}
    newer = {*older, ("A", "x", "DT_INT8"), ("A", "y"), ("B",), ("B", "x"), ("B", "x", "DT_INT8")}
    assert op_history._difference(newer, older) == ["A.x=DT_INT8", "A.y", "B"]


@linux_only
def test_the_ops_of_tf_text_are_those_that_it_registers(registered):
    import tensorflow_text  # noqa: F401

    now = op_history._listed(pathlib.Path(tf.__file__).parent)["known"]
    assert {entry[0] for entry in now} - {entry[0] for entry in registered} == targets.TEXT_OPS
