"""Speech to text, from manifests to answers, on a little of the built-in corpus."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from corpora import SHRUNK, model_by_chance

from keras_seq import applications, reading
from keras_seq.answers import wav_edges
from keras_seq.contract import Known
from keras_seq.errors import DataError, RecipeError
from keras_seq.samples import spoken_commands
from keras_seq.usable import Usable

SIZES = {"train": 8, "validation": 3, "test": 3}
speech = applications.functions("speech_to_text")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Manifests of a few sounds."""
    path = tmp_path_factory.mktemp("commands")
    spoken_commands.write_files(path, SIZES)
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        return model_by_chance("speech_to_text", patch, tmp_path_factory.mktemp("cache"))


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read(folder, changed=None, split="train", **data):
    """The examples of a split, one of whose rows may be changed."""
    path = folder / f"{split}.jsonl"
    if changed is not None:
        given = [{**row, **changed.get(place, {})} for place, row in enumerate(rows(path))]
        path = folder / "changed.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")
    return speech.read("train", train=str(path), validation=str(path), **data)


def prepared(folder, **keywords):
    return speech.prepare(read(folder), **keywords)


def answers_of(model, sounds):
    return {name: values.numpy() for name, values in model(list(sounds)).items()}


def sounds_of(folder, split="validation"):
    return [(folder / row["audio_filepath"]).read_bytes() for row in rows(folder / f"{split}.jsonl")]


def test_the_alphabet_is_that_of_the_transcripts_or_of_the_recipe(folder):
    texts = " ".join(row["text"] for row in rows(folder / "train.jsonl"))
    assert prepared(folder).targets.alphabet == sorted(set(texts))
    given = prepared(folder, alphabet="zyxwvutsrqponmlkjihgfedcba '")
    assert given.sizes == {"num_classes": 29, "subsampling": 3}
    assert given.targets.alphabet == sorted("zyxwvutsrqponmlkjihgfedcba '")


def test_truths_are_scored_in_the_case_that_is_answered(folder, model):
    upper = prepared(folder, case="upper")
    assert upper.targets.alphabet == sorted(
        set(" ".join(r["text"] for r in rows(folder / "train.jsonl")).upper())
    )
    network = speech.build(upper.sizes, **SHRUNK["speech_to_text"])
    assert speech.present(upper, network).as_answered("turn  on ") == "TURN ON"
    assert model.as_answered("Turn on") == "Turn on"


def test_utterances_that_cannot_be_trained_on_are_counted_and_named(folder, capsys):
    faults = {0: {"text": " "}, 1: {"text": "tél"}, 3: {"text": "abcdefghij" * 20}, 4: {"duration": 40.0}}
    examples = read(folder, faults)
    preprocessing = speech.prepare(examples, alphabet="abcdefghijklmnopqrstuvwxyz ", max_seconds=30.0)
    assert preprocessing.examples == SIZES["train"] - 3
    kept = list(Usable(examples, preprocessing.fault, "skip", "train"))
    assert len(kept) == preprocessing.examples
    said = capsys.readouterr().out
    assert "3 of 8 examples of the train split cannot be trained on: 1 without a transcript" in said
    assert "1 with characters outside the alphabet (" in said
    assert "changed.jsonl:2 (é)" in said
    assert "1 too short for its transcript (" in said
    with pytest.raises(DataError, match=r"3 of 8 examples.*: skip leaves such"):
        list(Usable(examples, preprocessing.fault, "stop", "train"))


def test_nothing_to_train_on_is_an_error(folder):
    with pytest.raises(DataError, match="no utterance"):
        speech.prepare(read(folder, {place: {"text": ""} for place in range(SIZES["train"])}))


def test_odd_files_in_one_batch_have_answers_of_their_own(model, folder):
    good = sounds_of(folder)[0]
    edges = model.edge_inputs([good])
    alone = answers_of(model, [good])
    odd = [*wav_edges.good(long_seconds=60), *edges.damaged, b"", b"no sound, and called .wav"]
    together = answers_of(model, [good, *odd, good])
    num_good = len(wav_edges.good())
    assert not any(together["problem"][1 : 1 + num_good])
    assert all(together["problem"][1 + num_good : -1])
    for row in (0, -1):
        assert together["transcript"][row] == alone["transcript"][0] != b""
        width = alone["words"].shape[1]
        assert together["words"][row, :width].tolist() == alone["words"][0].tolist()
        for name in ("starts", "ends", "word_scores"):
            np.testing.assert_allclose(together[name][row, :width], alone[name][0], atol=1e-5)
        np.testing.assert_allclose(together["score"][row], alone["score"][0], atol=1e-5)
    assert not together["score"][1 + num_good : -1].any()


def test_a_flac_file_is_heard_as_the_wav_file_that_it_was(model, folder, tmp_path):
    soundfile = pytest.importorskip("soundfile")
    path = folder / rows(folder / "test.jsonl")[0]["audio_filepath"]
    samples, rate = soundfile.read(path, dtype="int16")
    soundfile.write(tmp_path / "one.flac", samples, rate)
    flac = reading.contents(reading.File.of(tmp_path / "one.flac"), model.file_contents)
    of_both = answers_of(model, [flac, path.read_bytes()])
    assert of_both["problem"].tolist() == [b"", b""]
    assert of_both["transcript"][0] == of_both["transcript"][1]
    raw = answers_of(model, [(tmp_path / "one.flac").read_bytes()])
    assert b"FLAC" in raw["problem"][0]


