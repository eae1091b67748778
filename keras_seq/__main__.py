"""python -m keras_seq: an overview of the commands."""

from __future__ import annotations

import argparse
import sys

from keras_seq.applications import APPLICATIONS
from keras_seq.command_line import CommandParser
from keras_seq.errors import user_errors
from keras_seq.pretrained import list_models

COMMANDS = {
    "keras_seq.train RECIPE": "train a recipe and score it",
    "keras_seq.launch RECIPE": "train a recipe in several processes on this machine",
    "keras_seq.tune RECIPE": "search the best values of a recipe's keys",
    "keras_seq.evaluate RUN": "the scores of a run, on its test split or on another file",
    "keras_seq.predict RUN TEXT": "a run's answers to texts",
    "keras_seq.inspect RUN TEXT": "pictures of what an LSTM of a run does while it reads a text",
    "keras_seq.publish RUN...": "the best of some runs as a trained model, to give away",
    "keras_seq.samples CORPUS": "write a built-in corpus as files, to try recipes with",
    "export RUN": "a run as a servable for TensorFlow Serving, put through the gates",
    "serving SERVABLES": "serve a folder of servables over REST and gRPC",
}


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser(
        "keras_seq", "LSTM sequence models for Keras, from a YAML recipe to a served answer."
    )
    wide = max(map(len, COMMANDS))
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "commands, each with --help:\n" + "\n".join(
        f"  python -m {command:{wide}}  {about}" for command, about in COMMANDS.items()
    )
    parser.epilog += "\n\napplications:\n" + "\n".join(
        f"  {name:{wide + 10}}  {application.about}" for name, application in APPLICATIONS.items()
    )
    parser.epilog += "\n\ntrained models, which stand for RUN by their names:\n" + "\n".join(
        f"  {one.name:{wide + 10}}  {one.application}, {' to '.join(one.languages)}; "
        f"{one.score} {one.value:.4g}, {one.megabytes:.1f} MB"
        for one in list_models()
    )
    parser.parse_args(argv)
    with user_errors():
        print(parser.format_help())
    return 0


if __name__ == "__main__":
    sys.exit(main())
