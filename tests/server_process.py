"""A server in a process of its own, and a small model for it, for tests of what it does to a process."""

import contextlib
import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time
from concurrent import futures

import tensorflow as tf
from corpora import PROJECT

PATIENCE = 120  # seconds; a machine may be busy with other things
MODEL = "half"


def save(folder, version):
    """A version of a model: y is x / 2 + the version; the signature `slow` takes x seconds for it."""

    class Half(tf.Module):
        def __init__(self):
            super().__init__()
            self.version = tf.Variable(float(version))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
        def at_once(self, x):
            return {"y": x / 2 + self.version}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
        def slow(self, x):
            end = tf.timestamp() + tf.cast(x[0], tf.float64)
            tf.while_loop(lambda now: now < end, lambda now: (tf.timestamp(),), [tf.timestamp()])
            return {"y": x / 2 + self.version}

    half = Half()
    tf.saved_model.save(half, str(folder), signatures={"serving_default": half.at_once, "slow": half.slow})


class Running:
    """A server in a process of its own."""

    def __init__(self, folder, *flags):
        self.folder = folder
        with socket.socket() as one, socket.socket() as other:
            for free in (one, other):
                free.bind(("127.0.0.1", 0))
            self.port, self.grpc_port = one.getsockname()[1], other.getsockname()[1]
        self.log = (folder.parent / "log").open("w+")
        self.process = spawn(
            folder, f"--rest_api_port={self.port}", f"--port={self.grpc_port}", *flags, stderr=self.log
        )

    def wait(self):
        assert self.process.stdout.readline().startswith("serving half: REST on 127.0.0.1"), self.text()
        return self

    def text(self):
        return pathlib.Path(self.log.name).read_text(encoding="utf-8")

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.log.close()

    def ask(self, path=f"/v1/models/{MODEL}:predict", body=None, verb="POST", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(verb, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read().decode()

    def predict(self, x, signature="serving_default"):
        status, text = self.ask(body=json.dumps({"instances": x, "signature_name": signature}))
        assert status == 200, text
        return json.loads(text)["predictions"]

    def states(self):
        found = json.loads(self.ask(f"/v1/models/{MODEL}", verb="GET")[1])["model_version_status"]
        return {int(one["version"]): (one["state"], one["status"]["error_message"]) for one in found}

    @contextlib.contextmanager
    def still_serving(self, seconds=PATIENCE / 4):
        """Another client asks meanwhile, and is answered each time, well within `seconds`."""
        stop, times = threading.Event(), []

        def work():
            while not stop.is_set():
                begun = time.monotonic()
                assert self.predict([2.0]) == [2.0]
                times.append(time.monotonic() - begun)

        with futures.ThreadPoolExecutor(1) as pool:
            asking = pool.submit(work)
            try:
                yield
            finally:
                stop.set()
                asking.result()
        assert times
        assert max(times) < seconds


def spawn(*flags, **options):
    command = [sys.executable, "-m", "serving", *map(str, flags)]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command, cwd=PROJECT, text=True, **options)


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def publish(source, folder):
    shutil.copytree(source, folder.parent / "being_copied")
    (folder.parent / "being_copied").rename(folder)


def publish_first(tmp_path, versions):
    (tmp_path / "models" / MODEL).mkdir(parents=True)
    publish(versions / "1", tmp_path / "models" / MODEL / "1")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]
