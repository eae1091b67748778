"""What each TensorFlow release added to the operations of graphs, and took away: `op_history.json`.

    pip download --no-deps tensorflow-cpu==2.18.1           # a release at a time, then unzip its wheel
    python -m export.op_history 2.17.1/tensorflow 2.18.1/tensorflow ... > export/op_history.json

Each folder is the `tensorflow` folder of an installed or unzipped wheel, oldest first. The release's own
library is asked, in a process of its own: the file lists what that release registers, not what a document
claims.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import pathlib
import re
import subprocess
import sys
from typing import Any

from tensorflow.core.framework import op_def_pb2, types_pb2

# What an operation has, under names that can be compared: the operation, an attribute of it, a value allowed
# in one.
Known = set[tuple[str, ...]]


class _Buffer(ctypes.Structure):
    """TF_Buffer of TensorFlow's C API."""

    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t), ("deallocator", ctypes.c_void_p)]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m export.op_history",
        description="What each TensorFlow release added and removed, as JSON.",
    )
    parser.add_argument(
        "folders", nargs="+", metavar="FOLDER", help="the `tensorflow` folder of a wheel, oldest first"
    )
    parser.add_argument("--list", action="store_true", help="what one release knows, instead")
    arguments = parser.parse_args(argv)
    if arguments.list:
        print(json.dumps(_listed(pathlib.Path(arguments.folders[0]))))
        return 0
    releases: dict[str, Any] = {}
    older: Known = set()
    for folder in map(pathlib.Path, arguments.folders):
        command = [sys.executable, "-m", "export.op_history", "--list", str(folder)]
        listed = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        newer = set(map(tuple, listed["known"]))
        version = ".".join(listed["version"].split(".")[:2])
        releases[version] = {"graph_def": _graph_def(folder)}
        if older:
            releases[version] |= {"added": _difference(newer, older), "removed": _difference(older, newer)}
        older = newer
    json.dump(releases, sys.stdout, indent=1)
    print()
    return 0


def _listed(folder: pathlib.Path) -> dict[str, Any]:
    """The version of a release's library, and what it knows."""
    ctypes.CDLL(str(folder / "libtensorflow_framework.so.2"), mode=ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(str(folder / "libtensorflow_cc.so.2"), mode=ctypes.RTLD_GLOBAL)
    library.TF_Version.restype = ctypes.c_char_p
    library.TF_GetAllOpList.restype = ctypes.POINTER(_Buffer)
    buffer = library.TF_GetAllOpList().contents
    ops = op_def_pb2.OpList.FromString(ctypes.string_at(buffer.data, buffer.length))
    return {"version": library.TF_Version().decode(), "known": sorted(_known(ops))}


def _graph_def(folder: pathlib.Path) -> int:
    """The newest version of GraphDef that a release reads; it stands in a header, not in the library."""
    header = (folder / "include" / "tensorflow" / "core" / "public" / "version.h").read_text(encoding="utf-8")
    (found,) = re.findall(r"#define TF_GRAPH_DEF_VERSION (\d+)", header)
    return int(found)


def _known(ops: op_def_pb2.OpList) -> Known:
    known: Known = set()
    for op in (
        op for op in ops.op if not op.name.startswith("_")
    ):  # those are made within TensorFlow, by rewriting
        known.add((op.name,))
        for attribute in op.attr:
            known.add((op.name, attribute.name))
            known |= {(op.name, attribute.name, value) for value in _allowed_values(attribute)}
    return known


def _allowed_values(attribute: op_def_pb2.OpDef.AttrDef) -> list[str]:
    """The values that an attribute may have, where they are listed."""
    allowed = attribute.allowed_values.list
    return [types_pb2.DataType.Name(value) for value in allowed.type] + [
        value.decode() for value in allowed.s
    ]


def _difference(known: Known, others: Known) -> list[str]:
    """What is new, as "Op", "Op.attribute" or "Op.attribute=value"; of a new operation its name alone."""
    new = sorted(
        entry for entry in known - others if not any(entry[:n] not in others for n in range(1, len(entry)))
    )
    return [".".join(entry[:2]) + "".join(f"={value}" for value in entry[2:]) for entry in new]


if __name__ == "__main__":
    sys.exit(main())
