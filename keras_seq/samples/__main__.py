"""python -m keras_seq.samples CORPUS: a built-in corpus as files, in the format of its field, to try recipes
with.
"""

from __future__ import annotations

import pathlib
import sys

from keras_seq.command_line import CommandParser, proposed
from keras_seq.errors import RecipeError, user_errors
from keras_seq.samples import (
    film_reviews,
    holidays,
    news,
    scenes,
    spoken_commands,
    stick_figure_poses,
    stick_figures,
)

CORPORA = {
    "film_reviews": film_reviews,
    "news": news,
    "holidays": holidays,
    "spoken_commands": spoken_commands,
    "stick_figures": stick_figures,
    "stick_figure_poses": stick_figure_poses,
    "scenes": scenes,
}


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser(
        "keras_seq.samples", "Write a built-in corpus into a folder, a file for each split."
    )
    parser.add_argument("corpus", metavar="CORPUS", choices=CORPORA, help=f"one of {', '.join(CORPORA)}")
    parser.add_argument("--to", default="my", metavar="DIR", help="the folder (default: my)")
    parser.add_argument(
        "--train", type=int, metavar="N", help="training examples (default: all that there are)"
    )
    arguments = parser.parse_args(argv)
    corpus, folder = CORPORA[arguments.corpus], pathlib.Path(arguments.to)
    with user_errors():
        most = corpus.SIZES["train"]
        size = most if arguments.train is None else arguments.train
        if not 1 <= size <= most:
            raise RecipeError(f"--train {size}: {arguments.corpus} has 1 to {most} training examples")
        if folder.is_dir() and any((folder / f"{split}{corpus.SUFFIX}").exists() for split in corpus.SIZES):
            raise RecipeError(f"--to {folder}: has such files already; nothing was written")
        folder.mkdir(parents=True, exist_ok=True)
        corpus.write_files(folder, {**corpus.SIZES, "train": size})
        files = " ".join(str(folder / f"{split}{corpus.SUFFIX}") for split in corpus.SIZES)
        print(
            f"wrote {files}\nnext, with a recipe that names them:\n  {proposed('keras_seq.train', 'RECIPE')}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
