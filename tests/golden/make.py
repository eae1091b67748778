"""Writes golden files: a tiny model of each application, as a version of keras_seq saves it, and what it
answers. Newer versions must open the files and answer the same.

    python tests/golden/make.py 0.3.0

writes `tests/golden/0.3.0/`: NAME.keras of each application, and answers.json. It is run once, before a
release, and refuses to overwrite. The models are those of the code in the current folder, so that an older
version's files are written by this command in a checkout of that version.
"""

import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path.cwd()))

GOLDEN = pathlib.Path(__file__).resolve().parent
EXAMPLES = {"sentiment": 32, "ner": 6, "translation": 16}  # of the built-in corpora
STEPS = 40
INPUTS = {
    "sentiment": ["a gripping story , and the cast is superb", "the plot is dull", "", "naïve 🙂 film"],
    "ner": ["Shares of Ashford Steel fell on Monday .", "Ms. Holwick left Norwich", "", "日本 Ada"],
    "translation": ["The boys are late.", "the garden is small", "", "naïve 🙂"],
}


def main(argv: list[str]) -> int:
    """Write the files of the version that is named."""
    if len(argv) != 1:
        print("usage: python tests/golden/make.py VERSION", file=sys.stderr)
        return 2
    folder = GOLDEN / argv[0]
    if folder.exists():
        print(f"{folder} is there already; golden files are never written again", file=sys.stderr)
        return 2
    from keras_seq import version

    version.version = lambda: argv[0]  # what is to be released, whether or not pyproject.toml says so yet
    answers, models = {}, {}
    for name, inputs in INPUTS.items():
        with tempfile.TemporaryDirectory() as cache:
            os.environ["KERAS_SEQ_CACHE"] = cache
            models[name] = trained(name)
            answers[name] = {"inputs": inputs, "answers": plain(models[name](inputs))}
    folder.mkdir()
    for name, model in models.items():
        model.save(folder / f"{name}.keras")
    lines = [f'"{name}": {json.dumps(answer, ensure_ascii=False)}' for name, answer in answers.items()]
    (folder / "answers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return 0


def trained(name: str):
    """A model of an application that has seen a few steps of its built-in corpus."""
    import keras
    import tensorflow as tf

    from keras_seq import applications
    from keras_seq.samples import film_reviews, holidays, news

    for corpus in (film_reviews, holidays, news):
        corpus.SIZES = dict.fromkeys(("train", "validation", "test"), EXAMPLES[name])
    application = applications.functions(name)
    examples = list(application.read("train", source="sample"))
    preprocessing = application.prepare(examples)
    objective = application.objective()
    keras.utils.set_random_seed(7)
    network, kept = (
        application.build(preprocessing.sizes, embedding_dim=8, units=4, dropout=0.0) for _ in range(2)
    )
    inputs, truths = (tf.constant([getattr(one, side) for one in examples]) for side in ("input", "truth"))
    tensors, targets = preprocessing.pair(preprocessing.features_of(inputs), truths)
    network.compile(keras.optimizers.Adam(0.03), objective.loss, jit_compile=False)
    network.fit(tensors, targets, batch_size=len(examples), epochs=STEPS, shuffle=False, verbose=0)
    kept.set_weights(network.get_weights())  # a network that was compiled is saved with its optimizer
    return application.present(preprocessing, kept)


def plain(answer: dict) -> dict:
    """Answers by name as lists."""
    from keras import tree

    lists = {name: values.numpy().tolist() for name, values in answer.items()}
    return tree.map_structure(lambda value: value.decode() if isinstance(value, bytes) else value, lists)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
