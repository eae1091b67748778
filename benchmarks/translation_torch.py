"""The PyTorch side of benchmarks.translation: the same network with the same weights, and batched searches of
its own.

    python -m benchmarks.translation_torch FOLDER

The encoder runs once. What is less usual is there because PyTorch is faster with it on a CPU: sentences of one length
are neither packed nor masked. The decoder is that of benchmarks/decoder_torch.py.
"""

from __future__ import annotations

import functools
import json
import pathlib
import sys
import unicodedata

import numpy as np
import sentencepiece
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from benchmarks.decoder_torch import END, PADDING, START, UNKNOWN, Decoder, Memory
from benchmarks.translation import SETTINGS, SOURCE_PIECES, TARGET_PIECES, WEIGHTS, answer_requests

SPACE = "\u2581"
PIECES_A_PIECE, MORE_PIECES = 2, 10  # the limit of a translation


class Translator(Decoder):
    """Raw sentences -> translations, with the weights and the settings of a folder that
    benchmarks.translation made.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        torch.set_num_threads(settings["threads"])
        self.max_pieces = settings["max_pieces"]
        self.source, target = (
            sentencepiece.SentencePieceProcessor(model_file=str(folder / name))
            for name in (SOURCE_PIECES, TARGET_PIECES)
        )
        self.pieces = [target.id_to_piece(number) for number in range(target.get_piece_size())]
        self.pieces[PADDING] = self.pieces[START] = self.pieces[END] = ""
        with np.load(folder / WEIGHTS) as arrays:
            w = {name: torch.from_numpy(array) for name, array in arrays.items()}
        super().__init__(w, settings["beam_width"], settings["length_penalty"], looks=True)
        units = w["forward_recurrent"].shape[0]
        self.encoder = nn.LSTM(self.embedding.shape[1], units, batch_first=True, bidirectional=True)
        cells = {"": "forward", "_reverse": "backward"}
        state = {f"weight_ih_l0{to}": w[f"{of}_kernel"].T for to, of in cells.items()}
        state |= {f"weight_hh_l0{to}": w[f"{of}_recurrent"].T for to, of in cells.items()}
        state |= {f"bias_ih_l0{to}": w[f"{of}_bias"] for to, of in cells.items()}
        state |= {f"bias_hh_l0{to}": torch.zeros_like(w[f"{of}_bias"]) for to, of in cells.items()}
        self.encoder.load_state_dict(state)

    @torch.inference_mode()
    def translate(self, texts: list[str], search: str) -> list[str]:
        """Translations of a batch by `greedy` or `beam` search."""
        texts = [unicodedata.normalize("NFC", " ".join(text.split())) for text in texts]
        sources = [torch.tensor([*ids[: self.max_pieces], END]) for ids in self.source.encode(texts)]
        lengths = torch.tensor([len(ids) for ids in sources])
        memory, hidden, cell = self.encode(pad_sequence(sources, batch_first=True), lengths)
        limits = PIECES_A_PIECE * lengths + MORE_PIECES
        found = {"greedy": self.greedy, "beam": self.beam}[search](memory, hidden, cell, limits)
        rows = zip(texts, limits.tolist(), found.tolist(), strict=True)
        return [
            self.text(text, *(each[:limit] for each in pairs)) if text else "" for text, limit, pairs in rows
        ]

    def encode(self, ids: torch.Tensor, lengths: torch.Tensor) -> tuple[Memory, torch.Tensor, torch.Tensor]:
        """The memory and the decoder's first hidden state and cell."""
        x, shortest = nn.functional.embedding(ids, self.embedding), int(lengths.min())
        if shortest == ids.shape[1]:
            values, (hidden, cell) = self.encoder(x)
            mask = None
        else:
            packed, (hidden, cell) = self.encoder(
                pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            )
            values = pad_packed_sequence(packed, batch_first=True)[0]
            mask = torch.zeros(ids.shape).masked_fill(ids == PADDING, -torch.inf)[:, None]
        ends = torch.cat([hidden[0], cell[0], hidden[1], cell[1]], dim=1)
        return Memory(values, values @ self.weights["key"], mask), *self.begin(ends)

    def text(self, source: str, tokens: list[int], looked: list[int]) -> str:
        """The text of tokens; an unknown one is the piece of the source that was looked at most."""
        tokens = tokens[: tokens.index(END)] if END in tokens else tokens
        pieces = [self.pieces[token] for token in tokens]
        if UNKNOWN in tokens:
            there = [*self.source.encode(source, out_type=str)[: self.max_pieces], ""]
            pieces = [
                there[at] if t == UNKNOWN else p for p, t, at in zip(pieces, tokens, looked, strict=False)
            ]
        return "".join(pieces).replace(SPACE, " ").strip()


def main(argv: list[str] | None = None) -> int:
    folder = pathlib.Path((argv or sys.argv[1:])[0])
    translate = Translator(folder).translate
    answer_requests(
        folder, {search: functools.partial(translate, search=search) for search in ("greedy", "beam")}
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
