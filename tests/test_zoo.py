"""Every recipe of the zoo on data made here: trained two steps, saved, loaded, asked; and the first one of each
application exported. `make zoo` puts the trained models of all of them through the gates.
"""

import gzip
import json

import keras
import numpy as np
import pose_clips
import pytest
import tensorflow as tf
from corpora import PROJECT, SHRUNK, write_corpus

import export.__main__ as export_command
import keras_seq
from export import gates
from keras_seq import train
from keras_seq.run import Run
from keras_seq.samples import film_reviews, holidays, news, scenes, spoken_commands, stick_figures
from keras_seq.training import scoring

RECIPES = sorted((PROJECT / "zoo").glob("*.yaml"))
APPLICATION = {recipe: keras_seq.load_recipe(recipe, check_files=False).application for recipe in RECIPES}
EXPORTED = {name: recipe for recipe, name in reversed(APPLICATION.items())}  # the first of each
WORDS = {"embedding_dim": 8, "units": 4}  # of networks of words, what makes them small
SMALL = {"train": 32, "validation": 16, "test": 16}
PAIRS = {**SMALL, "train": 64}  # of fewer words than these have, few sentences can be made
OUTPUTS = {
    "sentiment": {"label", "score", "labels", "scores"},
    "ner": {"tokens", "tags", "starts", "ends", "scores"},
    "translation": {"translation", "score", "translations", "scores"},
    "speech_to_text": {"transcript", "score", "words", "starts", "ends", "word_scores", "problem"},
    "video_activity": {"label", "score", "labels", "scores", "problem"},
    "captioning": {"caption", "score", "captions", "scores", "problem"},
    "video_activity_poses": {"label", "score", "labels", "scores"},
}
INPUTS = {
    "speech_to_text": "audio",
    "video_activity": "clip",
    "captioning": "image",
    "video_activity_poses": "poses",
}


def stand_in_data(recipe, folder):
    """Files with the names and labels that a recipe of public data asks for."""
    folder.mkdir()
    if "sst2" in recipe.stem:
        write_sst2(folder)
    if "wnut17" in recipe.stem:
        for split, name in zip(
            SMALL, ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated"), strict=True
        ):
            sentences = news.sentences(split, SMALL[split])
            rows = ("".join(f"{token}\t{tag}\n" for token, tag in sentence) for sentence in sentences)
            (folder / name).write_text("\t\n".join(rows), encoding="utf-8")
    if "multi30k" in recipe.stem:
        pairs = {split: holidays.pairs(split, size) for split, size in PAIRS.items()}
        for split, name in zip(SMALL, ("train", "val", "test_2016_flickr"), strict=True):
            for side, language in enumerate(("de", "en")):
                text = "".join(f"{pair[side]}\n" for pair in pairs[split])
                (folder / f"{name}.{language}.gz").write_bytes(gzip.compress(text.encode()))
    if "an4" in recipe.stem:
        spoken_commands.write_files(folder, spoken_commands.SIZES)
        (folder / "validation.jsonl").rename(folder / "dev.jsonl")
    if "flickr8k" in recipe.stem:
        write_captions(folder, {"train": 16, "dev": 8, "test": 4})
    if "poses_utd_mhad" in recipe.stem:
        pose_clips.write(folder, {"train": 12, "test": 6})
    elif "utd_mhad" in recipe.stem:
        write_clip_lists(folder, {"train": 12, "test": 6})
    return [f"data.directory={folder}"] if any(folder.iterdir()) else []


