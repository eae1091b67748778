"""A function that a model is exported with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf


class Signature(NamedTuple):
    """A function that a model is exported with.

    Attributes:
        call: one tensor -> named answers; of several inputs, a dict of tensors by name.
        spec: the tensor's shape, dtype and name; of several inputs, a dict of these by name.
        example: raw inputs -> what this signature takes for them.
        facts: what a client may want to know, and no server tells of a signature; written beside it as JSON.
    """

    call: Callable[[Any], dict[str, tf.Tensor]]
    spec: tf.TensorSpec | dict[str, tf.TensorSpec]
    example: Callable[[tf.Tensor], Any]
    facts: dict[str, Any] | None = None

    @property
    def specs(self) -> dict[str, tf.TensorSpec]:
        """The inputs by name, of one input too."""
        return self.spec if isinstance(self.spec, dict) else {self.spec.name: self.spec}

    def answers(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Inputs by name -> named answers."""
        return self.call(inputs if isinstance(self.spec, dict) else inputs[self.spec.name])

    def examples(self, raw: tf.Tensor) -> dict[str, tf.Tensor]:
        """Raw inputs -> what this signature takes for them, by name."""
        example = self.example(raw)
        return example if isinstance(self.spec, dict) else {self.spec.name: example}
