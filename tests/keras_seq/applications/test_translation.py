"""Translation end to end: data, the same answer in training and in serving, scores, commands."""

import gzip
import json
import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
import sacrebleu
import tensorflow as tf
from corpora import PROJECT

import keras_seq
from keras_seq import evaluate, inspect, metrics, predict, train
from keras_seq.applications import translation
from keras_seq.batches import Batches
from keras_seq.errors import DataError, RecipeError
from keras_seq.formats import Example
from keras_seq.order import Order
from keras_seq.preprocessing.subwords import END_ID, START_ID, UNKNOWN_ID
from keras_seq.run import Run
from keras_seq.samples import holidays

pytestmark = pytest.mark.usefixtures("loaded_once")
RECIPE = """\
application: translation
data: {directory: %s, train: [train.en, train.fr.gz], validation: [dev.en, dev.fr.gz], test: test.tsv}
prepare: {vocabulary_size: 300}
model: {embedding_dim: 16, units: 8, dropout: 0.1}
training: {epochs: 2, batch_size: 16, learning_rate: 0.01, weight_averaging: 0.5, seed: 3}
"""
TEXTS = [
    "I visit their green sheds in summer.",
    "Yes",
    "",
    "naïve 🙂 日本語 العربية",
    " ".join(["the old garden"] * 40),
]


@pytest.fixture(scope="module")
def pairs():
    return [
        Example(text, truth, f"pairs:{n}") for n, (text, truth) in enumerate(holidays.pairs("train", 120))
    ]


@pytest.fixture(scope="module")
def preprocessing(pairs):
    return translation.prepare(pairs, vocabulary_size=300)


@pytest.fixture(scope="module")
def network(preprocessing):
    """Not trained, but sure of what it says: with small weights all pieces would be as good."""
    keras.utils.set_random_seed(5)
    network = translation.build(preprocessing.sizes, embedding_dim=16, units=8, layers=2, dropout=0.1)
    for variable in network.trainable_variables:
        variable.assign(variable * 4)
    return network


@pytest.fixture(scope="module")
def beam(preprocessing, network):
    return translation.present(preprocessing, network, beam_width=3, n_best=2, length_penalty=0.6)


@pytest.fixture(scope="module")
def greedy(preprocessing, network):
    return translation.present(preprocessing, network, beam_width=1)


def searched(model, texts, **options):
    source = model.get_layer("source")(tf.constant(texts))
    return model.get_layer("answers").search(source, **options)[0]


def write_files(folder, pairs):
    folder.mkdir(exist_ok=True)
    for name, part in (("train", pairs[:96]), ("dev", pairs[96:112])):
        first = "" if name == "dev" else part[0].input  # an empty line has an answer too, and no picture
        texts = [first, *(pair.input for pair in part[1:])]
        (folder / f"{name}.en").write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        (folder / f"{name}.fr.gz").write_bytes(gzip.compress("".join(f"{p.truth}\n" for p in part).encode()))
    rows = "".join(f"{pair.input}\t{pair.truth}\n" for pair in pairs[112:])
    (folder / "test.tsv").write_text(rows, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory, pairs):
    """The folder of a recipe, and its finished run."""
    folder = tmp_path_factory.mktemp("translation")
    (folder / "tiny.yaml").write_text(RECIPE % write_files(folder / "data", pairs), encoding="utf-8")
    assert train.main([str(folder / "tiny.yaml"), "--run", str(folder / "tiny")]) == 0
    return folder


def test_splits_come_of_two_files_or_of_one(tmp_path, pairs):
    folder = write_files(tmp_path, pairs)
    both = [str(folder / "train.en"), str(folder / "train.fr.gz")]
    assert [e[:2] for e in translation.read("train", train=both, validation=both)] == [
        pair[:2] for pair in pairs[:96]
    ]
    assert [e[:2] for e in translation.read("test", test=str(folder / "test.tsv"))] == [
        p[:2] for p in pairs[112:]
    ]
    parts = [list(translation.read(split, train=both, validation=0.25)) for split in ("train", "validation")]
    assert [len(part) for part in parts] == [72, 24]
    assert {e.where for part in parts for e in part} == {f"{both[0]}:{n}" for n in range(1, 97)}
    assert translation.read("test") is None


