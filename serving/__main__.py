"""python -m serving FOLDER: the embedded server, TensorFlow Serving's REST and gRPC API on TensorFlow itself."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import signal
import sys
import threading
import time
from concurrent import futures
from typing import TYPE_CHECKING

from serving import flags, lean

if TYPE_CHECKING:
    from serving.server import Server

log = logging.getLogger("serving")


def main(argv: list[str] | None = None) -> int:
    with contextlib.suppress(AttributeError, io.UnsupportedOperation):  # what stands in for stdout in tests
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    chosen = flags.parsed(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    lean.leave_out_keras()
    try:
        return _serve(chosen)
    except ModuleNotFoundError as error:
        print(
            f"error: {error.name} is not installed for {sys.executable}; activate the project's environment "
            "(source .venv/bin/activate, which `make environment` makes)",
            file=sys.stderr,
        )
        return 2


def _serve(chosen: argparse.Namespace) -> int:
    # Before TensorFlow, which takes seconds to import, so that a signal in the meantime is not lost.
    stopping, woken = threading.Event(), threading.Event()

    def stop(*_: object) -> None:
        stopping.set()
        woken.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    from serving import starting
    from serving.errors import ServingError

    shown = starting.start_log()
    try:
        starting.check(chosen)
        starting.allow_many_files()
        with shown.alive():
            begun = time.monotonic()
            log.info("Loading TensorFlow ...")
            with starting.quiet(shown):
                from serving.server import Server
            log.info("TensorFlow loaded in %.1f s", time.monotonic() - begun)
            server = Server(chosen)
            with futures.ThreadPoolExecutor(
                1
            ) as pool:  # a thread, as loading may take minutes and a signal comes here
                started = pool.submit(server.start)
                started.add_done_callback(lambda _: woken.set())
                woken.wait()
                if stopping.is_set():
                    server.interrupt()
                started.result()
    except (ServingError, ValueError, OSError, RuntimeError) as error:
        if stopping.is_set():
            return 0
        print(f"error: {error}", file=sys.stderr)
        return 2
    starting.say(_what_is_served(server, chosen.host))
    stopping.wait()
    server.stop()
    return 0


def _what_is_served(server: Server, host: str) -> str:
    places = [("REST", server.rest_port), ("gRPC", server.grpc_port)]
    where = ", ".join(f"{name} on {host}:{port}" for name, port in places if port)
    available, missing = server.model_names
    without = f" (without a version yet: {', '.join(missing)})" if missing else ""
    return f"serving {', '.join(available) or 'no models yet'}{without}: {where}"


if __name__ == "__main__":
    sys.exit(main())
