"""What people give to a model as raw inputs -> a tensor of strings; or one sentence that says what to give
instead.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

BATCH_SIZE = 32  # where none is given, as in Keras
SHOWN = 40  # characters of a wrong input


def as_strings(given: Any, name: str, files: bool = False) -> tf.Tensor:
    """A batch of raw inputs, in any of the forms that Keras users have them in -> `(batch,)` string.

    Lists and tuples of str or bytes, NumPy arrays of any type of text, what turns into such an array (a
    pandas Series), string tensors; each also as the one entry of a dict, under the input's name.

    Args:
        given: the batch.
        name: of the model's input.
        files: whether an input is the bytes of a file, and no text, which must be valid UTF-8.

    Raises:
        TypeError: when they are no strings, or one string alone.
        ValueError: when they have another shape than `(batch,)`, or are no UTF-8.
    """
    if isinstance(given, dict):
        if list(given) != [name]:
            raise ValueError(f"expected one input, {name!r}; given a dict with {sorted(map(str, given))}")
        given = given[name]
    if isinstance(given, str | bytes):
        raise TypeError(
            f"expected a list of {name}s, given one: {_shown(given)}; write [{_shown(given, 10)}]"
        )
    if tf.is_tensor(given):
        return _checked(given, name)
    if hasattr(given, "__array__"):
        given = np.asarray(given)
        _check_shape(given.shape, name)
        given = given.tolist()
    if not isinstance(given, list | tuple):
        what = "None" if given is None else f"{type(given).__name__}: {_shown(given)}"
        raise TypeError(f"expected a list of {name}s, given {what}; {_way(given)}")
    items = [_item(item, place, name, files) for place, item in enumerate(given)]
    return tf.constant(items, tf.string, shape=(len(items),))


def as_batches(
    given: Any, name: str, batch_size: int | None, files: bool = False, with_others: bool = False
) -> tf.data.Dataset:
    """Raw inputs as `as_strings` takes them, or a dataset of them, batched or not -> a dataset of batches.

    Args:
        given: the inputs; of a dataset of tuples, as for `fit`, the first of each.
        name, files: as in `as_strings`.
        batch_size: inputs a batch; 32 when left out; a dataset that is batched already stays as it is.
        with_others: whether what else is in the tuples of a dataset stays with the inputs.

    Raises:
        TypeError, ValueError: as `as_strings`.
    """
    if not isinstance(given, tf.data.Dataset):
        given = tf.data.Dataset.from_tensor_slices(as_strings(given, name, files))
    if not isinstance(given.element_spec, tuple):
        given = given.map(lambda inputs: (inputs,))
    first, *_ = given.element_spec
    if isinstance(first, dict) and list(first) == [name]:
        given = given.map(lambda inputs, *others: (inputs[name], *others))
    spec = given.element_spec[0]
    if not isinstance(spec, tf.TensorSpec) or spec.dtype != tf.string:
        raise TypeError(f"expected a dataset of {name}s, that is of string tensors; given one of {spec}")
    if spec.shape.rank not in (None, 0, 1):
        raise ValueError(
            f"expected a dataset of {name}s or of batches of them; given elements of shape {spec.shape}"
        )
    batches = given.batch(batch_size or BATCH_SIZE) if spec.shape.rank == 0 else given
    return batches if with_others else batches.map(lambda inputs, *others: inputs)


def is_symbolic(given: Any) -> bool:
    """Whether a model is called while a graph of it is made, by Keras or by TensorFlow, not to answer."""
    leaves = tf.nest.flatten(given)
    symbolic = any(isinstance(leaf, keras.KerasTensor) for leaf in leaves)
    return symbolic or (bool(leaves) and tf.is_tensor(leaves[0]) and not tf.executing_eagerly())


def _checked(given: tf.Tensor, name: str) -> tf.Tensor:
    if isinstance(given, tf.RaggedTensor | tf.SparseTensor):
        kind = type(given).__name__
        raise TypeError(f"expected a list of {name}s, given a {kind}; its values, .values, are one")
    if given.dtype != tf.string:
        raise TypeError(f"expected a list of {name}s, given a tensor of {given.dtype.name}")
    _check_shape(given.shape, name)
    return tf.convert_to_tensor(given)


def _check_shape(shape: Any, name: str) -> None:
    if len(shape) == 0:
        raise TypeError(f"expected a list of {name}s, given one; write [{name}]")
    if len(shape) != 1:
        hint = f"; ravel() of it is a list of {name}s" if len(shape) == 2 and 1 in shape else ""
        raise ValueError(f"expected a list of {name}s, shape (batch,); given shape {tuple(shape)}{hint}")


def _item(item: Any, place: int, name: str, files: bool) -> str | bytes:
    """One raw input of a list, checked."""
    if tf.is_tensor(item) and item.dtype == tf.string and item.shape.rank == 0:
        item = item.numpy()
    if isinstance(item, list | tuple) or getattr(item, "shape", None):
        raise ValueError(f"expected a list of {name}s; entry {place} is a list itself: {_shown(item)}")
    if not isinstance(item, str | bytes):
        raise TypeError(
            f"expected a list of {name}s; entry {place} is no text: {_shown(item)} ({type(item).__name__})"
        )
    if files and isinstance(item, str):
        hint = f"pathlib.Path({_shown(item)}).read_bytes() reads a file"
        raise TypeError(f"expected the bytes of {name}s; entry {place} is a text: {_shown(item)}; {hint}")
    if not files:
        try:
            item.encode() if isinstance(item, str) else item.decode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"text {place} has half a surrogate pair at {error.start}: {_shown(item)}"
            ) from None
        except UnicodeDecodeError as error:
            hint = "decode it first, as in .decode('latin-1')"
            raise ValueError(
                f"text {place} is not UTF-8 at byte {error.start}: {_shown(item)}; {hint}"
            ) from None
    return item


def _way(given: Any) -> str:
    """What to do with something that is no list."""
    if isinstance(given, tf.data.Dataset | keras.utils.PyDataset):
        return "a tf.data.Dataset goes to model.predict"
    return "write list(...) around it" if hasattr(given, "__iter__") else 'write ["...", "..."]'


def _shown(value: Any, most: int = SHOWN) -> str:
    text = repr(value[:most]) if isinstance(value, str | bytes) else repr(value)
    return text if len(text) <= most + 3 else text[:most] + "..."
