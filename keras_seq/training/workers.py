"""Who trains: this process alone, several devices of it, or several processes; and what they tell each other.

`Alone` is what the rest of training asks; its methods do nothing that takes others. `Workers` are the processes
of a cluster, connected by TensorFlow's `MultiWorkerMirroredStrategy`, whose all-reduce is all that is used of it:
see `keras_multi_worker`.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from keras_seq import progress
from keras_seq.batches import Share
from keras_seq.cluster import Cluster, PeersLost, alone
from keras_seq.training.keras_multi_worker import MultiWorkerModel

WORD = np.dtype("<u2")  # of bytes that are sent as numbers which float32 has exactly
SEED = "seed_generator_state"  # Keras's name of the state of a random number generator: a seed and a counter
SEED_STEP = 1_000_003  # from one worker's seeds to the next one's
DIGEST_BYTES = 6  # of variables, as a number that float64 has exactly
DRIFT = 1e-4  # between workers' weights after an epoch; more than rounding does
LOST = (
    *(tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError),
    *(tf.errors.FailedPreconditionError, tf.errors.DeadlineExceededError),
)


class Asked(NamedTuple):
    """What at least one worker asks for.

    Attributes:
        save: whether the state is to be saved, because the last time is long ago.
        signal: that came and ends the training; 0 where none did.
    """

    save: bool = False
    signal: int = 0


class Alone:
    """One process that trains by itself."""

    cluster: Cluster = alone()
    is_chief = True  # writes the run

    @property
    def count(self) -> int:
        """How many processes there are."""
        return len(self.cluster.addresses)

    @property
    def share(self) -> Share:
        """Which rows of every batch are this process's."""
        return Share(self.cluster.index, self.count)

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Around what makes variables that are trained."""
        return contextlib.nullcontext()

    def trained(self, network: keras.Model) -> keras.Model:
        """The network that `fit` is called of: of the same layers as the one that is given."""
        return network

    def asked(self, wanted: Asked) -> Asked:
        """After a step: what is asked for by this worker, or was by any one at the step before."""
        return wanted

    def agreed(self, wanted: Asked) -> Asked:
        """At once: what any of the workers asks for. All have to call it."""
        return wanted

    def sums(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Arrays of numbers, added up over the workers. All have to call it."""
        return list(arrays)

    def from_chief(self, made: Callable[[], bytes]) -> bytes:
        """What the chief makes; the others wait for it. All have to call it."""
        return made()

    def settle(self, network: keras.Model, metrics: list[np.ndarray]) -> None:
        """After the chief's state was put into a network: what is each worker's own.

        Args:
            network: with variables for its metrics.
            metrics: their values in the state, to be changed in place.
        """

    def wait_for_all(self) -> None:
        """Until all workers are here."""

    def level(self, variables: Sequence[keras.Variable], name: str = "") -> None:
        """Give all workers the chief's values of variables, where they are not the same, bit by bit, already. All have
        to call it.

        Args:
            variables: such as weights, which drift apart by rounding where machines are of different kinds.
            name: of what should hardly differ; that it did is said then.
        """

    def errors(self) -> contextlib.AbstractContextManager[Any]:
        """Around what others take part in: they may be lost."""
        return contextlib.nullcontext()


ALONE = Alone()


class Mirrored(Alone):
    """The GPUs of this machine, or other devices: each has a part of every batch, and a copy of the weights.

    Args:
        devices: as TensorFlow names them; left out, all GPUs.
    """

    def __init__(self, devices: Sequence[str] | None = None) -> None:
        self.strategy = tf.distribute.MirroredStrategy(devices)

    @property
    def share(self) -> Share:
        return Share(devices=self.strategy.num_replicas_in_sync)

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        return self.strategy.scope()


