"""The spoken commands: the same on every machine, no voice or sentence of one split in another, and words that
sound different.
"""

import json
import random
import string
import wave

import numpy as np
import pytest

from keras_seq.formats import Referenced, Table
from keras_seq.samples import formant_voice, spoken_commands
from keras_seq.samples.spoken_commands import SLOTS

RATE = 16000
EXPECTED = [
    ("good morning victor and zoe", 37344, [1335.9, 4433.3, 3811.6, 2697.0, 2330.1, 2801.2, 3703.4, 359.3]),
    ("wake me at seven ten", 31936, [1253.9, 2217.3, 2107.2, 1282.3, 1928.5, 1446.2, 2244.9, 518.2]),
    ("read me the news at one thirty", 32368, [326.3, 647.0, 517.9, 745.5, 623.1, 580.5, 399.1, 20.1]),
]


@pytest.fixture(scope="module")
def sentences():
    return {split: spoken_commands.sentences(split) for split in spoken_commands.SIZES}


def test_sentences_are_distinct_and_no_split_shares_one(sentences):
    texts = [text for split in sentences.values() for text in split]
    assert len(set(texts)) == len(texts) == sum(spoken_commands.SIZES.values())


def test_every_word_is_in_training_and_every_letter_is_written(sentences):
    known = {word for text in sentences["train"] for word in text.split()}
    assert known == set(spoken_commands.PRONUNCIATIONS)
    assert set("".join(known)) == set(string.ascii_lowercase)
    for split in ("validation", "test"):
        assert len({word for text in sentences[split] for word in text.split()}) > 0.8 * len(known)


def test_no_two_words_are_said_alike():
    said = [tuple(phones) for phones in spoken_commands.PRONUNCIATIONS.values()]
    assert len(set(said)) == len(said) > 100


def test_voices_differ_and_no_split_shares_one():
    every = {split: spoken_commands.voices(split) for split in spoken_commands.SIZES}
    assert {split: len(voices) for split, voices in every.items()} == spoken_commands.VOICES
    flat = [voice for voices in every.values() for voice in voices]
    assert len({voice.name for voice in flat}) == len({voice.pitch for voice in flat}) == len(flat)
    for voices in every.values():
        assert min(voice.tract for voice in voices) < 0.35
        assert max(voice.tract for voice in voices) > 0.85


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spoken")
    spoken_commands.write_files(folder, {"train": 30, "validation": 10, "test": 20})
    return folder


def rows(folder, split):
    lines = (folder / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def samples_of(path):
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)


def test_a_manifest_says_what_is_in_its_files(written, sentences):
    for split, size in {"train": 30, "validation": 10, "test": 20}.items():
        found = rows(written, split)
        assert [row["text"] for row in found] == sentences[split][:size]
        assert {row["speaker"] for row in found} <= {voice.name for voice in spoken_commands.voices(split)}
        assert len({row["speaker"] for row in found}) > 2
        for row in found:
            assert set(row["text"]) <= set(string.ascii_lowercase + " ")
            assert row["duration"] == len(samples_of(written / row["audio_filepath"])) / RATE
            assert 0.8 < row["duration"] < 3.6
        assert len(list((written / split).iterdir())) == size


def test_manifests_are_read_by_the_common_reader(written, sentences):
    table = Table(str(written / "test.jsonl"), "audio_filepath", "text")
    examples = list(Referenced(table, str(written)))
    assert [example.truth for example in examples] == sentences["test"][:20]
    assert [example.input.path for example in examples] == sorted(map(str, (written / "test").iterdir()))


def test_sounds_do_not_clip_and_speech_is_above_the_noise(written):
    for path in sorted(written.glob("*/*.wav")):
        samples = samples_of(path)
        peak = np.abs(samples).max() / 2**15
        assert 10 ** (-18.1 / 20) < peak < 10 ** (-1.9 / 20)
        level = samples[: len(samples) // 800 * 800].reshape(-1, 800).std(1)  # of 50 ms
        assert abs(samples.mean()) < 0.02 * level.max()
        assert level[0] < 0.25 * level.max()  # there is silence at first


def test_there_is_noise_at_several_levels(written):
    floors = []
    for path in sorted((written / "train").iterdir()):
        samples = samples_of(path)
        floors.append(20 * np.log10(np.std(samples[:600]) / np.std(samples)))
    assert np.percentile(floors, 90) - np.percentile(floors, 10) > 15


def test_the_sounds_are_the_same_everywhere():
    """A change of these numbers is a change of the corpus: count VERSION up with it.

    Mean levels of eighths, as other versions of NumPy may round other samples.
    """
    found = []
    for split in spoken_commands.SIZES:
        _, samples = spoken_commands.utterance(split, 3, spoken_commands.sentences(split)[3])
        levels = [np.abs(part.astype(float)).mean() for part in np.array_split(samples, 8)]
        found.append((spoken_commands.sentences(split)[3], len(samples), levels))
    assert spoken_commands.VERSION == 1
    for (text, length, levels), expected in zip(found, EXPECTED, strict=True):
        assert (text, length) == expected[:2]
        np.testing.assert_allclose(levels, expected[2], atol=0.5)


def test_the_corpus_is_kept_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path))
    monkeypatch.setattr(spoken_commands, "SIZES", {"train": 2, "validation": 1, "test": 1})
    folder = spoken_commands.write()
    assert folder == tmp_path / "spoken_commands_1"
    names = ["test", "test.jsonl", "train", "train.jsonl", "validation", "validation.jsonl"]
    assert sorted(path.name for path in folder.iterdir()) == names
    written = (folder / "train" / "0001.wav").stat().st_mtime_ns
    assert spoken_commands.write() == folder
    assert (folder / "train" / "0001.wav").stat().st_mtime_ns == written


def test_an_utterance_does_not_depend_on_those_before_it(written):
    row = rows(written, "test")[7]
    voice, samples = spoken_commands.utterance("test", 7, row["text"])
    assert voice.name == row["speaker"]
    assert np.array_equal(samples, samples_of(written / row["audio_filepath"]))


def picture(word, voice, seed):
    """A word's log spectrum in 24 bands at 16 times, without its mean."""
    samples = formant_voice.speak(spoken_commands.PRONUNCIATIONS[word], voice, random.Random(seed))
    windows = np.lib.stride_tricks.sliding_window_view(samples, 400)[::160] * np.hanning(400)
    power = np.abs(np.fft.rfft(windows, 512)) ** 2
    edges = np.round(256 * (np.logspace(0, 1, 25) - 1) / 9).astype(int)
    bands = np.log(np.add.reduceat(power, edges[:-1], axis=1) + 1)
    times = np.linspace(0, len(bands) - 1, 16)
    resampled = np.stack([np.interp(times, np.arange(len(bands)), band) for band in bands.T])
    return (resampled - resampled.mean()).ravel()


def test_words_of_new_voices_are_told_by_the_nearest_word_of_known_voices():
    """By a plain distance of spectra; by chance one word of forty would be right."""
    words = [word for slot in ("hour", "tens", "name", "room", "food", "music") for word in SLOTS[slot]]
    assert len(words) == len(set(words)) == 39
    known = np.array([[picture(w, v, 1) for v in spoken_commands.voices("train")[:4]] for w in words])
    right = 0
    for voice in spoken_commands.voices("test")[:2]:
        for place, word in enumerate(words):
            distances = ((known - picture(word, voice, 2)) ** 2).sum(-1).min(-1)
            right += np.argmin(distances) == place
    assert right / (2 * len(words)) > 0.8