def test_json_lines_have_keys(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "one", "translation": "un", "fr": "une"}\n', encoding="utf-8")
    path = str(tmp_path / "a.jsonl")
    assert [e[:2] for e in translation.read("test", test=path)] == [("one", "un")]
    assert [e[:2] for e in translation.read("test", test=path, translation="fr")] == [("one", "une")]
    (tmp_path / "lists.jsonl").write_text('["one", "two", "un"]\n', encoding="utf-8")
    lists = translation.read("test", test=str(tmp_path / "lists.jsonl"), text=0, translation=2)
    assert [e[:2] for e in lists] == [("one", "un")]


def test_one_text_file_alone_is_no_file_of_pairs():
    with pytest.raises(DataError, match=r"train.de: unknown suffix '.de'; .* or two text files"):
        translation.read("test", test="train.de")


def test_what_training_cannot_use_is_passed_over_with_numbers_and_a_test_keeps_every_line(tmp_path, capsys):
    (tmp_path / "a").write_text("one\n\ntwo\nthree\n" + "x" * 50 + "\n", encoding="utf-8")
    (tmp_path / "b").write_text("un\ndeux\n\ntrois\ncinq\n", encoding="utf-8")
    both = [str(tmp_path / "a"), str(tmp_path / "b")]
    read = translation.read("train", train=both, validation=both, max_characters=40)
    assert [e.input for e in read] == ["one", "three"]
    said = capsys.readouterr().out
    assert "passed over 3 of 5 pairs" in said
    assert all(f"{both[0]}:{line}" in said for line in (2, 3, 5))
    assert len(list(translation.read("test", test=both))) == 5
    for split in ("train", "validation"):
        list(translation.read(split, train=both, validation=0.5, max_characters=40))
    assert capsys.readouterr().out.count("passed over") == 1
    (tmp_path / "b").write_text("un\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"has 5 lines and .* 1: they must be line by line"):
        list(translation.read("train", train=both, validation=both))


def test_pieces_are_of_both_languages_or_of_each(pairs, preprocessing):
    ids = preprocessing.features(tf.constant([pairs[0].input]))
    inputs, targets = preprocessing.pair(ids, tf.constant([pairs[0].truth]))
    np.testing.assert_array_equal(inputs["source_ids"], ids)
    assert inputs["target_ids"][0, 0] == START_ID
    np.testing.assert_array_equal(inputs["target_ids"][0, 1:], targets[0, :-1])
    assert targets[0, -1] == END_ID
    assert preprocessing.sizes == {"vocabulary_size": 300}
    apart = translation.prepare(pairs, vocabulary_size=200, target_vocabulary_size=250)
    assert apart.sizes == {"vocabulary_size": 200, "target_vocabulary_size": 250}
    assert apart.inputs.model != apart.targets.model
    assert translation.build(apart.sizes, embedding_dim=8, units=4).output_shape == (None, None, 250)


def test_tied_embeddings_are_one_table():
    sizes = {"vocabulary_size": 50}
    tied = translation.build(sizes, embedding_dim=8, units=4).count_params()
    assert (
        translation.build(sizes, embedding_dim=8, units=4, tied_embeddings=False).count_params()
        == tied + 50 * 8
    )


@pytest.mark.parametrize("options", [{}, {"attention": "bahdanau", "layers": 2}, {"input_feeding": True}])
def test_every_shape_of_the_network_ignores_padding_and_qualifies_for_cudnn(options):
    network = translation.build({"vocabulary_size": 30}, embedding_dim=8, units=4, **options)
    ids = {"source_ids": np.array([[4, 5, 3]]), "target_ids": np.array([[2, 7]])}
    padded = {name: np.pad(value, [(0, 0), (0, 3)]) for name, value in ids.items()}
    np.testing.assert_allclose(network(ids), network(padded)[:, :2], atol=1e-6)
    inside = [*network.get_layer("decoder").lstms, network.get_layer("bidirectional_1").forward_layer]
    assert all(lstm.use_cudnn == "auto" and not lstm._unfit_for_cudnn() for lstm in inside)


@pytest.mark.parametrize(
    ("attention", "options"),
    [
        ("luong", {"layers": 2}),
        ("luong", {"input_feeding": True}),
        ("bahdanau", {"input_feeding": True, "layers": 2}),
        ("bahdanau", {"tied_embeddings": False}),
    ],
)
def test_every_shape_of_the_network_is_trained_and_answers(pairs, attention, options):
    """Batches of the pipeline, whose sizes no graph knows beforehand; pieces of each language."""
    preprocessing = translation.prepare(pairs, vocabulary_size=120, target_vocabulary_size=130)
    network = translation.build(preprocessing.sizes, embedding_dim=8, units=4, attention=attention, **options)
    network.compile("adam", translation.objective().loss, jit_compile=False)
    data = Batches(preprocessing).training(Order(pairs[:20], 8, 100, 1), range(2))
    losses = network.fit(data, steps_per_epoch=3, epochs=2, shuffle=False, verbose=0).history["loss"]
    assert np.all(np.isfinite(losses))
    model = translation.present(preprocessing, network, beam_width=2)
    texts = [pair.input for pair in pairs[:3]]
    assert model(texts)["translation"].shape == (3,)
    alone, together = (model(part)["score"].numpy()[0] for part in (texts[:1], texts))
    np.testing.assert_allclose(alone, together, atol=1e-5)
    assert np.isfinite(model.score_truths(texts, [pair.truth for pair in pairs[:3]])["log_probability"]).all()


def test_greedy_search_says_what_the_training_graph_finds_most_probable(greedy, network):
    """The whole prefix goes through the network of training for every piece, as slow as it gets."""
    text = TEXTS[0]
    source_ids = greedy.get_layer("source").ids_of(tf.constant([text]))
    found = searched(greedy, [text])
    said, total = [START_ID], 0.0
    while len(said) <= 2 * (source_ids.shape[1] - 1) + 10:
        scores = tf.nn.log_softmax(
            network({"source_ids": source_ids, "target_ids": tf.constant([said])})[0, -1]
        )
        said.append(int(tf.argmax(scores)))
        total += float(tf.reduce_max(scores))
        if said[-1] == END_ID:
            break
    expected = [number for number in said[1:] if number != END_ID]
    assert found.tokens[0, 0, : found.lengths[0, 0]].numpy().tolist() == expected
    np.testing.assert_allclose(found.log_probabilities[0, 0], total, rtol=1e-4)


def test_an_answer_is_the_same_alone_and_in_a_batch(beam):
    together = {name: tensor.numpy() for name, tensor in beam(TEXTS).items()}
    assert set(together) == {"translation", "score", "translations", "scores"}
    assert together["translations"].shape == together["scores"].shape == (5, 2)
    np.testing.assert_array_equal(together["translation"], together["translations"][:, 0])
    for row, text in enumerate(TEXTS):
        for name, tensor in beam([text]).items():
            if tensor.dtype == tf.string:
                np.testing.assert_array_equal(tensor[0], together[name][row])
            else:
                np.testing.assert_allclose(tensor[0], together[name][row], atol=1e-5)


def test_nothing_is_translated_to_nothing(beam):
    answer = beam(["", "  \n"])
    assert answer["translations"].numpy().tolist() == [[b"", b""]] * 2
    assert not answer["scores"].numpy().any()
    attention = beam.attend(tf.constant([""]))
    assert set(attention["target_pieces"].numpy().ravel()) == {b""}


@pytest.mark.parametrize(
    "options",
    [
        {"beam_width": 1},
        {"beam_width": 3, "n_best": 2, "coverage_penalty": 0.2},
        {"n_best": 2, "temperature": 1.0},
        {"replace_unknown": False},
    ],
    ids=["greedy", "beam", "samples", "as it is"],
)
def test_no_texts_have_no_translations(preprocessing, network, options):
    model = translation.present(preprocessing, network, **options)
    answer = model([])
    assert answer["translation"].shape == answer["score"].shape == (0,)
    count = options.get("n_best", 1)
    assert answer["translations"].shape == answer["scores"].shape == (0, count)
    signature = model.signatures()["attention"]  # the default one is what was asked
    served = tf.function(signature.call, [signature.spec], autograph=False)
    for name, tensor in served(tf.constant([], tf.string)).items():
        assert tensor.shape[0] == 0, name
    assert model.score_truths([], [])["log_probability"].shape == (0,)
    assert model.candidates([]) == model.attention([]) == []


def test_a_score_is_the_mean_log_probability_of_the_pieces(beam, network):
    found = searched(beam, TEXTS[:2])
    scores, token_scores = beam(TEXTS[:2])["score"], beam.attend(tf.constant(TEXTS[:2]))["token_scores"]
    for row, text in enumerate(TEXTS[:2]):
        length, count = int(found.lengths[row, 0]), int(found.counts[row, 0])
        ids = found.tokens[row : row + 1, 0, :length]
        read = {
            "source_ids": beam.get_layer("source").ids_of(tf.constant([text])),
            "target_ids": tf.concat([[[START_ID]], ids], axis=1)[:, :count],
        }
        said = tf.concat([ids, [[END_ID]]], axis=1)[:, :count]
        each = -tf.nn.sparse_softmax_cross_entropy_with_logits(said, network(read))[0]
        np.testing.assert_allclose(scores[row], tf.reduce_mean(each), atol=1e-5)
        np.testing.assert_allclose(token_scores[row, :count], each, atol=1e-4)


def test_the_second_signature_shows_where_the_model_looked(beam):
    texts = [TEXTS[0], "Yes"]
    shown = {name: tensor.numpy() for name, tensor in beam.attend(tf.constant(texts)).items()}
    for row, text in enumerate(texts):
        pieces = [piece.decode() for piece in shown["target_pieces"][row] if piece]
        sources = [piece.decode() for piece in shown["source_pieces"][row] if piece]
        assert "".join(sources).replace("▁", " ").strip() == f"{text}</s>"
        assert (
            "".join(pieces).removesuffix("</s>").replace("▁", " ").strip()
            == beam(texts)["translation"][row].numpy().decode()
        )
        weights = shown["attention"][row]
        np.testing.assert_allclose(weights[: len(pieces), : len(sources)].sum(axis=1), 1, atol=1e-5)
        assert not weights[len(pieces) :].any()
        assert not weights[:, len(sources) :].any()
    look = beam.attention(texts)[1]
    assert (len(look.weights), len(look.weights[0])) == (len(look.target), len(look.source))
    assert set(beam.signatures()) == {"serving_default", "attention"}


@pytest.mark.parametrize("options", [{"beam_width": 1}, {"beam_width": 3}, {"coverage_penalty": 0.2}])
def test_an_unknown_piece_becomes_the_piece_that_was_looked_at_most(preprocessing, network, options):
    """A network that says nothing but the unknown piece says what it looks at."""
    texts = ["Yes 🙂", "naïve 🙂 日本語 العربية", "I visit their green sheds."]
    mute = keras.models.clone_model(network)
    mute.set_weights(network.get_weights())
    table = mute.get_layer("embedding").embeddings
    rows = table.numpy() * 0.01
    mute.get_layer("decoder").combine.bias.assign(np.full(16, 9.0))  # features of 1
    rows[UNKNOWN_ID] = 1.0
    table.assign(rows)
    model = translation.present(preprocessing, mute, length_penalty=0.0, **options)
    answers, shown = model(texts)["translation"].numpy(), model.attend(tf.constant(texts))
    plain = translation.present(preprocessing, mute, replace_unknown=False, length_penalty=0.0, **options)
    looked = set()
    for row, answer in enumerate(answers):
        source, weights = shown["source_pieces"][row].numpy(), shown["attention"][row].numpy()
        places = weights[weights.sum(axis=1) > 0].argmax(axis=1)
        looked |= set(places)
        pieces = [source[place].decode() for place in places]
        expected = "".join("" if piece == "</s>" else piece for piece in pieces).replace("▁", " ").strip()
        assert answer.decode() == expected
    assert len(looked) > 1
    assert plain(texts)["translation"].numpy()[0].decode().startswith("<unk><unk>")


def test_coverage_needs_the_whole_attention_and_changes_the_order_alone(beam, preprocessing, network):
    covered = translation.present(preprocessing, network, beam_width=3, n_best=3, coverage_penalty=5.0)
    bare = translation.present(preprocessing, network, beam_width=3, n_best=3, coverage_penalty=0.0)
    both = [model([TEXTS[0]])["translations"].numpy()[0].tolist() for model in (covered, bare)]
    assert sorted(both[0]) == sorted(both[1])
    source, answers = beam.get_layer("source")(tf.constant(TEXTS[:1])), beam.get_layer("answers")
    (found, places), (whole, same) = (answers.search(source, whole_attention=kind) for kind in (False, True))
    assert found.attention.shape[-1] == 1
    assert whole.attention.shape[-1] == source["ids"].shape[1]
    np.testing.assert_array_equal(places, same)


def test_samples_are_drawn_for_each_text_by_itself(preprocessing, network):
    model = translation.present(preprocessing, network, n_best=3, beam_width=1, temperature=2.0)
    alone, again = (model([TEXTS[0]])["translations"].numpy().tolist() for _ in range(2))
    assert alone == again
    assert len(set(alone[0])) == 3
    assert model(TEXTS)["translations"][0].numpy().tolist() == alone[0]


def test_more_translations_than_hypotheses_are_refused(preprocessing, network):
    with pytest.raises(RecipeError, match=r"serving.n_best: 5 translations cannot come of a beam of 2"):
        translation.present(preprocessing, network, beam_width=2, n_best=5)


@pytest.mark.parametrize("fixed", [{"length_penalty": 0.0}, {"beam_width": 1}, {"temperature": 1.0}])
def test_a_length_penalty_is_not_decided_where_it_is_given_or_orders_nothing(fixed):
    assert translation.objective().decide(None, None, fixed) == {}


def test_candidates_are_scored_like_the_search_scores_them(preprocessing, network):
    penalties = {"length_penalty": 0.7, "coverage_penalty": 0.3}
    model = translation.present(preprocessing, network, beam_width=3, **penalties)
    found, (row,) = searched(model, TEXTS[:1]), model.candidates(TEXTS[:1])
    np.testing.assert_allclose([one.score(0.7) for one in row], found.scores[0], rtol=1e-5)
    assert all(one.coverage < 0 for one in row)


def test_scores_are_sacrebleu_s_with_its_signature():
    rows = [("Two men walk.", "Two men walk home."), ("A dog!", "A dog!")]
    found = metrics.generated([metrics.Written((true,), answer, -6.0, 3.0) for true, answer in rows])
    true, answered = zip(*rows, strict=True)
    assert found["bleu"] == pytest.approx(sacrebleu.corpus_bleu(answered, [true]).score)
    assert found["chrf"] == pytest.approx(sacrebleu.corpus_chrf(answered, [true]).score)
    assert found["cross_entropy"] == pytest.approx(2)
    np.testing.assert_allclose(found["perplexity"], np.exp(2))
    assert "tok:13a" in found["bleu_signature"]
    assert "case:mixed" in found["bleu_signature"]
    assert next(iter(found)) == "bleu"


def test_the_loss_in_the_scores_is_that_of_the_network(beam, preprocessing, network, pairs):
    texts, truths = [pairs[0].input], [pairs[0].truth]
    inputs, targets = preprocessing.pair(preprocessing.features(tf.constant(texts)), tf.constant(truths))
    told = beam.score_truths(texts, truths)
    mean = -told["log_probability"] / told["true_pieces"]
    expected = translation.objective(label_smoothing=0.0).loss(targets, network(inputs))
    np.testing.assert_allclose(mean[0], expected, rtol=1e-5)


def test_a_run_has_bleu_an_epoch_and_a_picture_of_the_attention(trained):
    run = Run(trained / "tiny")
    assert {"val_bleu", "val_chrf", "val_loss", "loss"} <= set(run.read_history()[0])
    found = run.read_metrics()
    assert found["test"]["examples"] == 8
    assert set(found["serving"]) == {"length_penalty"}
    card = run.card_file.read_text(encoding="utf-8")
    assert "attention.png" in card
    assert f"`{trained / 'data' / 'train.en'}` and `{trained / 'data' / 'train.fr.gz'}`" in card
    assert "tok:13a" in card
    assert run.picture_file("attention").stat().st_size > 10_000
    assert keras_seq.load_recipe(run.recipe_file).data["train"] == [
        str(trained / "data" / name) for name in ("train.en", "train.fr.gz")
    ]


def test_files_are_translated_line_by_line_in_their_order(trained, pairs, capsys):
    texts = [pair.input for pair in pairs[:70]] + ["", "🙂"]
    (trained / "texts").write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    assert predict.main([str(trained / "tiny"), "--file", str(trained / "texts")]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["text"] for answer in answers] == texts
    assert set(answers[0]) == {"text", "translation", "score"}
    model = keras_seq.load(trained / "tiny")
    for place in (0, 69, 70, 71):
        assert answers[place]["translation"] == model([texts[place]])["translation"][0].numpy().decode()


def test_the_encoder_is_drawn_piece_by_piece(trained):
    model = keras_seq.load(trained / "tiny")
    layers = inspect._lstm_layers(model.network)["bidirectional_1"]
    steps = model.steps("Yes, the sheds")
    assert "".join(steps) == "\u2581Yes,\u2581the\u2581sheds</s>"
    drawn = inspect.inside(model, layers, "Yes, the sheds")
    assert {name: values["cell"].shape for name, values in drawn.items()} == {
        "forward": (len(steps), 8),
        "backward": (len(steps), 8),
    }
    assert model.steps("") == ["</s>"]
    assert inspect.main([str(trained / "tiny"), "Yes"]) == 0
    assert Run(trained / "tiny").gates_file.stat().st_size > 10_000


def test_other_pairs_are_scored(trained, capsys):
    files = [str(trained / "data" / name) for name in ("dev.en", "dev.fr.gz")]
    both = [word for file in files for word in ("--data", file)]
    assert evaluate.main([*both, str(trained / "tiny")]) == 0
    said = capsys.readouterr().out
    assert f"on {files[0]} and {files[1]}" in said
    assert "bleu_signature nrefs:1|case:mixed" in said
    with pytest.raises(SystemExit) as stop:
        evaluate.main([str(trained / "tiny"), *both, *both[:2]])
    assert stop.value.code == 2
    assert "3 files are not what translation reads" in capsys.readouterr().err


def test_what_is_wrong_with_the_search_is_said_before_training(trained, capsys):
    values = ["--set", "serving.n_best=9", "--run", str(trained / "refused")]
    with pytest.raises(SystemExit) as stop:
        train.main([str(trained / "tiny.yaml"), *values])
    assert stop.value.code == 2
    said = capsys.readouterr()
    assert "9 translations cannot come of a beam of 4" in said.err
    assert "Epoch" not in said.out


def test_the_sample_and_files_exclude_each_other(trained):
    with pytest.raises(RecipeError, match=r"data.source: is sample, but data.train is given too"):
        translation.read("train", source="sample", train=["a", "b"])


def test_a_recipe_with_a_missing_or_a_third_file_is_refused(trained, capsys):
    for value, said in (("[a.en, b.fr]", "no file or folder at"), ("[a, b, c]", "at most 2 items")):
        with pytest.raises(SystemExit) as stop:
            train.main([str(trained / "tiny.yaml"), "--set", f"data.train={value}"])
        assert stop.value.code == 2
        assert said in capsys.readouterr().err


def test_a_killed_run_ends_where_an_undisturbed_one_ends(trained):
    """Killed in the second epoch: which epoch has the best BLEU is remembered too."""
    code = (
        "import os, signal, sys\nfrom keras_seq import train\n"
        "from keras_seq.training import state\nstate.SAVE_SECONDS = 0.0\n"
        "save, calls = state.StateKeeper.save, []\n"
        "def save_and_die(keeper):\n    save(keeper)\n    calls.append(keeper.step)\n"
        "    if len(calls) == 9:\n        os.kill(os.getpid(), signal.SIGKILL)\n"
        "state.StateKeeper.save = save_and_die\nsys.exit(train.main(sys.argv[1:]))\n"
    )
    arguments = [str(trained / "tiny.yaml"), "--run", str(trained / "killed")]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    stopped = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert stopped.returncode == -signal.SIGKILL, stopped.stderr[-2000:]
    assert train.main(arguments) == 0
    histories = [
        [
            [row[name] for name in ("loss", "val_loss", "val_bleu")]
            for row in Run(trained / name).read_history()
        ]
        for name in ("tiny", "killed")
    ]
    np.testing.assert_allclose(*histories, rtol=1e-5)
    for ours, whole in zip(
        *(keras_seq.load(trained / name).get_weights() for name in ("killed", "tiny")), strict=True
    ):
        np.testing.assert_allclose(ours, whole, atol=1e-6)
