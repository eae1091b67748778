"""Do memory and the time of an epoch grow with the number of clips, and what does a cache save?

    python -m benchmarks.video_memory --folder SCRATCH [--clips 300 3000]

Stick figures of larger frames are encoded as MP4, 120 of them, and listed over and over. The sample recipe, at 96
pixels, is trained for two epochs on each list, without a cache and with one on disk, by the command, in a process
of its own, whose largest resident memory is printed beside the seconds of its first epoch and of its last.
"""

from __future__ import annotations

import argparse
import itertools
import pathlib
import sys

import numpy as np

from benchmarks.peak_memory import trained
from keras_seq.samples import stick_figures

RECIPE = "zoo/video_activity.yaml"
FILES, TIMES_LARGER, RATE = 120, 4, 25
VALUES = {
    **{"data.source": "files", "data.validation": 0.02, "data.test": "null"},
    **{"prepare.height": 96, "prepare.width": 96, "training.epochs": 2},
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", required=True, type=pathlib.Path, metavar="SCRATCH")
    parser.add_argument("--clips", type=int, nargs="+", default=[300, 3000])
    arguments = parser.parse_args(argv)
    paths = videos(arguments.folder)
    for count in arguments.clips:
        table = arguments.folder / f"{count}.csv"
        rows = (f"{path},{label}\n" for path, label in itertools.islice(itertools.cycle(paths), count))
        table.write_text("path,label\n" + "".join(rows), encoding="utf-8")
        columns = {"data.train": table.resolve(), "data.clip": "path", "data.label": "label"}
        for cache in ("none", "disk"):
            run = arguments.folder / f"run_{count}_{cache}"
            peak, history = trained(RECIPE, {**VALUES, **columns, "training.cache": cache}, run)
            first, last = history[0]["seconds"], history[-1]["seconds"]
            print(
                f"{count:5d} clips, cache {cache}: peak resident memory {peak:.0f} MiB, "
                f"first epoch {first:.1f} s, second {last:.1f} s",
                flush=True,
            )
    return 0


def videos(folder: pathlib.Path) -> list[tuple[str, str]]:
    """MP4 files with their labels, written where they are not there."""
    import av

    found = []
    for place in range(FILES):
        path, label = folder / f"{place:04}.mp4", stick_figures.label(place)
        found.append((path.name, label))
        if path.exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        frames = np.kron(
            stick_figures.clip("train", place), np.ones((1, TIMES_LARGER, TIMES_LARGER), "uint8")
        )
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=RATE)
            stream.height, stream.width, stream.pix_fmt = *frames.shape[1:], "yuv420p"
            for frame in np.repeat(frames, 2, axis=0):
                image = av.VideoFrame.from_ndarray(np.repeat(frame[..., None], 3, axis=2), format="rgb24")
                container.mux(stream.encode(image))
            container.mux(stream.encode())
    return found


if __name__ == "__main__":
    sys.exit(main())
