"""What an application's functions hand each other: `Preprocessing` and `Objective`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Set
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_seq.formats import Example
from keras_seq.tagging import Entity

Answer = dict[str, Any]  # a model's answer to one raw input: name -> text, number, or a list of them


@dataclasses.dataclass
class Preprocessing:
    """What `prepare` gives: raw input -> tensors and truth -> tensors, adapted on the training split.

    Attributes:
        inputs: the layer from a batch of raw inputs to tensors; saved and exported with the network.
        pair: batches of raw inputs and of truths -> what the network takes and what the loss takes; None
            without data.
        sizes: the numbers that `build` needs.
        classes: the names of the classes, in the order of the network's scores; empty where there are none.
        examples: how many training examples were seen.
        seen: what of the training split scoring compares with, such as the entities that it had.
        weights: layer name -> initial weights, for layers that start from a file.
        targets: the layer between truths and tensors, where answers are made of the same things as truths.
    """

    inputs: keras.Layer
    pair: Callable[[tf.Tensor, tf.Tensor], tuple[Any, Any]] | None
    sizes: dict[str, int]
    classes: list[str] = dataclasses.field(default_factory=list)
    examples: int = 0
    seen: set[str] = dataclasses.field(default_factory=set)
    weights: dict[str, list[np.ndarray]] = dataclasses.field(default_factory=dict)
    targets: Any = None


@dataclasses.dataclass
class Objective:
    """What `objective` gives: what is trained for, and how answers are judged.

    Attributes:
        loss: of the network's scores against the targets.
        metrics: what is watched while training.
        monitor: the name of the score that decides which epoch was best; one of `metrics`, "loss", or with
            `watched` one of the score. More is better, but of the loss.
        fallbacks: the scores that decide instead, one after the other, where those before say nothing; last
            the loss.
        settle: the validation split -> the monitor, where the data choose it.
        record: an example and its answer -> what is kept of them for the score.
        score: all records, any one of the answers, and `Preprocessing.seen` -> scores, the main one first.
        badness: of an example's answer; the worst examples are those with the most.
        classes_of: the classes that stand in a truth.
        spans: an example and its answer -> the true and the answered entities in its text; None where there
            are none.
        calibrate: the trained network, the validation data, and the keywords of `present` that the recipe
            fixes -> the others that the data decide.
        watched: keywords of `present`; after every epoch that model answers the validation split, and its
            score is watched too. None: what the network's scores say is enough.
        choose: the presented model, the validation split, and the keywords of `present` that are fixed
            already -> the others that the answers decide.
    """

    loss: keras.losses.Loss
    metrics: list[keras.metrics.Metric]
    monitor: str
    record: Callable[[Example, Answer], Any]
    score: Callable[[list[Any], Answer, Set[str]], dict[str, Any]]
    badness: Callable[[Example, Answer], float]
    fallbacks: tuple[str, ...] = ("loss",)
    settle: Callable[[Iterable[Example]], str] | None = None
    classes_of: Callable[[str], Iterable[str]] = lambda truth: (truth,)
    spans: Callable[[Example, Answer], tuple[list[Entity], list[Entity]]] | None = None
    calibrate: Callable[[keras.Model, tf.data.Dataset, dict[str, Any]], dict[str, Any]] | None = None
    watched: dict[str, Any] | None = None
    choose: Callable[[keras.Model, Iterable[Example], dict[str, Any]], dict[str, Any]] | None = None

    def settled(self, validation: Iterable[Example]) -> Objective:
        """This objective, with the monitor that the validation split asks for."""
        if self.settle is None:
            return self
        monitor = self.settle(validation)
        if monitor != self.monitor:
            print(f"the epoch is chosen by {monitor}: {self.monitor} says nothing on this validation split")
        return dataclasses.replace(self, monitor=monitor, settle=None)

    @property
    def monitors(self) -> list[str]:
        """The names in the history of what decides which epoch was best, first to last."""
        return [f"val_{name}" for name in dict.fromkeys((self.monitor, *self.fallbacks))]
