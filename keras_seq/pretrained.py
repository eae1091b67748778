"""The trained models that the package brings, `zoo/pretrained/NAME/`: what there is, without TensorFlow.

`keras_seq.load` and the commands take their names; `catalogue.model_folder` says when. A folder of them is a
finished run, with what `keras_seq.publish` says of it in its metrics.
"""

from __future__ import annotations

from typing import NamedTuple

from keras_seq.catalogue import published
from keras_seq.run import Run


class Pretrained(NamedTuple):
    """A trained model of the zoo.

    Attributes:
        name: what `keras_seq.load` and the commands take.
        application: such as "sentiment".
        languages: of its inputs and answers, as "de" and "en".
        score: the name of its main score, on the test split or, without one, on validation.
        value: of that score.
        megabytes: of its file, 10^6 bytes each.
    """

    name: str
    application: str
    languages: tuple[str, ...]
    score: str
    value: float
    megabytes: float


def list_models() -> list[Pretrained]:
    """The trained models of the zoo, in the order of their names.

    Example:
        >>> keras_seq.list_models()[0].name
        'sentiment'
    """
    return [_described(name, Run(folder)) for name, folder in published().items()]


def _described(name: str, run: Run) -> Pretrained:
    metrics = run.read_metrics()
    about = metrics["published"]
    score, value = next(iter(metrics.get("test", metrics["validation"]).items()))
    languages = tuple(about["languages"])
    return Pretrained(name, about["application"], languages, score, value, about["bytes"] / 1e6)