class Workers(Alone):
    """The processes of a cluster, each with one device; to be made before TensorFlow has run anything.

    Args:
        cluster: all of which are about to be made.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.is_chief = cluster, cluster.is_chief
        gpus = tf.config.list_physical_devices("GPU")
        if gpus:
            tf.config.set_visible_devices(gpus[cluster.place_on_host % len(gpus)], "GPU")
        resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
            tf.train.ClusterSpec({"worker": cluster.addresses}),
            task_type="worker",
            task_id=cluster.index,
            num_accelerators={"GPU": int(bool(gpus))},
            rpc_layer="grpc",
        )
        with self.errors():
            self._strategy = tf.distribute.MultiWorkerMirroredStrategy(resolver)
        # A graph, because the strategy runs op by op slowly, and says so.
        self._reduced_now = tf.function(self._reduced, autograph=False, reduce_retracing=True)
        self._wanted = tf.Variable(tf.zeros(3), trainable=False)  # save, SIGINT, SIGTERM: read in every step
        self._asked = tf.Variable(tf.zeros(3), trainable=False)

    def trained(self, network: keras.Model) -> keras.Model:
        return MultiWorkerModel.of(network, self)

    def sum_in_graph(self, tensors: Sequence[Any]) -> list[Any]:
        """Tensors and slices, added up over the workers, in the graph of a step; see `asked` for what goes along."""
        *sums, asked = self._reduced([*tensors, self._wanted + 0.0])
        self._asked.assign(asked)
        return sums

    def asked(self, wanted: Asked) -> Asked:
        asked = _of_counts(self._asked.numpy())
        wanted = wanted._replace(save=wanted.save and not asked.save)  # all save now
        self._wanted.assign(_counts(wanted))
        return asked

    def agreed(self, wanted: Asked) -> Asked:
        [counts] = self.sums([_counts(wanted)])
        self._wanted.assign(tf.zeros(3))
        self._asked.assign(tf.zeros(3))
        return _of_counts(counts)

    def sums(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        if not arrays:
            return []
        flat = np.concatenate([np.ravel(array).astype(np.float64) for array in arrays])
        [total] = self._reduced_now([tf.constant(flat)])
        ends = np.cumsum([np.size(array) for array in arrays])
        parts = np.split(total.numpy(), ends[:-1])
        return [
            part.reshape(np.shape(one)).astype(one.dtype) for part, one in zip(parts, arrays, strict=True)
        ]

    def from_chief(self, made: Callable[[], bytes]) -> bytes:
        content = made() if self.is_chief else b""
        [size] = self.sums([np.array(len(content))])
        words = np.zeros(-(-int(size) // WORD.itemsize), WORD)
        if self.is_chief:
            words[:] = np.frombuffer(content + b"\0" * (words.nbytes - len(content)), WORD)
        [sent] = self._reduced_now([tf.constant(words, tf.float32)])
        return sent.numpy().astype(WORD).tobytes()[: int(size)]

    def settle(self, network: keras.Model, metrics: list[np.ndarray]) -> None:
        network.reset_metrics()
        for variable in network.variables:
            if variable.path.endswith(SEED) and self.cluster.index:  # others drop out other things
                seed, *counted = variable.numpy().tolist()
                variable.assign([(seed + self.cluster.index * SEED_STEP) % 2**32, *counted])
        if not self.is_chief:  # the state has the sums
            metrics[:] = [np.zeros_like(values) for values in metrics]

    def wait_for_all(self) -> None:
        self.sums([np.zeros(1)])

    def level(self, variables: Sequence[keras.Variable], name: str = "") -> None:
        own = [variable.numpy() for variable in variables]
        digests = self._of_each(_digest(own))
        if (digests == digests[0]).all():
            return
        made = io.BytesIO()
        if self.is_chief:
            np.savez(made, *own)
        with np.load(io.BytesIO(self.from_chief(made.getvalue))) as sent:
            chiefs = [sent[f"arr_{number}"] for number in range(len(own))]
        for variable, value in zip(variables, chiefs, strict=True):
            variable.assign(value)
        pairs = zip(own, chiefs, strict=True)
        apart = self._of_each(
            max(np.abs(one - two.astype(np.float64)).max(initial=0.0) for one, two in pairs)
        )
        if name and self.is_chief and apart.max() > DRIFT:
            progress.say(f"the {name} had drifted apart by up to {apart.max():.1e}; all have the chief's now")

    def _of_each(self, number: float) -> np.ndarray:
        """A number of every worker's."""
        own = np.zeros(self.count)
        own[self.cluster.index] = number
        return self.sums([own])[0]

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        try:
            yield
        except tf.errors.OpError as error:
            if isinstance(error, LOST) or "ollective" in error.message:
                raise PeersLost(error.message.split("\n")[0][:300]) from None
            raise

    def _reduced(self, tensors: Sequence[Any]) -> list[Any]:
        def reduced(*tensors: Any) -> list[Any]:
            # The identity gives what comes from elsewhere the device that is reduced on.
            placed = [tf.nest.map_structure(tf.identity, one, expand_composites=True) for one in tensors]
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, placed)

        return self._strategy.run(reduced, args=tuple(tensors))


def _digest(arrays: Sequence[np.ndarray]) -> int:
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for array in arrays:
        digest.update(array.tobytes())
    return int.from_bytes(digest.digest(), "big")


def _counts(wanted: Asked) -> np.ndarray:
    return np.array(
        [wanted.save, wanted.signal == signal.SIGINT, wanted.signal == signal.SIGTERM], np.float32
    )


def _of_counts(counts: np.ndarray) -> Asked:
    save, interrupted, terminated = counts > 0
    return Asked(bool(save), int(signal.SIGTERM if terminated else signal.SIGINT if interrupted else 0))
