"""Where the workers of a training meet before TensorFlow connects them: at the chief's address.

TensorFlow waits with Python's lock in its hands: no sign of life, no Ctrl-C. And a worker that was started again
while the others had not noticed that it was gone would meet their old servers. So they wait here first, in Python:
each tells the chief its number and what it is going to train; once all are there, the chief lets them go. A worker
whose chief still trains, or is not there yet, asks again. They meet twice, before and after they read the data:
TensorFlow would wait an hour for one that failed in between.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

from keras_seq import progress
from keras_seq.cluster import Cluster, PeersLost
from keras_seq.errors import RecipeError

HELLO = "keras_seq worker"
ASK_SECONDS = 0.5  # between two attempts
LONGEST_LINE = 65536  # bytes
GO, COMPLETE, BEGIN_AGAIN = "go", "complete", "begin again"
KEEP_ALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}  # seconds, seconds, times
TELL_SECONDS = 120.0  # that a chief whose run is complete waits for others, who may have ended long ago


def meet(cluster: Cluster, what: str, is_complete: bool = False, stage: int = 1) -> bool:
    """Wait until all workers are there.

    Args:
        cluster: they, and which of them this is.
        what: is trained, in a line: a version and a recipe. It has to be the same for all.
        is_complete: of the chief, whether there is nothing to be trained.
        stage: how often they have met then.

    Returns:
        Whether there is something to be trained.

    Raises:
        RecipeError: when a worker is going to train something else.
        PeersLost: when others are at an earlier meeting, because they were started again.
    """
    number = len(cluster.addresses)
    if number == 1:
        return not is_complete
    name = f"waiting for the other workers (this is {cluster.index} of {number})"
    with progress.step(name, at_once=stage == 1) as waiting:
        if cluster.is_chief:
            return _receive(cluster, what, stage, COMPLETE if is_complete else GO, waiting)
        return _ask(cluster, what, stage)


def _receive(cluster: Cluster, what: str, stage: int, answer: str, waiting: progress.Step) -> bool:
    host, _, port = cluster.addresses[0].rpartition(":")
    here: dict[int, socket.socket] = {}
    until = time.monotonic() + TELL_SECONDS if answer == COMPLETE else float("inf")
    with _listening(int(port), host) as server:
        try:
            while len(here) < len(cluster.addresses) - 1 and time.monotonic() < until:
                _let_in(server, cluster, what, stage, here)
                for index in [index for index, one in here.items() if _has_left(one)]:
                    here.pop(index).close()
                waiting.count = len(here)
            for connection in here.values():
                with contextlib.suppress(OSError):
                    _say(connection, {"answer": answer})
        finally:
            for connection in here.values():
                connection.close()
    return answer == GO


def _let_in(
    server: socket.socket, cluster: Cluster, what: str, stage: int, here: dict[int, socket.socket]
) -> None:
    """Let one worker in, if one is at the door."""
    with contextlib.suppress(TimeoutError):
        connection, _ = server.accept()
        connection.settimeout(ASK_SECONDS * 4)
        hello = _heard(connection)
        index: Any = hello.get("index")
        is_known = isinstance(index, int) and 0 < index < len(cluster.addresses)
        if hello.get("hello") != HELLO or not is_known:
            connection.close()
        elif hello.get("what") != what:
            problem = (
                f"worker {index} would train something else than the chief: {hello.get('what')}; here: {what}"
            )
            _say(connection, {"answer": problem})
            connection.close()
            raise RecipeError(f"{problem}. Give all workers the same recipe and version")
        elif hello.get("stage") != stage:
            _say(connection, {"answer": BEGIN_AGAIN})
            connection.close()
            if hello.get("stage", 0) < stage:
                raise PeersLost(f"worker {index} was started again")
        else:
            if index in here:  # it was started again
                here[index].close()
            here[index] = connection


def _ask(cluster: Cluster, what: str, stage: int) -> bool:
    host, _, port = cluster.addresses[0].rpartition(":")
    hello = {"hello": HELLO, "index": cluster.index, "what": what, "stage": stage}
    while True:
        with (
            contextlib.suppress(OSError),
            socket.create_connection((host, int(port)), timeout=5) as connection,
        ):
            _say(connection, hello)
            _wait_long(connection)
            answer = _heard(connection).get("answer")
            if answer in (GO, COMPLETE):
                return answer == GO
            if answer == BEGIN_AGAIN:
                raise PeersLost("others were started again")
            if answer:
                raise RecipeError(f"{answer}. Give all workers the same recipe and version")
        time.sleep(ASK_SECONDS)


@contextlib.contextmanager
def _listening(port: int, host: str) -> Iterator[socket.socket]:
    try:
        server = socket.create_server(("", port), backlog=64)
    except OSError as error:
        raise RecipeError(
            f"{host}:{port}: the chief cannot listen at its address: {error.strerror}"
        ) from None
    with server:
        server.settimeout(ASK_SECONDS)
        yield server


def _wait_long(connection: socket.socket) -> None:
    """Wait for as long as it takes, unless the other machine is gone."""
    connection.settimeout(None)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEP_ALIVE.items():
        if hasattr(socket, name):  # not all systems have them
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _say(connection: socket.socket, message: dict[str, Any]) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")


def _heard(connection: socket.socket) -> dict[str, Any]:
    """A line of JSON; nothing where the other side has closed, or says something else."""
    text = b""
    with contextlib.suppress(OSError):
        while not text.endswith(b"\n") and len(text) < LONGEST_LINE:
            part = connection.recv(LONGEST_LINE)
            if not part:
                break
            text += part
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _has_left(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.setblocking(True)
