"""The PyTorch side of benchmarks.video: the same network on the same frames.

    python -m benchmarks.video_torch --data FILE [--epochs 4] [--layers 1]

FILE is of `python -m benchmarks.video_frames`: all clips' frames, their numbers, their classes. Needs PyTorch and
NumPy alone. Clips of a batch are packed where they are unlike long; frames that are not there do not go through the
convolutions.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.video import (
    BATCH_SIZE,
    CLIP_NORM,
    CROP,
    DROPOUT,
    LEARNING_RATE,
    SAMPLED,
    SIDE,
    SPEED,
    UNITS,
)

CHANNELS = (16, 32, 64, 128)
PART = round((1 - CROP) * SIDE)


class Lrcn(nn.Module):
    """Frames and differences `(batch, time, 2, height, width)` -> scores of classes."""

    def __init__(self, classes: int, layers: int) -> None:
        super().__init__()
        blocks, before, side = [], 2, PART
        for number, channels in enumerate(CHANNELS):
            kernel = 3 if number else 5
            convolution = nn.Conv2d(before, channels, kernel, 2, kernel // 2, bias=False)
            blocks += [convolution, nn.BatchNorm2d(channels, momentum=0.05), nn.ReLU()]
            before, side = channels, (side + 1) // 2
        self.frames = nn.Sequential(*blocks, nn.Flatten(), nn.Dropout(DROPOUT))
        self.projection = nn.Linear(before * side * side, UNITS, bias=False)
        self.normalization = nn.LayerNorm(UNITS, eps=1e-3)
        self.drop = nn.Dropout(DROPOUT)
        between = DROPOUT if layers > 1 else 0.0
        self.lstm = nn.LSTM(UNITS, UNITS, layers, batch_first=True, dropout=between, bidirectional=True)
        self.scores = nn.Linear(2 * UNITS, classes)

    def forward(self, clips: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        batch, time_ = clips.shape[:2]
        real = torch.arange(time_) < lengths[:, None]
        if bool(real.all()):
            x = self.frames(clips.flatten(0, 1)).unflatten(0, (batch, time_))
        else:
            found = self.frames(clips[real])
            x = found.new_zeros(batch, time_, found.shape[1])
            x[real] = found
        x = self.drop(torch.relu(self.normalization(self.projection(x))))
        if bool(real.all()):
            x = self.lstm(x)[0].mean(1)
        else:
            packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            x = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)[0].sum(1) / lengths[:, None]
        return self.scores(self.drop(x))


def sampled(frames: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Cropped and sampled frames with their differences, and how many there are."""
    batch = len(frames)
    corners = torch.randint(0, SIDE - PART + 1, (batch, 2))
    spans = torch.clamp(torch.ceil((1 - SPEED * torch.rand(batch)) * lengths), max=lengths).long()
    starts = (torch.rand(batch) * (lengths - spans + 1)).long()
    counts = torch.clamp(spans, max=SAMPLED)
    clips = torch.zeros(batch, int(counts.max()), 1, PART, PART)
    for row, (top, left) in enumerate(corners.tolist()):
        count, span = int(counts[row]), int(spans[row])
        edges = torch.arange(count + 1) * span // count
        places = starts[row] + edges[:-1] + (torch.rand(count) * (edges[1:] - edges[:-1])).long()
        clips[row, :count, 0] = frames[row, places, top : top + PART, left : left + PART].float()
    motion = torch.zeros_like(clips)
    motion[:, 1:] = clips[:, 1:] - clips[:, :-1]
    return torch.cat([clips, motion], 2) / 127.5 - 1, counts


def main(argv: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", required=True, metavar="FILE")
    options.add_argument("--layers", type=int, default=1)
    options.add_argument("--epochs", type=int, default=4)
    arguments = options.parse_args(argv)
    torch.manual_seed(1)
    with np.load(arguments.data) as arrays:
        frames, lengths, labels = (torch.from_numpy(arrays[name]) for name in ("frames", "lengths", "labels"))
    network = Lrcn(int(labels.max()) + 1, arguments.layers)
    adam, loss = torch.optim.AdamW(network.parameters(), LEARNING_RATE), nn.CrossEntropyLoss()
    seconds = []
    for _ in range(arguments.epochs):
        start = time.perf_counter()
        for rows in torch.randperm(len(frames)).split(BATCH_SIZE):
            found = loss(network(*sampled(frames[rows], lengths[rows].long())), labels[rows].long())
            adam.zero_grad()
            found.backward()
            nn.utils.clip_grad_norm_(network.parameters(), CLIP_NORM)
            adam.step()
        seconds.append(time.perf_counter() - start)
    rate = len(frames) / statistics.median(seconds[1:])
    print(json.dumps({"peer": "torch", "metric": "train", "value": round(rate, 1), "unit": "clips/s"}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
