"""Microseconds a step of the matrix products of an LSTM's loop: whole, divided by gate, and transposed.

    python -m benchmarks.recurrent_products

A step multiplies the state (batch, units) by the recurrent matrix (units, 4 * units), and on the way back the
gradient (batch, 4 * units) by its transpose. Each is measured alone in a loop of its own. docs/lstm.md says
what follows.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import tensorflow as tf

THREADS = 2
STEPS = 300
REPEATS = 9
SIZES = [(16, 256), (64, 256), (32, 128), (1, 64)]  # batch, units


def main() -> int:
    tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[1]) if len(sys.argv) > 1 else THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    print("| batch, units | empty loop | whole | by gate | back, transposed in the loop | back, by gate |")
    print("|---|---|---|---|---|---|")
    for batch, units in SIZES:
        state, gradient = tf.random.normal((batch, units)), tf.random.normal((batch, 4 * units))
        matrix = tf.random.normal((units, 4 * units)) / (2 * units)
        gates = tf.split(matrix, 4, axis=1)
        transposed = [tf.transpose(gate) for gate in gates]

        def forward_by_gate(x, gates=gates):
            return tf.add_n([tf.matmul(x, gate) for gate in gates])

        def back_by_gate(x, transposed=transposed):
            parts = tf.split(x, 4, axis=1)
            return tf.tile(
                tf.add_n([tf.matmul(p, m) for p, m in zip(parts, transposed, strict=True)]), [1, 4]
            )

        times = [
            microseconds(lambda x: x, state),
            microseconds(lambda x, m=matrix, u=units: tf.matmul(x, m)[:, :u], state),
            microseconds(forward_by_gate, state),
            microseconds(lambda x, m=matrix: tf.tile(tf.matmul(x, m, transpose_b=True), [1, 4]), gradient),
            microseconds(back_by_gate, gradient),
        ]
        print(f"| {batch}, {units} | " + " | ".join(f"{value:.0f}" for value in times) + " |", flush=True)
    return 0


def microseconds(body, start: tf.Tensor) -> float:
    """The median time of one step of a loop."""

    @tf.function(autograph=False)
    def run():
        return tf.while_loop(
            lambda step, _: step < STEPS,
            lambda step, x: (step + 1, body(x)),
            (0, start),
            parallel_iterations=1,
        )

    times = []
    for _ in range(REPEATS + 2):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return 1e6 * statistics.median(times[2:]) / STEPS


if __name__ == "__main__":
    sys.exit(main())
