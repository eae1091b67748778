"""A decoder with the attention of Luong et al. in PyTorch, with the weights of one of ours, and batched searches.

What is done leaves the batch. What is less usual is there because PyTorch is faster with it on a CPU: a step of few
rows is one `lstm_cell`, of many one product. Beam search is that of keras_seq.decoding, so the two find the same. No
scores are answered, so greedy search computes none; ours does.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

PADDING, UNKNOWN, START, END = range(4)
SHARE_LEFT = 0.75  # what is done leaves when no more than this share goes on
FEW_ROWS = 16  # up to which `lstm_cell` is faster than one product of inputs and hidden states together


class Memory(NamedTuple):
    """What the steps look at, `(batch, source, ...)`, and the scores' mask, `(batch, 1, source)` or None."""

    values: torch.Tensor
    keys: torch.Tensor
    mask: torch.Tensor | None


class Decoder:
    """Memories and first states -> tokens.

    Args:
        weights: by name; see `benchmarks.translation.write_weights`.
        width: hypotheses of beam search.
        length_penalty: of beam search.
        looks: whether `step` says where it looked most; else it says nothing of use.
    """

    def __init__(
        self, weights: dict[str, torch.Tensor], width: int, length_penalty: float, looks: bool
    ) -> None:
        self.weights, self.width, self.length_penalty, self.looks = weights, width, length_penalty, looks
        self.embedding = weights["embedding"]
        kernel, recurrent, bias = (weights[f"decoder_{kind}"] for kind in ("kernel", "recurrent", "bias"))
        self.joined = torch.cat([kernel, recurrent])
        self.cell = (kernel.T.contiguous(), recurrent.T.contiguous(), bias, torch.zeros_like(bias))
        self.output = self.embedding.T.contiguous()

    def begin(self, vectors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The first hidden state and cell, of vectors `(batch, any)`."""
        first = torch.addmm(self.weights["first_states_bias"], vectors, self.weights["first_states"])
        return torch.tanh(first).chunk(2, dim=1)

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
        return features @ self.output, hidden, cell, self._looked(attention, tokens)

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

    def _looked(self, attention: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        return attention.argmax(dim=2).view(-1) if self.looks else tokens


def _kept(memory: Memory, rows: torch.Tensor) -> Memory:
    return Memory(*(None if x is None else x[rows] for x in memory))
