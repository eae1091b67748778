"""What the preprocessing makes of each example, kept from epoch to epoch: in memory, or in a file.

Decoding clips, pictures and sounds can take longer than a training step. The file is an SQLite database: a
row is there whole or not at all, whenever a process ends. A row is good for the file that it was made of, by
its size and time of change, and a database for the preprocessing that made it; others are made anew.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import os
import pathlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from keras_seq.contract import Frozen, Preprocessing
from keras_seq.errors import DataError
from keras_seq.formats import Example, File
from keras_seq.reading import Reader
from keras_seq.version import version

ROWS_AT_ONCE = 64  # through a frozen part of the network

Row = list[np.ndarray]  # the features of one example, flat
Key = tuple[str, str]  # a path or a text, and what changes when the file does


class FeatureCache:
    """Examples -> their features, each computed once.

    Args:
        preprocessing: adapted.
        reader: reads the files.
        path: of the database; None keeps the features in memory.
    """

    def __init__(self, preprocessing: Preprocessing, reader: Reader, path: pathlib.Path | None) -> None:
        self._reader = reader
        text = tf.TensorSpec([None], tf.string)
        self._features = tf.function(preprocessing.features_of, input_signature=[text], autograph=False)
        self.spec = self._features.get_concrete_function().structured_outputs
        self._frozen = _FrozenPart(preprocessing.frozen, self.spec) if preprocessing.frozen else None
        if self._frozen is not None:
            self.spec = self._frozen.spec
        self._held: _Memory | _Database = _Memory()
        if path is not None:
            types = [spec.dtype for spec in tf.nest.flatten(self.spec)]
            self._held = _Database(path, _digest(preprocessing), types)
        self._pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count(), "features")

    def batch(self, examples: list[Example]) -> tuple[list[Example], Any]:
        """The examples that could be read, and their features as one batch, rows padded on the right."""
        rows: dict[Example, Any] = {example: self._held.get(_key(example)) for example in examples}
        missing, inputs = self._reader.read([example for example, row in rows.items() if row is None])
        rows_made: Iterable[Row] = self._pool.map(self._row, inputs)
        if self._frozen is not None:
            rows_made = self._frozen.rows(list(rows_made))
        made = dict(zip(missing, rows_made, strict=True))
        self._held.put({_key(example): row for example, row in made.items()})
        rows |= made
        kept = [example for example in examples if rows[example] is not None]
        if not kept:
            return [], None
        columns = zip(*(rows[example] for example in kept), strict=True)
        return kept, tf.nest.pack_sequence_as(self.spec, [_stacked(list(column)) for column in columns])

    def close(self) -> None:
        """Let go of the file and the threads."""
        self._pool.shutdown()
        self._held.close()

    def _row(self, raw: str | bytes) -> Row:
        features = self._features(tf.constant([raw]))
        batches = [tensor.numpy() for tensor in tf.nest.flatten(features)]
        return [np.asarray(batch[0], batch.dtype) for batch in batches]


class _FrozenPart:
    """Rows of features -> rows in which those of a frozen part of the network stand, in half precision.

    Rows of the same shapes go through it together, which is faster than one by one. Half precision is off by a
    two-thousandth at most, and takes half of the memory.

    Args:
        frozen: see `Preprocessing.frozen`.
        spec: of the features that it gets.
    """

    def __init__(self, frozen: Frozen, spec: Any) -> None:
        self._name, self._given, network = frozen.name, spec, frozen.network
        self._needed = list(network.input)
        named = spec if isinstance(spec, dict) else {frozen.name: spec}
        inputs = {name: named[name] for name in self._needed}
        signature = tf.nest.map_structure(
            lambda one: tf.TensorSpec([None, *one.shape[1:]], one.dtype), inputs
        )

        def halved(tensors: dict[str, tf.Tensor]) -> tf.Tensor:
            features = tf.clip_by_value(network(tensors, training=False), tf.float16.min, tf.float16.max)
            return tf.cast(features, tf.float16)

        self._run = tf.function(halved, input_signature=[signature], autograph=False)
        made = self._run.get_concrete_function().structured_outputs
        self.spec = {**spec, frozen.name: made} if isinstance(spec, dict) else made

    def rows(self, rows: list[Row]) -> list[Row]:
        """The same rows, with features in place of what these are computed of."""
        alike: dict[tuple, list[int]] = {}
        for place, row in enumerate(rows):
            alike.setdefault(tuple(array.shape for array in row), []).append(place)
        made: list[Row] = [[] for _ in rows]
        for places in alike.values():
            for start in range(0, len(places), ROWS_AT_ONCE):
                some = places[start : start + ROWS_AT_ONCE]
                for place, row in zip(some, self._together([rows[place] for place in some]), strict=True):
                    made[place] = row
        return made

    def _together(self, rows: list[Row]) -> list[Row]:
        tensors = [tf.nest.pack_sequence_as(self._given, row) for row in rows]
        if not isinstance(self._given, dict):
            return [[one] for one in self._run({self._name: np.stack(tensors)}).numpy()]
        features = self._run(
            {name: np.stack([one[name] for one in tensors]) for name in self._needed}
        ).numpy()
        return [
            tf.nest.flatten({**one, self._name: found}) for one, found in zip(tensors, features, strict=True)
        ]


class _Memory:
    def __init__(self) -> None:
        self._rows: dict[Key, Row] = {}

    def get(self, key: Key) -> Row | None:
        return self._rows.get(key)

    def put(self, rows: dict[Key, Row]) -> None:
        self._rows |= rows

    def close(self) -> None:
        self._rows.clear()


class _Database:
    """Rows in a file. Several threads ask it: `tf.data` reads the training and the validation split by turns."""

    def __init__(self, path: pathlib.Path, digest: str, types: list[tf.DType]) -> None:
        self._path, self._types, self._lock = path, types, threading.Lock()
        with self._complaints():
            try:
                self._connection = self._opened(digest)
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                    raise
                for file in (path, *path.parent.glob(f"{path.name}-*")):
                    file.unlink(missing_ok=True)
                self._connection = self._opened(digest)

    def _opened(self, digest: str) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(
                "PRAGMA synchronous=NORMAL"
            )  # whole after a kill; the last rows may be lost with the power
            with connection:
                connection.execute("CREATE TABLE IF NOT EXISTS made_by (digest TEXT)")
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS features (path TEXT PRIMARY KEY, file TEXT, row BLOB)"
                )
                if connection.execute("SELECT digest FROM made_by").fetchall() != [(digest,)]:
                    connection.execute("DELETE FROM features")
                    connection.execute("DELETE FROM made_by")
                    connection.execute("INSERT INTO made_by VALUES (?)", (digest,))
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def _complaints(self) -> Iterator[None]:
        """What SQLite refuses, as of a full disk, is a `DataError`."""
        try:
            yield
        except sqlite3.Error as error:
            what = f"the cache cannot be used: {error}; remove the file, or set training.cache: none"
            raise DataError(f"{self._path}: {what}") from None

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):  # it was never opened
            self._connection.close()

    def get(self, key: Key) -> Row | None:
        with self._lock, self._complaints():
            query = "SELECT row FROM features WHERE path = ? AND file = ?"
            found = self._connection.execute(query, key).fetchone()
        if found is None:
            return None
        parts = tf.io.parse_tensor(found[0], tf.string).numpy()
        tensors = (tf.io.parse_tensor(part, kind) for part, kind in zip(parts, self._types, strict=True))
        return [np.asarray(tensor.numpy(), tensor.dtype.as_numpy_dtype) for tensor in tensors]

    def put(self, rows: dict[Key, Row]) -> None:
        values = [(*key, _packed(row)) for key, row in rows.items()]
        with self._lock, self._complaints(), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO features VALUES (?, ?, ?)", values)


def _key(example: Example) -> Key:
    if not isinstance(example.input, File):
        return example.input, ""
    path = os.fsencode(example.input.path).decode("utf-8", "backslashreplace")  # a name may be no UTF-8
    with contextlib.suppress(OSError, ValueError):
        found = pathlib.Path(example.input.path).stat()
        return path, f"{found.st_size} {found.st_mtime_ns}"
    return path, "missing"


def _digest(preprocessing: Preprocessing) -> str:
    config = {key: value for key, value in preprocessing.inputs.get_config().items() if key != "name"}
    made_by: tuple = (config, version(), tf.__version__)
    if preprocessing.frozen is not None:
        made_by += (preprocessing.frozen.digest,)
    return hashlib.sha256(repr(made_by).encode()).hexdigest()


def _packed(row: Row) -> bytes:
    return tf.io.serialize_tensor([tf.io.serialize_tensor(array) for array in row]).numpy()


def _stacked(arrays: list[np.ndarray]) -> np.ndarray:
    """Arrays of unlike sizes in one, each padded on the right with 0, or "" where they hold texts."""
    shape = np.max([array.shape for array in arrays], axis=0).astype(int)
    padding = b"" if arrays[0].dtype == object else 0
    found = np.full((len(arrays), *shape), padding, arrays[0].dtype)
    for row, array in enumerate(arrays):
        found[(row, *map(slice, array.shape))] = array[()]  # of a single text the text, not an array
    return found
