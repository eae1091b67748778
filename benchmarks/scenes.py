"""How many captions of a trained run are true of the pictures of the built-in scenes that they were made for.

    python -m benchmarks.scenes RUN [--split validation] [--output caption] [--false 5]

All pictures of the test split are asked. A caption is true where it says all that there is, and nothing else, in any
words of the corpus; beside that stands how often number, size, colour, shape and relation are right, of all groups
of a picture. Some false captions are printed, each with a true one.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import sys
from collections.abc import Iterable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from keras_seq import environment
from keras_seq.errors import user_errors
from keras_seq.formats import Answer, Captions, Example
from keras_seq.samples import scenes
from keras_seq.samples.scene_wording import ATTRIBUTES, Scene, is_true, truths


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scenes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", metavar="RUN", help="a run's folder, or the name of a model of the zoo")
    parser.add_argument("--split", default="test", choices=list(scenes.HELD_OUT), help="(default: test)")
    parser.add_argument(
        "--output", default="caption", metavar="NAME", help="of the answer (default: caption)"
    )
    parser.add_argument("--false", type=int, default=5, metavar="N", help="false captions shown (default: 5)")
    arguments = parser.parse_args(argv)
    with user_errors():
        table = scenes.write() / f"{arguments.split}{scenes.SUFFIX}"
        answered = answers(arguments.run, table)
        print(f"{arguments.run} on the {arguments.split} split of the built-in scenes")
        for line in report(answered, scenes.depicted(table), arguments.output, arguments.false):
            print(line)
    return 0


def answers(run: str, table: pathlib.Path) -> list[tuple[Example, Answer]]:
    """The pictures of a table, each with what a run's model answers."""
    environment.import_keras()
    import keras_seq
    from keras_seq.training import scoring

    return list(scoring.answers(keras_seq.load(run), Captions(str(table))))


def report(
    answered: Iterable[tuple[Example, Answer]], depicted: dict[str, Scene], output: str, most_false: int
) -> list[str]:
    """Lines that say what part of the captions is true, in all and by attribute, and the first false ones.

    Args:
        answered: pictures, and what was answered.
        depicted: path of a picture -> its scene.
        output: the name of the caption in an answer.
        most_false: false captions that are shown.
    """
    said = [(example, answer[output], depicted[example.input.path]) for example, answer in answered]
    right = {"true": [is_true(caption, scene) for _, caption, scene in said]}
    by_attribute = [truths(caption, scene) for _, caption, scene in said]
    right |= {name: [one[name] for one in by_attribute] for name in ATTRIBUTES}
    lines = [
        f"{name:10}{sum(found) / len(found):7.1%}  {sum(found)} of {len(found)}"
        for name, found in right.items()
    ]
    wrong = [one for one, is_right in zip(said, right["true"], strict=True) if not is_right]
    for example, caption, _ in wrong[:most_false]:
        name = pathlib.Path(example.input.path).name
        lines.append(f"  {name}: {caption!r}; true is {example.truths[0]!r}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
