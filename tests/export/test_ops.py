"""The functions of a graph that a CPU takes."""

import pytest
from tensorflow.core.framework import attr_value_pb2, graph_pb2

from export.ops import functions_on_cpu


def graph_with_a_choice(devices, branches, lowered=False):
    """A graph whose Case op takes one of several functions by the device."""
    graph = graph_pb2.GraphDef()
    for name in branches:
        graph.library.function.add().signature.name = name
    index = graph.node.add(name="index", op="DeviceIndex")
    index.attr["device_names"].list.s.extend(devices)
    case = graph.node.add(name="case", op="Case", input=["index"])
    case.attr["branches"].list.func.extend(attr_value_pb2.NameAttrList(name=name) for name in branches)
    case.attr["_lower_using_switch_merge"].b = lowered
    return graph


@pytest.mark.parametrize(
    ("devices", "branches", "lowered", "reached"),
    [
        ([b"GPU"], ["gpu", "rest"], False, {"rest"}),
        ([b"CPU", b"GPU"], ["cpu", "gpu", "rest"], False, {"cpu"}),
        ([b"GPU"], ["gpu", "second", "third"], False, {"second"}),
        ([b"GPU", b"TPU"], ["gpu", "tpu"], False, {"tpu"}),
        ([b"GPU"], ["gpu", "rest"], True, {"gpu", "rest"}),
    ],
)
def test_the_function_that_a_cpu_takes(devices, branches, lowered, reached):
    assert functions_on_cpu(graph_with_a_choice(devices, branches, lowered)) == reached
