"""Speech to text: many to many, unequal length, unaligned.

sound -> log-mel frames -> convolutions -> LSTM layers -> scores of letters (CTC) -> transcript, words with times
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import NonNegativeInt, PositiveInt

from keras_seq import splits
from keras_seq.formats import Example, Referenced, Table
from keras_seq.sections import Column, ExistingPath, Fraction, InputColumn, Part, Seed

if TYPE_CHECKING:
    import keras

    from keras_seq.contract import Known, Objective, Preprocessing

SIZES = {"num_classes": 28}


def read(
    split: str,
    *,
    train: ExistingPath | None = None,
    validation: ExistingPath | Part = 0.1,
    test: ExistingPath | None = None,
    audio: InputColumn = 0,
    transcript: Column = 1,
    split_seed: Seed = 1,
) -> Iterable[Example] | None:
    """x"""
    paths = splits.places("files", pathlib.Path, "", train=train, validation=validation, test=test)

    def of(path: str) -> Iterable[Example]:
        return Referenced(Table(path, audio, transcript), str(pathlib.Path(path).parent))

    return splits.examples(split, paths, of, split_seed)


def prepare(
    examples: Iterable[Example],
    known: Known | None = None,
    *,
    case: Literal["as_is", "lower", "upper"] = "as_is",
) -> Preprocessing:
    """x"""
    from keras_seq.contract import Preprocessing
    from keras_seq.preprocessing.letters import Letters, learn_alphabet
    from keras_seq.preprocessing.wav_first import WavSamples

    transcripts = [example.truth for example in examples]
    letters = Letters(learn_alphabet(transcripts, case), case, name="letters")
    wav = WavSamples(name="wav")

    def features(audio):
        tensors = wav(audio)
        return {name: tensors[name] for name in ("samples", "lengths")}

    return Preprocessing(
        inputs=wav,
        targets=letters,
        pair=lambda tensors, truths: (tensors, letters(truths)),
        features=features,
        sizes={"num_classes": len(letters.alphabet) + 1},
        examples=len(transcripts),
    )


def build(
    sizes: dict[str, int],
    *,
    bands: PositiveInt = 80,
    channels: PositiveInt = 32,
    subsampling: Literal[1, 2, 3, 4] = 4,
    units: PositiveInt = 256,
    layers: PositiveInt = 3,
    bidirectional: bool = True,
    dropout: Fraction = 0.3,
    speed_perturbation: Fraction = 0.1,
    noise: Fraction = 0.0,
    mask_bands: NonNegativeInt = 12,
    mask_frames: NonNegativeInt = 20,
    masks: NonNegativeInt = 1,
    mask_after: NonNegativeInt = 0,
) -> keras.Model:
    """x"""
    import keras

    from keras_seq.layers import LSTM
    from keras_seq.layers.ctc import CTCScores
    from keras_seq.layers.frame_convolution import FrameConvolution
    from keras_seq.layers.frame_normalization import FrameNormalization
    from keras_seq.layers.sound_augmentation import AddedNoise, SpecAugment, SpeedPerturbation
    from keras_seq.preprocessing.audio import LogMel

    samples = keras.Input((None,), name="samples")
    lengths = keras.Input((), dtype="int32", name="lengths")
    sound, sound_lengths = SpeedPerturbation(speed_perturbation, name="speed")(samples, lengths)
    sound = AddedNoise(noise, name="noise")(sound)
    x, mask = LogMel(bands, name="log_mel")(sound, sound_lengths)
    x = FrameNormalization(running=not bidirectional, name="normalization")(x, mask=mask)
    x = SpecAugment(mask_bands, mask_frames, masks, mask_after, name="spec_augment")(x, mask)
    x = keras.layers.Reshape((-1, bands, 1), name="channel")(x)
    for number, stride in enumerate({1: (1, 1), 2: (2, 1), 3: (3, 1), 4: (2, 2)}[subsampling], 1):
        x, mask = FrameConvolution(channels, stride, name=f"convolution_{number}")(x, mask)
    x = keras.layers.Reshape((-1, x.shape[2] * channels), name="frames")(x)
    x = keras.layers.LayerNormalization(name="frames_normalization")(x)
    x = keras.layers.Dropout(dropout, name="frames_dropout")(x)
    for number in range(1, layers + 1):
        lstm = LSTM(units, return_sequences=True, name=f"lstm_{number}")
        x = (keras.layers.Bidirectional(lstm, name=f"bidirectional_{number}") if bidirectional else lstm)(
            x, mask=mask
        )
        x = keras.layers.LayerNormalization(name=f"normalization_{number}")(x)
        x = keras.layers.Dropout(dropout, name=f"dropout_{number}")(x)
    logits = keras.layers.Dense(sizes["num_classes"], name="logits")(x)
    inputs = {"samples": samples, "lengths": lengths}
    return keras.Model(inputs, CTCScores(name="scores")(logits, mask=mask), name="speech_network")


def objective(*, monitor: Literal["wer", "loss"] = "wer") -> Objective:
    """x"""
    from keras_seq.contract import Objective
    from keras_seq.layers.ctc import CTCLoss
    from keras_seq.metrics.scorer import Scorer

    import jiwer

    class S(Scorer):
        def __init__(self, *a, **k):
            super().__init__(*a, **k)
            self.rows = []

        def add(self, example, answer):
            self.rows.append((example.truths[0], answer["transcript"]))
            return jiwer.wer(*self.rows[-1])

        def scores(self):
            true, got = map(list, zip(*self.rows))
            return {"wer_rate": jiwer.wer(true, got), "cer_rate": jiwer.cer(true, got), "examples": len(true)}

    return Objective(
        loss=CTCLoss(),
        metrics=[],
        monitor=f"{monitor}_rate" if monitor == "wer" else "loss",
        scorer=S,
        classes_of=lambda truth: (),
        watched={},
    )


def present(preprocessing: Preprocessing, network: keras.Model) -> keras.Model:
    """x"""
    import keras

    from keras_seq.answers.transcripts import SpeechAnswering, Transcripts

    audio = keras.Input((), dtype="string", name="audio")
    answers = Transcripts(network, preprocessing.targets, name="answers")
    return SpeechAnswering(audio, answers(preprocessing.inputs(audio)), name="speech_to_text")
