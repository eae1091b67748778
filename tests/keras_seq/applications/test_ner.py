"""Named-entity recognition end to end: a tiny run, its scores, its places, its errors, its servable."""

import json
import re

import numpy as np
import pytest
import tensorflow as tf
from corpora import PROJECT

import keras_seq
from export.servable import write
from keras_seq import evaluate, predict, tagging, train
from keras_seq.applications import ner
from keras_seq.errors import DataError
from keras_seq.run import Run
from keras_seq.samples import news
from keras_seq.tagging import entities_in
from keras_seq.training import scoring

RECIPE = """\
application: ner
data: {directory: %s, train: train.conll, validation: validation.conll, test: test.conll}
model: {embedding_dim: 8, units: 8, dropout: 0.1}
training: {epochs: 2, batch_size: 8, learning_rate: 0.02, seed: 3}
"""
SIZES = {"train": 150, "validation": 30, "test": 8}
# Nobody's name, and what a page must not take for its own; no model finds all of it.
HARD = [
    ("<b>Al</b>", "B-person"),
    ("&", "I-person"),
    ("Ada", "B-location"),
    ("<i>", "O"),
    ("Bo", "B-date"),
    ("!", "O"),
]


def columns(sentences):
    return "\n".join("".join(f"{token}\t{tag}\n" for token, tag in sentence) for sentence in sentences)


