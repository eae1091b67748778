"""Sentences a second of a trained translator, raw text to raw text: keras_seq beside PyTorch, in one run.

    python -m benchmarks.translation RUN --torch PYTHON [--data FILE [FILE]]

RUN is a run with one layer, the attention of Luong et al. and tied embeddings. FILE is a test set: one file
of pairs, or two of sentences; without it, the run's own is taken. Both sides have the weights of the run.
Ours is the model as a user calls it, with a list of sentences; PyTorch's is benchmarks/translation_torch.py.
Each side is a process, and they take turns: in every round one answers a search and batch size right after
the other did. Printed are medians of the rounds, the ratio of each round (median, lowest, highest), how many
translations are the same, and the BLEU of both. Beside them stands the way of many tutorials: `predict` on
the whole translation so far, for every next piece.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from benchmarks.sides import Side, answer_numbers, in_turns, ratios

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

BEAM_WIDTH = 4
# What a run has to be, as PyTorch's side knows nothing else.
ARCHITECTURE = {"layers": 1, "attention": "luong", "input_feeding": False, "tied_embeddings": True}
# In the folder that ours writes and PyTorch's side reads.
SENTENCES, SETTINGS, WEIGHTS, SOURCE_PIECES, TARGET_PIECES = (
    "sentences.json",
    "settings.json",
    "weights.npz",
    "source.model",
    "target.model",
)


class Case(NamedTuple):
    """A search, how many sentences it gets at once, and how many of the test set in all; None for all."""

    search: str
    batch_size: int
    sentences: int | None


CASES = [Case("greedy", 1, 200), Case("greedy", 32, None), Case("beam", 1, 200), Case("beam", 32, None)]
TUTORIAL = Case("predict", 1, 4)
ALL_CASES = [*CASES, TUTORIAL]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--torch", metavar="PYTHON", help="the Python of an environment that has PyTorch")
    parser.add_argument(
        "--data", metavar="FILE", nargs="+", help="a test set: a file of pairs, or two of sentences"
    )
    parser.add_argument(
        "--rounds", type=int, default=5, help="one more, which does not count, comes before them"
    )
    parser.add_argument("--threads", type=int, default=2, help="of each side")
    parser.add_argument("--once", metavar="FOLDER", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if len(arguments.data or []) > 2:
        parser.error("--data: expected one file of pairs or two of sentences")
    if arguments.once:
        serve_ours(arguments.run, arguments.data or [], arguments.once, arguments.threads)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        own = [sys.executable, "-m", "benchmarks.translation", arguments.run, "--once", folder]
        own += ["--threads", str(arguments.threads)]
        ours = Side([*own, "--data", *arguments.data] if arguments.data else own)
        theirs = Side([arguments.torch or sys.executable, "-m", "benchmarks.translation_torch", folder])
        truths = json.loads(pathlib.Path(folder, SENTENCES).read_text(encoding="utf-8"))["truths"]
        print(
            f"sentences a second, raw text to raw text, by the median of {arguments.rounds} rounds", end="; "
        )
        print(f"{arguments.threads} threads")
        compare(ours, theirs, arguments.rounds, truths)
    return 0


def compare(ours: Side, theirs: Side, rounds: int, truths: list[list[str]]) -> None:
    """Measure in turns, and print."""
    import sacrebleu

    asked = [(side, case) for case in CASES for side in (ours, theirs)] + [(ours, TUTORIAL)]
    numbers = [(side, ALL_CASES.index(case)) for side, case in asked]
    found = dict(zip(asked, in_turns(numbers, rounds).values(), strict=True))
    rates = {key: [answer["rate"] for answer in answers] for key, answers in found.items()}
    translations = {key: answers[-1]["translations"] for key, answers in found.items()}

    def beside(case: Case, other: tuple[Side, Case]) -> tuple[str, str]:
        """The ratio and its spread; how many translations are the same."""
        pairs = list(zip(translations[ours, case], translations[other], strict=False))
        return (
            ratios(rates[ours, case], rates[other]),
            f"{sum(mine == its for mine, its in pairs)} of {len(pairs)}",
        )

    print(
        "| search | batch | keras_seq | PyTorch | ratio | the same | BLEU | BLEU of PyTorch |\n"
        + "|---" * 8
        + "|"
    )
    for case, true in zip(CASES, truths, strict=True):
        speeds = [f"{statistics.median(rates[side, case]):.1f}" for side in (ours, theirs)]
        scores = [
            f"{sacrebleu.corpus_bleu(translations[side, case], [true]).score:.2f}" for side in (ours, theirs)
        ]
        row = [case.search, str(case.batch_size), *speeds, *beside(case, (theirs, case)), *scores]
        print(f"| {' | '.join(row)} |")
    ratio, same = beside(CASES[0], (ours, TUTORIAL))
    speed = statistics.median(rates[ours, TUTORIAL])
    print(
        f"greedy by predict on the translation so far: {speed:.2f} sentences/s; keras_seq greedy at batch 1 is"
    )
    print(f"{ratio} times as fast, with the same translations {same}")


def answer_requests(folder: pathlib.Path, searches: dict[str, Callable[[list[str]], list[str]]]) -> None:
    """Translate a case for every line of the standard input, which is its number; a JSON line is the answer.

    Args:
        folder: with the sentences.
        searches: name -> sentences of a batch to their translations.
    """
    batches = json.loads((folder / SENTENCES).read_text(encoding="utf-8"))["batches"]

    def answer(number: int) -> dict[str, Any]:
        translate = searches[ALL_CASES[number].search]
        start = time.perf_counter()
        found = [text for batch in batches[number] for text in translate(batch)]
        return {"rate": len(found) / (time.perf_counter() - start), "translations": found}

    answer_numbers(answer)


def serve_ours(path: str, data: list[str], folder: pathlib.Path, threads: int) -> None:
    """Write what PyTorch's side needs into the folder, and answer requests."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    from keras_seq.applications import translation
    from keras_seq.contract import Preprocessing
    from keras_seq.errors import RecipeError, user_errors
    from keras_seq.run import Run, load

    with user_errors():
        recipe = Run(path).finished().recipe
        found = {key: recipe.model.get(key) for key in ARCHITECTURE}
        if (
            recipe.application != "translation"
            or found != ARCHITECTURE
            or recipe.prepare["target_vocabulary_size"]
        ):
            raise RecipeError(
                f"{path}: a translator with {ARCHITECTURE} and no target_vocabulary_size is compared here; "
                f"this is a run of {recipe.application} with {found}"
            )
        places = (
            {**recipe.data, "source": "files", "test": data if data[1:] else data[0]} if data else recipe.data
        )
        examples = translation.read("test", **places)
        if examples is None:
            raise RecipeError(f"{path}: the recipe has no test split; name a test set with --data")
        write_sentences(list(examples), folder)
        model = load(path)
    source, answers = model.get_layer("source"), model.get_layer("answers")
    network, target, length_penalty = answers.network, answers.target, answers.length_penalty
    write_weights(network, folder)
    (folder / SOURCE_PIECES).write_bytes(source.model)
    (folder / TARGET_PIECES).write_bytes(target.model)
    settings = {"beam_width": BEAM_WIDTH, "length_penalty": length_penalty, "max_pieces": source.max_pieces}
    (folder / SETTINGS).write_text(json.dumps({**settings, "threads": threads}), encoding="utf-8")

    def presented(beam_width: int) -> Callable[[list[str]], list[str]]:
        preprocessing = Preprocessing(
            inputs=source, targets=target, pair=lambda ids, truths: (ids, truths), sizes={}
        )
        penalties = {"length_penalty": length_penalty, "coverage_penalty": 0.0}
        model = translation.present(preprocessing, network, beam_width=beam_width, **penalties)
        return lambda texts: [text.decode() for text in model(texts)["translation"].numpy()]

    searches = {"greedy": presented(1), "beam": presented(BEAM_WIDTH)}
    answer_requests(folder, {**searches, "predict": functools.partial(by_predict, network, source, target)})


