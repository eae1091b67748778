"""The LSTM's recurrence on a CPU: two loops of few operations, and everything that needs no state outside of
them.

    forward   z_g = x K_g + b_g for all steps at once; then step by step z_g + h R_g, the gates, the cell, the state
    back      step by step the gradients of the four z_g; then those of x, K, R and b, in one product each

A gate has matrices of its own. Four products (batch, units) x (units, units) are smaller than the
second-level cache: oneDNN runs each on one thread, TensorFlow runs them side by side. One product of four
times the width is cut up by oneDNN itself, at half the speed (docs/lstm.md has the measurements). A step that
is very small goes through TensorFlow's `BlockLSTMV2`, which loops inside one kernel, and so does a sequence that is
alone, after the product with its inputs. All of it is stock TensorFlow.

In mixed precision the products are of half-precision numbers; their sums, the gates, the cell and the state are
float32, there and back.

Equations: Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000, as Keras has them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from keras_seq.layers import tensor_lists

# Multiplications of a step up to which BlockLSTMV2 is faster than a loop of operations; measured on two
# cores.
SMALL_STEP = 2**19
STEPS_AT_ONCE = 96  # most steps of a single sequence that go to BlockLSTMV2 together


class Steps(NamedTuple):
    """What the way back needs of every step: TensorLists of `(batch, units)`, an element a step."""

    input_gate: tf.Tensor
    forget_gate: tf.Tensor
    candidate: tf.Tensor
    output_gate: tf.Tensor
    cell_tanh: tf.Tensor
    previous_cell: tf.Tensor


def state_dtype(dtype: tf.DType | str) -> tf.DType:
    """Of the state, the cell and the bias, where inputs and matrices are of a dtype."""
    dtype = tf.as_dtype(dtype)
    return tf.float32 if dtype.size < tf.float32.size else dtype


def implementation(with_cells: bool, for_gradient: bool) -> Callable[..., list[tf.Tensor]]:
    """A function, with a gradient of its own, that gives the hidden states of all steps, `(time, batch,
    units)`.

    Its arguments are
    inputs            `(time, batch, features)`
    hidden, cell      the state before the first step, `(batch, units)` each
    kernel            `(features, 4 * units)`, gates in Keras's order: input, forget, candidate, output
    recurrent_kernel  `(units, 4 * units)`
    bias              `(4 * units,)`

    Args:
        with_cells: whether the function also gives the cells of all steps.
        for_gradient: whether it keeps what its gradient needs; if not, a gradient runs the way forward once
            more.
    """

    @tf.custom_gradient
    def lstm(*tensors):
        results, steps = _forward(*tensors, with_cells=with_cells, keep=for_gradient)

        def gradient(*d_results):
            kept = steps or _forward(*tensors, with_cells=False, keep=True)[1]
            return _backward(tensors, results[0], kept, d_results)

        return results, gradient

    return lstm


@functools.cache
def compiled(
    features: int, units: int, dtype: str, with_cells: bool, for_gradient: bool
) -> tf.types.experimental.PolymorphicFunction:
    """`implementation` as a graph of its own, for eager callers and for those whose own graph does not lower
    loops.
    """
    time_and_batch, state, gates = [None, None], [None, units], 4 * units
    shapes = [[*time_and_batch, features], state, state, [features, gates], [units, gates], [gates]]
    wide = state_dtype(dtype)
    dtypes = [dtype, wide, wide, dtype, dtype, wide]
    signature = [tf.TensorSpec(*one) for one in zip(shapes, dtypes, strict=True)]
    return tf.function(implementation(with_cells, for_gradient), signature, autograph=False)


def gates(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
    """All that is inside at every step, by name, `(time, batch, units)` each.

    Args:
        tensors: as those of the function of `implementation`.
    """
    (hiddens, cells), steps = _forward(*tensors, with_cells=True, keep=True)
    names = ("input_gate", "forget_gate", "candidate", "output_gate")
    inside = {name: tensor_lists.stack(getattr(steps, name), hiddens) for name in names}
    return {**inside, "cell": cells, "hidden": hiddens}


def _forward(inputs, hidden, cell, kernel, recurrent_kernel, bias, *, with_cells, keep):
    """`([hidden states, cells if wanted], Steps if kept)`."""
    tensors = (inputs, hidden, cell, kernel, recurrent_kernel, bias)

    def loop():
        return _forward_loop(*tensors, with_cells=with_cells, keep=keep)

    if inputs.dtype != tf.float32:
        flat = loop()
    else:
        batch = tf.shape(inputs)[1]
        multiplications = batch * (kernel.shape[0] + recurrent_kernel.shape[0]) * kernel.shape[1]
        is_small = (batch == 1) | (multiplications <= SMALL_STEP)

        def block():
            return _forward_block(*tensors, with_cells=with_cells, keep=keep)

        small = block
        if not keep and kernel.shape[0] > STEPS_AT_ONCE:
            small = functools.partial(
                tf.cond, batch == 1, lambda: _forward_alone(*tensors, with_cells=with_cells), block
            )
        flat = tf.cond(is_small, small, loop)
    results, steps = flat[: 1 + with_cells], flat[1 + with_cells :]
    for result in results:
        result.set_shape([*inputs.shape[:2], recurrent_kernel.shape[0]])
    return results, Steps(*steps) if keep else None


def _forward_loop(inputs, hidden, cell, kernel, recurrent_kernel, bias, *, with_cells, keep):
    units, count = recurrent_kernel.shape[0], 1 + with_cells + keep * len(Steps._fields)
    time, batch = tf.unstack(tf.shape(inputs)[:2])
    projected = [tf.reshape(x, [time, batch, units]) for x in _projected(inputs, kernel, bias)]
    recurrent = tf.split(recurrent_kernel, 4, axis=1)

    def body(step, hidden, previous_cell, lists):
        z = [
            _product(hidden, matrix, hidden.dtype) + _at(step, x)
            for matrix, x in zip(recurrent, projected, strict=True)
        ]
        input_gate, forget_gate, output_gate = tf.sigmoid(z[0]), tf.sigmoid(z[1]), tf.sigmoid(z[3])
        candidate = tf.tanh(z[2])
        cell = forget_gate * previous_cell + input_gate * candidate
        cell_tanh = tf.tanh(cell)
        hidden = output_gate * cell_tanh
        values = [hidden, *([cell] if with_cells else [])]
        if keep:
            values += Steps(input_gate, forget_gate, candidate, output_gate, cell_tanh, previous_cell)
        return step + 1, hidden, cell, tensor_lists.with_items(lists, step, values)

    lists = [tensor_lists.reserve(time, units, hidden.dtype) for _ in range(count)]
    *_, lists = _loop(lambda step, *_: step < time, body, tf.constant(0), hidden, cell, lists)
    return [tensor_lists.stack(handle, hidden) for handle in lists[: 1 + with_cells]] + lists[
        1 + with_cells :
    ]


def _projected(inputs, kernel, bias):
    """The inputs' part of z of all steps one after the other, `(steps, units)`, of each gate."""
    flat = tf.reshape(inputs, [-1, kernel.shape[0]])
    gates = zip(tf.split(kernel, 4, axis=1), tf.split(bias, 4), strict=True)
    return [tf.nn.bias_add(_product(flat, matrix, vector.dtype), vector) for matrix, vector in gates]


