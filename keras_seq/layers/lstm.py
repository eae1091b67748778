"""The LSTM layer: cuDNN on a GPU, a fast loop on a CPU, and both in a graph that is saved."""

from __future__ import annotations

import functools

import keras
import tensorflow as tf
from tensorflow.python.ops.control_flow_switch_case import execute_fn_for_device  # no public name; Keras 2 used it

from keras_seq.layers import cudnn, recurrence


@keras.saving.register_keras_serializable("keras_seq")
class LSTM(keras.layers.LSTM):
    """`keras.layers.LSTM`, with the same arguments, weights and results, that runs fast wherever its graph is run.

    Keras decides for or against cuDNN while it traces, so a model saved on a machine with a GPU fails on one without,
    and the other way round never uses cuDNN. Here the graph that is saved, or traced for inference, holds both and
    chooses when it runs. Training takes the implementation of the device at hand. A mask may be any; right-padded ones
    cost least. A row without any step keeps its initial state and puts out zeros, on every device.

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

    def __init__(self, units: int, *args, use_cudnn: bool | str = "auto", **kwargs) -> None:
        super().__init__(units, *args, use_cudnn=use_cudnn, **kwargs)
        self.supports_jit = False
        if use_cudnn is not False:
            self._refuse_what_cudnn_cannot_do()

    def get_config(self) -> dict:
        return {**super().get_config(), "use_cudnn": self.use_cudnn}

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Last output, outputs and final state; `keras.layers.RNN.call` gives the rest."""
        if self.use_cudnn is False:
            return super().inner_loop(sequences, initial_state, mask, training)
        if training and self.dropout:
            sequences *= self.cell.get_dropout_mask(sequences[:, 0])[:, None]  # one mask for all steps
        return self._run(tf.convert_to_tensor(sequences), initial_state, tf.nest.flatten(mask)[0], bool(training))

    def stream_step(
        self, state: tuple[tf.Tensor, tf.Tensor] | None, chunk: tf.Tensor
    ) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
        """Run over the next steps of sequences that come in chunks: the state after them, and their outputs.

        Args:
            state: `(hidden, cell)`, `(batch, units)` each, as the last call gave it; None before the first chunk.
            chunk: `(batch, time, features)`, of any time.

        Returns:
            The state to hand to the next call, and the outputs `(batch, time, units)`. Chunk by chunk they are those
            of the whole sequence at once.

        Raises:
            ValueError: for a layer that goes backwards, which has to wait for the end, or is stateful.
        """
        if self.go_backwards or self.stateful or self.use_cudnn is False:
            raise ValueError("stream_step: the layer must not have go_backwards, stateful or use_cudnn=False")
        chunk = tf.cast(tf.convert_to_tensor(chunk), self.compute_dtype)
        if not self.built:
            self.build(chunk.shape)
        if state is None:
            state = self.get_initial_state(tf.shape(chunk)[0])
        hiddens, cell = _recur((_swap(chunk), *state, *self._weights()), None, False, True)
        return (hiddens[-1], cell), _swap(hiddens)

    def gates(
        self, sequences: tf.Tensor, initial_state: tuple[tf.Tensor, tf.Tensor] | None = None
    ) -> dict[str, tf.Tensor]:
        """All that is inside at every step, `(batch, time, units)` each, in the order in which the steps are read.

        Args:
            sequences: `(batch, time, features)`, without padding.
            initial_state: `(hidden, cell)`, `(batch, units)` each; zeros if None.

        Returns:
            `input_gate`, `forget_gate`, `candidate`, `output_gate`, `cell` and `hidden`.
        """
        sequences = tf.cast(sequences, self.compute_dtype)
        if self.go_backwards:
            sequences = tf.reverse(sequences, axis=[1])
        state = initial_state or self.get_initial_state(tf.shape(sequences)[0])
        inside = recurrence.gates(_swap(sequences), *state, *self._weights())
        return {name: _swap(tensor) for name, tensor in inside.items()}

    def _refuse_what_cudnn_cannot_do(self) -> None:
        wrong = {
            "activation": self.cell.activation is not keras.activations.tanh and "must be tanh",
            "recurrent_activation": self.cell.recurrent_activation is not keras.activations.sigmoid
            and "must be sigmoid",
            "use_bias": not self.cell.use_bias and "must be True",
            "recurrent_dropout": bool(self.cell.recurrent_dropout) and "must be 0",
            "unroll": self.unroll and "must be False",
        }
        found = [f"{name} {what}" for name, what in wrong.items() if what]
        if found:
            raise ValueError(
                f"LSTM {self.name!r}: {'; '.join(found)}, for cuDNN knows nothing else; "
                "use_cudnn=False takes it, runs everywhere and is slower"
            )

    def _weights(self) -> tuple[tf.Tensor, ...]:
        weights = (self.cell.kernel, self.cell.recurrent_kernel, self.cell.bias)
        return tuple(tf.cast(tf.convert_to_tensor(weight), self.compute_dtype) for weight in weights)

    def _run(self, sequences, state, mask, training):
        """Last output, outputs `(batch, time, units)` (the last alone without `return_sequences`), and final state."""
        with_cell = self.return_state or self.stateful
        if mask is None:
            sequences = tf.reverse(sequences, axis=[1]) if self.go_backwards else sequences
            hiddens, cell = _recur((_swap(sequences), *state, *self._weights()), None, training, with_cell)
            hidden = last = hiddens[-1]
            outputs = _swap(hiddens) if self.return_sequences else last[:, None]
        else:
            padding = _Padding(tf.cast(mask, tf.bool), self.go_backwards)
            tensors = (_swap(padding.remove(sequences)), *state, *self._weights())
            hiddens, cell = _recur(tensors, padding.lengths, training, with_cell)
            at_end, has_steps = _at_end(hiddens, padding.lengths), (padding.lengths > 0)[:, None]
            hidden = tf.where(has_steps, at_end, state[0])
            cell = tf.where(has_steps, cell, state[1]) if with_cell else None
            held, zero = tf.where(has_steps, at_end, 0.0), self.zero_output_for_mask
            last = tf.where(padding.mask[:, -1:], held, 0.0) if zero else held
            outputs = padding.restore(_swap(hiddens), held, zero) if self.return_sequences else last[:, None]
        return last, outputs, [hidden, cell] if with_cell else []