def write_corpus(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for split, size in SIZES.items():
        sentences = news.sentences(split, size) + ([HARD] if split == "test" else [])
        (folder / f"{split}.conll").write_text(columns(sentences), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("ner_corpus"))


@pytest.fixture(scope="session")
def tiny_ner(tmp_path_factory, corpus_folder):
    """A finished run; not to be changed."""
    folder = tmp_path_factory.mktemp("ner")
    recipe = folder / "ner.yaml"
    recipe.write_text(RECIPE % corpus_folder, encoding="utf-8")
    assert train.main([str(recipe), "--run", str(folder / "runs" / "tiny_ner")]) == 0
    return folder / "runs" / "tiny_ner"


@pytest.fixture(scope="session")
def model(tiny_ner):
    return keras_seq.load(tiny_ner)


@pytest.fixture
def recipe_file(tmp_path, corpus_folder):
    path = tmp_path / "ner.yaml"
    path.write_text(RECIPE % corpus_folder, encoding="utf-8")
    return path


def answers_of(model, texts):
    """The answers to all texts in one batch, a dict of Python values of each, without padding."""
    plain = {name: scoring.plain(values) for name, values in model(texts).items()}
    counts = [sum(end > 0 for end in row) for row in plain["ends"]]
    return [{name: rows[n][: counts[n]] for name, rows in plain.items()} for n in range(len(texts))]


def test_evaluate_gives_the_numbers_of_the_run(tiny_ner, model, corpus_folder, capsys):
    assert evaluate.main([str(tiny_ner)]) == 0
    printed, metrics = capsys.readouterr().out, Run(tiny_ner).read_metrics()["test"]
    for name in ("f1", "precision", "recall", "unseen_recall", "calibration_error"):
        assert re.search(rf"^{name} +{metrics[name]:.4f}$", printed, re.M), name
    for name, row in metrics["classes"].items():
        assert re.search(
            rf"^{name} +{row['precision']:.4f} +{row['recall']:.4f} +{row['f1']:.4f} +{row['examples']}$",
            printed,
            re.M,
        )
    assert metrics["examples"] == SIZES["test"] + 1
    assert metrics["entities"] == sum(
        tag.startswith("B-") for s in [*news.sentences("test", 8), HARD] for _, tag in s
    )
    assert 0 < metrics["unseen_entities"] <= metrics["entities"]
    again = scoring.score(
        model,
        ner.read("test", test=str(corpus_folder / "test.conll")),
        ner.objective(),
        Run(tiny_ner).read_seen(),
    )
    assert json.loads(json.dumps(again.metrics)) == metrics


def test_the_run_keeps_the_entities_that_training_had(tiny_ner, corpus_folder):
    expected = set()
    for example in ner.read("train", train=str(corpus_folder / "train.conll"), validation="elsewhere"):
        expected |= {
            example.input[e.start : e.end].casefold() for e in tagging.spans(tagging.decode(example.truth))
        }
    assert Run(tiny_ner).read_seen() == expected
    assert len(expected) > 20


def test_the_worst_examples_are_shown_in_colour_and_escaped(tiny_ner):
    page = (tiny_ner / "worst_examples.html").read_text(encoding="utf-8")
    body = page.split("</style>")[1]
    assert "&lt;b&gt;Al&lt;/b&gt; &amp; <small>person</small>" in body
    assert "&lt;i&gt;" in body
    assert "<b>Al" not in body
    assert "<i>" not in body
    assert '<mark class="wrong"' in body
    assert body.count("<b>true</b>") == body.count("<b>answered</b>") == SIZES["test"] + 1
    card = (tiny_ner / "card.md").read_text(encoding="utf-8")
    assert "[worst_examples.html](worst_examples.html)" in card
    assert r"\<b\>Al\</b\> &amp; (person)" in card
    assert f"| train | {SIZES['train']} |" in card


def test_tags_of_tokens_are_those_of_the_raw_text(model):
    sentences = [[token for token, _ in sentence] for sentence in news.sentences("test", 12)]
    answers, tags = answers_of(model, [" ".join(sentence) for sentence in sentences]), model.tag(sentences)
    agree = [n for n, answer in enumerate(answers) if answer["tokens"] == sentences[n]]
    assert len(agree) > 4
    assert any(tag != "O" for n in agree for tag in tags[n]), "else nothing is compared"
    for n in agree:
        assert tags[n] == answers[n]["tags"]
    for sentence, tags_of_sentence in zip(sentences, tags, strict=True):
        assert len(tags_of_sentence) == len(sentence)
        tagging.entities(tags_of_sentence, "IOB2")


TEXTS = [
    "Ada Lovelace of Acme met 👩‍👧‍👦 👍🏽 in New York on Monday.",
    "北京的Ada在东京。 สวัสดี العربية e\u0301t\u00e9",
    "tabs\tand\r\nlines\u00a0and\u200bmore \ufeff",
    "Mr. Smith's wife said: “it isn’t AT&T” http://t.co/x, @user",
    "",
    " \t",
    "🙂",
]


def test_places_are_those_of_the_raw_text(model):
    long = " ".join(token for sentence in news.sentences("test", 420) for token, _ in sentence)
    long = "\t".join((long + " 👩‍👧 北京 ").split(" ")[:5000])
    for text, answer in zip([*TEXTS, long], answers_of(model, [*TEXTS, long]), strict=True):
        assert [text[s:e] for s, e in zip(answer["starts"], answer["ends"], strict=True)] == answer["tokens"]
        for entity in entities_in(text, answer):
            assert entity["text"] == text[entity["start"] : entity["end"]] == entity["text"].strip() != ""
            assert 0 < entity["score"] <= 1 + 1e-5
        tagging.entities(answer["tags"], "IOB2")
    assert len(answer["tokens"]) >= 5000
    assert entities_in(long, answer)


def test_answers_alone_and_in_a_batch_are_the_same(model):
    for text, together in zip(TEXTS, answers_of(model, TEXTS), strict=True):
        (alone,) = answers_of(model, [text])
        np.testing.assert_allclose(together.pop("scores"), alone.pop("scores"), atol=1e-5)
        assert together == alone


def test_predict_prints_entities(tiny_ner, model, capsys):
    texts = [" ".join(token for token, _ in sentence) for sentence in news.sentences("test", 6)] + [
        "",
        "🙂 北京",
    ]
    assert predict.main([str(tiny_ner), *texts, "\udcf0\udc9f\udc98 in New York"]) == 0
    texts.append("\ufffd in New York")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(line) for line in lines] == [["text", "entities"]] * len(texts)
    assert [line["text"] for line in lines] == texts
    assert any(line["entities"] for line in lines)
    for line, answer in zip(lines, answers_of(model, texts), strict=True):
        expected = entities_in(line["text"], answer)
        scores = [entity.pop("score") for entity in expected]
        np.testing.assert_allclose([entity.pop("score") for entity in line["entities"]], scores, atol=1e-5)
        assert line["entities"] == expected


