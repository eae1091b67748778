"""The frames that benchmarks.video trains on, in a file for benchmarks.video_torch.

python -m benchmarks.video_frames LIST FILE.npz
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from benchmarks.video import BATCH_SIZE, FRAMES, SIDE, prepared
from keras_seq.reading import Reader


def main(argv: list[str] | None = None) -> int:
    data, written = sys.argv[1:] if argv is None else argv
    examples, preprocessing = prepared(data)
    reader = Reader(convert=preprocessing.contents)
    frames = np.zeros((len(examples), FRAMES, SIDE, SIDE), "uint8")
    lengths = np.zeros(len(examples), "int32")
    for start in range(0, len(examples), BATCH_SIZE):
        _, clips = reader.read(examples[start : start + BATCH_SIZE])
        found = preprocessing.features_of(tf.constant(clips))
        count = found["frames"].shape[1]
        frames[start : start + BATCH_SIZE, :count] = found["frames"][..., 0]
        lengths[start : start + BATCH_SIZE] = found["lengths"]
    labels = np.array([preprocessing.classes.index(example.truth) for example in examples], "int32")
    np.savez(written, frames=frames, lengths=lengths, labels=labels)
    return 0


if __name__ == "__main__":
    sys.exit(main())
