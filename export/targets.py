"""What a version of TensorFlow Serving reads: the operations of the TensorFlow and of the TF-Text that it
holds.

TensorFlow ignores an attribute that it does not know, and logs it: a servable that needs one would load and
answer otherwise. Attributes that have their default are not written, so what is written counts.
"""

from __future__ import annotations

import functools
import json
import pathlib
from collections.abc import Iterator
from typing import Any

from tensorflow.core.framework import node_def_pb2, types_pb2
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from export.ops import all_nodes
from export.serving_versions import NEWEST, number

_HISTORY_FILE = pathlib.Path(__file__).with_name("op_history.json")

# TensorFlow Serving holds TF-Text 2.12.1 up to 2.19.1, and 2.20.0 from 2.20.0 on, whatever its TensorFlow
# (tensorflow_serving/workspace.bzl; tensorflow/serving#2267). These differ in the list of ops that are
# linked, and in one op's model.
TEXT_SINCE = "2.20"
TEXT_OPS_SINCE = {
    "TFText>RoundRobinTrim": "is not in TF-Text 2.12.1",
    "TFText>RoundRobinGenerateMasks": "is not in TF-Text 2.12.1",
    "TFText>Utf8Binarize": "is not in TF-Text 2.12.1",
    "PhraseTokenize": "has a model that TF-Text 2.12.1 reads otherwise",
}
# What TF-Text registers, the same list from 2.17.0 to 2.21.1.
TEXT_OPS = frozenset(
    "CaseFoldUTF8 ConstrainedSequence FastBertNormalize FastWordpieceTokenizeWithOffsets FindSourceOffsets "
    "MaxSpanningTree NormalizeUTF8 NormalizeUTF8WithOffsetsMap PhraseTokenize RegexSplitWithOffsets RougeL "
    "SentenceFragments SentenceFragmentsV2 SentencepieceDetokenizeOp SentencepieceIdToStringOp "
    "SentencepieceOp SentencepieceStringToIdOp SentencepieceTokenizeOp SentencepieceTokenizeWithOffsetsOp "
    "SentencepieceVocabSizeOp SplitMergeTokenizeWithOffsets TFText>BoiseTagsToOffsets "
    "TFText>ByteSplitByOffsets TFText>ByteSplitWithOffsets TFText>FastSentencepieceDetokenize "
    "TFText>FastSentencepieceTokenize TFText>FastWordpieceDetokenize TFText>NgramsStringJoin "
    "TFText>OffsetsToBoiseTags TFText>PhraseDetokenize TFText>RoundRobinGenerateMasks TFText>RoundRobinTrim "
    "TFText>Utf8Binarize TFText>WhitespaceTokenizeWithOffsetsV2 TokenizerFromLogits "
    "UnicodeScriptTokenizeWithOffsets WhitespaceTokenizeWithOffsets WordpieceTokenizeWithOffsets".split()
)
# A name for debugging alone; TensorFlow 2.12.1 was seen to load graphs that have it and to answer alike.
HARMLESS = {"VarHandleOp.debug_name"}


def problem(saved_model: saved_model_pb2.SavedModel, serving: str) -> str | None:
    """What keeps a version of TensorFlow Serving from reading a SavedModel, in a sentence; None where nothing
    does.
    """
    lacks = lacking(serving)
    for meta_graph in saved_model.meta_graphs:
        needed = meta_graph.graph_def.versions.min_consumer
        if needed > _history()[serving]["graph_def"]:
            return f"its graph asks for version {needed} of GraphDef, which TensorFlow Serving {serving} does not read"
        defaults = _defaults(meta_graph)
        for node in all_nodes(meta_graph.graph_def):
            if number(serving) < number(TEXT_SINCE) and node.op in TEXT_OPS_SINCE:
                return (
                    f"{node.op} (node {node.name}) {TEXT_OPS_SINCE[node.op]}, which TensorFlow Serving {serving} "
                    f"holds; {TEXT_SINCE} holds 2.20.0"
                )
            for what in _needs(node, defaults.get(node.op, {})):
                if what in lacks:
                    return f"TensorFlow Serving {serving} does not know {_described(what)} (node {node.name})"
    return None


def oldest(saved_model: saved_model_pb2.SavedModel) -> str | None:
    """The oldest TensorFlow Serving from which on all read a SavedModel, as far back as is known."""
    found = None
    for version in sorted(served_versions(), key=number, reverse=True):
        if problem(saved_model, version):
            break
        found = version
    return found


def served_versions() -> list[str]:
    """The versions of TensorFlow Serving whose operations are known, oldest first."""
    return [version for version in _history() if number(version) <= number(NEWEST)]


def written_by(saved_model: saved_model_pb2.SavedModel) -> str:
    """The TensorFlow that wrote a SavedModel, as "2.17.1"."""
    return saved_model.meta_graphs[0].meta_info_def.tensorflow_version


def is_known(tensorflow_version: str) -> bool:
    """Whether it is on record what a release of TensorFlow brought."""
    return ".".join(tensorflow_version.split(".")[:2]) in _history()


def lacking(serving: str) -> set[str]:
    """What other releases know and a version of TensorFlow Serving does not: "Op", "Op.attribute" or with
    "=value".
    """
    lacks: set[str] = set()
    settled: set[str] = set()  # whose first change after that version was seen
    for version, changes in _history().items():
        added, removed = set(changes.get("added", ())), set(changes.get("removed", ()))
        if number(version) <= number(serving):
            lacks = (lacks - added) | removed
        else:
            lacks |= added - settled
            settled |= added | removed
    return lacks


@functools.cache
def _history() -> dict[str, dict]:
    return json.loads(_HISTORY_FILE.read_text(encoding="utf-8"))


def _defaults(meta_graph: meta_graph_pb2.MetaGraphDef) -> dict[str, dict[str, Any]]:
    """Op -> attribute -> its default, of the ops of a graph, which are listed in a SavedModel."""
    listed = meta_graph.meta_info_def.stripped_op_list.op
    return {op.name: {attribute.name: attribute.default_value for attribute in op.attr} for op in listed}


def _needs(node: node_def_pb2.NodeDef, defaults: dict[str, Any]) -> Iterator[str]:
    """What a reader must know of a node: its op, the attributes that differ from their default, and their
    values.
    """
    yield node.op
    for name, value in node.attr.items():
        if name.startswith("_") or value == defaults.get(name):
            continue
        if f"{node.op}.{name}" not in HARMLESS:
            yield f"{node.op}.{name}"
        if value.HasField("type"):
            yield f"{node.op}.{name}={types_pb2.DataType.Name(value.type)}"
        elif value.HasField("s"):
            yield f"{node.op}.{name}={value.s.decode('utf-8', 'replace')}"


def _described(what: str) -> str:
    op, _, attribute = what.partition(".")
    name, _, value = attribute.partition("=")
    if value:
        return f"{value} as {name} of the op {op}"
    return f"the attribute {name} of the op {op}, and would pass over its value" if name else f"the op {op}"
