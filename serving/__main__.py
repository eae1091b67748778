"""python -m serving FOLDER: the embedded server, TensorFlow Serving's REST and gRPC API on TensorFlow itself."""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
import threading
from concurrent import futures

from serving import flags


def main(argv: list[str] | None = None) -> int:
    chosen = flags.parsed(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    for name in ("tensorflow", "uvicorn"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # Before TensorFlow, which takes seconds to import, so that a signal in the meantime is not lost.
    stopping, woken = threading.Event(), threading.Event()

    def stop(*_: object) -> None:
        stopping.set()
        woken.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if soft < hard else soft, hard))  # a connection is a file
    from serving.errors import ServingError
    from serving.server import Server

    try:
        server = Server(chosen)
        with futures.ThreadPoolExecutor(1) as pool:  # a thread, as loading may take minutes and a signal comes here
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
    places = [("REST", server.rest_port), ("gRPC", server.grpc_port)]
    where = ", ".join(f"{name} on {chosen.host}:{port}" for name, port in places if port)
    available, missing = server.model_names
    without = f" (without a version yet: {', '.join(missing)})" if missing else ""
    print(f"serving {', '.join(available) or 'no models yet'}{without}: {where}", flush=True)
    stopping.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
