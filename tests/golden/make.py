"""Writes golden files: a tiny model of each application, as a version of keras_seq saves it, and what it
answers. Newer versions must open the files and answer the same.

    python tests/golden/make.py 0.3.0

writes `tests/golden/0.3.0/`: NAME.keras of each application, and answers.json. It is run before a release,
again when an application joins that version, and refuses to overwrite. The models are those of the code in
the current folder, so that an older version's files are written by this command in a checkout of that version.
"""

import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path.cwd()))

GOLDEN = pathlib.Path(__file__).resolve().parent
# Of the built-in corpora.
EXAMPLES = {
    "sentiment": 32,
    "ner": 6,
    "translation": 16,
    "speech_to_text": 2,
    "video_activity": 4,
    "video_activity_poses": 4,
    "captioning": 4,
}
STEPS = {"speech_to_text": 200}
USUAL_STEPS = 40  # of others
PREPARE = {
    "speech_to_text": {"ngram_order": 2},
    "video_activity": {"frames": 8, "height": 24, "width": 24, "channels": 1, "trim": True},
    "video_activity_poses": {"layout": "kinect20"},
    "captioning": {"height": 16, "width": 16, "vocabulary_size": 60},
}
WORDS = {"embedding_dim": 8, "units": 4}
SIZES = {
    "speech_to_text": {
        "bands": 16,
        "channels": 2,
        "units": 16,
        "layers": 1,
        "speed_perturbation": 0.0,
        "masks": 0,
    },
    "video_activity": {"frames": 8, "units": 8, "motion": True, "mirror": 0.5},
    "video_activity_poses": {"projection": 8, "units": 8, "layers": 1},
    "captioning": {"embedding_dim": 8, "units": 8},
}
INPUTS = {
    "sentiment": ["a gripping story , and the cast is superb", "the plot is dull", "", "naïve 🙂 film"],
    "ner": ["Shares of Ashford Steel fell on Monday .", "Ms. Holwick left Norwich", "", "日本 Ada"],
    "translation": ["The boys are late.", "the garden is small", "", "naïve 🙂"],
    **{
        name: [] for name in ("speech_to_text", "video_activity", "video_activity_poses", "captioning")
    },  # files that it has seen
}
DAMAGED = {
    "speech_to_text": ["no sound"],
    "video_activity": ["no clip"],
    "captioning": ["no picture"],
}  # and these


def main(argv: list[str]) -> int:
    """Write the files of the version that is named."""
    if len(argv) != 1:
        print("usage: python tests/golden/make.py VERSION", file=sys.stderr)
        return 2
    from keras_seq import version

    folder, file = GOLDEN / argv[0], GOLDEN / argv[0] / "answers.json"
    names = [name for name in INPUTS if not (folder / f"{name}.keras").exists()]
    if folder.exists() and (argv[0] != version.version() or not names):
        print(f"{folder} is there already; golden files are never written again", file=sys.stderr)
        return 2
    version.version = lambda: argv[0]  # what is to be released, whether or not pyproject.toml says so yet
    answers = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    models = {}
    for name in names:
        with tempfile.TemporaryDirectory() as cache:
            os.environ["KERAS_SEQ_CACHE"] = cache
            models[name], files = trained(name)
            inputs = INPUTS[name] or [*(one.decode("latin-1") for one in files), *DAMAGED.get(name, [])]
            answers[name] = {"inputs": inputs, "answers": plain(models[name](raw(name, inputs)))}
    folder.mkdir(exist_ok=True)
    for name, model in models.items():
        model.save(folder / f"{name}.keras")
    lines = [f'"{name}": {json.dumps(answer, ensure_ascii=False)}' for name, answer in answers.items()]
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return 0


def raw(name: str, inputs: list) -> list:
    """Inputs as the model takes them; bytes of files are in JSON as characters of Latin-1."""
    return inputs if INPUTS[name] else [one.encode("latin-1") for one in inputs]


def trained(name: str):
    """A model of an application that has seen a few steps of its built-in corpus, and files that it has seen."""
    import keras
    import tensorflow as tf

    from keras_seq import applications, reading
    from keras_seq.samples import (
        film_reviews,
        holidays,
        news,
        scenes,
        spoken_commands,
        stick_figure_poses,
        stick_figures,
    )

    corpora = (film_reviews, holidays, news, scenes, spoken_commands, stick_figures, stick_figure_poses)
    for corpus in corpora:
        corpus.SIZES = dict.fromkeys(("train", "validation", "test"), EXAMPLES[name])
    application = applications.functions(name)
    examples = list(application.read("train", source="sample"))
    preprocessing = application.prepare(examples, **PREPARE.get(name, {}))
    objective = application.objective()
    keras.utils.set_random_seed(7)
    network, kept = (
        application.build(preprocessing.sizes, **SIZES.get(name, WORDS), dropout=0.0) for _ in range(2)
    )
    inputs = [reading.contents(one.input, preprocessing.contents) for one in examples]
    truths = tf.constant([one.truths[0] for one in examples])
    tensors, targets = preprocessing.pair(preprocessing.features_of(tf.constant(inputs)), truths)
    network.compile(keras.optimizers.Adam(0.03), objective.loss, jit_compile=False)
    steps = STEPS.get(name, USUAL_STEPS)
    network.fit(tensors, targets, batch_size=len(examples), epochs=steps, shuffle=False, verbose=0)
    kept.set_weights(network.get_weights())  # a network that was compiled is saved with its optimizer
    return application.present(preprocessing, kept), [one for one in inputs if isinstance(one, bytes)]


def plain(answer: dict) -> dict:
    """Answers by name as lists."""
    from keras import tree

    lists = {name: values.numpy().tolist() for name, values in answer.items()}
    return tree.map_structure(lambda value: value.decode() if isinstance(value, bytes) else value, lists)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