def test_a_model_is_trained_on_raw_sounds_and_transcripts(model, folder):
    texts = [row["text"] for row in rows(folder / "validation.jsonl")]
    model.compile(keras.optimizers.Adam(0.01))
    history = model.fit(sounds_of(folder), texts, epochs=12, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0] - 10


def test_another_alphabet_takes_over_the_letters_that_it_has(model, folder):
    known = model.letters.alphabet
    preprocessing = speech.prepare(read(folder), Known(model), case="upper")
    alphabet = preprocessing.targets.alphabet
    assert alphabet[: len(known)] == known
    assert set(alphabet[len(known) :]) == {
        c for r in rows(folder / "train.jsonl") for c in r["text"].upper()
    } - {" "}
    carried = preprocessing.carried["num_classes"]
    assert carried.places.tolist()[: len(known) + 1] == list(range(len(known) + 1))
    assert set(carried.places.tolist()[len(known) + 1 :]) == {-1}
    assert (carried.kept, carried.gone) == (len(known), 0)
    kept = speech.prepare(read(folder), Known(model, extend=False))
    assert kept.targets.alphabet == known


def test_pieces_are_said_in_place_of_letters(folder, tmp_path):
    """Trained, saved, loaded, heard as a stream, and searched for with a language model."""
    preprocessing = prepared(folder, subwords=60, ngram_order=2)
    pieces, texts = preprocessing.targets, [row["text"] for row in rows(folder / "train.jsonl")]
    assert preprocessing.sizes["num_classes"] == len(pieces.names) + 1 <= 61
    keras.utils.set_random_seed(5)
    small = {**SHRUNK["speech_to_text"], "units": 16, "bidirectional": False}
    network, sounds = speech.build(preprocessing.sizes, **small), sounds_of(folder, "train")
    logits = network.get_layer("logits")
    weights = [6 * np.random.default_rng(1).normal(size=one.shape) for one in logits.get_weights()]
    logits.set_weights(weights)
    for options in ({"beam_width": 1}, {"beam_width": 4, "language_weight": 0.5}):
        model = speech.present(preprocessing, network, **options)
        model.save(tmp_path / "model.keras")
        found = answers_of(keras.saving.load_model(tmp_path / "model.keras"), sounds)
        transcripts = [one.decode() for one in found["transcript"]]
        assert sum(len(one.split()) for one in transcripts) > 8
        for row, times, transcript in zip(found["words"], found["starts"], transcripts, strict=True):
            words = [word.decode() for word in row if word]
            assert " ".join(words) == transcript
            assert (np.diff(times[: len(words)]) > 0).all()
        if model.get_layer("answers").beam_width == 1:
            assert heard_in_two(model, [sound[44:] for sound in sounds]) == transcripts
    model.compile(keras.optimizers.Adam(0.02))
    losses = model.fit(sounds, texts, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def heard_in_two(model, pcm):
    """What the signatures of a stream hear in samples that come in two pieces."""
    signatures = model.signatures()
    begun = signatures["stream_start"].answers({"pcm": tf.constant([one[:9001] for one in pcm])})
    state = {name: value for name, value in begun.items() if name.startswith("state_")}
    ended = signatures["stream_finish"].answers({"pcm": tf.constant([one[9001:] for one in pcm]), **state})
    parts = zip(begun["final"].numpy(), ended["final"].numpy(), strict=True)
    return [(one + other).decode() for one, other in parts]


def test_a_language_model_is_learned_or_read_not_both(folder, tmp_path):
    (tmp_path / "words.arpa").write_text("\\data\\\n", encoding="utf-8")
    with pytest.raises(RecipeError, match="not both"):
        prepared(folder, ngram_order=2, language_model=str(tmp_path / "words.arpa"))
    network = speech.build({"num_classes": 5, "subsampling": 2}, **SHRUNK["speech_to_text"])
    with pytest.raises(RecipeError, match=r"serving.language_weight: there is no language model"):
        speech.present(prepared(folder), network, language_weight=1.0)


def test_a_network_of_a_stream_does_not_look_ahead():
    network = speech.build(
        {"num_classes": 5, "subsampling": 3}, bidirectional=False, **SHRUNK["speech_to_text"]
    )
    sound = np.random.default_rng(1).normal(size=(1, 16000)).astype("float32") / 9
    whole = network({"samples": tf.constant(sound), "lengths": tf.constant([16000])}).numpy()
    part = network({"samples": tf.constant(sound[:, :8400]), "lengths": tf.constant([8400])}).numpy()
    steps = 16  # whose frames end within the part
    np.testing.assert_allclose(part[:, :steps], whole[:, :steps], atol=1e-4)


def test_no_sounds_have_no_answers(model):
    for answers in (model([]), model.predict([], verbose=0)):
        assert {len(values) for values in answers.values()} == {0}


def test_answers_in_batches_are_those_of_all_at_once(model, folder):
    sounds = sounds_of(folder)
    together, in_turns = answers_of(model, sounds), model.predict(sounds, batch_size=1, verbose=0)
    assert in_turns["transcript"].tolist() == together["transcript"].tolist()
    np.testing.assert_allclose(in_turns["score"], together["score"], atol=1e-5)
