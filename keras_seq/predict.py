"""python -m keras_seq.predict RUN TEXT...: a run's answers to raw inputs, a JSON object a line, in the order
given.

--file F    inputs from a file: .csv, .tsv and .jsonl by the column of the recipe (or --column), any other a line
            an input; the row of a table stands in the answer under "row"
--window W  seconds of windows that slide over each file, --step S seconds further every time: a line a window
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

from keras_seq import environment, progress, reading
from keras_seq.command_line import RUN, CommandParser, proposed, writes_utf8
from keras_seq.errors import DataError, RecipeError, user_errors
from keras_seq.formats import Example, Input, Inputs, at
from keras_seq.formats.lines import suffix
from keras_seq.run import Run, find
from keras_seq.sections import INPUT_COLUMN, INPUT_KEY, Column, marked

INPUTS_AT_ONCE = 3200
ROW = "row"  # the answer's key for what stands beside an input; no application answers with it


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser("keras_seq.predict", "Ask a trained run.")
    parser.add_argument("run", metavar="RUN", help=RUN)
    parser.add_argument(
        "inputs", nargs="*", metavar="TEXT", help="raw inputs: texts, or paths where the model takes files"
    )
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
    parser.add_argument(
        "--window", type=float, metavar="S", help="of long files, such as videos: windows of S seconds"
    )
    parser.add_argument(
        "--step", type=float, metavar="S", help="from window to window (default: half a window)"
    )
    arguments = parser.parse_args(argv)
    with user_errors():
        run = find(arguments.run).finished()
        if arguments.window is None and arguments.step is not None:
            raise RecipeError("--step: is of windows; give --window too")
        if bool(arguments.inputs) == bool(arguments.file):
            raise RecipeError("give either inputs or --file F")
        if arguments.column and not arguments.file:
            raise RecipeError("--column: is of a file; give --file F too")
        given: Iterable[Input]
        if arguments.file:
            given = _of_file(run, arguments.file, arguments.column)
        else:
            given = map(Input if run.takes_files else _valid, arguments.inputs)
        if run.takes_files:
            given = _checked(given)
        if arguments.window is None:
            found = _answers(run, given)
        else:
            found = _in_windows(run, given, arguments.window, arguments.step or arguments.window / 2)
        for answer in found:
            print(_json(answer))
    print(f"next:\n  {proposed('export', run.called)}", file=sys.stderr)
    return 0


def _of_file(run: Run, path: str, column: str | None) -> Iterable[Input]:
    """The inputs of a file, read as the recipe of the run reads its own."""
    recipe = run.recipe
    keys = [key for mark in (INPUT_COLUMN, INPUT_KEY) for key in marked(mark, recipe.application, "data")]
    given = (recipe.data[key] for key in keys)
    where: Column | None = next((value for value in given if value is not None), None)
    if column is not None:
        where = int(column) if column.isdecimal() else column
    own = recipe.data.get("train")
    # A recipe whose own .txt files are tables means tables by it.
    has_tables = bool(marked(INPUT_COLUMN, recipe.application, "data"))
    txt_is_table = has_tables and isinstance(own, str) and suffix(pathlib.Path(own)) == ".txt"
    header = None if isinstance(where, str) else recipe.data.get("header")
    inputs = Inputs(path, where, header, txt_is_table)
    if not run.takes_files:
        return inputs
    folder = pathlib.Path(path).parent
    return (Input(_beside(folder, one.text), one.row) for one in inputs if one.text.strip())


def _beside(folder: pathlib.Path, path: str) -> str:
    """A path of a list; a relative one that is not there may start at the list's folder."""
    return path if pathlib.Path(path).exists() else str(folder / path)


def _checked(inputs: Iterable[Input]) -> Iterator[Input]:
    """Inputs that are paths of files, as long as the files can be read."""
    for given in inputs:
        reading.check(at(given.text))
        yield given


def _answers(run: Run, asked: Iterable[Input]) -> Iterator[dict[str, Any]]:
    """The answers in the order of the inputs; they are read, and asked in buckets of similar length, some at
    once.
    """
    inputs = iter(asked)
    if (first := next(inputs, None)) is None:
        raise DataError("no inputs: the file is empty")
    with progress.step("loading TensorFlow"):
        environment.import_keras()
    from keras_seq.run import load
    from keras_seq.training import scoring

    with progress.step("loading the model", at_once=False):
        model = load(run.path)
    name = model.inputs[0].name
    for chunk in _chunks(itertools.chain([first], inputs)):
        of = at if model.takes_files else str
        examples = [Example(of(given.text), str(place), "") for place, given in enumerate(chunk)]
        with progress.step("answering", len(chunk), at_once=False) as step:
            answers = step.counted(scoring.answers(model, examples))
            found = {int(example.truth): answer for example, answer in answers}
        for place, given in enumerate(chunk):
            beside = {} if given.row is None else {ROW: given.row}
            yield {name: given.text, **model.readable(given.text, found[place]), **beside}


def _in_windows(run: Run, given: Iterable[Input], window: float, step: float) -> Iterator[dict[str, Any]]:
    """The labels of windows that slide over files, in their order; see `answers.windows`."""
    if not (0 < window < math.inf and 0 < step < math.inf):
        raise RecipeError(f"--window {window:g}, --step {step:g}: expected seconds, more than 0")
    with progress.step("loading TensorFlow"):
        environment.import_keras()
    from keras_seq.run import load

    with progress.step("loading the model", at_once=False):
        model = load(run.path)
    name = model.inputs[0].name
    for one in given:
        for found in model.labels_of_windows(one.text, window, step):
            yield {name: one.text, **found}


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
