"""Is one run's captioning better than another's? The margin in BLEU-4 and CIDEr, by paired bootstrap over pictures.

    python -m benchmarks.captions RUN_A RUN_B [--split test] [--directory DIR]

Both are asked the pictures of RUN_A's split, each as a user would; RUN_B may be trained on pictures that are all
grey, so that the margin is what seeing is worth. Of the same 1000 resamples of the pictures, 95 % have a margin
inside the interval: where it is above 0, RUN_A is better, and not by luck with the pictures.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

if TYPE_CHECKING:
    from keras_seq.formats import Example
    from keras_seq.metrics.caption_scores import Judged

OUTPUT = "caption"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs=2, metavar="RUN")
    parser.add_argument("--split", default="test", choices=["validation", "test"])
    parser.add_argument("--directory", metavar="DIR", help="where the data of RUN_A's recipe is now")
    arguments = parser.parse_args(argv)

    from keras_seq import applications
    from keras_seq.errors import RecipeError, user_errors
    from keras_seq.run import find

    with user_errors():
        runs = [find(run).finished() for run in arguments.runs]
        recipe = runs[0].recipe
        if arguments.directory is not None:
            recipe = recipe.moved(arguments.directory)
        examples = applications.functions(recipe.application).read(arguments.split, **recipe.data)
        if examples is None:
            raise RecipeError(f"{runs[0].called}: the recipe has no {arguments.split} split")
        examples = list(examples)
        print_margins([run.called for run in runs], *judged(examples, [str(run.path) for run in runs]))
    return 0


def judged(examples: list[Example], runs: Iterable[str]) -> list[Judged]:
    """The captions of every run, judged on the pictures that all of them answer."""
    from keras_seq.metrics.caption_scores import Judge
    from keras_seq.run import load
    from keras_seq.training import scoring

    said = [
        {
            example.where: answer[OUTPUT]
            for example, answer in scoring.answers(model, examples)
            if not model.problem_of(answer)
        }
        for model in map(load, runs)
    ]
    kept = [example for example in examples if all(example.where in captions for captions in said)]
    judge = Judge([example.truths for example in kept])
    return [judge([captions[example.where] for example in kept]) for captions in said]


def print_margins(names: list[str], first: Judged, second: Judged) -> None:
    """A line for each score: of both, the margin and its interval."""
    from keras_seq.metrics.caption_scores import margins

    here, there = first.scores(), second.scores()
    print(f"{len(first.counts)} pictures, {names[0]} beside {names[1]}, 95 % of the resamples")
    print("| score | of the first | of the second | margin | from | to |\n" + "|---" * 6 + "|")
    for name, (margin, (low, high)) in margins(first, second).items():
        numbers = (here[name], there[name], margin, low, high)
        print(f"| {name} | {' | '.join(f'{number:.2f}' for number in numbers)} |")


if __name__ == "__main__":
    sys.exit(main())
