"""The PyTorch side of benchmarks.translation: the same network with the same weights, and batched searches of
its own.

    python -m benchmarks.translation_torch FOLDER

The encoder runs once. Sentences that are done leave the batch. What is less usual is there because PyTorch is
faster with it on a CPU: sentences of one length are neither packed nor masked, and a step of few rows is one
`lstm_cell`, of many one product. Beam search is that of keras_seq.decoding, so the two find the same. No
scores are answered, so greedy search computes none; ours does.
"""

from __future__ import annotations

import functools
import json
import pathlib
import sys
import unicodedata
from typing import NamedTuple

import numpy as np
import sentencepiece
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from benchmarks.translation import SETTINGS, SOURCE_PIECES, TARGET_PIECES, WEIGHTS, answer_requests

PADDING, UNKNOWN, START, END = range(4)
SPACE = "\u2581"
PIECES_A_PIECE, MORE_PIECES = 2, 10  # the limit of a translation
SHARE_LEFT = 0.75  # done sentences leave when no more than this share goes on
FEW_ROWS = 16  # up to which `lstm_cell` is faster than one product of inputs and hidden states together


class Memory(NamedTuple):
    """What the steps look at, `(batch, source, ...)`, and the scores' mask, `(batch, 1, source)` or None."""

    values: torch.Tensor
    keys: torch.Tensor
    mask: torch.Tensor | None


