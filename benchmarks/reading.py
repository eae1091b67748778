"""Does memory grow with the training file, and how fast are many small files read?

    python -m benchmarks.reading --train FILE.tsv --folder DIR

FILE.tsv (text TAB label) is written out once and twenty times over, and one epoch is trained on each in a
process of its own, whose largest resident memory is printed. In DIR 50,000 text files in two class folders
are made and read.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import resource
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SMALL_FILES = 50_000
TIMES = (1, 20)
SHUFFLE_BUFFER = 5000


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", required=True, type=pathlib.Path, metavar="FILE.tsv")
    parser.add_argument("--folder", required=True, type=pathlib.Path, metavar="DIR")
    parser.add_argument("--once", type=pathlib.Path, metavar="FILE.tsv", help="train on it in this process")
    arguments = parser.parse_args(argv)
    if arguments.once:
        print(f"{one_epoch(arguments.once):.0f}")
        return 0
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rows = arguments.train.read_bytes()
    for times in TIMES:
        path = arguments.folder / f"{times}x.tsv"
        path.write_bytes(rows * times)
        command = [
            sys.executable,
            "-m",
            "benchmarks.reading",
            "--train",
            str(path),
            "--folder",
            ".",
            "--once",
            str(path),
        ]
        peak = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        print(
            f"{times:3d}x, {path.stat().st_size / 2**20:6.1f} MiB: peak resident memory {peak} MiB",
            flush=True,
        )
    seconds = read_small_files(arguments.folder / "classes", rows.decode().splitlines())
    print(f"{SMALL_FILES} small files: {seconds:.2f} s, {SMALL_FILES / seconds:,.0f} a second")
    return 0


def one_epoch(path: pathlib.Path) -> float:
    """Train a small model for one epoch; the largest resident memory of this process, MiB."""
    from keras_seq.applications import sentiment
    from keras_seq.batches import Batches
    from keras_seq.order import Order

    examples = sentiment.read("train", train=str(path), validation=str(path))
    preprocessing = sentiment.prepare(examples, vocabulary_size=8000)
    network = sentiment.build(preprocessing.sizes, embedding_dim=32, units=16)
    network.compile("adam", "categorical_crossentropy", jit_compile=False)
    dataset = Batches(preprocessing).training(Order(examples, 64, SHUFFLE_BUFFER, 1), range(1))
    network.fit(dataset, steps_per_epoch=-(-preprocessing.examples // 64), shuffle=False, verbose=0)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def read_small_files(folder: pathlib.Path, rows: list[str]) -> float:
    """Seconds to read 50,000 files of two class folders, which are made first."""
    from keras_seq.formats import ClassFolders

    for name in ("neg", "pos"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(SMALL_FILES):
        path = folder / ("neg", "pos")[number % 2] / f"{number}.txt"
        if not path.exists():
            path.write_text(rows[number % len(rows)], encoding="utf-8")
    start = time.perf_counter()
    count = sum(1 for _ in ClassFolders(str(folder)))
    assert count == SMALL_FILES
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
