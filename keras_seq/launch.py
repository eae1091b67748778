"""python -m keras_seq.launch --workers N RECIPE: trains a recipe in several processes on this machine.

Each is a worker as a cluster has them, with a TF_CONFIG of addresses of this machine; of GPUs each has one. If a
worker dies, or is killed, all are started again and go on from the saved state. What the chief prints is shown; what
the others print, once they fail.
"""

from __future__ import annotations

import collections
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import IO, Any

from keras_seq import progress
from keras_seq.cluster import AGAIN, VARIABLE, described
from keras_seq.command_line import CommandParser, whole_number
from keras_seq.errors import user_errors

HOST = "localhost"
SHOWN_LINES = 20  # of what a worker printed before it failed
LOOK_SECONDS = 0.2
TRAIN = (sys.executable, "-m", "keras_seq.train")
LEAVE_SECONDS = 60.0  # for the others, once one was stopped


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser(
        "keras_seq.launch",
        "Train a recipe in several processes on this machine; other arguments, such as --set, --run and --fresh, are "
        "those of keras_seq.train.",
    )
    add_counts(parser)
    arguments, rest = parser.parse_known_args(argv)
    with user_errors():
        return launched(arguments.workers, rest, arguments.restarts)


def add_counts(parser: CommandParser) -> None:
    """The arguments `--workers` and `--restarts` of a command that starts workers."""
    parser.add_argument(
        "--workers", type=whole_number(1), default=2, metavar="N", help="processes (default: 2)"
    )
    parser.add_argument(
        "--restarts",
        type=whole_number(0),
        default=10,
        metavar="N",
        help="how often they are started again (default: 10)",
    )


def launched(count: int, words: Sequence[str], restarts: int) -> int:
    """Train with some workers, started again where one is lost; the exit code.

    Args:
        count: of workers.
        words: arguments of `keras_seq.train`.
        restarts: how often, at most.
    """
    words = [*words, "--set", "training.distribution=multi_worker"]
    for left in range(restarts, -1, -1):
        code = Team(count, [*TRAIN, *words]).run()
        if code != AGAIN:
            return code
        if left:
            progress.say(f"all workers are started again ({left - 1} more times, if need be)")
            words = [word for word in words if word != "--fresh"]
    return AGAIN


class Team:
    """The processes of one attempt.

    Args:
        count: how many.
        command: of each.
    """

    def __init__(self, count: int, command: Sequence[str]) -> None:
        addresses = free_addresses(count)
        self._said = [collections.deque[str](maxlen=SHOWN_LINES) for _ in range(count)]
        self.processes: list[subprocess.Popen] = []
        self._threads: list[threading.Thread] = []
        for index in range(count):
            own: dict[str, Any] = (
                {} if index == 0 else {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
            )
            environ = {**os.environ, VARIABLE: described(addresses, index)}
            self.processes.append(subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, **own))
            if index:
                self._listen(index)

    def run(self) -> int:
        """Wait for their end: 0 where all trained, `AGAIN` where one was lost, else the code of who failed."""
        with _Forwarded(self.processes):
            try:
                codes = self._ended()
            finally:
                self._end()
        if not any(codes.values()):
            return 0
        index, code = next((index, code) for index, code in codes.items() if code)
        if code in (128 + signal.SIGINT, 128 + signal.SIGTERM):
            return code
        is_lost = code == AGAIN or code < 0
        what = "has lost the others" if code == AGAIN else f"died ({_named(code)})"
        progress.say(f"worker {index} {what}{self._last_words(index)}")
        return AGAIN if is_lost else code

    def _ended(self) -> dict[int, int]:
        """The exit codes of those that have ended, in the order in which they did; of all, or up to one that failed.

        Who was asked to stop has told the others, and they are given time.
        """
        codes: dict[int, int] = {}
        until = float("inf")
        while len(codes) < len(self.processes) and time.monotonic() < until:
            for index, process in enumerate(self.processes):
                code = process.poll()
                if code is None or index in codes:
                    continue
                codes[index] = code
                if code in (128 + signal.SIGINT, 128 + signal.SIGTERM):
                    until = min(until, time.monotonic() + LEAVE_SECONDS)
                elif code:
                    return codes
            time.sleep(LOOK_SECONDS)
        return codes

    def _end(self) -> None:
        """End those that are left, and hear what they have said."""
        for process in self.processes:
            process.kill()
            process.wait()
        for thread in self._threads:
            thread.join()

    def _listen(self, index: int) -> None:
        def listen(stream: IO[bytes]) -> None:
            with stream:
                for line in stream:
                    self._said[index].append(line.decode("utf-8", "replace").rstrip("\n"))

        self._threads.append(
            threading.Thread(target=listen, args=(self.processes[index].stdout,), daemon=True)
        )
        self._threads[-1].start()

    def _last_words(self, index: int) -> str:
        lines = [f"\n  {line}" for line in self._said[index] if line.strip()]
        return ":" + "".join(lines) if lines else ""


class _Forwarded:
    """While this lasts, Ctrl-C is the workers' (the terminal sends it to them too), and SIGTERM is sent on to them."""

    def __init__(self, processes: list[subprocess.Popen]) -> None:
        self._processes = processes
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._before = {
                signal.SIGINT: signal.signal(signal.SIGINT, lambda number, frame: None),
                signal.SIGTERM: signal.signal(signal.SIGTERM, self._send),
            }

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _send(self, number: int, frame: Any) -> None:
        for process in self._processes:
            process.send_signal(number)


def free_addresses(count: int) -> list[str]:
    """Addresses of this machine at which nothing listens."""
    servers = [socket.create_server((HOST, 0)) for _ in range(count)]
    try:
        return [f"{HOST}:{server.getsockname()[1]}" for server in servers]
    finally:
        for server in servers:
            server.close()


def _named(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


if __name__ == "__main__":
    sys.exit(main())
