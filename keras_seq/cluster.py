"""The workers of a distributed training, as the variable TF_CONFIG has them; no TensorFlow is needed to read it.

    TF_CONFIG='{"cluster": {"worker": ["a:2222", "b:2222"]}, "task": {"type": "worker", "index": 0}}'

Kubernetes, Ray Train and others set it, or the files that are given to them; `keras_seq.launch` does on one machine.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from typing import Any

from keras_seq.errors import RecipeError

VARIABLE = "TF_CONFIG"
COMMAND_VARIABLE = "KERAS_SEQ_COMMAND"  # what has started the workers, and goes on with them: a command line
EXAMPLE = '{"cluster": {"worker": ["a:2222", "b:2222"]}, "task": {"type": "worker", "index": 0}}'
JOBS = ("chief", "worker")  # those that train, in the order of their numbers
AGAIN = 75  # the exit code of a worker that has lost others: EX_TEMPFAIL, to be started again with the same command


class PeersLost(Exception):
    """Other workers are lost; what was saved stays, and all go on from it once they are started again."""


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The workers of a training.

    Attributes:
        addresses: `host:port` of each; the first is the chief's.
        index: of this process, from 0.
    """

    addresses: list[str]
    index: int

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the run."""
        return self.index == 0

    @property
    def place_on_host(self) -> int:
        """How many workers before this one have the same host: the number of its GPU."""
        host = self.addresses[self.index].rpartition(":")[0]
        return sum(one.rpartition(":")[0] == host for one in self.addresses[: self.index])


def alone() -> Cluster:
    """The cluster of a process that trains by itself."""
    return Cluster([""], 0)


def of_environment(environment: Mapping[str, str] = os.environ) -> Cluster:
    """The cluster that TF_CONFIG describes.

    Raises:
        RecipeError: when it is not set, or is none of a training's.
    """
    text = environment.get(VARIABLE, "")
    if not text:
        raise RecipeError(
            f"training.distribution: multi_worker needs the variable {VARIABLE}, such as {EXAMPLE}; on one machine "
            "python -m keras_seq.launch --workers 2 RECIPE sets it and starts the workers"
        )
    try:
        given: Any = json.loads(text)
        jobs = {name: [str(address) for address in given["cluster"][name]] for name in given["cluster"]}
        job, index = str(given["task"]["type"]), int(given["task"]["index"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecipeError(f"{VARIABLE}: cannot be read ({error!r}); expected such as {EXAMPLE}") from None
    if job not in JOBS or not set(jobs) <= {*JOBS}:
        raise RecipeError(
            f"{VARIABLE}: jobs {', '.join(jobs)} and the task {job!r}; expected workers alone, or a chief and workers: "
            "parameter servers and evaluators have no part in this"
        )
    if not 0 <= index < len(jobs.get(job, [])):
        raise RecipeError(f"{VARIABLE}: there is no {job} {index}: the cluster has {len(jobs.get(job, []))}")
    if bad := [one for name in JOBS for one in jobs.get(name, []) if not _is_address(one)]:
        raise RecipeError(f"{VARIABLE}: {bad[0]!r}: expected HOST:PORT")
    before = len(jobs.get("chief", [])) if job == "worker" else 0
    return Cluster([address for name in JOBS for address in jobs.get(name, [])], before + index)


def described(addresses: list[str], index: int) -> str:
    """What TF_CONFIG is for a worker."""
    return json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}})


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) < 2**16
