"""The models of a training: the network that is trained, the one that gets its best weights, and what answers
by them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import keras

from keras_seq import applications
from keras_seq.answers import Answering
from keras_seq.contract import Known, Objective, Preprocessing
from keras_seq.feature_cache import FeatureCache
from keras_seq.formats import Example
from keras_seq.metrics import report
from keras_seq.reading import Reader
from keras_seq.recipe import Recipe
from keras_seq.training import scoring
from keras_seq.training.kept_answers import KeptAnswers
from keras_seq.training.precision import computing
from keras_seq.training.transfer import Report, transfer


class Models:
    """The network that is trained, and the one that gets its best weights, with the model that answers by it.

    There are two, because Keras saves the optimizer of a network that was compiled, and because the one that answers
    is float32 in any case: in half precision an answer would depend on the batch that it is in.

    Args:
        recipe: its `model:` and `serving:` are checked here, before anything takes long.
        preprocessing: adapted.
    """

    def __init__(self, recipe: Recipe, preprocessing: Preprocessing) -> None:
        self.preprocessing = preprocessing
        self._application = applications.functions(recipe.application)
        self._build = functools.partial(self._application.build, **recipe.model)
        self.is_mixed = recipe.training["precision"] != "float32"
        with computing(precision=recipe.training["precision"]):
            self.network = self._build(preprocessing.sizes)
        self.best = self._build(preprocessing.sizes)
        self.fixed = {key: value for key, value in recipe.serving.items() if value is not None}
        self.answering = self.of_best()
        self.started: Report | None = None

    def start(self, known: Known) -> None:
        """Give the network that is trained the weights that training starts from, where there are some."""
        if known.model is not None:
            sizes, carried = self.preprocessing.sizes, self.preprocessing.carried
            self.started = transfer(known.model.network, self.network, self._build, sizes, carried)

    def of_best(self, **decided: Any) -> Answering:
        """The model with the best weights, by the recipe's keywords and those that are decided."""
        return self._application.present(self.preprocessing, self.best, **{**decided, **self.fixed})

    def of_training(self, keywords: dict[str, Any]) -> Answering:
        """The model with the weights of the training at hand."""
        return self._application.present(self.preprocessing, self.network, **keywords)

    def watch(
        self, objective: Objective, validation: Iterable[Example], reader: Reader
    ) -> Callable[[keras.Model, Preprocessing, FeatureCache | None], Callable[[], dict[str, float]]]:
        """What gives, after every epoch, the scores of answers to the validation split: a function of the network
        that is trained, of what prepares its inputs, and of the cache of these.
        """

        def watching(
            network: keras.Model, preprocessing: Preprocessing, features: FeatureCache | None
        ) -> Callable[[], dict[str, float]]:
            if objective.watched is None:
                return dict
            if self.is_mixed:
                return self._watching_best(objective, validation, reader)
            kept = None
            if preprocessing.frozen is not None and features is not None:
                present = functools.partial(self._application.present, **objective.watched)
                kept = KeptAnswers(present, network, preprocessing, features)
            model = self.of_training(objective.watched)

            def scores() -> dict[str, float]:
                found = scoring.score(model, validation, objective, reader=reader, kept=kept)
                return report.numbers(found.metrics)

            return scores

        return watching

    def _watching_best(
        self, objective: Objective, validation: Iterable[Example], reader: Reader
    ) -> Callable[[], dict[str, float]]:
        """As `watch`, by the network that is float32, with the weights of the one that is trained."""
        model = self._application.present(self.preprocessing, self.best, **(objective.watched or {}))

        def scores() -> dict[str, float]:
            for variable, trained in zip(self.best.variables, self.network.variables, strict=True):
                variable.assign(trained)
            return report.numbers(scoring.score(model, validation, objective, reader=reader).metrics)

        return scores
