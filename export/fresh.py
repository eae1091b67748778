"""The fresh process of an export, which loads a servable and answers questions; `fresh_process` is the other
side.

    python -m export.fresh

It reads a line of JSON, `{"folder": "...", "batches": [...], "others": {...}, "takes_files": false}`: lists
of base64 inputs for the default signature, and for every other one batches of what it takes, by the inputs'
names in (nested) lists. It writes parts, each a pickled `(name, part)`, the answers in them arrays: `session`,
`served`, and between them `("done", [count, total])`. Once no more can be read, the other side is gone, and so
is this process.
"""

from __future__ import annotations

import json
import os
import pathlib
import pickle
import queue
import sys
import threading
from typing import Any

from export.questions import decoded
from serving import lean


def main() -> int:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print goes elsewhere than the answers
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    lean.leave_out_keras()
    from export import asking  # TensorFlow, seconds

    def send(name: str, part: Any) -> None:
        pickle.dump((name, part), answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()

    questions = json.loads(lines.get())
    folder = pathlib.Path(questions["folder"])
    batches, others = decoded(questions["batches"]), decoded(questions["others"])
    numbers = iter(range(1, 1 << 62))
    total = 3 * (len(batches) + sum(map(len, others.values())))

    def done(answer: Any) -> Any:
        send("done", [next(numbers), total])
        return answer

    send("session", asking.of_session(folder, batches, others, done))
    send("served", asking.of_server(folder, batches, others, questions["takes_files"], done))
    return 0


def _listen(lines: queue.Queue[bytes]) -> None:
    """Take the questions, and end this process when the other side is gone."""
    received = bytearray()  # questions of files are many megabytes
    while part := os.read(0, 1 << 20):
        received += part
        if received.endswith(b"\n"):
            lines.put(bytes(received))
            received.clear()
    os._exit(1)


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)  # at once, for the thread still listens
