"""What starting from a trained model gains on a hundred labelled examples, over five seeds, beside the same recipe
from nothing.

    python -m benchmarks.finetuning sentiment --data DIR    # DIR has stsa.fine.train and stsa.fine.test (SST-5)
    python -m benchmarks.finetuning ner      # sentences of the built-in news, with dates as a new type; from WNUT-17
    python -m benchmarks.finetuning dates    # the same, from a tagger of the same news that never had dates

Of the hundred a fifth chooses the epoch. `--choose` scores on the dev split instead of test, for choosing settings;
`--set` changes the recipe of the fine-tuning, as `--set training.epochs=9`.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from keras_seq.samples import news

CLASSES = ["very negative", "negative", "neutral", "positive", "very positive"]
EXAMPLES, SEEDS = 100, range(1, 6)
RECIPES = {
    "sentiment": {
        "zoo": "sentiment_sst2",
        "data": {"train": "train.tsv", "validation": 0.2, "test": "test.tsv"},
        "tuning": {"freeze": ["embedding", "bidirectional_1"], "epochs": 30},
        "scratch": {"epochs": 30},
    },
    "ner": {
        "zoo": "ner_wnut17",
        "data": {
            **{"train": "train.conll", "validation": 0.2, "test": "test.conll"},
            "types": {
                "person": "person",
                "location": "location",
                "organization": "corporation",
                "date": "date",
            },
        },
        "tuning": {"epochs": 20},
        "scratch": {"epochs": 20},
    },
    "dates": {
        "zoo": "ner",  # trained without dates
        "data": {"train": "train.conll", "validation": 0.2, "test": "test.conll"},
        "tuning": {"epochs": 20},
        "scratch": {"epochs": 20},
    },
}
WITHOUT_DATES = "data.types={person: person, location: location, organization: organization}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.finetuning", description=__doc__.split("\n")[0]
    )
    parser.add_argument("application", choices=RECIPES)
    parser.add_argument("--data", metavar="DIR", help="of sentiment: a folder with the fine-grained SST")
    parser.add_argument("--choose", action="store_true", help="score on the dev split")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), metavar="N")
    parser.add_argument("--only", choices=("tuning", "scratch"))
    parser.add_argument("--set", action="append", default=[], metavar="A.B=VALUE")
    arguments = parser.parse_args(argv)
    if arguments.application == "sentiment" and not arguments.data:
        parser.error("sentiment needs --data DIR")
    recipe = RECIPES[arguments.application]
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        if arguments.application == "sentiment":
            _write_sst5(pathlib.Path(arguments.data), folder, "dev" if arguments.choose else "test")
        else:
            _write_news(folder, "validation" if arguments.choose else "test")
        if arguments.application == "dates":
            base = str(folder / "without_dates")
            _run("keras_seq.train", recipe["zoo"], "--run", base, "--set", WITHOUT_DATES)
            recipe = {**recipe, "zoo": base}
        for kind in (kind for kind in ("tuning", "scratch") if arguments.only in (None, kind)):
            found = [_trained(recipe, kind, seed, folder, arguments.set) for seed in SEEDS[: arguments.seeds]]
            values, seconds = zip(*found, strict=True)
            mean = statistics.mean(values)
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            every = ", ".join(f"{100 * value:.1f}" for value in values)
            print(
                f"{arguments.application} {kind}: {100 * mean:.1f} +- {100 * spread:.1f} ({every}), "
                f"{statistics.mean(seconds):.0f} s a seed",
                flush=True,
            )
    return 0


def _write_sst5(data: pathlib.Path, folder: pathlib.Path, test: str) -> None:
    """The first hundred rows of train, and all of the split that is scored, as TSV."""
    for name, split, most in (("train", "train", EXAMPLES), ("test", test, None)):
        lines = (data / f"stsa.fine.{split}").read_text(encoding="latin-1").splitlines()[:most]
        rows = (line.split(" ", 1) for line in lines)
        text = "".join(f"{sentence}\t{CLASSES[int(label)]}\n" for label, sentence in rows)
        (folder / f"{name}.tsv").write_text(text, encoding="utf-8")


def _write_news(folder: pathlib.Path, test: str) -> None:
    """A hundred sentences of train, and all of the split that is scored, as CoNLL columns."""
    for name, split, size in (("train", "train", EXAMPLES), ("test", test, news.SIZES[test])):
        sentences = news.sentences(split, size)
        rows = ("".join(f"{token}\t{tag}\n" for token, tag in sentence) for sentence in sentences)
        (folder / f"{name}.conll").write_text("\n".join(rows), encoding="utf-8")


def _trained(recipe, kind: str, seed: int, folder: pathlib.Path, more: list[str]) -> tuple[float, float]:
    """The main score on the test split, and the seconds of the whole command."""
    run, file = folder / f"{kind}_{seed}", folder / f"{kind}_{seed}.yaml"
    training = {**recipe[kind], "seed": seed, "init_from": recipe["zoo"]}
    values = {"data": {"directory": str(folder), **recipe["data"]}, "training": training}
    options = [word for one in more if kind == "tuning" for word in ("--set", one)]
    if kind == "scratch":  # the same numbers of prepare and model, which come with init_from
        from keras_seq.recipe import load_recipe

        file.write_text(json.dumps(values), encoding="utf-8")
        same = load_recipe(file)
        training = {**recipe[kind], "seed": seed}
        values |= {"application": same.application, "prepare": same.prepare, "model": same.model}
        values["training"] = training
    file.write_text(json.dumps(values), encoding="utf-8")
    begun = time.monotonic()
    _run("keras_seq.train", str(file), "--run", str(run), *options)
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    return next(iter(metrics["test"].values())), time.monotonic() - begun


def _run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)


if __name__ == "__main__":
    sys.exit(main())
