"""The ops of a SavedModel: all of them, and those that a machine without a GPU may come to run."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tensorflow.core.framework import graph_pb2, node_def_pb2
from tensorflow.core.protobuf import saved_model_pb2


class Ops(NamedTuple):
    """Op -> the name of a node that uses it; XLA-compiled functions count as an op `_XlaMustCompile`.

    Attributes:
        everywhere: all ops.
        on_cpu: those outside of functions that only a GPU runs. A Case op whose index is a DeviceIndex, and
            that is not lowered, instantiates the function of its device and no other.
    """

    everywhere: dict[str, str]
    on_cpu: dict[str, str]


def read(folder: pathlib.Path) -> saved_model_pb2.SavedModel:
    """A SavedModel's graphs, as they are written."""
    return saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())


def all_nodes(graph: graph_pb2.GraphDef) -> Iterator[node_def_pb2.NodeDef]:
    """The nodes of a graph and of all its functions."""
    return itertools.chain(graph.node, *(function.node_def for function in graph.library.function))


def used_ops(folder: pathlib.Path) -> Ops:
    """The ops of a SavedModel."""
    ops = Ops({}, {})
    for meta_graph in read(folder).meta_graphs:
        graph = meta_graph.graph_def
        ops.everywhere.update({op.name: "(listed)" for op in meta_graph.meta_info_def.stripped_op_list.op})
        ops.everywhere.update(_ops(graph, {function.signature.name for function in graph.library.function}))
        ops.on_cpu.update(_ops(graph, functions_on_cpu(graph)))
    return ops


def _ops(graph: graph_pb2.GraphDef, functions: set[str]) -> dict[str, str]:
    """The ops of a graph and of those of its functions that are named."""
    bodies = {function.signature.name: function for function in graph.library.function}
    found: dict[str, str] = {}
    for name in functions:
        if bodies[name].attr["_XlaMustCompile"].b:
            found["_XlaMustCompile"] = name
    for node in itertools.chain(graph.node, *(bodies[name].node_def for name in functions)):
        if node.op not in bodies:
            found[node.op] = node.name
        if node.attr["_XlaMustCompile"].b:
            found["_XlaMustCompile"] = node.name
    return found


def functions_on_cpu(graph: graph_pb2.GraphDef) -> set[str]:
    """The functions of a graph that may be run where there is no GPU."""
    bodies = {function.signature.name: function.node_def for function in graph.library.function}
    # A function that nothing calls may be called by its name.
    called = {
        name for nodes in (graph.node, *bodies.values()) for node in nodes for name in _calls(node, bodies)
    }
    waiting = [*_calls_on_cpu(graph.node, bodies), *(bodies.keys() - called)]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(_calls_on_cpu(bodies[name], bodies))
    return reached


def _calls_on_cpu(nodes: Iterable[node_def_pb2.NodeDef], functions: Iterable[str]) -> list[str]:
    by_name = {node.name: node for node in nodes}
    calls: list[str] = []
    for node in by_name.values():
        index = by_name.get(node.input[0].split(":")[0]) if node.input else None
        is_case = node.op in ("Case", "StatelessCase") and not node.attr["_lower_using_switch_merge"].b
        if is_case and index is not None and index.op == "DeviceIndex":
            devices = [name.decode() for name in index.attr["device_names"].list.s]
            branches = node.attr["branches"].list.func
            # DeviceIndex gives the number of its names for a device that it does not name; Case then takes
            # its last.
            branch = devices.index("CPU") if "CPU" in devices else len(devices)
            calls.append(branches[min(branch, len(branches) - 1)].name)
        else:
            calls += _calls(node, functions)
    return calls


def _calls(node: node_def_pb2.NodeDef, functions: Iterable[str]) -> list[str]:
    """The functions that a node calls: its op, where that is one, and those in its attributes."""
    values = node.attr.values()
    named = [
        function.name for value in values for function in (value.func, *value.list.func) if function.name
    ]
    return [*named, *([node.op] if node.op in functions else [])]