def test_json_lines_with_offsets_give_texts_and_tags(tmp_path):
    rows = []
    for sentence in news.sentences("train", 40):
        text, tokens = " ".join(token for token, _ in sentence), []
        for token, tag in sentence:
            start = tokens[-1].end + 1 if tokens else 0
            tokens.append(tagging.TaggedToken(start, start + len(token), tag))
        entities = [{"start": e.start, "end": e.end, "label": e.type} for e in tagging.spans(tokens)]
        rows.append(json.dumps({"text": text, "entities": entities}))
    (tmp_path / "all.jsonl").write_text("\n".join(rows), encoding="utf-8")
    data = {
        "train": str(tmp_path / "all.jsonl"),
        "validation": 0.25,
        "types": {"person": "who", "location": "where"},
    }
    train_part, held_out = (list(ner.read(split, **data)) for split in ("train", "validation"))
    assert len(train_part) + len(held_out) == 40
    assert 5 <= len(held_out) <= 15
    assert ner.read("test", **data) is None
    preprocessing = ner.prepare(train_part)
    assert preprocessing.classes == ["where", "who"]
    texts, truths = (tf.constant(side) for side in list(zip(*train_part, strict=True))[:2])
    _, tags = preprocessing.pair(preprocessing.inputs(texts), truths)
    begins = np.isin(tags, [1, 4, 5, 8]).sum()
    assert begins == sum(len(tagging.spans(tagging.decode(example.truth))) for example in train_part) > 20


def as_iob1(tags):
    entities = tagging.entities(tags, "IOB2")
    follows = {
        e.start
        for e, other in zip(entities[1:], entities, strict=False)
        if e.start == other.end and e.type == other.type
    }
    return [tag if tag == "O" or n in follows else f"I-{tag[2:]}" for n, tag in enumerate(tags)]


def test_tags_in_iob1_and_in_other_columns_give_the_same_truths(tmp_path):
    sentences = [
        *news.sentences("train", 30),
        [("Ada", "B-person"), ("Li", "B-person"), ("Oslo", "B-location"), ("x", "O")],
    ]
    lines = []
    for sentence in sentences:
        tags = as_iob1([tag for _, tag in sentence])
        lines += [f"x {tag} {token} {tag} -\n" for (token, _), tag in zip(sentence, tags, strict=True)] + [
            "\n"
        ]
    (tmp_path / "1.conll").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "2.conll").write_text(columns(sentences), encoding="utf-8")
    one = ner.read("train", train=str(tmp_path / "1.conll"), token=2, tag=-2, scheme="IOB1")
    two = ner.read("train", train=str(tmp_path / "2.conll"))
    assert [(e.input, e.truth) for e in one] == [(e.input, e.truth) for e in two]
    assert "I-person B-person I-location O" in " ".join(line.split()[1] for line in lines[-5:-1])


def test_types_that_are_not_named_are_outside(corpus_folder):
    whole = ner.read(
        "test", test=str(corpus_folder / "test.conll"), types={"person": "who", "location": "where"}
    )
    assert {name for example in whole for name in tagging.types(example.truth)} == {"who", "where"}


