"""Answers by features that a cache keeps: of a network with a frozen backbone, the part behind it answers.

After every epoch the validation split is answered, where an objective asks for it. By the model that answers raw
inputs each of these epochs would have the backbone in it, over all files of the split.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf

from keras_seq.contract import Preprocessing
from keras_seq.feature_cache import FeatureCache
from keras_seq.formats import Example


class KeptAnswers:
    """Examples -> their answers, by the features that a cache has of them.

    Args:
        present: an application's, with its keywords given.
        network: the part behind the backbone, as `frozen.divided` gives it.
        preprocessing: likewise.
        cache: of its features.
    """

    def __init__(
        self,
        present: Callable[[Preprocessing, keras.Model], keras.Model],
        network: keras.Model,
        preprocessing: Preprocessing,
        cache: FeatureCache,
    ) -> None:
        assert preprocessing.frozen is not None
        self._cache, self._name = cache, preprocessing.frozen.name
        given = _Given(preprocessing.inputs, self._name, network.input[self._name])
        model = present(dataclasses.replace(preprocessing, inputs=given), network)
        tensors = given.tensors()
        self._behind = keras.Model(tensors, model.output)
        self._texts = [name for name, one in tensors.items() if one.dtype == "string"]
        self._run = tf.function(
            lambda tensors: self._behind(tensors, training=False), autograph=False, reduce_retracing=True
        )

    def batch(self, examples: list[Example]) -> tuple[list[Example], dict[str, tf.Tensor]]:
        """The examples that could be read, and their answers by name."""
        kept, tensors = self._cache.batch(examples)
        if not kept:
            return [], {}
        # A cache has what a network takes; what else an answer asks for is a file's problem, and these have none.
        nothing = {name: tf.fill([len(kept)], "") for name in self._texts}
        tensors = {name: tf.convert_to_tensor(one) for name, one in {**nothing, **tensors}.items()}
        tensors[self._name] = tf.cast(tensors[self._name], self._behind.input[self._name].dtype)
        return kept, self._run({name: tensors[name] for name in self._behind.input})


class _Given(keras.layers.Layer):
    """Stands for the preprocessing in a model of which the part behind it is taken; it is never called.

    Args:
        inputs: the preprocessing's layer.
        name_of_features: of what stands in place of one of its tensors.
        features: what stands there.
    """

    def __init__(
        self, inputs: keras.layers.Layer, name_of_features: str, features: keras.KerasTensor
    ) -> None:
        super().__init__(name=inputs.name)
        found = {**inputs(keras.Input((), dtype="string")), name_of_features: features}
        self._spec = {name: (found[name].shape, found[name].dtype) for name in sorted(found)}

    def tensors(self) -> dict[str, keras.KerasTensor]:
        """What stands for the preprocessing's tensors, once the model is there; Keras orders them by their names."""
        return dict(zip(self._spec, keras.tree.flatten(self.output), strict=True))

    def compute_output_spec(self, raw):
        return {name: keras.KerasTensor(*kind, name=name) for name, kind in self._spec.items()}