def write_captions(folder, sizes):
    """Scenes as Flickr8k has its images: all in a folder, lists of names, and a token file of their captions."""
    corpus, tokens = folder / "corpus", []
    corpus.mkdir()
    scenes.write_files(corpus, dict(zip(("train", "validation", "test"), sizes.values(), strict=True)))
    for name in ("images", "text"):
        (folder / name).mkdir()
    for split, table in zip(sizes, ("train", "validation", "test"), strict=True):
        names = []
        for line in (corpus / f"{table}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            name = f"{split}_{row['image'].rpartition('/')[2]}"
            (corpus / row["image"]).rename(folder / "images" / name)
            tokens += [f"{name}#{number}\t{text} .\n" for number, text in enumerate(row["captions"])]
            names.append(f"{name}\n")
        (folder / "text" / f"Flickr_8k.{split}Images.txt").write_text("".join(names), encoding="utf-8")
    (folder / "text" / "Flickr8k.token.txt").write_text("".join(tokens), encoding="utf-8")


def write_clip_lists(folder, sizes):
    """Stick figures as public sets of videos are: a folder for each class, and lists of paths."""
    stick_figures.write_files(folder, sizes)
    for split in sizes:
        lines = []
        for path in sorted((folder / split).glob("*/*.gif")):
            new = folder / "clips" / path.parent.name / f"{split}_{path.name}"
            new.parent.mkdir(parents=True, exist_ok=True)
            path.rename(new)
            lines.append(f"{path.parent.name}/{new.name}\n")
        (folder / f"{split}.txt").write_text("".join(lines), encoding="utf-8")


def write_sst2(folder):
    write_corpus(folder, **SMALL)
    number = {"negative": "0", "positive": "1"}
    for split, name in (("train", "train"), ("validation", "dev"), ("test", "test")):
        lines = (folder / f"{split}.tsv").read_text(encoding="utf-8").splitlines()
        rows = [line.split("\t") for line in lines]
        (folder / f"sst2_{name}.tsv").write_text(
            "".join(f"{x}\t{number[y]}\n" for x, y in rows), encoding="utf-8"
        )
    (folder / "trees").mkdir()
    (folder / "trees" / "train.txt").write_text(
        "(3 (2 a) (3 (3 fine) (2 film)))\n(1 (1 dull) (2 it))\n" * 4, encoding="utf-8"
    )


@pytest.mark.usefixtures("optimized_graphs")
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_goes_from_data_to_a_model_and_to_a_servable(recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path / "cache"))
    for corpus in (film_reviews, holidays, news):
        monkeypatch.setattr(corpus, "SIZES", PAIRS if corpus is holidays else SMALL)
    for corpus in (spoken_commands, stick_figures, scenes):
        monkeypatch.setattr(corpus, "SIZES", {"train": 16, "validation": 8, "test": 4})
    application = APPLICATION[recipe]
    small = [f"model.{key}={value}" for key, value in SHRUNK.get(application, WORDS).items()]
    overrides = stand_in_data(recipe, tmp_path / "data") + small
    overrides += ["training.epochs=1", "training.batch_size=16"]
    run = tmp_path / recipe.stem
    assert train.main([str(recipe), "--run", str(run), *(x for o in overrides for x in ("--set", o))]) == 0
    model = keras_seq.load(run)
    by_keras = keras.saving.load_model(run / "model.keras")
    assert by_keras.get_config() == model.get_config()
    for ours, theirs in zip(model.get_weights(), by_keras.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    ((name, inputs),) = Run(run).read_requests().items()
    assert name == INPUTS.get(application, "text")
    assert len(inputs) == 8
    answer = gates._ask(model, inputs)
    assert set(answer) == OUTPUTS[application]
    if EXPORTED[application] != recipe:
        return
    # The gates ask this very model, beside the servable in a fresh process, over REST and over gRPC; made anew, its
    # graph would be traced anew.
    monkeypatch.setattr(export_command, "load", lambda path: model)
    assert export_command.main([str(run), "--to", str(tmp_path / "servables")]) == 0
    servable = tf.saved_model.load(str(tmp_path / "servables" / recipe.stem / "1"))
    given = model.signatures()["serving_default"].examples(tf.constant(inputs))
    served = servable.signatures["serving_default"](**given)
    assert set(served) == set(answer)
    for output, values in answer.items():
        if values.dtype == object:
            assert scoring.plain(served[output]) == values.tolist()
        else:
            np.testing.assert_allclose(served[output], values, atol=1e-5)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_builds_without_its_data(recipe):
    network = keras_seq.build(recipe)
    again = keras_seq.build(recipe)  # a name that Keras makes up would count on
    assert [layer.name for layer in network.layers] == [layer.name for layer in again.layers]
    names = {layer.name for layer in network.layers}
    if network.name == "translation_network":
        assert names >= {"source_ids", "target_ids", "embedding", "decoder"}
        assert network.output_shape == (
            None,
            None,
            keras_seq.load_recipe(recipe, check_files=False).prepare["vocabulary_size"],
        )
        assert keras_seq.build(recipe, vocabulary_size=50).output_shape == (None, None, 50)
    elif network.name == "speech_to_text_network":
        assert names >= {"samples", "lengths", "log_mel", "convolution_1", "scores"}
        assert network.output_shape == (None, None, 29)
        assert keras_seq.build(recipe, num_classes=5).output_shape == (None, None, 5)
    elif network.name == "video_activity_poses_network":
        assert names >= {"poses", "valid", "lengths", "streams", "bidirectional_1", "scores"}
        assert network.output_shape == (None, 27)
        assert keras_seq.build(recipe, num_classes=5).output_shape == (None, 5)
    elif network.name == "captioning_network":
        assert names >= {"pixels", "target_ids", "features", "embedding", "decoder"}
        assert keras_seq.build(recipe, vocabulary_size=50).output_shape == (None, None, 50)
    elif network.name == "video_activity_network":
        assert names >= {"frames", "lengths", "sampling", "features", "bidirectional_1", "scores"}
        assert network.output_shape == (None, 2)
        assert keras_seq.build(recipe, num_classes=5).output_shape == (None, 5)
    elif network.name == "sentiment_network":
        assert names >= {"word_ids", "embedding", "scores"}
        assert network.output_shape == (None, 2)
        assert keras_seq.build(recipe, num_classes=5).output_shape == (None, 5)
    else:
        assert names >= {"word_ids", "embedding", "scores"}
        assert network.output_shape == (None, None, 17, 17)
        assert keras_seq.build(recipe, num_types=1).output_shape == (None, None, 5, 5)
    with pytest.raises(keras_seq.RecipeError, match="unknown sizes"):
        keras_seq.build(recipe, classes=5)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_has_a_header_and_a_row_in_the_zoos_table(recipe):
    header = recipe.read_text(encoding="utf-8").split("application:")[0]
    for word in ("Source:", "Data:", "Run:", "Expect:", f"python -m keras_seq.train zoo/{recipe.name}"):
        assert word in header
    assert f"| [{recipe.stem}]({recipe.name}) |" in (PROJECT / "zoo" / "README.md").read_text(
        encoding="utf-8"
    )
