"""Clips a second in training an LRCN, a network of frames and an LSTM over them, beside PyTorch in the same run.

    python -m benchmarks.video --data LIST [--beside "PYTHON -m benchmarks.video_torch"] [--epochs 4]

LIST is a split list or a folder of clips, as `data.train` of a recipe of video_activity. Ours and PyTorch's take turns,
`--rounds` times; medians and ratios are printed. The frames are decoded before the clock runs, by ours, and kept in
memory; both then crop and sample them anew in every epoch, take differences, and train the same network with the
same optimizer. With more than one of `--layers`, LSTM layers stand on top of each other.
"""

from __future__ import annotations

import os
import pathlib
import statistics
import sys
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Libraries are imported where they are needed: benchmarks.video_torch reads the numbers here, without TensorFlow.
BATCH_SIZE = 16
LEARNING_RATE, CLIP_NORM = 0.002, 5.0
SIDE, FRAMES, SAMPLED, UNITS, CROP, SPEED, DROPOUT = 60, 32, 16, 128, 0.1, 0.3, 0.3
PREPARE = {"frames": FRAMES, "height": SIDE, "width": SIDE, "channels": 1, "trim": True, "even_light": True}
MODEL = {"frames": SAMPLED, "pooled": False, "motion": True, "units": UNITS, "crop": CROP, "speed": SPEED}


def main(argv: list[str] | None = None) -> int:
    from benchmarks.beside import compare, parser

    return compare(parser(__doc__).parse_args(argv), "benchmarks.video", rates, "clips/s")


def prepared(data: str) -> tuple[list, Any]:
    """The clips of a list, and the preprocessing of their recipe."""
    from keras_seq.applications import video_activity

    folder = pathlib.Path(data).parent / "clips"
    root = str(folder) if folder.is_dir() and pathlib.Path(data).is_file() else None
    examples = list(video_activity.read("train", train=data, root=root) or ())
    return examples, video_activity.prepare(examples, **PREPARE)


def rates(data: str, layers: int, epochs: int) -> dict[str, float]:
    """The median rate of all epochs but the first, in this process."""
    import keras

    from benchmarks.beside import Clock
    from keras_seq.applications import video_activity
    from keras_seq.batches import Batches
    from keras_seq.feature_cache import FeatureCache
    from keras_seq.order import Order
    from keras_seq.reading import Reader

    keras.utils.set_random_seed(1)
    examples, preprocessing = prepared(data)
    network = video_activity.build(preprocessing.sizes, layers=layers, dropout=DROPOUT, **MODEL)
    adam = keras.optimizers.AdamW(LEARNING_RATE, global_clipnorm=CLIP_NORM)
    network.compile(adam, video_activity.objective().loss, jit_compile=False)
    cache = FeatureCache(preprocessing, Reader(convert=preprocessing.contents), None)
    batches = Batches(preprocessing, cache=cache)
    dataset = batches.training(Order(examples, BATCH_SIZE, len(examples), 1), range(epochs))
    clock, steps = Clock(), -(-len(examples) // BATCH_SIZE)
    network.fit(dataset, epochs=epochs, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=[clock])
    return {"train": len(examples) / statistics.median(clock.seconds[1:])}


if __name__ == "__main__":
    sys.exit(main())
