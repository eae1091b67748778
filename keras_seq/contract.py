"""What an application's functions hand each other: `Preprocessing`, `Objective`, and what validation decides."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence, Set
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from keras_seq import progress
from keras_seq.answers import Answering
from keras_seq.formats import Example
from keras_seq.metrics import Scorer

Tensors = Any  # one tensor, or a dict of them by name


class Carried(NamedTuple):
    """Which entries of a vocabulary, or which classes, were in the model that training starts from.

    Attributes:
        about: what they are, in the plural.
        places: of every entry, along an axis of a weight, its place in that model; -1 where it starts anew.
        kept: how many entries both have.
        new: how many the model does not have, even where they start as another one.
        gone: how many are no more.
    """

    about: str
    places: np.ndarray
    kept: int
    new: int = 0
    gone: int = 0


@dataclasses.dataclass(frozen=True)
class Known:
    """What `prepare` is told of the model that training starts from; by default there is none.

    Attributes:
        model: the answering model.
        extend: whether words of the training split join its vocabulary.
    """

    model: Answering | None = None
    extend: bool = True

    def vocabulary(self, name: str, learned: Iterable[str]) -> list[str]:
        """The entries that an attribute of the model's preprocessing holds, and behind them those of `learned`
        that join them.
        """
        known = self._entries(name)
        if self.model is None or self.extend:
            found = set(known)
            known += [entry for entry in learned if entry not in found]
        return known

    def ids(self, name: str, vocabulary: Sequence[str], unknown_id: int) -> Carried:
        """Where the ids of a vocabulary come from; new entries start as the unknown one stands.

        Args:
            name: as for `vocabulary`.
            vocabulary: what that gave.
            unknown_id: the last of the reserved ids, which come before the entries.
        """
        kept, reserved = len(self._entries(name)), unknown_id + 1
        new = len(vocabulary) - kept
        places = np.concatenate([np.arange(reserved + kept), np.full(new, unknown_id)])
        return Carried(name, places, kept, new)

    def named(self, about: str, before: Sequence[str], entries: Sequence[str], reserved: int) -> Carried:
        """Where the ids of entries come from; those of one name are the same.

        Args:
            about: what they are, in the plural.
            before: those that the model has.
            entries: the new ones, in order.
            reserved: how many ids come before the entries, and are the model's where there is one.
        """
        place = {name: number for number, name in enumerate(before, reserved)}
        first = [-1 if self.model is None else number for number in range(reserved)]
        places = np.array([*first, *(place.get(name, -1) for name in entries)])
        both = len(set(entries) & set(before))
        return Carried(about, places, both, len(entries) - both, len(before) - both)

    def classes(
        self, classes: Sequence[str], names: Callable[[Sequence[str]], Sequence[str]] = list
    ) -> Carried:
        """Where classes come from; those of one name are the same.

        Args:
            classes: the new ones, in order.
            names: classes -> the names along an axis of weights, where these are others, such as tags.
        """
        known = self.model.classes if self.model is not None else []
        place = {name: number for number, name in enumerate(names(known))} if known else {}
        places = np.array([place.get(name, -1) for name in names(classes)])
        both = len(set(classes) & set(known))
        return Carried("classes", places, both, len(classes) - both, len(known) - both)

    def _entries(self, name: str) -> list[str]:
        return [] if self.model is None else list(getattr(self.model.preprocessing, name))


class Frozen(NamedTuple):
    """A part of a network that is never trained, such as a backbone; training computes what it gives once.

    Attributes:
        name: of the tensor that what it gives takes the place of.
        network: tensors by name -> features, `(batch, ...)`.
        digest: of its weights: features of others are not those of this one.
    """

    name: str
    network: keras.Model
    digest: str


@dataclasses.dataclass
class Preprocessing:
    """What `prepare` gives: raw input -> tensors and truth -> tensors, adapted on the training split.

    Attributes:
        inputs: the layer from raw inputs `(batch,)` string to tensors, rows padded on the right with 0 or "";
            saved and exported with the network.
        targets: the layer that makes tensors of truths `(batch,)` string.
        pair: makes, of features and truths, what the network takes and what the loss takes.
        sizes: the numbers that `build` needs.
        classes: the names of the classes, in the order of the network's scores; empty where there are none.
        examples: how many training examples were seen.
        seen: what of the training split a score compares with, such as the entities that it had.
        weights: layer name -> initial weights, for layers that start from a file.
        carried: name of one of `sizes` -> what of it comes from the model that training starts from.
        features: raw inputs -> the tensors that `pair` takes; left out, it takes all that `inputs` gives. These
            are what `training.cache` keeps.
        problems: of inputs that are files, their bytes `(batch,)` string -> "", or what is wrong with each.
        contents: of inputs that are files, the bytes of one -> what `inputs` takes of it, such as a WAV file of a
            FLAC file; a `DataError` is one of the file. It may be called in several threads; the same stands in
            `Answering.file_contents`, for when there is a model. Left out, they stay.
        fault: an example -> "", or what keeps it from being trained on, such as a truth that is too long for its
            input: a kind, and behind a colon what is its own.
        parts: what else `present` needs, by name.
        cost: an example -> what it counts in a batch of a budget (`training.batch_budget`), before it is padded and
            without reading it: frames of a sound, pixels of a picture. Left out, it is measured: the steps of its
            longest tensor, which are words or pieces of a text, frames of poses.
        frozen: a part of the network that features go through before they are kept; not `prepare`'s to give, but
            training's, where the network has a frozen backbone.
    """

    inputs: keras.Layer
    targets: keras.Layer
    pair: Callable[[Tensors, tf.Tensor], tuple[Tensors, Tensors]]
    sizes: dict[str, int]
    classes: list[str] = dataclasses.field(default_factory=list)
    examples: int = 0
    seen: set[str] = dataclasses.field(default_factory=set)
    weights: dict[str, list[np.ndarray]] = dataclasses.field(default_factory=dict)
    carried: dict[str, Carried] = dataclasses.field(default_factory=dict)
    features: Callable[[tf.Tensor], Tensors] | None = None
    problems: Callable[[tf.Tensor], tf.Tensor] | None = None
    contents: Callable[[bytes], bytes] | None = None
    fault: Callable[[Example], str] | None = None
    parts: dict[str, Any] = dataclasses.field(default_factory=dict)
    cost: Callable[[Example], int] | None = None
    frozen: Frozen | None = None

    def features_of(self, inputs: tf.Tensor) -> Tensors:
        """What `pair` takes of raw inputs."""
        return (self.features or self.inputs)(inputs)

    def problems_of(self, inputs: list[bytes]) -> list[str]:
        """What is wrong with the bytes of files, where the application can tell; "" where nothing is."""
        assert self.problems is not None
        return [problem.decode() for problem in self.problems(tf.constant(inputs)).numpy()]


class Validation(NamedTuple):
    """The validation split, once training has ended.

    Attributes:
        examples: of the split.
        data: the same as `(inputs, targets)` of the network, in batches.
    """

    examples: Iterable[Example]
    data: tf.data.Dataset


Present = Callable[..., Answering]  # keywords of `present` -> the model of the best weights


@dataclasses.dataclass
class Objective:
    """What `objective` gives: what is trained for, and how answers are judged.

    Attributes:
        loss: of the network's scores against the targets.
        metrics: what is watched while training.
        monitor: the score that decides which epoch was best; one of `metrics`, "loss", or with `watched` one
            of the scorer's. Which of two is better, `training.epochs.best_of` says.
        scorer: the classes of the model, and `Preprocessing.seen` -> what scores the answers to a split.
        fallbacks: the scores that decide instead, one after the other, while those before are the same in
            every epoch; last the loss.
        choose_monitor: the validation split -> the monitor, where the data choose it.
        classes_of: the classes that stand in one truth.
        watched: keywords of `present`; after every epoch that model answers the validation split, and its
            scores are watched too. None: the network's own metrics are enough.
        decide: what the validation split decides once training has ended: a function that makes the model,
            the split, and the keywords of `present` that the recipe fixes -> more keywords of `present`.
    """

    loss: keras.losses.Loss
    metrics: list[keras.metrics.Metric]
    monitor: str
    scorer: Callable[[Sequence[str], Set[str]], Scorer]
    fallbacks: tuple[str, ...] = ("loss",)
    choose_monitor: Callable[[Iterable[Example]], str] | None = None
    classes_of: Callable[[Any], Iterable[str]] = lambda truth: (truth,)
    watched: dict[str, Any] | None = None
    decide: Callable[[Present, Validation, dict[str, Any]], dict[str, Any]] | None = None

    def settled(self, validation: Iterable[Example]) -> Objective:
        """This objective, with the monitor that the validation split asks for."""
        if self.choose_monitor is None:
            return self
        monitor = self.choose_monitor(validation)
        if monitor != self.monitor:
            progress.say(
                f"the epoch is chosen by {monitor}: {self.monitor} tells nothing apart on this validation split"
            )
        return dataclasses.replace(self, monitor=monitor, choose_monitor=None)

    @property
    def monitors(self) -> list[str]:
        """The names in the history of what decides which epoch was best, first to last."""
        return [f"val_{name}" for name in dict.fromkeys((self.monitor, *self.fallbacks))]

    def unknown_class(self, truth: Any, classes: Iterable[str]) -> str | None:
        """A class of a truth that is not among those that are known; None where all are, or none are asked."""
        known = set(classes)
        truths = truth if isinstance(truth, tuple) else (truth,)
        found = {name for one in truths for name in self.classes_of(one)}
        return min(found - known, default=None) if known else None
