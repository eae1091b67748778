"""Seconds of sound a second of speech to text, in training and in inference, beside others in the same run.

    python -m benchmarks.speech --data DIR [--beside "COMMAND"]...

DIR holds the manifests of AN4. A COMMAND trains a peer and prints JSON lines; those with "metric": "train" and
"inference batch 1" are taken, the latter as a real-time factor. Ours and the others take turns, `--rounds` times;
medians and ratios are printed. Ours trains from FLAC files that are decoded in the first epoch, and makes log-mel
frames of their samples in every one; a request is a WAV file through the signature of the exported servable, with
words, times and scores in its answer.
"""

from __future__ import annotations

import os
import pathlib
import statistics
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf

from benchmarks.beside import Clock, compare, parser
from export import servable
from keras_seq import reading
from keras_seq.applications import speech_to_text
from keras_seq.audio_files import as_wav
from keras_seq.batches import Batches
from keras_seq.feature_cache import FeatureCache
from keras_seq.order import Order
from keras_seq.reading import Reader

FILES = {"train": "train.jsonl", "validation": "dev.jsonl", "test": "test.jsonl"}
PREPARE = {"subsampling": 4}
MODEL = {"dropout": 0.2, "speed_perturbation": 0.0, "masks": 1}
BATCH_SIZE = 16
SHUFFLE_BUFFER = 50000
REQUESTS = 100


def main(argv: list[str] | None = None) -> int:
    options = parser(__doc__)
    options.set_defaults(layers=3)
    return compare(
        options.parse_args(argv), "benchmarks.speech", rates, "audio s/s", times=["inference batch 1"]
    )


def rates(data: str, layers: int, epochs: int) -> dict[str, float]:
    """The median rate of all epochs but the first, and that of requests of one sound, in this process."""
    keras.utils.set_random_seed(1)
    files = {split: str(pathlib.Path(data, name)) for split, name in FILES.items()}
    examples = list(speech_to_text.read("train", **files) or ())
    preprocessing = speech_to_text.prepare(examples, **PREPARE)
    network = speech_to_text.build(preprocessing.sizes, layers=layers, **MODEL)
    adam = keras.optimizers.AdamW(1e-3, global_clipnorm=5.0)
    network.compile(adam, speech_to_text.objective().loss, jit_compile=False)
    steps = -(-len(examples) // BATCH_SIZE)
    cache = FeatureCache(preprocessing, Reader(convert=as_wav), None)
    batches = Batches(preprocessing, cache=cache)
    dataset = batches.training(Order(examples, BATCH_SIZE, SHUFFLE_BUFFER, 1), range(epochs))
    clock = Clock()
    network.fit(dataset, epochs=epochs, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=[clock])
    sound = sum(example.input.length for example in examples) / 1000
    model = speech_to_text.present(preprocessing, network)
    return {
        "train": sound / statistics.median(clock.seconds[1:]),
        "inference batch 1": _requests(model, list(speech_to_text.read("test", **files) or ())[:REQUESTS]),
    }


def _requests(model: keras.Model, examples: list) -> float:
    """The median, over sounds asked one by one, of their seconds for each second that an answer took."""
    sounds = [as_wav(reading.contents(example.input)) for example in examples]
    with tempfile.TemporaryDirectory() as folder:
        servable.write(model, {"audio": sounds[:1]}, "speech_to_text", pathlib.Path(folder))
        signature = tf.saved_model.load(folder).signatures["serving_default"]
        for sound in sounds[:20]:
            signature(audio=tf.constant([sound]))
        found = []
        for example, sound in zip(examples, sounds, strict=True):
            start = time.perf_counter()
            signature(audio=tf.constant([sound]))["transcript"].numpy()
            found.append(example.input.length / 1000 / (time.perf_counter() - start))
    return statistics.median(found)


if __name__ == "__main__":
    sys.exit(main())
