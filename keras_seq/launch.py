"""python -m keras_seq.launch --workers N RECIPE: trains a recipe in several processes on this machine.

Each is a worker as a cluster has them, with a TF_CONFIG of addresses of this machine; of GPUs each has one. If a
worker dies, or is killed, all are started again and go on from the saved state. What the chief prints is shown; what
the others print, once they fail.
"""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any

from keras_seq import progress, train_command
from keras_seq.cluster import AGAIN, COMMAND_VARIABLE, VARIABLE, described
from keras_seq.command_line import CommandParser, whole_number
from keras_seq.errors import user_errors

HOST = "localhost"
SHOWN_LINES = 20  # of what a worker printed before it failed
LOOK_SECONDS = 0.2
TRAIN = (sys.executable, "-m", "keras_seq.train")
LEAVE_SECONDS = 60.0  # for the others, once one was stopped
FAIL_SECONDS = 2.0  # for what another has to say, once one has failed
STOPPED = (128 + signal.SIGINT, 128 + signal.SIGTERM)  # exit codes of a training that was asked to stop
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser(
        "keras_seq.launch",
        "Train a recipe in several processes on this machine; other arguments, such as --set, --run and --fresh, are "
        "those of keras_seq.train.",
    )
    add_counts(parser)
    arguments, rest = parser.parse_known_args(argv)
    with user_errors():
        command = train_command.again("keras_seq.launch", sys.argv[1:] if argv is None else argv)
        return launched(arguments.workers, rest, arguments.restarts, command)


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


def launched(count: int, words: Sequence[str], restarts: int, command: str) -> int:
    """Train with some workers, started again where one is lost; the exit code.

    Args:
        count: of workers.
        words: arguments of `keras_seq.train`.
        restarts: how often, at most.
        command: that goes on, once this one has ended early.

    Raises:
        RecipeError: when the recipe is wrong.
    """
    return attempts(
        words, restarts, lambda words: Team(count, [*TRAIN, *words], {COMMAND_VARIABLE: command}).run()
    )


def attempts(words: Sequence[str], restarts: int, attempt: Callable[[list[str]], int]) -> int:
    """Train on several workers, and again where some were lost; the exit code.

    Args:
        words: arguments of `keras_seq.train`.
        restarts: how often, at most.
        attempt: trains with the arguments that it is given; `AGAIN` where workers were lost.

    Raises:
        RecipeError: when the recipe is wrong.
    """
    words = [*words, "--set", "training.distribution=multi_worker"]
    _, run = train_command.asked_for(train_command.parser().parse_args(words))
    started = time.time()
    for left in range(restarts, -1, -1):
        code = attempt(words)
        if code != AGAIN:
            return code
        if left:
            progress.say(f"all workers are started again ({left - 1} more times, if need be)")
            if run.begun_since(started):
                words = [word for word in words if word != "--fresh"]
    return AGAIN


class Team:
    """The processes of one attempt.

    Args:
        count: how many.
        command: of each.
        variables: of their environment, besides this one's.
    """

    def __init__(self, count: int, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self._count, self._command, self._variables = count, command, variables
        self._said = [collections.deque[str](maxlen=SHOWN_LINES) for _ in range(count)]
        self.processes: list[subprocess.Popen] = []
        self._threads: list[threading.Thread] = []
        self._sent = 0  # the signal that came, and was sent on

    def run(self) -> int:
        """Wait for their end: 0 where all trained, `AGAIN` where one was lost, else the code of who failed."""
        with self._signals():
            try:
                self._start()
                codes = self._ended()
            finally:
                self._end()
        failed = {index: code for index, code in codes.items() if code}
        if not failed:
            return 0
        asked = self._sent or next((code - 128 for code in failed.values() if code in STOPPED), 0)
        if asked:
            return 128 + asked
        # What is wrong with the recipe or the data makes the others lose a worker, at about the same time.
        index, code = min(failed.items(), key=lambda one: _is_loss(one[1]))
        what = "has lost the others" if code == AGAIN else f"died ({_named(code)})"
        progress.say(f"worker {index} {what}{self._last_words(index)}")
        return AGAIN if _is_loss(code) else code

    def _start(self) -> None:
        """Start them, in sessions of their own: signals reach them through this process, and once."""
        addresses = free_addresses(self._count)
        for index in range(self._count):
            own: dict[str, Any] = (
                {} if index == 0 else {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
            )
            environ = {**os.environ, **self._variables, VARIABLE: described(addresses, index)}
            self.processes.append(
                subprocess.Popen(
                    self._command, env=environ, stdin=subprocess.DEVNULL, start_new_session=True, **own
                )
            )
            if index:
                self._listen(index)
            if self._sent:  # it came meanwhile, and there is nothing to be saved yet
                self.processes[-1].send_signal(self._sent)

    def _ended(self) -> dict[int, int]:
        """The exit codes of those that have ended; of all, or of those that did soon after the first that failed.

        Who was asked to stop has told the others, and they are given more time.
        """
        codes: dict[int, int] = {}
        until = float("inf")
        while len(codes) < len(self.processes) and time.monotonic() < until:
            for index, process in enumerate(self.processes):
                code = process.poll()
                if code is None or index in codes:
                    continue
                codes[index] = code
                if code:
                    patience = LEAVE_SECONDS if code in STOPPED or self._sent else FAIL_SECONDS
                    until = min(until, time.monotonic() + patience)
            time.sleep(LOOK_SECONDS)
        return codes

    def _end(self) -> None:
        """End those that are left, and hear what they have said."""
        for process in self.processes:
            process.kill()
            process.wait()
        for thread in self._threads:
            thread.join()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """While this lasts, signals that end a process are sent on to the workers, which save and stop."""

        def send(number: int, frame: Any) -> None:
            self._sent = signal.SIGINT if number == signal.SIGINT else signal.SIGTERM
            for process in self.processes:
                process.send_signal(self._sent)

        before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            before = {number: signal.signal(number, send) for number in FORWARDED}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

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


def free_addresses(count: int) -> list[str]:
    """Addresses of this machine at which nothing listens."""
    servers = [socket.create_server((HOST, 0)) for _ in range(count)]
    try:
        return [f"{HOST}:{server.getsockname()[1]}" for server in servers]
    finally:
        for server in servers:
            server.close()


def _is_loss(code: int) -> bool:
    """Whether it is to be started again: it has lost the others, or was killed."""
    return code == AGAIN or code < 0


def _named(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


if __name__ == "__main__":
    sys.exit(main())
