"""python -m keras_seq.predict RUN TEXT...: a run's answers to raw inputs, a JSON object a line, in the order given."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Iterator

from keras_seq import environment, progress
from keras_seq.command_line import CommandParser, proposed, writes_utf8
from keras_seq.errors import DataError, RecipeError, user_errors
from keras_seq.run import Run

LINES_AT_ONCE = 3200


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser("keras_seq.predict", "Ask a trained run.")
    parser.add_argument("run", metavar="RUN", help="a run's folder, for example runs/sentiment")
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="raw inputs")
    parser.add_argument("--file", metavar="F", help="a text file with an input a line; - for standard input")
    arguments = parser.parse_args(argv)
    with user_errors():
        run = Run(arguments.run).finished()
        if bool(arguments.texts) == bool(arguments.file):
            raise RecipeError("give either texts or --file F")
        for answer in _answers(run, _lines(arguments.file) if arguments.file else map(_valid, arguments.texts)):
            print(json.dumps(answer, ensure_ascii=not writes_utf8()))
    print(f"next:\n  {proposed('export', str(run.path))}", file=sys.stderr)
    return 0


def _answers(run: Run, texts: Iterable[str]) -> Iterator[dict]:
    """The answers in the order of the texts; they are read, and asked in buckets of similar length, some at once."""
    with progress.step("loading TensorFlow"):
        environment.import_keras()
    from keras_seq import scoring
    from keras_seq.formats import Example
    from keras_seq.run import load

    texts = iter(texts)
    if (first := next(texts, None)) is None:
        raise DataError("no inputs: the file is empty")
    model = load(run.path)
    name = model.inputs[0].name
    texts = itertools.chain([first], texts)
    while chunk := list(itertools.islice(texts, LINES_AT_ONCE)):
        examples = [Example(text, "", str(place)) for place, text in enumerate(chunk)]
        found = {int(example.where): answer for example, answer in scoring.answers(model, examples)}
        for place, text in enumerate(chunk):
            yield {name: text, **model.readable(text, found[place])}


def _valid(text: str) -> str:
    """An argument that is not UTF-8, with replacement characters, as the model reads it."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _lines(path: str) -> Iterator[str]:
    try:
        with open(0 if path == "-" else path, encoding="utf-8", closefd=path != "-") as lines:
            for line in lines:
                yield line.rstrip("\r\n")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 text") from None


if __name__ == "__main__":
    sys.exit(main())
