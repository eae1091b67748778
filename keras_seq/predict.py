"""python -m keras_seq.predict RUN TEXT...: a run's answers to raw inputs, a JSON object a line, in the order
given.

--file F    inputs from a file: .csv, .tsv and .jsonl by the column of the recipe (or --column), any other a line
            an input; the row of a table stands in the answer under "row"
"""

from __future__ import annotations

import itertools
import json
import math
import pathlib
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from keras_seq import environment, progress
from keras_seq.command_line import CommandParser, proposed, writes_utf8
from keras_seq.errors import DataError, RecipeError, user_errors
from keras_seq.formats import Input, Inputs
from keras_seq.formats.lines import suffix
from keras_seq.run import Run
from keras_seq.sections import Column

INPUTS_AT_ONCE = 3200
COLUMN_KEYS = ("text", "token")  # of `data:`, that say where an input stands
ROW = "row"  # the answer's key for what stands beside an input; no application answers with it


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser("keras_seq.predict", "Ask a trained run.")
    parser.add_argument("run", metavar="RUN", help="a run's folder, for example runs/sentiment")
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="raw inputs")
    parser.add_argument(
        "--file",
        metavar="F",
        help="inputs of a file: rows of .csv, .tsv or .jsonl, else a line an input; .gz too; - for standard input",
    )
    parser.add_argument(
        "--column",
        metavar="C",
        help="of the inputs in a table: a name in its header, or a number from 0; else the recipe's",
    )
    arguments = parser.parse_args(argv)
    with user_errors():
        run = Run(arguments.run).finished()
        if bool(arguments.texts) == bool(arguments.file):
            raise RecipeError("give either texts or --file F")
        if arguments.column and not arguments.file:
            raise RecipeError("--column: is of a file; give --file F too")
        given = (
            _file(run, arguments.file, arguments.column) if arguments.file else map(_valid, arguments.texts)
        )
        for answer in _answers(run, given):
            print(_json(answer))
    print(f"next:\n  {proposed('export', str(run.path))}", file=sys.stderr)
    return 0


def _file(run: Run, path: str, column: str | None) -> Inputs:
    """The inputs of a file, read as the recipe of the run reads its own."""
    data = run.recipe.data
    where: Column | None = next((data[key] for key in COLUMN_KEYS if data.get(key) is not None), None)
    if column is not None:
        where = int(column) if column.isdecimal() else column
    own = data.get("train")
    # A recipe whose own .txt files are tables means tables by it.
    txt_is_table = "text" in data and isinstance(own, str) and suffix(pathlib.Path(own)) == ".txt"
    header = None if isinstance(where, str) else data.get("header")
    return Inputs(path, where, header, txt_is_table)


def _answers(run: Run, asked: Iterable[Input]) -> Iterator[dict[str, Any]]:
    """The answers in the order of the inputs; they are read, and asked in buckets of similar length, some at
    once.
    """
    inputs = iter(asked)
    if (first := next(inputs, None)) is None:
        raise DataError("no inputs: the file is empty")
    with progress.step("loading TensorFlow"):
        environment.import_keras()
    from keras_seq.formats import Example
    from keras_seq.run import load
    from keras_seq.training import scoring

    with progress.step("loading the model", at_once=False):
        model = load(run.path)
    name = model.inputs[0].name
    for chunk in _chunks(itertools.chain([first], inputs)):
        examples = [Example(given.text, "", str(place)) for place, given in enumerate(chunk)]
        with progress.step("answering", len(chunk), at_once=False) as step:
            answers = step.counted(scoring.answers(model, examples))
            found = {int(example.where): answer for example, answer in answers}
        for place, given in enumerate(chunk):
            beside = {} if given.row is None else {ROW: given.row}
            yield {name: given.text, **model.readable(given.text, found[place]), **beside}


def _chunks(inputs: Iterator[Input]) -> Iterator[list[Input]]:
    """So many inputs at once; those before a bad row come before its complaint."""
    chunk: list[Input] = []
    try:
        for given in inputs:
            chunk.append(given)
            if len(chunk) == INPUTS_AT_ONCE:
                yield chunk
                chunk = []
    except DataError:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


def _valid(text: str) -> Input:
    """An argument that is not UTF-8, with replacement characters, as the model reads it."""
    return Input(text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _json(answer: dict[str, Any]) -> str:
    """An answer as one line of valid JSON, however a reader divides lines; null for what is no finite number."""
    text = json.dumps(_finite(answer), ensure_ascii=not writes_utf8())
    # Half surrogate pairs of a row, which cannot be printed, and what some take for the end of a line.
    return re.sub("[\ud800-\udfff\x85\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


if __name__ == "__main__":
    sys.exit(main())
