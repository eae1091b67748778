"""The tables of results in README.md and zoo/README.md, made of the cards of the zoo's trained models.

    python -m benchmarks.zoo_tables            # writes them
    python -m benchmarks.zoo_tables --check    # code 1 where they are stale

A table stands between two comments, `<!-- NAME: made by ... -->` and `<!-- end of NAME -->`.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
from typing import Any

from keras_seq.applications import APPLICATIONS
from keras_seq.catalogue import published
from keras_seq.run import Run
from keras_seq.yaml_tree import Tree

PROJECT = pathlib.Path(__file__).resolve().parent.parent
BEGINNING = "<!-- {name}: made by python -m benchmarks.zoo_tables -->\n"
END = "<!-- end of {name} -->"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.zoo_tables", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing; code 1 where a table is stale")
    arguments = parser.parse_args(argv)
    stale = []
    for path, text in made().items():
        if path.read_text(encoding="utf-8") != text:
            stale.append(str(path.relative_to(PROJECT)))
            if not arguments.check:
                path.write_text(text, encoding="utf-8")
    print(f"{'stale' if arguments.check else 'written'}: {', '.join(stale)}" if stale else "up to date")
    return bool(stale) and arguments.check


def made() -> dict[pathlib.Path, str]:
    """The documents with their tables as the cards have it: path -> text."""
    found = {}
    for path, name, table in (
        (PROJECT / "README.md", "results", short_table()),
        (PROJECT / "zoo" / "README.md", "models", whole_table()),
    ):
        text = path.read_text(encoding="utf-8")
        begin, end = BEGINNING.format(name=name), END.format(name=name)
        before, found_begin, rest = text.partition(begin)
        _, found_end, after = rest.partition(end)
        if not (found_begin and found_end):
            raise ValueError(f"{path}: has no place for the table {name!r}: {begin}{end}")
        found[path] = f"{before}{begin}{table}\n{end}{after}"
    return found


def short_table() -> str:
    """Models of public data: what they are, their test score, published scores."""
    models = {name: metrics for name, metrics in _metrics().items() if beside(name)["published"]}
    rows = [
        [
            f"[{name}](zoo/pretrained/{name}/card.md)",
            APPLICATIONS[metrics["published"]["application"]].about.partition(":")[0],
            beside(name)["data"],
            f"{next(iter(metrics['test']))} **{scores(metrics)}**",
            others(name),
            f"{metrics['published']['bytes'] / 1e6:.1f} MB",
        ]
        for name, metrics in models.items()
    ]
    return _table(["model", "shape", "data", "test score", "published by others", "size"], rows)


def whole_table() -> str:
    """All models, with the scores of every seed and the times."""
    rows = [
        [
            f"[{name}]({name}.yaml)",
            f"[card](pretrained/{name}/card.md)",
            metrics["published"]["application"],
            ", ".join(metrics["published"]["languages"]),
            beside(name)["data"],
            f"{next(iter(metrics['test']))} **{scores(metrics)}**{seeds(metrics)}",
            others(name) if beside(name)["published"] else "a check that all works, not a result",
            f"{metrics['published']['bytes'] / 1e6:.1f} MB",
        ]
        for name, metrics in _metrics().items()
    ]
    heads = ["recipe", "model", "application", "languages", "data", "test score (seeds)"]
    return _table([*heads, "published by others", "size"], rows)


def scores(metrics: dict[str, Any]) -> str:
    """The main test score of a published model, out of 100."""
    return _hundred(next(iter(metrics["test"].values())))


def seeds(metrics: dict[str, Any]) -> str:
    """The test scores of all seeds that the model was chosen from by validation, where there were several."""
    found = metrics["published"]["seeds"]
    if len(found) == 1:
        return f" (seed {next(iter(found))})"
    return " (" + ", ".join(f"{seed}: {_hundred(one['test'])}" for seed, one in found.items()) + ")"


def others(name: str) -> str:
    """What others have published."""
    return "; ".join(f"{one['score']} {one['model']} ({one['source']})" for one in beside(name)["published"])


def beside(name: str) -> dict[str, Any]:
    """What benchmarks/published.yaml says of a model."""
    tree = Tree()
    tree.merge_file(PROJECT / "benchmarks" / "published.yaml")
    return {"data": "", "published": [], **tree.values.get(name, {})}


def _metrics() -> dict[str, dict[str, Any]]:
    return {name: Run(folder).read_metrics() for name, folder in published().items()}


def _hundred(value: float) -> str:
    return f"{value if value > 1 else 100 * value:.1f}"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