def test_training_texts_may_hold_invisible_characters(corpus_folder, tmp_path):
    lines = (corpus_folder / "test.conll").read_text(encoding="utf-8").replace(".\tO", ".\tO\n\u200e\tO")
    assert "\u200e" in lines
    (tmp_path / "train.conll").write_text(lines, encoding="utf-8")
    examples = list(ner.read("train", train=str(tmp_path / "train.conll"), validation="elsewhere"))
    preprocessing = ner.prepare(examples)
    texts, truths, _ = (tf.constant(side) for side in zip(*examples, strict=True))
    inputs, tags = preprocessing.pair(preprocessing.inputs(texts), truths)
    assert inputs["word_ids"].shape == tags.shape


def refused(recipe_file, tmp_path, capsys, *settings):
    """The one message of a training that ends with exit code 2."""
    options = [option for setting in settings for option in ("--set", setting)]
    with pytest.raises(SystemExit) as exit_:
        train.main([str(recipe_file), "--run", str(tmp_path / "run"), *options])
    assert exit_.value.code == 2
    steps, error, message = capsys.readouterr().err.partition("error: ")
    assert error
    assert "Traceback" not in steps + message
    return error + message


WRONG = {
    "a column that is not there": (
        ["data.tag=3"],
        "train.conll:1: 2 column(s), expected a token in column 0 and a tag in",
    ),
    "the column of the tokens": (["data.tag=0"], "train.conll:1: 2 column(s), expected a token"),
    "tokens and tags exchanged": (["data.token=1", "data.tag=0"], "train.conll:1: "),
    "a missing file": (["data.train=trian.conll"], "data.train: given 'trian.conll', no file or folder at"),
    "an unknown scheme": (
        ["data.scheme=BIO"],
        "data.scheme: given 'BIO', expected 'IOB1', 'IOB2' or 'IOBES'",
    ),
    "an unknown key": (["model.unit=3"], "model.unit: unknown key (given 3); did you mean 'units'?"),
    "types without names": (["data.types={person: }"], "data.types: expected a name for each label"),
    "types that nothing is of": (
        ["data.types={PER: person}"],
        "the training split has no entities in its 150 sentences",
    ),
    "the sample and a file": (
        ["data.source=sample"],
        "data.source: is sample, but data.train, data.validation, data.test",
    ),
    "no training data": (["data.train=null"], "data.train: this key is needed"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_mistakes_in_a_recipe(mistake, recipe_file, tmp_path, capsys):
    settings, expected = WRONG[mistake]
    assert expected in refused(recipe_file, tmp_path, capsys, *settings)


FILES = {
    "an empty file": ("train", "", "train.conll: has no sentences"),
    "blank lines alone": ("train", "\n \n", "train.conll: has no sentences"),
    "no entities": ("train", "a\tO\nb\tO\n", "the training split has no entities in its 1 sentences"),
    "IOB1 tags": (
        "train",
        "Ada\tI-person\nmet\tO\n",
        "train.conll:1: I-person at the start is not IOB2; it is IOB1 (data.scheme: IOB1)",
    ),
    "IOBES tags": ("train", "Ada\tS-person\n", "it is IOBES (data.scheme: IOBES)"),
    "a tag that is none": ("train", "x\tB-person\n\nAda\tNNP\n", "train.conll:3: 'NNP' is no IOB2 tag"),
    "a new type in validation": (
        "validation",
        "x\tO\n\nAda\tB-ship\n",
        "validation.conll:3: label 'ship' in validation, which training never had; it had 'date'",
    ),
    "no UTF-8": ("train", b"Ada\tB-person\ncaf\xe9\tO\n", "train.conll:2: byte 4 of the line is not UTF-8"),
}


@pytest.mark.parametrize("mistake", FILES)
def test_mistakes_in_a_data_file(mistake, recipe_file, tmp_path, capsys):
    split, data, expected = FILES[mistake]
    folder = tmp_path / "corpus"
    folder.mkdir()
    for other in SIZES:
        (folder / f"{other}.conll").write_text("Ada\tB-date\n", encoding="utf-8")
    (folder / f"{split}.conll").write_bytes(data if isinstance(data, bytes) else data.encode())
    assert expected in refused(recipe_file, tmp_path, capsys, f"data.directory={folder}")


def test_a_column_file_has_no_columns_by_name(recipe_file, tmp_path, capsys):
    assert "data.token" in refused(recipe_file, tmp_path, capsys, "data.token=words")


def test_a_type_that_the_model_does_not_know_is_not_scored(model, tmp_path):
    (tmp_path / "other.conll").write_text("Ada\tB-ship\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"other.conll:1: .*'ship', which the model does not know"):
        scoring.score(model, ner.read("test", test=str(tmp_path / "other.conll")), ner.objective())


def test_the_network_of_the_recipe_in_the_zoo_is_built_without_data(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path))
    network = keras_seq.build(PROJECT / "zoo" / "ner.yaml", num_types=2)
    assert network.output_shape == (None, None, 9, 9)
    assert set(network.input) == {"word_ids", "shape_ids", "character_ids"}
    assert keras_seq.build(PROJECT / "zoo" / "ner.yaml").output_shape[-1] == 17
    assert list(tmp_path.iterdir()) == [], "nothing is written for it"


def test_the_sample_corpus_is_read(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path))
    monkeypatch.setattr(news, "SIZES", {"train": 20, "validation": 5, "test": 5})
    assert [len(list(ner.read(split, source="sample"))) for split in news.SIZES] == [20, 5, 5]


def test_a_servable_tags_texts_and_tokens(tiny_ner, model, tmp_path):
    write(model, Run(tiny_ner).read_requests(), "tiny_ner", tmp_path / "1")
    servable = tf.saved_model.load(str(tmp_path / "1"))
    assert set(servable.signatures) == {"serving_default", "tokens", "readable_entities"}
    sentences = [[token for token, _ in sentence] for sentence in [*news.sentences("test", 6), HARD]] + [[]]
    width = max(map(len, sentences))
    batch = tf.constant([sentence + [""] * (width - len(sentence)) for sentence in sentences])
    rows = servable.signatures["tokens"](tokens=batch)["tags"].numpy()
    tags = [
        [tag.decode() for tag in row[: len(sentence)]] for row, sentence in zip(rows, sentences, strict=True)
    ]
    assert tags == model.tag(sentences)
    assert any(tag != "O" for row in tags for tag in row)
    answers = servable.signatures["serving_default"](text=tf.constant(TEXTS))
    for name, values in model(TEXTS).items():
        if name == "scores":
            np.testing.assert_allclose(values, answers[name], atol=1e-5)
        else:
            assert values.numpy().tolist() == answers[name].numpy().tolist()
    nothing = servable.signatures["serving_default"](text=tf.zeros([0], tf.string))
    assert {tensor.shape[0] for tensor in nothing.values()} == {0}
    for shape in ([0, 0], [0, 3], [2, 0]):
        nothing = servable.signatures["tokens"](tokens=tf.zeros(shape, tf.string))
        assert {tuple(tensor.shape) for tensor in nothing.values()} == {tuple(shape)}


def test_words_that_only_a_file_of_vectors_has_are_known_too(tmp_path, corpus_folder):
    """A word of a served text, which training never had, then has its vector."""
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("the 1 1\nzyzzyva 2 3\nquokka 4 5\n", encoding="utf-8")
    examples = ner.read("train", train=str(corpus_folder / "train.conll"), validation=0.1)
    trained = len(ner.prepare(examples).inputs.words)
    preprocessing = ner.prepare(examples, vectors=str(vectors), vocabulary_size=trained + 3)
    ids = preprocessing.inputs(tf.constant(["Zyzzyva quokka"]))["word_ids"].numpy()[0]
    assert ids.tolist() == [trained + 2, 1]  # one place was left
    np.testing.assert_array_equal(preprocessing.weights["embedding"][0][ids[0]], [2, 3])
    assert preprocessing.sizes["vocabulary_size"] == trained + 3