class _Padding:
    """Moves the steps that a mask lets through to the front, in the order they are read, and their outputs back.

    Attributes:
        mask: `(batch, time)` bool, in the order of reading.
        lengths: steps of each row, `(batch,)` int32.
    """

    def __init__(self, mask: tf.Tensor, backwards: bool) -> None:
        self.lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
        self._backwards = backwards
        self._is_on_the_right = tf.reduce_all(mask == tf.sequence_mask(self.lengths, tf.shape(mask)[1]))
        self.mask = tf.reverse(mask, axis=[1]) if backwards else mask

    def remove(self, sequences: tf.Tensor) -> tf.Tensor:
        def on_the_right():
            return self._turned(sequences) if self._backwards else sequences

        def anywhere():
            in_order = tf.reverse(sequences, axis=[1]) if self._backwards else sequences
            order = tf.argsort(tf.cast(~self.mask, tf.int32), axis=1, stable=True)
            return tf.gather(in_order, order, axis=1, batch_dims=1)

        return tf.cond(self._is_on_the_right, on_the_right, anywhere)

    def restore(self, outputs: tf.Tensor, last: tf.Tensor, zero: bool) -> tf.Tensor:
        """Outputs at their steps; where the mask is False zero, or else the output before, which at first is zero."""

        def on_the_right():
            if self._backwards:
                return tf.where(self.mask[..., None], tf.reverse(self._turned(outputs), axis=[1]), 0.0)
            return tf.where(self.mask[..., None], outputs, 0.0 if zero else last[:, None])

        def anywhere():
            seen = tf.cumsum(tf.cast(self.mask, tf.int32), axis=1)
            held = tf.gather(outputs, tf.maximum(seen - 1, 0), axis=1, batch_dims=1)
            return tf.where((self.mask if zero else seen > 0)[..., None], held, 0.0)

        return tf.cond(self._is_on_the_right, on_the_right, anywhere)

    def _turned(self, sequences: tf.Tensor) -> tf.Tensor:
        return tf.reverse_sequence(sequences, self.lengths, seq_axis=1, batch_axis=0)


def _recur(tensors, lengths, training, with_cell):
    """Hidden states of all steps `(time, batch, units)`, and with `with_cell` the cell at each row's end, or None.

    Args:
        tensors: as in `recurrence.implementation`.
        lengths: steps of each row, `(batch,)` int32; None for all.
        training: whether the gradient is sure to be wanted.
        with_cell: whether the cell is wanted.
    """
    inputs, recurrent_kernel = tensors[0], tensors[4]
    sizes = (inputs.shape[-1], recurrent_kernel.shape[0], inputs.dtype.name)

    def on_gpu(*tensors):
        hiddens, cell = cudnn.lstm(lengths, *tensors)
        return [hiddens, cell] if with_cell else [hiddens]

    def elsewhere(*tensors, for_gradient=training, run_as_graph=True):
        make = functools.partial(recurrence.compiled, *sizes) if run_as_graph else recurrence.implementation
        hiddens, *cells = make(with_cell, for_gradient)(*tensors)
        return [hiddens, *(x[-1] if lengths is None else _at_end(x, lengths) for x in cells)]

    if not (training or tf.executing_eagerly()):
        results = _portable(on_gpu, elsewhere)(*tensors)
    elif cudnn.is_at_hand():
        results = on_gpu(*tensors)
    else:
        results = elsewhere(*tensors, run_as_graph=tf.executing_eagerly())
    hiddens, *cells = tf.nest.flatten(results)
    hiddens.set_shape([*inputs.shape[:2], recurrent_kernel.shape[0]])
    return hiddens, cells[0] if cells else None


def _portable(on_gpu, elsewhere):
    """Both implementations in one function, and in its gradient; which one runs is decided where the graph runs.

    The two are functions of a Case op that is not lowered: only the one that is taken is ever instantiated, so the
    other's ops need no kernel. The gradient, rarely wanted of an inference graph, runs the way forward once more.
    """

    @tf.custom_gradient
    def run(*tensors):
        results = execute_fn_for_device({"GPU": lambda: on_gpu(*tensors)}, lambda: elsewhere(*tensors))

        def gradient(*d_results):
            def of(function, **options):
                with tf.GradientTape() as tape:
                    tape.watch(tensors)
                    results = function(*tensors, **options)
                return tape.gradient(results, tensors, d_results)

            return execute_fn_for_device({"GPU": lambda: of(on_gpu)}, lambda: of(elsewhere, for_gradient=True))

        return results, gradient

    return run


def _at_end(steps: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
    """Each row's last step, `(batch, units)`, of `(time, batch, units)`; the first of a row without steps."""
    batch, units = tf.shape(steps)[1], steps.shape[2]
    rows = tf.maximum(lengths - 1, 0) * batch + tf.range(batch)
    return tf.gather(tf.reshape(steps, [-1, units]), rows)


def _swap(tensor: tf.Tensor) -> tf.Tensor:
    """Batch first to time first, and back."""
    return tf.transpose(tensor, [1, 0, 2])
