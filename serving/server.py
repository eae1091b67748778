"""A server: the models, both interfaces, and their start and end."""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
import threading
import time

import grpc
import uvicorn

from serving import configs, grpc_server, listening, starting
from serving.batching.scheduler import BatchScheduler
from serving.errors import Code, ServingError
from serving.inference.loading import Loader
from serving.metrics import Metrics
from serving.models.manager import Models, State
from serving.rest import app
from serving.rest.connection import Connection
from serving.service import Service

log = logging.getLogger("serving")
GRACE_SECONDS = 30  # for requests in flight, once the server is to stop
IDLE_SECONDS = 75  # before a connection that nothing comes from is closed


class Server:
    """A server of the flags given; `start` it, and `stop` it.

    Args:
        flags: see `serving.flags`.

    Attributes:
        rest_port, grpc_port: where it listens, once started; None where it does not.

    Raises:
        ValueError: when a configuration file cannot be used.
    """

    def __init__(self, flags: argparse.Namespace) -> None:
        self._flags = flags
        self.rest_port: int | None = None
        self.grpc_port: int | None = None
        self._config, batching, self._metrics_path = starting.configured(flags)
        self._scheduler = (
            BatchScheduler(batching.num_batch_threads, batching.thread_pool_name) if batching else None
        )
        metrics = Metrics()
        loader = Loader(
            metrics,
            batching,
            self._scheduler,
            flags.enable_model_warmup,
            flags.tensorflow_intra_op_parallelism,
            flags.tensorflow_inter_op_parallelism,
        )
        self._models = Models(
            loader,
            poll_seconds=flags.file_system_poll_wait_seconds,
            max_load_retries=flags.max_num_load_retries,
            retry_seconds=flags.load_retry_interval_micros / 1e6,
            allow_labels_of_unavailable=flags.allow_version_labels_for_unavailable_models,
            load_threads=flags.num_load_threads,
        )
        self._service = Service(self._models, metrics)
        self._grpc: grpc.Server | None = None
        self._uvicorn: uvicorn.Server | None = None
        self._app: app.App | None = None
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()

    @property
    def model_names(self) -> tuple[list[str], list[str]]:
        """The models that have a version available, and those that have none."""
        names = self._models.names()
        states = {name: {status.state for status in self._models.statuses(name)} for name in names}
        available = [name for name in names if State.AVAILABLE in states[name]]
        return available, [name for name in names if name not in available]

    def start(self) -> None:
        """Load the models, then open the ports, as TensorFlow Serving does.

        A model that cannot be loaded is logged, and tried again when its folder changes; the others are served.

        Raises:
            OSError: when a port cannot be had.
            ServingError: when the configuration is refused.
        """
        if self._flags.port:  # checked now, not after the models have been loaded
            listening.hold(self._flags.host, self._flags.port, "--port").close()
        rest_port = self._flags.rest_api_port
        holding = listening.hold(self._flags.host, rest_port, "--rest_api_port") if rest_port else None
        try:
            self._models.apply(self._config, wait_seconds=None)
        except ServingError as error:
            if not self._models.names() or error.code is Code.UNAVAILABLE:  # refused, or stopped meanwhile
                raise
            log.error("%s", error.message)
        self._models.start()
        if holding:
            listening.listen(holding, "--rest_api_port")
        if self._flags.port:
            self._start_grpc()
        if holding:
            self._start_rest(holding)
        if self._flags.model_config_file and self._flags.model_config_file_poll_wait_seconds:
            self._run(self._poll_config, "config")

    def interrupt(self) -> None:
        """Make `start` give up on models that are still being loaded, or waited for to be tried again."""
        self._models.stop()

    def stop(self) -> None:
        """Take no more requests, let those in flight finish, unload the models."""
        self._stopping.set()
        self._models.end_waits()
        finished = self._grpc.stop(GRACE_SECONDS) if self._grpc else None
        if self._uvicorn:
            self._uvicorn.should_exit = True
        for thread in self._threads:
            thread.join(GRACE_SECONDS + 5)
        if finished:
            finished.wait()
        if self._app:
            self._app.close()
        self._models.stop()
        if self._scheduler:
            self._scheduler.close()

    def _start_grpc(self) -> None:
        flags = self._flags
        self._grpc, self.grpc_port = grpc_server.make(
            self._service,
            f"[{flags.host}]:{flags.port}" if ":" in flags.host else f"{flags.host}:{flags.port}",
            flags.grpc_max_threads,
            flags.enable_grpc_healthcheck_service,
        )
        self._grpc.start()

    def _start_rest(self, holding: socket.socket) -> None:
        flags = self._flags
        self._app = app.App(
            self._service,
            flags.rest_api_num_threads,
            flags.rest_api_timeout_in_ms,
            flags.rest_api_enable_cors_support,
            self._metrics_path,
        )
        config = uvicorn.Config(
            self._app,
            http=Connection,
            lifespan="off",
            proxy_headers=False,
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=listening.BACKLOG,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._uvicorn = uvicorn.Server(config)
        self.rest_port = holding.getsockname()[1]
        server = self._uvicorn
        self._run(lambda: asyncio.run(server.serve(sockets=[holding])), "rest")
        while not server.started and self._threads[-1].is_alive():
            time.sleep(0.01)

    def _run(self, work, name: str) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _poll_config(self) -> None:
        """Take the configuration file again and again; one that cannot be used is logged, and the last one
        stays.
        """
        while not self._stopping.wait(self._flags.model_config_file_poll_wait_seconds):
            try:
                config = configs.read_models(self._flags.model_config_file)
                if config != self._config:
                    self._models.apply(config, wait_seconds=None)
                    self._config = config
            except (ServingError, ValueError, OSError) as error:
                log.error("%s", error)
