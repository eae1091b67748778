"""Speech to text: many to many, unequal length, unaligned.

sound -> log-mel frames -> convolutions -> LSTM layers -> scores of letters (CTC) -> transcript, words with times
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt

from keras_seq import splits
from keras_seq.errors import DataError, RecipeError
from keras_seq.formats import Example, Utterances
from keras_seq.samples import spoken_commands
from keras_seq.sections import Column, ExistingPath, Fraction, InputColumn, NotNegative, Part, Seed

if TYPE_CHECKING:
    import keras

    from keras_seq.contract import Known, Objective, Preprocessing, Present, Validation

BEAM_WIDTH, SOUNDS_AT_ONCE = 32, 16  # with a language model; in a search of the validation split
STRIDES = {1: (1, 1), 2: (2, 1), 3: (3, 1), 4: (2, 2)}  # subsampling -> those of the two convolutions
QUIET_FRAMES = 30  # at the start, of a network that looks back only
SIZES = {"num_classes": 29, "subsampling": 3}


def read(
    split: str,
    *,
    source: Literal["files", "sample"] = "files",
    train: ExistingPath | None = None,
    validation: ExistingPath | Part = 0.1,
    test: ExistingPath | None = None,
    audio: InputColumn | None = None,
    transcript: Column | None = None,
    header: bool | None = None,
    split_seed: Seed = 1,
) -> Iterable[Example] | None:
    """The utterances of a split: sounds and transcripts; None for a test split that the recipe does not name.

    Args:
        split: "train", "validation" or "test".
        source: "sample" for the built-in synthetic commands; "files" for your own.
        train: a manifest of sounds (WAV, FLAC, MP3, Ogg) and transcripts: JSON lines as NeMo's, CSV as
            DeepSpeech's, TSV as Common Voice's, LJSpeech's metadata.csv, any table whose columns are named
            below; or a folder as LibriSpeech's or Kaldi's. A pattern takes several.
        validation: like train, or the fraction of train to hold out (seeded).
        test: like train; without it no test score is made.
        audio: column or key of the sounds' paths, a name or a number from 0; left out, one of those above.
        transcript: likewise of the transcripts.
        header: whether the first line of TSV and CSV is a header; left out, it is, but where both columns are
            numbers.
        split_seed: decides which utterances are held out where validation is a fraction.

    Raises:
        RecipeError: when the split is not in the recipe.
        DataError: while iterating, with file:line.
    """
    paths = splits.places(
        source, spoken_commands.write, ".jsonl", train=train, validation=validation, test=test
    )
    return splits.examples(split, paths, lambda path: Utterances(path, audio, transcript, header), split_seed)


def prepare(
    examples: Iterable[Example],
    known: Known | None = None,
    *,
    alphabet: str | None = None,
    case: Literal["as_is", "lower", "upper"] = "as_is",
    subwords: NonNegativeInt = 0,
    subsampling: Literal[1, 2, 3, 4] = 3,
    max_seconds: PositiveFloat = 30.0,
    language_model: ExistingPath | None = None,
    ngram_order: NonNegativeInt = 0,
) -> Preprocessing:
    """WAV bytes -> samples, and transcript -> labels of its letters, or pieces, which the training split has.

    Args:
        examples: the training split.
        known: the model that training starts from.
        alphabet: the letters that there are, with the space; left out, those of the training split.
        case: whether transcripts are taken as they are, or made lower or upper case.
        subwords: pieces of words that are learned, and said in place of letters; 0 for letters.
        subsampling: frames of 10 ms to one step of the network, which can say one letter; the more, the faster,
            but fast speech needs 3 or less.
        max_seconds: utterances that are longer are not trained on.
        language_model: an ARPA file of words (.gz too), which helps to choose between transcripts.
        ngram_order: words in the n-grams of a language model that is learned on the training transcripts; 0 for
            none.

    Raises:
        RecipeError: when there are two language models.
        DataError: when no utterance can be used, or there are more letters than pieces.
    """
    import tensorflow as tf

    from keras_seq import audio_files
    from keras_seq.contract import Known, Preprocessing
    from keras_seq.decoding import language_models
    from keras_seq.formats.speech_faults import UtteranceFaults
    from keras_seq.preprocessing import pieces
    from keras_seq.preprocessing.audio import HOP, RATE
    from keras_seq.preprocessing.letters import RESERVED_LABELS
    from keras_seq.preprocessing.wav import WavSamples

    if language_model is not None and ngram_order:
        raise RecipeError("prepare.ngram_order: a language model is learned or read from a file, not both")
    known, utterances = known or Known(), list(examples)
    before = None if known.model is None else known.model.letters
    transcripts = (one.truth for one in utterances)
    letters = pieces.learned(transcripts, before, known.extend, alphabet, case, subwords)
    carried = known.named("letters", before.names if before else (), letters.names, RESERVED_LABELS)
    wav, frame = WavSamples(name="wav"), 1000 * HOP // RATE  # milliseconds
    of_text = (letters.alphabet, letters.as_written, letters.labels_of)
    faults = UtteranceFaults(*of_text, audio_files.milliseconds, frame * subsampling, 1000 * max_seconds)
    usable = [one.truth for one in utterances if not faults(one)]
    if not usable:
        raise DataError(f"the training split has no utterance that can be trained on, of {len(utterances)}")
    words = language_models.language_model(usable, letters, language_model, ngram_order)
    return Preprocessing(
        inputs=wav,
        targets=letters,
        pair=lambda sound, transcripts: (sound, letters(transcripts)),
        features=wav.features,
        sizes={"num_classes": len(letters.names) + 1, "subsampling": subsampling},
        examples=len(usable),
        problems=tf.function(wav.problems, [tf.TensorSpec([None], tf.string)], autograph=False),
        contents=audio_files.as_wav,
        fault=faults,
        cost=lambda example: example.input.length // frame,
        carried={"num_classes": carried},
        parts={"language_model": words},
    )


def build(
    sizes: dict[str, int],
    *,
    bands: PositiveInt = 80,
    channels: PositiveInt = 32,
    units: PositiveInt = 256,
    layers: PositiveInt = 3,
    bidirectional: bool = True,
    dropout: Fraction = 0.3,
    speed_perturbation: Fraction = 0.1,
    noise: Fraction = 0.0,
    mask_bands: NonNegativeInt = 12,
    mask_frames: NonNegativeInt = 20,
    masks: NonNegativeInt = 2,
    mask_after: NonNegativeInt = 0,
) -> keras.Model:
    """The network: `samples` `(batch, time)` at 16 kHz and `lengths` `(batch,)` -> log-probabilities of the blank
    and the letters at each step, `(batch, steps, num_classes)`, as `layers.ctc` has them.

    Sources: Graves et al. 2006 (CTC); Graves et al. 2013 (deep LSTM); Amodei et al. 2016 (convolutions before it).

    Args:
        sizes: `num_classes`, the blank among them, and `subsampling`.
        bands: mel bands of a frame.
        channels: of the two convolutions.
        units: numbers in the state of an LSTM layer, in each direction.
        layers: LSTM layers on top of each other, each with layer normalisation behind it.
        bidirectional: whether each layer also reads from the end; without, the model can hear a stream.
        dropout: part of the numbers set to zero in training, before and after every layer.
        speed_perturbation: sounds are up to this part faster or slower in training.
        noise: part of the sounds that are in noise in training.
        mask_bands: most neighbouring bands of a mask in training.
        mask_frames: most neighbouring frames of a mask, and at most a fifth of a sound.
        masks: of each kind, on every sound.
        mask_after: steps of training before there are masks.
    """
    import keras

    from keras_seq.layers import (
        LSTM,
        AddedNoise,
        CTCScores,
        FrameConvolution,
        FrameNormalization,
        QuietStart,
        SpecAugment,
        SpeedPerturbation,
    )
    from keras_seq.preprocessing import LogMel

    samples = keras.Input((None,), name="samples")
    lengths = keras.Input((), dtype="int32", name="lengths")
    sound, sound_lengths = SpeedPerturbation(speed_perturbation, name="speed")(samples, lengths)
    sound = AddedNoise(noise, name="noise")(sound, sound_lengths)
    x, mask = LogMel(bands, name="log_mel")(sound, sound_lengths)
    x = FrameNormalization(running=not bidirectional, name="normalization")(x, mask)
    x = SpecAugment(mask_bands, mask_frames, masks, mask_after, name="spec_augment")(x, mask)
    x = keras.layers.Reshape((-1, bands, 1), name="channel")(x)
    for number, stride in enumerate(STRIDES[sizes["subsampling"]], 1):
        x, mask = FrameConvolution(channels, stride, name=f"convolution_{number}")(x, mask)
    x = keras.layers.Reshape((-1, x.shape[2] * channels), name="frames")(x)
    x = keras.layers.LayerNormalization(name="frames_normalization")(x)
    x = keras.layers.Dropout(dropout, name="frames_dropout")(x)
    for number in range(1, layers + 1):
        lstm = LSTM(units, return_sequences=True, name=f"lstm_{number}")
        layer = keras.layers.Bidirectional(lstm, name=f"bidirectional_{number}") if bidirectional else lstm
        x = keras.layers.LayerNormalization(name=f"normalization_{number}")(layer(x, mask=mask))
        x = keras.layers.Dropout(dropout, name=f"dropout_{number}")(x)
    logits = keras.layers.Dense(sizes["num_classes"], dtype="float32", name="logits")(x)
    if not bidirectional:
        logits = QuietStart(QUIET_FRAMES // sizes["subsampling"], name="quiet_start")(logits)
    inputs = {"samples": samples, "lengths": lengths}
    return keras.Model(inputs, CTCScores(name="scores")(logits, mask), name="speech_to_text_network")


def objective(*, monitor: Literal["wer", "cer", "loss"] = "wer") -> Objective:
    """The loss and the scores.

    Args:
        monitor: what decides on validation which epoch is kept: the error rate of words, of characters, or the
            loss. While it is the same in every epoch, the next of them decides.
    """
    from keras_seq import metrics
    from keras_seq.contract import Objective
    from keras_seq.layers import CTCLoss

    return Objective(
        loss=CTCLoss(),
        metrics=[],
        monitor=monitor,
        fallbacks=("wer", "cer", "loss"),
        scorer=metrics.TranscriptScorer,
        classes_of=lambda truth: (),
        watched={"beam_width": 1},
        decide=_best_weights,
    )


def present(
    preprocessing: Preprocessing,
    network: keras.Model,
    *,
    beam_width: PositiveInt | None = None,
    language_weight: NotNegative | None = None,
    word_bonus: float | None = None,
) -> keras.Model:
    """WAV bytes -> named answers: `audio` `(batch,)` string -> `transcript`, `score`, `words`, `starts`, `ends`,
    `word_scores`, `problem`.

    Args:
        preprocessing: adapted.
        network: trained.
        beam_width: transcripts followed at once; left out, 32 with a language model, and 1 without, which takes
            the best letter at each step.
        language_weight: of the language model; left out, what gives the fewest errors on the validation split.
        word_bonus: added for every word; left out, likewise.
    """
    import keras

    from keras_seq.answers import Problems
    from keras_seq.answers.transcripts import SpeechAnswering, Transcripts

    words = preprocessing.parts["language_model"]
    width = beam_width or (BEAM_WIDTH if words is not None else 1)
    if words is None and language_weight:
        raise RecipeError(
            "serving.language_weight: there is no language model; prepare.ngram_order learns one"
        )
    audio = keras.Input((), dtype="string", name="audio")
    sound = preprocessing.inputs(audio)
    answers = Transcripts(
        network,
        preprocessing.targets,
        width,
        words if width > 1 else None,
        language_weight or 0.0,
        word_bonus or 0.0,
        name="answers",
    )
    heard = answers({name: sound[name] for name in ("samples", "lengths")})
    return SpeechAnswering(audio, Problems(name="problems")(heard, sound["problem"]), name="speech_to_text")


def _best_weights(present: Present, validation: Validation, fixed: dict[str, Any]) -> dict[str, Any]:
    """The weights of the language model that make the fewest errors on the validation split."""
    from keras_seq import reading
    from keras_seq.order import bucketed
    from keras_seq.tuning import language_weights

    model = present()
    if model.get_layer("answers").language_model is None or fixed.keys() & {"language_weight", "word_bonus"}:
        return {}
    batches = list(bucketed(validation.examples, SOUNDS_AT_ONCE))

    def candidates(weights: language_weights.Weights) -> list:
        model = present(**weights._asdict())
        sounds = ([reading.contents(one.input, model.file_contents) for one in batch] for batch in batches)
        return [row for batch in sounds for row in model.candidates(batch)]

    true = [model.as_answered(one.truths[0]) for batch in batches for one in batch]
    return language_weights.searched(candidates, true)._asdict()
