"""The PyTorch side of benchmarks.captioning: the same decoder with the same weights, and the same training.

python -m benchmarks.captioning_torch FOLDER
"""

from __future__ import annotations

import functools
import json
import pathlib
import sys
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from benchmarks import captioning
from benchmarks.captioning import BEAM_WIDTH, DROPOUT, LABEL_SMOOTHING, LEARNING_RATE, TRAINING
from benchmarks.decoder_torch import END, PADDING, START, Decoder, Memory
from benchmarks.sides import answer_numbers


class Captioner(Decoder):
    """Features of pictures -> captions.

    Args:
        weights: by name.
        pieces: of a caption.
    """

    def __init__(self, weights: dict[str, torch.Tensor], pieces: int) -> None:
        super().__init__(weights, BEAM_WIDTH, 0.0, looks=False)
        self.pieces, self.names = pieces, captioning.piece_names(len(self.embedding))

    @torch.inference_mode()
    def caption(self, batch: np.ndarray, search: str) -> list[str]:
        """Captions of a batch by `greedy` or `beam` search."""
        features = torch.from_numpy(batch)
        memory = Memory(features, features @ self.weights["key"], None)
        limits = torch.full((len(batch),), self.pieces)
        find = {"greedy": self.greedy, "beam": self.beam}[search]
        found = find(memory, *self.begin(features.mean(dim=1)), limits)[:, 0].tolist()
        return ["".join(self.names[number] for number in row).replace("\u2581", " ").strip() for row in found]


class Network(nn.Module):
    """Features `(batch, places, channels)` and ids of captions so far `(batch, time)` -> logits of the next piece."""

    def __init__(self, sizes: dict[str, int]) -> None:
        super().__init__()
        words, units, channels = sizes["embedding_dim"], sizes["units"], sizes["channels"]
        self.embedding = nn.Embedding(sizes["vocabulary"], words)
        self.first_states = nn.Linear(channels, 2 * units)
        self.key = nn.Linear(channels, units, bias=False)
        self.lstm = nn.LSTM(words, units, batch_first=True)
        self.combine = nn.Linear(units + channels + words, words)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, features: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        words = self.dropout(self.embedding(ids))
        hidden, cell = torch.tanh(self.first_states(features.mean(dim=1))).chunk(2, dim=1)
        states, _ = self.lstm(words, (hidden[None].contiguous(), cell[None].contiguous()))
        attention = torch.bmm(states, self.key(features).transpose(1, 2)).softmax(dim=2)
        read = torch.cat([states, torch.bmm(attention, features), words], dim=2)
        return self.dropout(torch.tanh(self.combine(read))) @ self.embedding.weight.T


def training(sizes: dict[str, int], features: np.ndarray, ids: np.ndarray) -> Callable[[], int]:
    """A function that trains an epoch of kept features, and gives its number of examples."""
    network = Network(sizes)
    optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    loss = nn.CrossEntropyLoss(ignore_index=PADDING, label_smoothing=LABEL_SMOOTHING)
    said = torch.from_numpy(ids).long()
    read = torch.cat([torch.full((len(said), 1), START), said[:, :-1]], dim=1)
    read[read == END] = PADDING
    given, size = torch.from_numpy(features), TRAINING.batch_size

    def train() -> int:
        network.train()
        for start in range(0, len(said) // size * size, size):
            some = slice(start, start + size)
            optimizer.zero_grad()
            loss(network(given[some], read[some]).flatten(0, 1), said[some].flatten()).backward()
            optimizer.step()
        return len(said) // size * size

    return train


def main(argv: list[str] | None = None) -> int:
    folder = pathlib.Path((argv or sys.argv[1:])[0])
    sizes = json.loads((folder / captioning.SETTINGS).read_text(encoding="utf-8"))
    torch.set_num_threads(sizes["threads"])
    torch.manual_seed(1)
    features, ids = (np.load(folder / name) for name in (captioning.FEATURES, captioning.CAPTIONS))
    with np.load(folder / captioning.WEIGHTS) as arrays:
        captioner = Captioner(
            {name: torch.from_numpy(array) for name, array in arrays.items()}, sizes["pieces"]
        )
    searches = {search: functools.partial(captioner.caption, search=search) for search in ("greedy", "beam")}
    answer_numbers(captioning.answered(features, searches, training(sizes, features, ids)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
