"""Do memory and the time of an epoch grow with the training files of a translation recipe?

    python -m benchmarks.translation_memory --train SOURCE TARGET --folder SCRATCH

The first pairs of two line-aligned files are written out once and several times over; one epoch of the recipe
of Multi30k is trained on each by the command, in a process of its own, whose largest resident memory is
printed beside the seconds of its epoch.
"""

from __future__ import annotations

import argparse
import itertools
import pathlib
import sys

from benchmarks.peak_memory import trained
from keras_seq.formats.lines import lines

PAIRS, VALIDATION_PAIRS = 4000, 64
TIMES = (1, 2, 4)
SHUFFLE_BUFFER = 2000
RECIPE = "zoo/translation_multi30k.yaml"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", required=True, nargs=2, type=pathlib.Path, metavar=("SOURCE", "TARGET"))
    parser.add_argument("--folder", required=True, type=pathlib.Path, metavar="SCRATCH")
    arguments = parser.parse_args(argv)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for times in TIMES:
        files = {name: [] for name in ("train", "validation")}
        for side, path in zip(("source", "target"), arguments.train, strict=True):
            kept = [line for _, line in itertools.islice(lines(path), PAIRS)]
            for name, part in (("train", kept * times), ("validation", kept[:VALIDATION_PAIRS])):
                written = arguments.folder / f"{name}_{times}.{side}"
                written.write_text("".join(f"{line}\n" for line in part), encoding="utf-8")
                files[name].append(str(written.resolve()))
        peak, seconds = one_epoch(files, arguments.folder / f"run_{times}")
        print(
            f"{PAIRS * times:6d} pairs: peak resident memory {peak:.0f} MiB, an epoch {seconds:.1f} s",
            flush=True,
        )
    return 0


def one_epoch(files: dict[str, list[str]], folder: pathlib.Path) -> tuple[float, float]:
    """Train for one epoch; the largest resident memory of the process in MiB, and the seconds of the epoch."""
    values = {
        **{f"data.{name}": paths for name, paths in files.items()},
        "data.test": "null",
        "training.epochs": 1,
        "training.shuffle_buffer": SHUFFLE_BUFFER,
    }
    peak, history = trained(RECIPE, values, folder)
    return peak, history[0]["seconds"]


if __name__ == "__main__":
    sys.exit(main())
