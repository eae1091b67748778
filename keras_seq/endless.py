"""A dataset that never ends and is started once.

To start a dataset TensorFlow instantiates the graphs in it anew: seconds, where they read files of video. Keras starts
the validation data twice at every epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf


class Endless(tf.data.Dataset):
    """The elements of a dataset without an end, by one iterator: who asks for another gets the same, where it stands.

    So it is for one reader alone, who says how many elements make a pass.

    Args:
        data: gives the elements of a pass again and again.
    """

    def __init__(self, data: tf.data.Dataset) -> None:
        self._data = data
        self._iterator: Iterator | None = None
        super().__init__(data._variant_tensor)

    def __iter__(self) -> Iterator:
        if self._iterator is None:
            self._iterator = iter(self._data)
        return self._iterator

    def _inputs(self) -> list[tf.data.Dataset]:
        return [self._data]

    @property
    def element_spec(self) -> Any:
        return self._data.element_spec
