"""python -m export RUN: a run's model as a servable, put through the gates and published."""

from __future__ import annotations

import argparse
import os
import pathlib
import shlex
import shutil
import sys
import tempfile
import urllib.parse

# The servable is compared with the Keras model, to 1e-5: on the same device, then. What is saved is the same anyhow.
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        allow_abbrev=False,
        prog="python -m export",
        description="Write a run's model as a servable for TensorFlow Serving. Nothing is published that fails a gate.",
    )
    parser.add_argument("run", metavar="RUN", help="a run's folder, for example runs/sentiment")
    parser.add_argument("--to", default="servables", metavar="DIR", help="folder of servables (default: servables)")
    parser.add_argument("--version", type=_positive, metavar="N", help="version number (default: the last one + 1)")
    parser.add_argument("--keep", type=_positive, metavar="N", help="remove all but the newest N versions afterwards")
    arguments = parser.parse_args(argv)
    from keras_seq.errors import user_errors

    with user_errors():
        return _export(arguments.run, pathlib.Path(arguments.to), arguments.version, arguments.keep)


def _export(run_folder: str, to: pathlib.Path, version: int | None, keep: int | None) -> int:
    from export import gates, servable
    from keras_seq.errors import RecipeError
    from keras_seq.run import Run, load

    run = Run(run_folder).finished()
    model_folder = to / run.name
    version = version or max(servable.versions(model_folder), default=0) + 1
    if version in servable.versions(model_folder):
        raise RecipeError(f"{model_folder / str(version)}: this version is there already; name another with --version")
    try:
        model_folder.mkdir(parents=True, exist_ok=True)
        incoming = pathlib.Path(tempfile.mkdtemp(prefix="incoming-", dir=model_folder))  # not a number: no server looks
    except OSError as error:
        raise RecipeError(f"{error.filename}: cannot be written: {error.strerror}") from None
    try:
        model, requests = load(run.path), run.read_requests()
        written = incoming / str(version)
        servable.write(model, requests, run.name, written)
        for line in gates.check(written, model, next(iter(requests.values()))):
            print(line)
        target = servable.publish(written, model_folder, version)
    except gates.GateError as error:
        print(f"error: {error}\nnothing was published", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    print(f"gate 7 (whole): published as {target}")
    for old in servable.prune(model_folder, keep, version) if keep else []:
        print(f"removed version {old}")
    servable.list_in_config(to, run.name)
    address = f"localhost:8501/v1/models/{urllib.parse.quote(run.name)}:predict"
    print(f"next:\n  python -m serving {shlex.quote(str(to))}   # then, beside it:")
    print(f"  curl -d {shlex.quote(f'@{run.requests_file}')} {address}")
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