def write_sentences(examples: list, folder: pathlib.Path) -> None:
    """Of every case the batches, sorted by length where they are of more than one sentence, and the truths."""
    from keras_seq.order import bucketed

    cases = []
    for case in ALL_CASES:
        some = examples[: case.sentences]
        cases.append(
            [[example] for example in some] if case.batch_size == 1 else [*bucketed(some, case.batch_size)]
        )
    batches = [[[example.input for example in batch] for batch in case] for case in cases]
    truths = [[example.truth for batch in case for example in batch] for case in cases[: len(CASES)]]
    text = json.dumps({"batches": batches, "truths": truths}, ensure_ascii=False)
    (folder / SENTENCES).write_text(text, encoding="utf-8")


def write_weights(network: Any, folder: pathlib.Path) -> None:
    """The weights by name, as Keras has them: kernels `(inputs, outputs)`, gates input, forget, candidate,
    output.
    """
    import numpy as np

    encoder, decoder = network.get_layer("bidirectional_1"), network.get_layer("decoder")
    cells = {
        "forward": encoder.forward_layer,
        "backward": encoder.backward_layer,
        "decoder": decoder.lstms[0],
    }
    weights = {"embedding": network.get_layer("embedding").embeddings}
    for name, lstm in cells.items():
        weights[f"{name}_kernel"], weights[f"{name}_recurrent"] = lstm.cell.kernel, lstm.cell.recurrent_kernel
        weights[f"{name}_bias"] = lstm.cell.bias
    for dense in (decoder.first_states, decoder.key, decoder.combine):
        weights[dense.name] = dense.kernel
        if dense.use_bias:
            weights[f"{dense.name}_bias"] = dense.bias
    np.savez(folder / WEIGHTS, **{name: np.asarray(weight) for name, weight in weights.items()})


def by_predict(network: Any, source: Any, target: Any, texts: list[str]) -> list[str]:
    """The translation of one sentence, as tutorials make it."""
    import numpy as np
    import tensorflow as tf

    from keras_seq.answers.translations import MORE_PIECES, PIECES_A_PIECE
    from keras_seq.preprocessing.subwords import END_ID, START_ID

    source_ids, written = source.ids_of(tf.constant(texts)).numpy(), [START_ID]
    for _ in range(PIECES_A_PIECE * source_ids.shape[1] + MORE_PIECES):
        logits = network.predict(
            {"source_ids": source_ids, "target_ids": np.array([written], "int32")}, verbose=0
        )
        written.append(int(logits[0, -1].argmax()))
        if written[-1] == END_ID:
            break
    return [text.decode() for text in target.text_of(target.pieces_of(tf.constant([written]))).numpy()]


if __name__ == "__main__":
    sys.exit(main())
