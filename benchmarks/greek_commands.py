"""A corpus in another alphabet, for fine-tuning a recogniser: the spoken commands of the built-in corpus, written as
they sound in Greek letters.

    python -m benchmarks.greek_commands DIR [--train 300]

writes DIR/train.jsonl, validation.jsonl, test.jsonl and their sounds. The speech is synthetic; voices and sentences
of one split are in no other. The stress of a word is a mark behind its letter, which training composes with it.
"""

from __future__ import annotations

import argparse
import json
import pathlib

from keras_seq.samples import spoken_commands

STRESS = "\u0301"  # combining acute
LETTERS = dict(
    pair.split(":")
    for pair in """
    iy:ι ih:ι eh:ε ae:α aa:α ao:ο uh:ου uw:ου ah:α er:ερ ax:ε ey:εϊ ay:αϊ oy:οϊ ow:οου aw:αου
    w:ου y:ι r:ρ l:λ m:μ n:ν ng:νγκ f:φ v:β th:θ dh:δ s:σ z:ζ sh:σ p:π b:μπ t:τ d:ντ k:κ g:γκ ch:τσ jh:τζ hh:χ
    """.split()
)
SIZES = {"validation": 50, "test": 100}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--train", type=int, default=300, help="training utterances (default: 300)")
    arguments = parser.parse_args(argv)
    arguments.folder.mkdir(parents=True)
    spoken_commands.write_files(arguments.folder, {"train": arguments.train, **SIZES})
    for path in arguments.folder.glob("*.jsonl"):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        greek = [{**row, "text": in_greek(row["text"])} for row in rows]
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in greek)
        path.write_text("".join(lines), encoding="utf-8")
    return 0


def in_greek(text: str) -> str:
    """English words as they sound; `text` has those of the corpus alone."""
    return " ".join(map(word_in_greek, text.split()))


def word_in_greek(word: str) -> str:
    """A word by its sounds, with the mark of stress behind a vowel that has it."""
    spelled = ""
    for phone in spoken_commands.PRONUNCIATIONS[word]:
        letters = LETTERS[phone.rstrip("1")]
        place = 2 if letters == "ου" else 1
        spelled += letters[:place] + STRESS + letters[place:] if phone.endswith("1") else letters
    return spelled[:-1] + "ς" if spelled.endswith("σ") else spelled


if __name__ == "__main__":
    raise SystemExit(main())
