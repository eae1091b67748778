"""The fresh process of an export, which loads a servable and answers questions; `fresh_process` is the other
side.

    python -m export.fresh

It reads a line of JSON, `{"folder": "...", "batches": [...], "others": {...}}`: lists of base64 inputs for
the default signature, and for every other one a batch of what it takes, in (nested) lists. It writes parts, a
line `[name, part]` each: `ops`, `session`, `served`, and between them `["done", [count, total]]`. Once no
more can be read, the other side is gone, and so is this process.
"""

from __future__ import annotations

import base64
import json
import os
import pathlib
import queue
import sys
import threading
from typing import Any


def main() -> int:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print goes elsewhere than the answers
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from export import asking  # TensorFlow, seconds

    def tell(name: str, part: Any) -> None:
        print(json.dumps([name, part]), file=answers, flush=True)

    tell("ops", asking.registered_ops())
    questions = json.loads(lines.get())
    folder = pathlib.Path(questions["folder"])
    batches, others = _decoded(questions["batches"]), _decoded(questions["others"])
    numbers = iter(range(1, 1 << 62))
    total = 3 * (len(batches) + len(others))

    def done(answer: Any) -> Any:
        tell("done", [next(numbers), total])
        return answer

    tell("session", asking.of_session(folder, batches, others, done))
    tell("served", asking.of_server(folder, batches, others, done))
    return 0


def _listen(lines: queue.Queue[bytes]) -> None:
    """Take the questions, and end this process when the other side is gone."""
    received = b""
    while part := os.read(0, 1 << 16):
        received += part
        if received.endswith(b"\n"):
            lines.put(received)
            received = b""
    os._exit(1)


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _decoded(item) for key, item in value.items()}
    return [_decoded(item) for item in value] if isinstance(value, list) else base64.b64decode(value)


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)  # at once, for the thread still listens
