"""python -m export RUN: a run's model as a servable, put through the gates and published."""

from __future__ import annotations

import argparse
import os
import pathlib
import shlex
import shutil
import sys
import urllib.parse
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_seq import environment  # first: it reports packages that are not installed

# The servable is compared with the Keras model, to 1e-5: on the same device, then. What is saved is the same
# anyhow.
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

from export import folders, serving_versions
from export.fresh_process import FreshProcess
from keras_seq.command_line import RUN, proposed
from keras_seq.errors import RecipeError, reason, user_errors
from keras_seq.progress import say, step
from keras_seq.run import Run, find, load
from keras_seq.version import version

if TYPE_CHECKING:
    from keras_seq.answers import Answering

PACKAGE_VERSION = 0  # what `--version` alone stands for


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        allow_abbrev=False,
        prog="python -m export",
        description="Write a run's model as a servable for TensorFlow Serving. Nothing is published that fails a gate.",
    )
    parser.add_argument("run", nargs="?", metavar="RUN", help=RUN)
    parser.add_argument(
        "--to", default="servables", metavar="DIR", help="folder of servables (default: servables)"
    )
    parser.add_argument(
        "--name",
        metavar="NAME",
        help="the model's name (default: that of the run, or of the model of the zoo)",
    )
    parser.add_argument(
        "--version",
        type=_positive,
        nargs="?",
        const=PACKAGE_VERSION,
        metavar="N",
        help="version number (default: the last one + 1); without a number, print this package's version and end",
    )
    parser.add_argument(
        "--keep",
        type=_positive,
        metavar="N",
        help="afterwards, remove all but the newest N versions, and but those that models.config names",
    )
    parser.add_argument(
        "--serving",
        type=_serving,
        metavar="X.Y",
        help="the oldest TensorFlow Serving that must read it, from "
        f"{serving_versions.OLDEST} (default: what fits the TensorFlow that is installed)",
    )
    arguments = parser.parse_args(argv)
    if arguments.version == PACKAGE_VERSION:
        print(f"keras_seq {version()}")
        return 0
    if arguments.run is None:
        parser.error("the following arguments are required: RUN")
    with user_errors():
        return _export(arguments)


def _export(arguments: argparse.Namespace) -> int:
    """All that can be known without TensorFlow comes first."""
    run, to = find(arguments.run).finished(), pathlib.Path(arguments.to)
    requests = run.read_requests()
    name = folders.check_name(arguments.name or run.name)
    model_folder = to / name
    if to.exists() and not to.is_dir():
        raise RecipeError(f"{to}: cannot be written: it is no folder")
    folders.next_version(model_folder, arguments.version)
    pinned = folders.pinned_versions(to, name)
    serving = arguments.serving or serving_versions.fitting()
    with folders.incoming(
        model_folder
    ):  # it can be written; gone again, for Ctrl-C in an import ends this at once
        _check_room(run, model_folder)
    with FreshProcess() as fresh:
        with step("loading TensorFlow"):
            environment.import_keras()
        with folders.incoming(model_folder) as incoming:
            written = incoming / "1"
            if refused := _write_and_check(run, requests, name, written, serving, fresh):
                print(f"error: {refused}\nnothing was published", file=sys.stderr)
                return 1
            published = folders.publish(written, model_folder, arguments.version)
    say(f"gate 7 (whole): published as {model_folder / str(published)}")
    _afterwards(lambda: folders.list_in_config(to, name), f"{to / folders.CONFIG_FILE} is as it was")
    if arguments.keep:
        _afterwards(
            lambda: _prune(model_folder, arguments.keep, published, pinned),
            "not all old versions were removed",
        )
    address = f"localhost:8501/v1/models/{urllib.parse.quote(name)}:predict"
    say(f"next:\n  {proposed('serving', str(to))}   # then, beside it:")
    say(f"  curl -d {shlex.quote(f'@{run.requests_file}')} {address}")
    return 0


def _write_and_check(
    run: Run, requests: dict[str, list], name: str, written: pathlib.Path, serving: str, fresh: FreshProcess
) -> str:
    """Write the servable and put it through the gates; gives why it is refused, or ""."""
    with step(f"loading {run.model_file}"):
        from export import gates

        model: Answering = load(run.path)
    with step("writing the servable"):
        _write(model, requests, name, written)
    try:
        for line in gates.check(written, model, next(iter(requests.values())), serving, fresh):
            say(line)
    except gates.GateError as error:
        return str(error)
    return ""


def _write(model: Answering, requests: dict[str, list], name: str, written: pathlib.Path) -> None:
    import tensorflow as tf

    from export import servable

    try:
        servable.write(model, requests, name, written)
    except (OSError, tf.errors.OpError) as error:
        why = reason(error if isinstance(error, OSError) else OSError(error.message))
        raise RecipeError(
            f"{written.parent.resolve().parent}: the servable cannot be written: {why}"
        ) from None


def _check_room(run: Run, model_folder: pathlib.Path) -> None:
    """A servable is about as large as the Keras model; TensorFlow does not always report a full disk."""
    needed, free = run.model_file.stat().st_size, shutil.disk_usage(model_folder).free
    if free < needed:
        raise RecipeError(
            f"{model_folder}: {free:,} bytes are free there, and the servable needs about {needed:,}"
        )


def _afterwards(act: Callable[[], None], otherwise: str) -> None:
    """What comes after publication; a failure does not undo it, and is a warning."""
    try:
        act()
    except (OSError, RecipeError) as error:
        print(f"warning: the servable is published, but {otherwise}: {error}", file=sys.stderr)


def _prune(model_folder: pathlib.Path, keep: int, published: int, pinned: set[int]) -> None:
    for old in folders.prune(model_folder, keep, published, pinned):
        say(f"removed version {old}")


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1")
    if int(text) > folders.LARGEST_VERSION:
        raise argparse.ArgumentTypeError(f"{text!r}: expected at most {folders.LARGEST_VERSION}")
    return int(text)


def _serving(text: str) -> str:
    try:
        return serving_versions.parsed(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
