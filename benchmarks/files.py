"""Memory and time of training on files: does memory grow with the number of files, and what does a cache save?

    python -m benchmarks.files memory     peak memory with 1,000 and with 20,000 files of 1 MB, and how many were read
    python -m benchmarks.files cache      time of an epoch without a cache, in memory, and on disk

The files are sparse: they take no room on the disk, and are read as zeros. The network is as small as can be, so
that reading and decoding is what is measured.
"""

from __future__ import annotations

import argparse
import itertools
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

FILE_BYTES = 2**20
BATCH_SIZE = 32
EPOCHS = 3
DECODED = 2**18  # samples of a file of `cache`, each decoded into a spectrum


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["memory", "cache", "one"])
    parser.add_argument("numbers", nargs="*")
    arguments = parser.parse_args(argv)
    if arguments.what == "memory":
        for count in (1_000, 20_000):
            print(_in_a_process("one", "memory", str(count), "none"), flush=True)
    elif arguments.what == "cache":
        for kind in ("none", "memory", "disk"):
            print(_in_a_process("one", "cache", "200", kind), flush=True)
    else:
        _measure(arguments.numbers[0], int(arguments.numbers[1]), arguments.numbers[2])
    return 0


def _in_a_process(*arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks.files", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _measure(what: str, count: int, kind: str) -> None:
    """Go over all the files of an epoch, as `fit` does, with its default settings."""
    import tensorflow as tf

    from keras_seq.batches import Batches
    from keras_seq.feature_cache import FeatureCache
    from keras_seq.order import Order
    from keras_seq.reading import Readable, Reader

    with tempfile.TemporaryDirectory() as folder:
        examples = _examples(pathlib.Path(folder), count, FILE_BYTES if what == "memory" else 2 * DECODED)
        preprocessing = _preprocessing(decodes=what == "cache")
        reader = Reader()
        path = pathlib.Path(folder, "features.sqlite") if kind == "disk" else None
        cache = None if kind == "none" else FeatureCache(preprocessing, reader, path)
        batches = Batches(preprocessing, reader, cache)
        epochs = range(1 if what == "memory" else EPOCHS)
        dataset = batches.training(Order(Readable(examples, "stop", "train"), BATCH_SIZE, 50_000, 1), epochs)
        steps = -(-count // BATCH_SIZE)
        seconds, read = [], 0
        batches_of = iter(dataset)
        for _ in epochs:
            begun = time.perf_counter()
            for inputs, _ in itertools.islice(batches_of, steps):
                read += int(tf.shape(inputs)[0])
            seconds.append(time.perf_counter() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times = ", ".join(f"{one:.1f}" for one in seconds)
    print(
        f"{count:6,} files, cache {kind:6}: peak memory {peak:5.0f} MiB; seconds an epoch {times}; {read:,} read"
    )


def _examples(folder: pathlib.Path, count: int, size: int) -> list:
    """Sparse files, and references to them."""
    from keras_seq.formats import Example, File

    found = []
    for number in range(count):
        path = folder / f"{number}.bin"
        with path.open("wb") as stream:
            stream.truncate(size)
        found.append(Example(File.of(path), "ab"[number % 2], str(path)))
    return found


def _preprocessing(decodes: bool):
    """Bytes -> their number, or the spectra of their frames; truth -> its place."""
    import keras
    import tensorflow as tf

    from keras_seq.contract import Preprocessing

    class Features(keras.layers.Layer):
        def call(self, raw):
            if not decodes:
                return tf.strings.length(raw)[:, None]
            samples = tf.cast(tf.io.decode_raw(raw, tf.int16), tf.float32)
            spectra = tf.abs(tf.signal.stft(samples, 1024, 512))
            return tf.reduce_mean(tf.reshape(spectra[:, :, :512], [tf.shape(raw)[0], -1, 64, 8]), axis=-1)

    lookup = keras.layers.StringLookup(vocabulary=["a", "b"], num_oov_indices=0)
    return Preprocessing(Features(), lookup, lambda features, truths: (features, lookup(truths)), {})


if __name__ == "__main__":
    sys.exit(main())
