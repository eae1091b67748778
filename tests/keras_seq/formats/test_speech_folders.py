"""Folders of recorded speech: LibriSpeech's and Kaldi's."""

import pytest
from data_files import complaint, write

from keras_seq.formats import Utterances


def found(path):
    return [(example.input.path, example.truth, example.where) for example in Utterances(str(path))]


@pytest.fixture
def librispeech(tmp_path):
    for speaker, chapter in (("19", "198"), ("7", "1")):
        folder = tmp_path / "train" / speaker / chapter
        folder.mkdir(parents=True)
        name = f"{speaker}-{chapter}"
        write(folder, f"{name}.trans.txt", f"{name}-0000 GOOD  MORNING\n{name}-0001\n\n")
        write(folder, f"._{name}.trans.txt", b"\0\xff")
        for number in range(2):
            write(folder, f"{name}-000{number}.flac", b"x" * 160)
    return tmp_path / "train"


def test_transcripts_are_found_at_any_depth_and_sounds_beside_them(librispeech):
    first, second = librispeech / "19" / "198", librispeech / "7" / "1"
    assert found(librispeech) == [
        (str(first / "19-198-0000.flac"), "GOOD  MORNING", f"{first / '19-198.trans.txt'}:1"),
        (str(first / "19-198-0001.flac"), "", f"{first / '19-198.trans.txt'}:2"),
        (str(second / "7-1-0000.flac"), "GOOD  MORNING", f"{second / '7-1.trans.txt'}:1"),
        (str(second / "7-1-0001.flac"), "", f"{second / '7-1.trans.txt'}:2"),
    ]
    assert [example.input.length for example in Utterances(str(librispeech))] == [10] * 4


def test_a_pattern_takes_several_folders(librispeech):
    assert found(librispeech / "*") == found(librispeech)


def test_sounds_may_have_been_converted(librispeech):
    flac = librispeech / "7" / "1" / "7-1-0001.flac"
    flac.rename(flac.with_suffix(".wav"))
    assert found(librispeech)[-1][0] == str(flac.with_suffix(".wav"))
    flac.with_suffix(".wav").unlink()
    assert found(librispeech)[-1][0] == str(flac), "what is missing goes by its published name"


def kaldi(folder, sounds, transcripts):
    folder.mkdir()
    write(folder, "wav.scp", sounds)
    write(folder, "text", transcripts)
    return folder


def test_the_sounds_of_wav_scp_have_the_transcripts_of_text(tmp_path):
    sounds = "u2\tsounds/u2 x.wav\nu1  /far/u1.flac \nu3 sounds/u3.wav\n"
    folder = kaldi(tmp_path / "data", sounds, "u1 HALLO  WORLD\r\nu2\n")
    assert found(folder) == [
        ("/far/u1.flac", "HALLO  WORLD", f"{folder / 'text'}:1"),
        (str(folder / "sounds" / "u2 x.wav"), "", f"{folder / 'text'}:2"),
    ]


@pytest.mark.parametrize(
    ("sounds", "transcripts", "message"),
    [
        ("u1 sph2pipe -f wav a.sph |\n", "u1 A\n", "wav.scp:1: 'sph2pipe -f wav a.sph |' is a command"),
        ("u0 a.wav\nu1 | cat a.wav\n", "u1 A\n", "wav.scp:2: '| cat a.wav' is a command"),
        ("u1 raw.ark:17\n", "u1 A\n", "wav.scp:1: 'raw.ark:17' is in an archive"),
        ("u1 a.wav\nu1 b.wav\n", "u1 A\n", "wav.scp:2: utterance 'u1' stands here twice"),
        ("u1\n", "u1 A\n", "wav.scp:1: the path of the sound is empty"),
        ("u1 a.wav\n", "u1 A\nu2 B\n", "text:2: utterance 'u2' is not in"),
        ("u1 a.wav\n", "\n", "data: has no utterances"),
    ],
)
def test_what_is_wrong_with_a_data_folder_is_named_with_its_line(tmp_path, sounds, transcripts, message):
    folder = kaldi(tmp_path / "data", sounds, transcripts)
    assert message in complaint(Utterances(str(folder)))


def test_parts_of_recordings_and_folders_without_transcripts_are_refused(tmp_path):
    folder = kaldi(tmp_path / "data", "u1 a.wav\n", "u1 A\n")
    write(folder, "segments", "u1 a 0.0 1.0\n")
    assert "segments: utterances that are parts of recordings" in complaint(Utterances(str(folder)))
    (folder / "segments").unlink()
    (folder / "text").unlink()
    assert "text: no such file" in complaint(Utterances(str(folder)))
    (folder / "wav.scp").unlink()
    assert "data: is no folder of speech: expected LibriSpeech's" in complaint(Utterances(str(folder)))