class Translator:
    """Raw sentences -> translations, with the weights and the settings of a folder that
    benchmarks.translation made.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        torch.set_num_threads(settings["threads"])
        self.width, self.length_penalty = settings["beam_width"], settings["length_penalty"]
        self.max_pieces = settings["max_pieces"]
        self.source, target = (
            sentencepiece.SentencePieceProcessor(model_file=str(folder / name))
            for name in (SOURCE_PIECES, TARGET_PIECES)
        )
        self.pieces = [target.id_to_piece(number) for number in range(target.get_piece_size())]
        self.pieces[PADDING] = self.pieces[START] = self.pieces[END] = ""
        with np.load(folder / WEIGHTS) as arrays:
            self.weights = {name: torch.from_numpy(array) for name, array in arrays.items()}
        w = self.weights
        self.embedding, units = w["embedding"], w["forward_recurrent"].shape[0]
        self.encoder = nn.LSTM(self.embedding.shape[1], units, batch_first=True, bidirectional=True)
        cells = {"": "forward", "_reverse": "backward"}
        state = {f"weight_ih_l0{to}": w[f"{of}_kernel"].T for to, of in cells.items()}
        state |= {f"weight_hh_l0{to}": w[f"{of}_recurrent"].T for to, of in cells.items()}
        state |= {f"bias_ih_l0{to}": w[f"{of}_bias"] for to, of in cells.items()}
        state |= {f"bias_hh_l0{to}": torch.zeros_like(w[f"{of}_bias"]) for to, of in cells.items()}
        self.encoder.load_state_dict(state)
        kernel, recurrent, bias = (w[f"decoder_{kind}"] for kind in ("kernel", "recurrent", "bias"))
        self.joined = torch.cat([kernel, recurrent])
        self.cell = (kernel.T.contiguous(), recurrent.T.contiguous(), bias, torch.zeros_like(bias))
        self.output = self.embedding.T.contiguous()

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
        first = torch.tanh(torch.addmm(self.weights["first_states_bias"], ends, self.weights["first_states"]))
        return Memory(values, values @ self.weights["key"], mask), *first.chunk(2, dim=1)

    def step(
        self, tokens: torch.Tensor, memory: Memory, hidden: torch.Tensor, cell: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Logits, hidden state and cell, `(hypotheses, ...)`, and the place in the source that was looked at
        most.

        `tokens` `(hypotheses,)` are as many as the memory has rows, or some times as many.
        """
        words = nn.functional.embedding(tokens, self.embedding)
        if len(tokens) <= FEW_ROWS:
            hidden, cell = torch.lstm_cell(words, (hidden, cell), *self.cell)
        else:
            gates = torch.addmm(self.cell[2], torch.cat([words, hidden], dim=1), self.joined)
            input_gate, forget_gate, candidate, output_gate = gates.chunk(4, dim=1)
            cell = torch.sigmoid(forget_gate) * cell + torch.sigmoid(input_gate) * torch.tanh(candidate)
            hidden = torch.sigmoid(output_gate) * torch.tanh(cell)
        queries, keys = hidden.view(len(memory.keys), -1, hidden.shape[1]), memory.keys.transpose(1, 2)
        scores = (
            torch.bmm(queries, keys) if memory.mask is None else torch.baddbmm(memory.mask, queries, keys)
        )
        attention = scores.softmax(dim=2)
        context = torch.bmm(attention, memory.values).view(len(tokens), -1)
        read = torch.cat([hidden, context, words], dim=1)
        features = torch.tanh(torch.addmm(self.weights["combine_bias"], read, self.weights["combine"]))
        return features @ self.output, hidden, cell, attention.argmax(dim=2).view(-1)

    def greedy(
        self, memory: Memory, hidden: torch.Tensor, cell: torch.Tensor, limits: torch.Tensor
    ) -> torch.Tensor:
        """`(batch, 2, time)`: tokens, and where the model looked for each; what is behind the end is of no
        meaning.
        """
        found = torch.zeros(len(limits), 2, int(limits.max()), dtype=torch.long)
        rows, tokens = torch.arange(len(limits)), torch.full((len(limits),), START)
        going = torch.ones(len(limits), dtype=torch.bool)
        for time in range(found.shape[2]):
            logits, hidden, cell, looked = self.step(tokens, memory, hidden, cell)
            tokens = logits.argmax(dim=1)
            found[rows, :, time] = torch.stack([tokens, looked], dim=1)
            going = going & (tokens != END) & (limits > time + 1)
            left = int(going.sum())
            if not left:
                break
            if left <= SHARE_LEFT * len(going):
                keep = going.nonzero().view(-1)
                memory = _kept(memory, keep)
                rows, tokens, hidden, cell, limits, going = (
                    x[keep] for x in (rows, tokens, hidden, cell, limits, going)
                )
        return found

    def beam(
        self, memory: Memory, hidden: torch.Tensor, cell: torch.Tensor, limits: torch.Tensor
    ) -> torch.Tensor:
        """As `greedy`; a hypothesis that ends is kept if it is the best of its row, and its place is gone."""
        width, limits = self.width, limits[:, None]
        found = torch.zeros(len(limits), 2, int(limits.max()), dtype=torch.long)
        best = torch.full((len(limits),), -torch.inf)
        rows, places = torch.arange(len(limits)), torch.full((len(limits), 1), width)
        hidden, cell = (x.repeat_interleave(width, dim=0) for x in (hidden, cell))
        tokens = torch.full((len(limits), width), START)
        totals = torch.full(tokens.shape, -torch.inf).index_fill(1, torch.tensor([0]), 0.0)
        written, ranks = torch.zeros(tokens.numel(), 2, 0, dtype=torch.long), torch.arange(width)
        for time in range(found.shape[2]):
            logits, hidden, cell, looked = self.step(tokens.view(-1), memory, hidden, cell)
            scores, candidates = logits.log_softmax(dim=1).topk(width)
            scores = (scores.view(-1, width, width) + totals[:, :, None]).flatten(1)
            totals, picked = scores.topk(width)
            tokens = candidates.view(scores.shape).gather(1, picked)
            parents = (picked // width + torch.arange(0, tokens.numel(), width)[:, None]).view(-1)
            new = torch.stack([tokens.view(-1), looked[parents]], dim=1)[:, :, None]
            written = torch.cat([written[parents], new], dim=2)
            totals = totals.masked_fill(ranks >= places, -torch.inf)
            ended = ((tokens == END) | (limits <= time + 1)) & (totals > -torch.inf)
            if ended.any():
                divisor = ((5 + time + 1) / 6) ** self.length_penalty
                score, place = totals.masked_fill(~ended, -torch.inf).div(divisor).max(dim=1)
                better = (score > best[rows]).nonzero().view(-1)
                best[rows[better]] = score[better]
                found[rows[better], :, : time + 1] = written[better * width + place[better]]
                places = places - ended.sum(dim=1, keepdim=True)
                totals = totals.masked_fill(ended, -torch.inf)
                keep = (totals > -torch.inf).any(dim=1).nonzero().view(-1)
                if not len(keep):
                    break
                if len(keep) <= SHARE_LEFT * len(totals):
                    memory = _kept(memory, keep)
                    rows, tokens, totals, places, limits = (
                        x[keep] for x in (rows, tokens, totals, places, limits)
                    )
                    parents = parents.view(-1, width)[keep].view(-1)
                    written = written.view(-1, width, *written.shape[1:])[keep].flatten(0, 1)
            hidden, cell = hidden[parents], cell[parents]
        return found

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


def _kept(memory: Memory, rows: torch.Tensor) -> Memory:
    return Memory(*(None if x is None else x[rows] for x in memory))


def main(argv: list[str] | None = None) -> int:
    folder = pathlib.Path((argv or sys.argv[1:])[0])
    translate = Translator(folder).translate
    answer_requests(
        folder, {search: functools.partial(translate, search=search) for search in ("greedy", "beam")}
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
