"""Captions a second and training examples a second, from kept features: keras_seq beside PyTorch, in one run.

    python -m benchmarks.captioning --torch PYTHON [--rounds 5] [--threads 2]

What is measured is what differs: the decoder. Both sides get the same features of pictures, by chance, and have the
same weights, by chance too, but for the end, which is never the best: so every caption has as many pieces, and both
sides the same to do. Ours is the layer of the answering model, PyTorch's is benchmarks/captioning_torch.py. Each side
is a process, and they take turns. Printed are medians of the rounds, the ratio of each round (median, lowest,
highest) and how many captions are the same. Beside them stands the way of many tutorials: `predict` on the whole
caption so far, for every next word.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from benchmarks.sides import Side, answer_numbers, in_turns, ratios

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

FEATURES, CAPTIONS, WEIGHTS, SETTINGS = "features.npy", "captions.npy", "weights.npz", "settings.json"
BEAM_WIDTH = 4
DROPOUT, LABEL_SMOOTHING, LEARNING_RATE = 0.3, 0.1, 1e-3
SHORTEST = 0.5  # part of the longest training caption


class Case(NamedTuple):
    """What is asked for, of how many pictures at once, and of how many in all, in parts of `--captions`."""

    what: str
    batch_size: int
    part: float


CASES = [Case("greedy", 1, 0.25), Case("greedy", 32, 1), Case("beam", 1, 0.25), Case("beam", 32, 1)]
TRAINING, TUTORIAL = Case("training", 64, 1), Case("predict", 1, 0.01)
ALL_CASES = [*CASES, TRAINING, TUTORIAL]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--torch", metavar="PYTHON", help="the Python of an environment that has PyTorch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="of each side")
    parser.add_argument("--captions", type=int, default=512, metavar="N")
    sizes = {"pieces": 12, "places": 36, "channels": 1280, "units": 512}
    for name, size in {**sizes, "embedding_dim": 256, "vocabulary": 3000}.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=size, metavar="N")
    parser.add_argument("--once", metavar="FOLDER", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    settings = {name: value for name, value in vars(arguments).items() if name not in ("torch", "once")}
    if arguments.once:
        serve_ours(arguments.once, settings)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        own = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
        ours = Side([sys.executable, "-m", "benchmarks.captioning", "--once", folder, *own])
        theirs = Side([arguments.torch or sys.executable, "-m", "benchmarks.captioning_torch", folder])
        print(
            f"a second, by the median of {arguments.rounds} rounds, {arguments.threads} threads: {settings}"
        )
        compare(ours, theirs, arguments.rounds)
    return 0


def compare(ours: Side, theirs: Side, rounds: int) -> None:
    """Measure in turns, and print."""
    asked = [(side, number) for number in range(len(ALL_CASES) - 1) for side in (ours, theirs)]
    found = in_turns([*asked, (ours, len(ALL_CASES) - 1)], rounds)
    rates = {key: [answer["rate"] for answer in answers] for key, answers in found.items()}
    print("| | batch | keras_seq | PyTorch | ratio | the same |\n" + "|---" * 6 + "|")
    for number, case in enumerate(ALL_CASES[:-1]):
        mine, its = (found[side, number][-1].get("captions", []) for side in (ours, theirs))
        same = f"{sum(map(str.__eq__, mine, its))} of {len(mine)}" if mine else ""
        speeds = [f"{statistics.median(rates[side, number]):.1f}" for side in (ours, theirs)]
        ratio = ratios(rates[ours, number], rates[theirs, number])
        print(f"| {case.what} | {case.batch_size} | {' | '.join(speeds)} | {ratio} | {same} |")
    last = (ours, len(ALL_CASES) - 1)
    pairs = list(zip(found[ours, 0][-1]["captions"], found[last][-1]["captions"], strict=False))
    print(
        f"greedy by predict on the caption so far: {statistics.median(rates[last]):.2f} captions/s; keras_seq"
    )
    print(
        f"greedy at batch 1 is {ratios(rates[ours, 0], rates[last])} times as fast, with the same captions",
        end="",
    )
    print(f" {sum(mine == its for mine, its in pairs)} of {len(pairs)}")


def answered(
    features: Any, searches: dict[str, Callable[[Any], list[str]]], train: Callable[[], int]
) -> Callable[[int], dict[str, Any]]:
    """The number of a case -> its rate, and captions where it makes some.

    Args:
        features: of all pictures, `(pictures, places, channels)`.
        searches: name -> features of a batch to their captions.
        train: trains an epoch, and gives its number of examples.
    """

    def answer(number: int) -> dict[str, Any]:
        case = ALL_CASES[number]
        start = time.perf_counter()
        if case is TRAINING:
            return {"rate": train() / (time.perf_counter() - start)}
        some = features[: max(round(case.part * len(features)), 1)]
        batches = [some[n : n + case.batch_size] for n in range(0, len(some), case.batch_size)]
        found = [text for batch in batches for text in searches[case.what](batch)]
        return {"rate": len(found) / (time.perf_counter() - start), "captions": found}

    return answer


def network(sizes: dict[str, Any]) -> Any:
    """`features` and `target_ids` -> logits: the network of captioning behind its frozen backbone."""
    import keras

    from keras_seq.layers import AttentionDecoder

    features = keras.Input((sizes["places"], sizes["channels"]), name="features")
    target_ids = keras.Input((None,), dtype="int32", name="target_ids")
    embedding = keras.layers.ReversibleEmbedding(
        sizes["vocabulary"], sizes["embedding_dim"], mask_zero=True, name="embedding"
    )
    words = keras.layers.Dropout(DROPOUT, name="target_dropout")(embedding(target_ids))
    first = keras.layers.GlobalAveragePooling1D(name="mean")(features)
    decoder = AttentionDecoder(sizes["units"], sizes["embedding_dim"], name="decoder")
    found = keras.layers.Dropout(DROPOUT, name="features_dropout")(decoder([words, features, first]))
    inputs = {"features": features, "target_ids": target_ids}
    return keras.Model(inputs, embedding(found, reverse=True), name="captioning_network")


def serve_ours(folder: pathlib.Path, sizes: dict[str, Any]) -> None:
    """Write what PyTorch's side needs into the folder, and answer the numbers of cases."""
    import keras
    import numpy as np
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(sizes["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(sizes["threads"])
    keras.utils.set_random_seed(1)
    made, trained = network(sizes), network(sizes)
    embedding = made.get_layer("embedding").embeddings
    # The logits of padding, unknown, start and end are 0, and so never the best ones.
    embedding.assign(embedding * (np.arange(sizes["vocabulary"]) > 3)[:, None])
    random = np.random.default_rng(1)
    shape = (sizes["captions"], sizes["places"], sizes["channels"])
    features = np.maximum(random.normal(size=shape), 0).astype("float32")
    write_side(folder, made, sizes, features, captions(random, sizes))
    searches = {what: searching(made, sizes, width) for what, width in (("greedy", 1), ("beam", BEAM_WIDTH))}
    searches["predict"] = lambda batch: by_predict(made, sizes, batch)
    answer_numbers(answered(features, searches, training(trained, features, folder)))


def captions(random: Any, sizes: dict[str, Any]) -> Any:
    """Ids of a training caption of each picture, with ends and padding, `(captions, pieces + 1)`."""
    import numpy as np

    ids = random.integers(4, sizes["vocabulary"], (sizes["captions"], sizes["pieces"] + 1))
    lengths = random.integers(int(SHORTEST * sizes["pieces"]), sizes["pieces"] + 1, len(ids))[:, None]
    places = np.arange(sizes["pieces"] + 1)
    return np.where(places < lengths, ids, np.where(places == lengths, 3, 0)).astype("int32")


def write_side(folder: pathlib.Path, made: Any, sizes: dict[str, Any], features: Any, ids: Any) -> None:
    """What PyTorch's side needs."""
    import numpy as np

    decoder = made.get_layer("decoder")
    cell = decoder.lstms[0].cell
    weights = {
        "embedding": made.get_layer("embedding").embeddings,
        "decoder_kernel": cell.kernel,
        "decoder_recurrent": cell.recurrent_kernel,
        "decoder_bias": cell.bias,
        "first_states": decoder.first_states.kernel,
        "first_states_bias": decoder.first_states.bias,
        "key": decoder.key.kernel,
        "combine": decoder.combine.kernel,
        "combine_bias": decoder.combine.bias,
    }
    np.savez(folder / WEIGHTS, **{name: np.asarray(weight) for name, weight in weights.items()})
    np.save(folder / FEATURES, features)
    np.save(folder / CAPTIONS, ids)
    (folder / SETTINGS).write_text(json.dumps(sizes), encoding="utf-8")


def searching(made: Any, sizes: dict[str, Any], width: int) -> Callable[[Any], list[str]]:
    """Features of a batch -> captions, by the layer that answers."""
    import tensorflow as tf

    from keras_seq.answers import GeneratedText
    from keras_seq.preprocessing.subwords import Subwords

    target = Subwords()
    target.pieces = piece_names(sizes["vocabulary"])
    layer = GeneratedText(made, target, width)
    layer.most_pieces = sizes["pieces"]
    spec = [tf.TensorSpec([None, sizes["places"], sizes["channels"]])]
    graph = tf.function(lambda batch: layer({"features": batch}), spec, autograph=False)
    return lambda batch: [text.decode() for text in graph(batch)["text"].numpy()]


def piece_names(vocabulary: int) -> list[str]:
    """The pieces, which are words."""
    return [f"\u2581w{number}" for number in range(vocabulary)]


def training(trained: Any, features: Any, folder: pathlib.Path) -> Callable[[], int]:
    """A function that trains an epoch of kept features, and gives its number of examples."""
    import keras
    import numpy as np
    import tensorflow as tf

    from keras_seq.layers import SmoothedCrossEntropy
    from keras_seq.preprocessing.subwords import shifted

    ids = np.load(folder / CAPTIONS)
    inputs = {"features": features, "target_ids": shifted(tf.constant(ids)).numpy()}
    batches = tf.data.Dataset.from_tensor_slices((inputs, ids)).batch(
        TRAINING.batch_size, drop_remainder=True
    )
    batches = batches.prefetch(1)
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    trained.compile(optimizer, SmoothedCrossEntropy(LABEL_SMOOTHING), jit_compile=False)

    def train() -> int:
        trained.fit(batches, epochs=1, verbose=0, shuffle=False)
        return len(ids) // TRAINING.batch_size * TRAINING.batch_size

    return train


def by_predict(made: Any, sizes: dict[str, Any], batch: Any) -> list[str]:
    """The caption of one picture, as tutorials make it."""
    import numpy as np

    from keras_seq.preprocessing.subwords import START_ID

    written, names = [START_ID], piece_names(sizes["vocabulary"])
    for _ in range(sizes["pieces"]):
        logits = made.predict({"features": batch, "target_ids": np.array([written], "int32")}, verbose=0)
        written.append(int(logits[0, -1].argmax()))
    return ["".join(names[number] for number in written[1:]).replace("\u2581", " ").strip()]


if __name__ == "__main__":
    sys.exit(main())