def _forward_block(inputs, hidden, cell, kernel, recurrent_kernel, bias, *, with_cells, keep):
    block = _block(inputs, hidden, cell, tf.concat([kernel, recurrent_kernel], axis=0), bias)
    results = [block.h, *([block.cs] if with_cells else [])]
    if keep:
        previous_cell = tf.concat([cell[None], block.cs[:-1]], axis=0)
        steps = Steps(block.i, block.f, block.ci, block.o, block.co, previous_cell)
        results += [tf.raw_ops.TensorListFromTensor(tensor=x, element_shape=tf.shape(x)[1:]) for x in steps]
    return results


def _forward_alone(inputs, hidden, cell, kernel, recurrent_kernel, bias, *, with_cells):
    """Of one row. The kernel alone would read all of K at every step; here K is read once, and the kernel gets in
    its place the z of many steps, and as the input of each step the row of the identity that picks its own.
    """
    units, time = recurrent_kernel.shape[0], tf.shape(inputs)[0]
    projected = tf.concat(_projected(inputs, kernel, bias), axis=1)
    parts = -(-time // STEPS_AT_ONCE)
    at_once = -(-time // tf.maximum(parts, 1))

    def body(part, hidden, cell, arrays):
        z = projected[part * at_once : (part + 1) * at_once]
        picks, weights = tf.eye(tf.shape(z)[0])[:, None], tf.concat([z, recurrent_kernel], axis=0)
        block = _block(picks, hidden, cell, weights, tf.zeros([4 * units]))
        arrays = [array.write(part, one) for array, one in zip(arrays, (block.h, block.cs), strict=False)]
        return part + 1, block.h[-1], block.cs[-1], arrays

    arrays = [
        tf.TensorArray(inputs.dtype, parts, element_shape=[None, 1, units], infer_shape=False)
        for _ in range(1 + with_cells)
    ]
    first = [tf.ensure_shape(state, [1, units]) for state in (hidden, cell)]
    *_, arrays = tf.while_loop(lambda part, *_: part < parts, body, (0, *first, arrays))
    return [array.concat() for array in arrays]


def _block(inputs, hidden, cell, weights, bias):
    no_peephole = tf.zeros_like(bias[: hidden.shape[-1]])
    return tf.raw_ops.BlockLSTMV2(
        seq_len_max=tf.shape(inputs, tf.int64)[0],
        x=inputs,
        cs_prev=cell,
        h_prev=hidden,
        w=weights,
        wci=no_peephole,
        wcf=no_peephole,
        wco=no_peephole,
        b=bias,
        cell_clip=0.0,
    )


def _backward(tensors, hiddens, steps, d_results):
    """The gradients of all six tensors, from those of the hidden states and, where they were given, of the
    cells.
    """
    inputs, hidden, cell, kernel, recurrent_kernel, _ = tensors
    units, features = recurrent_kernel.shape[0], kernel.shape[0]
    d_hidden, d_cell, d_z = _backward_loop(
        steps, recurrent_kernel, tf.zeros_like(hidden), tf.zeros_like(cell), d_results
    )
    flat_z = [tf.reshape(tensor_lists.stack(handle, hidden), [-1, units]) for handle in d_z]
    previous_hidden = tf.reshape(tf.concat([hidden[None], hiddens[:-1]], axis=0), [-1, units])
    previous_hidden = tf.cast(previous_hidden, kernel.dtype)
    flat = tf.reshape(inputs, [-1, features])
    matrices = [tf.transpose(matrix) for matrix in tf.split(kernel, 4, axis=1)]
    d_inputs = tf.add_n([_product(d, m, d.dtype) for d, m in zip(flat_z, matrices, strict=True)])
    narrow_z = [tf.cast(d, kernel.dtype) for d in flat_z]
    return (
        tf.cast(tf.reshape(d_inputs, tf.shape(inputs)), inputs.dtype),
        d_hidden,
        d_cell,
        tf.concat([tf.matmul(flat, d, transpose_a=True) for d in narrow_z], axis=1),
        tf.concat([tf.matmul(previous_hidden, d, transpose_a=True) for d in narrow_z], axis=1),
        tf.concat([tf.reduce_sum(d, axis=0) for d in flat_z], axis=0),
    )


def _backward_loop(steps, recurrent_kernel, d_hidden, d_cell, d_results):
    # Transposed once, before the loop: oneDNN multiplies by a transposed matrix at half the speed and less.
    recurrent = [tf.transpose(matrix) for matrix in tf.split(recurrent_kernel, 4, axis=1)]
    last = tf.shape(d_results[0])[0] - 1

    def body(step, d_hidden, d_cell, lists):
        at = Steps(*(tensor_lists.item(handle, step, d_hidden) for handle in steps))
        d_hidden += _at(step, d_results[0])
        for d_cells in d_results[1:]:
            d_cell += _at(step, d_cells)
        d_cell += _tanh_gradient(at.cell_tanh, d_hidden * at.output_gate)
        d_z = [
            _sigmoid_gradient(at.input_gate, d_cell * at.candidate),
            _sigmoid_gradient(at.forget_gate, d_cell * at.previous_cell),
            _tanh_gradient(at.candidate, d_cell * at.input_gate),
            _sigmoid_gradient(at.output_gate, d_hidden * at.cell_tanh),
        ]
        d_hidden = tf.add_n([_product(d, m, d.dtype) for d, m in zip(d_z, recurrent, strict=True)])
        return step - 1, d_hidden, d_cell * at.forget_gate, tensor_lists.with_items(lists, step, d_z)

    lists = [tensor_lists.reserve(last + 1, recurrent_kernel.shape[0], d_hidden.dtype) for _ in recurrent]
    _, d_hidden, d_cell, lists = _loop(lambda step, *_: step >= 0, body, last, d_hidden, d_cell, lists)
    return d_hidden, d_cell, lists


def _product(rows, matrix, dtype):
    """In the precision of the matrix, given in another one."""
    return tf.cast(tf.matmul(tf.cast(rows, matrix.dtype), matrix), dtype)


def _loop(condition, body, step, hidden, cell, lists):
    """`tf.while_loop` over `(step, hidden, cell, lists)`; the batch may be of any size."""
    state = tf.TensorShape([None, hidden.shape[-1]])
    shapes = (step.shape, state, state, [handle.shape for handle in lists])
    return tf.while_loop(
        condition, body, (step, hidden, cell, lists), shape_invariants=shapes, parallel_iterations=1
    )


def _at(step, tensor):
    """`tensor[step]` without a copy."""
    begin = tf.reshape(step, [1])
    return tf.raw_ops.StridedSlice(input=tensor, begin=begin, end=begin + 1, strides=[1], shrink_axis_mask=1)


def _sigmoid_gradient(sigmoid, d_sigmoid):
    return tf.raw_ops.SigmoidGrad(y=sigmoid, dy=d_sigmoid)


def _tanh_gradient(tanh, d_tanh):
    return tf.raw_ops.TanhGrad(y=tanh, dy=d_tanh)
