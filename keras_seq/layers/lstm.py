"""The LSTM layer: cuDNN on a GPU, a fast loop on a CPU, and both in a graph that is saved."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from keras_seq.layers import cudnn, recurrence
from keras_seq.layers.padding import Padding, at_end

TANH = (keras.activations.tanh, keras.ops.tanh, tf.tanh)
SIGMOID = (keras.activations.sigmoid, keras.ops.sigmoid, tf.sigmoid)


class Reading(NamedTuple):
    """What a layer was given in one call, as `LSTM.recording` notes it.

    Attributes:
        sequences: `(batch, time, features)`.
        initial_state: `(hidden, cell)`, `(batch, units)` each.
        mask: `(batch, time)` bool, or None.
    """

    sequences: tf.Tensor
    initial_state: Sequence[tf.Tensor]
    mask: tf.Tensor | None


@keras.saving.register_keras_serializable("keras_seq")
class LSTM(keras.layers.LSTM):
    """`keras.layers.LSTM`, with the same arguments, weights and results, that runs fast wherever its graph is
    run.

    Keras decides for or against cuDNN while it traces, so a model saved on a machine with a GPU fails on one
    without, and the other way round never uses cuDNN. Here a graph that is saved, or traced for inference,
    holds both and chooses when it runs. With `training=True`, which `fit` passes, the implementation of the
    device at hand is called; a loop of your own that does not pass it gets the same gradients, at the cost of
    going forward twice.

    A mask `(batch, time)` may be any; right-padded ones cost least. A row without any step keeps its initial
    state and puts out zeros, on every device. Of GPUs, NVIDIA's are used. A second derivative is to be had
    with `use_cudnn=False` alone.

    With a policy of mixed precision the products are in half precision; state, cell and gates are float32.

    Sources: Hochreiter and Schmidhuber 1997; Gers et al. 2000 (forget gate); Chetlur et al. 2014 (cuDNN).

    Args:
        units: numbers in the hidden state and in the cell.
        use_cudnn: "auto" or True for the above; False for Keras's own loop, which takes all arguments of
            `keras.layers.LSTM` and is slower.
        **kwargs: the other arguments of `keras.layers.LSTM`.

    Raises:
        ValueError: when cuDNN cannot do what an argument asks for, and `use_cudnn` is not False.

    Example:
        >>> layer = LSTM(4, return_sequences=True)
        >>> layer(np.zeros((2, 5, 3), "float32")).shape
        TensorShape([2, 5, 4])
    """

    _record: Callable[[Reading], None] | None = None  # only within `recording`

    def __init__(self, units: int, *args, use_cudnn: bool | str = "auto", **kwargs) -> None:
        super().__init__(units, *args, use_cudnn="auto" if use_cudnn is True else use_cudnn, **kwargs)
        if self.use_cudnn == "auto":
            self.supports_jit = False
            if unfit := self._unfit_for_cudnn():
                raise ValueError(
                    f"LSTM {self.name!r}: {'; '.join(unfit)}, for cuDNN knows nothing else; "
                    "use_cudnn=False takes it, runs everywhere and is slower"
                )

    def get_config(self) -> dict:
        return {**super().get_config(), "use_cudnn": self.use_cudnn}

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Last output, outputs and final state; `keras.layers.RNN.call` gives the rest."""
        if self._record is not None:
            self._record(Reading(sequences, initial_state, tf.nest.flatten(mask)[0]))
        if not self._is_fast():
            return super(keras.layers.LSTM, self).inner_loop(sequences, initial_state, mask, training)
        sequences = tf.cast(tf.convert_to_tensor(sequences), self.compute_dtype)
        if training and self.dropout:
            sequences *= self.cell.get_dropout_mask(sequences[:, 0])[:, None]  # one mask for all steps
        return self._run(sequences, initial_state, tf.nest.flatten(mask)[0], bool(training))

    @contextlib.contextmanager
    def recording(self) -> Iterator[list[Reading]]:
        """Notes what the layer is given in every call, also as a part of a model that is run op by op.

        Example:
            >>> with layer.recording() as readings:
            ...     model(texts, training=False)
            >>> readings[0].sequences
        """
        readings: list[Reading] = []
        outer, self._record = self._record, readings.append
        try:
            yield readings
        finally:
            self._record = outer

    def stream_start(self, batch: int | tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The state before the first chunk of so many sequences: `(hidden, cell)`, zeros; see `stream_step`."""
        return tuple(self.get_initial_state(batch))

    def stream_step(
        self, state: tuple[tf.Tensor, tf.Tensor] | None, chunk: tf.Tensor
    ) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
        """Run over the next steps of sequences that come in chunks: the state after them, and their outputs.

        Args:
            state: `(hidden, cell)`, `(batch, units)` each, as the last call gave it; None before the first
                chunk.
            chunk: `(batch, time, features)`, of one step or more.

        Returns:
            The state to hand to the next call, and the outputs `(batch, time, units)`. Chunk by chunk they
            are those of the whole sequence at once.

        Raises:
            ValueError: for a layer that goes backwards, which has to wait for the end, is stateful, or has
                `use_cudnn=False`.
        """
        if self.go_backwards or self.stateful or not self._is_fast():
            raise ValueError("stream_step: the layer must not have go_backwards, stateful or use_cudnn=False")
        hiddens, cell = _recur(self._tensors(chunk, state), None, training=False, with_cell=True)
        return (hiddens[-1], cell), _swap(hiddens)

    def gates(
        self, sequences: tf.Tensor, initial_state: Sequence[tf.Tensor] | None = None
    ) -> dict[str, tf.Tensor]:
        """All that is inside at every step, `(batch, time, units)` each, in the order in which the steps are
        read.

        Args:
            sequences: `(batch, time, features)`, without padding.
            initial_state: `(hidden, cell)`, `(batch, units)` each; zeros if None.

        Returns:
            `input_gate`, `forget_gate`, `candidate`, `output_gate`, `cell` and `hidden`.

        Raises:
            ValueError: for a layer with `use_cudnn=False`.
        """
        if not self._is_fast():
            raise ValueError("gates: the layer must not have use_cudnn=False")
        sequences = tf.reverse(sequences, axis=[1]) if self.go_backwards else sequences
        inside = recurrence.gates(*self._tensors(sequences, initial_state))
        return {name: _swap(tensor) for name, tensor in inside.items()}

    def _is_fast(self) -> bool:
        """Checks the arguments too: `keras.layers.Bidirectional` gives its backward layer the `use_cudnn` of
        the forward one.
        """
        return self.use_cudnn is not False and not self._unfit_for_cudnn()

    def _unfit_for_cudnn(self) -> list[str]:
        wrong = {
            "activation must be tanh": self.cell.activation not in TANH,
            "recurrent_activation must be sigmoid": self.cell.recurrent_activation not in SIGMOID,
            "use_bias must be True": not self.cell.use_bias,
            "recurrent_dropout must be 0": self.cell.recurrent_dropout,
            "unroll must be False": self.unroll,
        }
        return [what for what, is_wrong in wrong.items() if is_wrong]

    def _tensors(self, sequences: tf.Tensor, state: Sequence[tf.Tensor] | None) -> tuple[tf.Tensor, ...]:
        """The arguments of `recurrence.implementation`, of sequences `(batch, time, features)` in order of
        reading.
        """
        sequences = tf.cast(tf.convert_to_tensor(sequences), self.compute_dtype)
        if not self.built:
            self.build(sequences.shape)
        state = self.get_initial_state(tf.shape(sequences)[0]) if state is None else state
        wide = recurrence.state_dtype(self.compute_dtype)
        matrices = (self.cell.kernel, self.cell.recurrent_kernel)
        return (
            _swap(sequences),
            *(tf.cast(tf.convert_to_tensor(value), wide) for value in state),
            *(tf.cast(tf.convert_to_tensor(value), self.compute_dtype) for value in matrices),
            tf.cast(tf.convert_to_tensor(self.cell.bias), wide),
        )

    def _run(
        self, sequences: tf.Tensor, state: list[tf.Tensor], mask: tf.Tensor | None, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """Last output, outputs `(batch, time, units)` (the last alone without `return_sequences`), and final
        state.
        """
        with_cell = self.return_state or self.stateful
        state = [tf.cast(value, recurrence.state_dtype(self.compute_dtype)) for value in state]
        if mask is None:
            sequences = tf.reverse(sequences, axis=[1]) if self.go_backwards else sequences
            hiddens, cell = _recur(self._tensors(sequences, state), None, training, with_cell)
            last = hiddens[-1]
            outputs = _swap(hiddens) if self.return_sequences else last[:, None]
            return last, outputs, [last, cell] if with_cell else []
        padding = Padding(tf.cast(mask, tf.bool), self.go_backwards)
        tensors = self._tensors(padding.remove(sequences), state)
        hiddens, cell = _recur(tensors, padding.lengths, training, with_cell)
        last = padding.at_end(hiddens, otherwise=0.0)
        if self.return_sequences:
            outputs = padding.restore(_swap(hiddens), last, self.zero_output_for_mask)
        else:
            last = tf.where(padding.mask[:, -1:], last, 0.0) if self.zero_output_for_mask else last
            outputs = last[:, None]
        if not with_cell:
            return last, outputs, []
        cell = tf.where((padding.lengths > 0)[:, None], cell, state[1])
        return last, outputs, [padding.at_end(hiddens, otherwise=state[0]), cell]


def _recur(
    tensors: tuple[tf.Tensor, ...], lengths: tf.Tensor | None, training: bool, with_cell: bool
) -> tuple[tf.Tensor, tf.Tensor | None]:
    """Hidden states of all steps `(time, batch, units)`, and with `with_cell` the cell at each row's end, or
    None.

    Args:
        tensors: as in `recurrence.implementation`.
        lengths: steps of each row, `(batch,)` int32; None for all.
        training: whether the gradient is sure to be wanted.
        with_cell: whether the cell is wanted.
    """
    inputs, kernel, recurrent_kernel = tensors[0], tensors[3], tensors[4]
    sizes = (kernel.shape[0], recurrent_kernel.shape[0], inputs.dtype.name)

    def on_gpu(*tensors):
        # All in the precision of the state, which cuDNN has no word for; its products may be of TF32.
        hiddens, cell = cudnn.lstm(*(tf.cast(x, tensors[1].dtype) for x in tensors), lengths=lengths)
        return [hiddens, cell] if with_cell else [hiddens]

    def elsewhere(*tensors, for_gradient=training, run_as_graph=True):
        make = functools.partial(recurrence.compiled, *sizes) if run_as_graph else recurrence.implementation
        hiddens, *cells = make(with_cell, for_gradient)(*tensors)
        return [hiddens, *(at_end(x, lengths) for x in cells)]

    is_eager = tf.executing_eagerly()
    if cudnn.is_available() and (training or is_eager):
        results = on_gpu(*tensors)
    elif training or is_eager or cudnn.has_other_gpu():
        results = elsewhere(*tensors, run_as_graph=is_eager)
    else:
        results = _portable(on_gpu, elsewhere)(*tensors)
    hiddens, *cells = tf.nest.flatten(results)
    hiddens.set_shape([*inputs.shape[:2], recurrent_kernel.shape[0]])
    return hiddens, cells[0] if cells else None


def _portable(on_gpu: Callable, elsewhere: Callable) -> Callable:
    """Both implementations in one function, and in its gradient; which one runs is decided where the graph
    runs.

    The two are functions of a Case op that is not lowered: only the one that is taken is ever instantiated,
    so the other's ops need no kernel. The gradient, rarely wanted of an inference graph, runs the way forward
    once more.
    """
    choose = tf.__internal__.execute_fn_for_device

    @tf.custom_gradient
    def run(*tensors):
        def gradient(*d_results):
            def of(function, **options):
                with tf.GradientTape() as tape:
                    tape.watch(tensors)
                    results = function(*tensors, **options)
                return tape.gradient(results, tensors, d_results)

            return choose({"GPU": lambda: of(on_gpu)}, lambda: of(elsewhere, for_gradient=True))

        return choose({"GPU": lambda: on_gpu(*tensors)}, lambda: elsewhere(*tensors)), gradient

    return run


def _swap(tensor: tf.Tensor) -> tf.Tensor:
    """Batch first to time first, and back."""
    return tf.transpose(tensor, [1, 0, 2])
