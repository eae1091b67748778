"""What happens in a video: many to one, over frames.

clip -> frames -> a network of single frames -> LSTM layers over time -> one vector -> class scores -> label, score
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import PositiveInt

from keras_seq import splits
from keras_seq.errors import DataError
from keras_seq.formats import Clips, Example
from keras_seq.samples import stick_figures
from keras_seq.sections import Column, ExistingPath, Fraction, InputColumn, Part, Seed

if TYPE_CHECKING:
    import keras

    from keras_seq.contract import Known, Objective, Preprocessing

SIZES = {"num_classes": 2, "height": 64, "width": 64, "channels": 3}


def read(
    split: str,
    *,
    source: Literal["files", "sample"] = "files",
    train: ExistingPath | None = None,
    validation: ExistingPath | Part = 0.1,
    test: ExistingPath | None = None,
    clips: ExistingPath | None = None,
    clip: InputColumn = 0,
    label: Column = 1,
    labels: dict | None = None,
    header: bool | None = None,
    split_seed: Seed = 1,
) -> Iterable[Example] | None:
    """The clips of a split and their labels; None for a test split that the recipe does not name.

    Args:
        split: "train", "validation" or "test".
        source: "sample" for the built-in stick figures; "files" for your own.
        train: a folder with a folder for each class, of videos (MP4, AVI, MOV, MKV, WebM, GIF) or of folders of
            frames; a split list as UCF101's; or a table of paths and labels. A pattern takes several.
        validation: like train, or the fraction of train to hold out (seeded, the same of each class).
        test: like train; without it no test score is made.
        clips: folder where the paths of lists and tables start; left out, where the list is, or clips/ there.
        clip: column of the paths, a name or a number from 0.
        label: column of the labels, a name or a number from 0.
        labels: label in the files, or folder -> its name in the answers; other folders are ignored.
        header: whether the first line of TSV and CSV files is a header; left out, it is where a column has a name.
        split_seed: decides which clips are held out where validation is a fraction.

    Raises:
        RecipeError: when the split is not in the recipe.
        DataError: while iterating, with file:line.
    """
    paths = splits.places(source, stick_figures.write, "", train=train, validation=validation, test=test)
    names, header = splits.names("data.labels", labels), splits.header(header, clip, label)

    def listed(path: str) -> Iterable[Example]:
        return Clips(path, clips, clip, label, names, header)

    return splits.examples(split, paths, listed, split_seed, stratify=lambda example: example.truth)


def prepare(
    examples: Iterable[Example],
    known: Known | None = None,
    *,
    frames: PositiveInt = 32,
    height: PositiveInt = 112,
    width: PositiveInt = 112,
    channels: Literal[1, 3] = 3,
    fit: Literal["crop", "squash", "pad"] = "crop",
    mirrored: dict | None = None,
) -> Preprocessing:
    """Clip -> frames, and label -> one-hot class, adapted on the training split.

    Args:
        examples: the training split.
        known: what the model that training starts from knows.
        frames: most of a clip, evenly spaced over it; shorter clips have fewer.
        height: of a frame, in pixels.
        width: of a frame, in pixels.
        channels: 3 for colour, 1 for grey or depth.
        fit: frames of another shape are cut off at both sides, squashed, or get black borders.
        mirrored: classes that a mirror exchanges, as {swipe_left: swipe_right}; the others stay what they are.

    Raises:
        DataError: when there is only one class.
        RecipeError: when a mirrored class is not there.
    """
    import keras

    from keras_seq import video_files
    from keras_seq.contract import Known, Preprocessing
    from keras_seq.formats.clip_faults import ClipFaults
    from keras_seq.layers.swapped_classes import partners
    from keras_seq.preprocessing.clips import ClipFrames

    counts = Counter(example.truth for example in examples)
    classes = sorted(counts)
    if len(classes) < 2:
        raise DataError(f"the training split has one class only, {classes[0]!r}; at least two are needed")
    one_hot = keras.layers.StringLookup(
        vocabulary=classes, num_oov_indices=0, output_mode="one_hot", name="classes"
    )
    clips = ClipFrames(frames, height, width, channels, fit, name="clips")
    return Preprocessing(
        inputs=clips,
        targets=one_hot,
        pair=lambda tensors, labels: (tensors, one_hot(labels)),
        features=clips.features,
        sizes={"num_classes": len(classes), "height": height, "width": width, "channels": channels},
        classes=classes,
        examples=counts.total(),
        problems=clips.problems,
        contents=lambda raw: video_files.as_clip(raw, frames, clips.side),
        fault=ClipFaults(),
        weights={"scores": [partners(classes, mirrored or {})]},
        carried={"num_classes": (known or Known()).classes(classes)},
    )


def build(
    sizes: dict[str, int],
    *,
    backbone: str = "scratch",
    frames: PositiveInt = 16,
    units: PositiveInt = 128,
    layers: PositiveInt = 1,
    bidirectional: bool = True,
    pooling: Literal["attention", "mean", "max"] = "mean",
    motion: bool = True,
    dropout: Fraction = 0.3,
    mirror: Fraction = 0.5,
    shift: Fraction = 0.1,
    speed: Fraction = 0.3,
    light: Fraction = 0.2,
) -> keras.Model:
    """The network: `frames` `(batch, time, height, width, channels)` uint8 and `lengths` `(batch,)` -> class
    probabilities `(batch, num_classes)`.

    Source: Donahue et al. 2015 (LRCN).

    Args:
        sizes: `num_classes`, and `height`, `width` and `channels` of a frame.
        backbone: the network of single frames.
        frames: of a clip that are looked at; in training one by chance of each of so many equal parts.
        units: numbers in the state of an LSTM layer, in each direction.
        layers: LSTM layers on top of each other.
        bidirectional: whether each layer also reads from the end.
        pooling: one vector from all states: a learned weighting, their mean, or the largest of every unit.
        motion: whether the difference to the frame before is seen beside each frame.
        dropout: part of the numbers set to zero in training, before and after every layer.
        mirror: part of the clips that are seen in a mirror in training, and of classes by prepare.mirrored.
        shift: frames are moved by up to this part of their sides in training.
        speed: up to this part of a clip is left out at its ends in training.
        light: brightness and contrast change by up to this part in training.
    """
    raise NotImplementedError


def objective(
    *, label_smoothing: Fraction = 0.0, monitor: Literal["accuracy", "top_5", "loss"] = "accuracy"
) -> Objective:
    """The loss, the metrics and the score.

    Args:
        label_smoothing: part of the true class's probability that is spread over all classes (Szegedy et al. 2016).
        monitor: what decides on validation which epoch is kept. While it is the same in every epoch, the loss
            decides.
    """
    import keras

    from keras_seq import metrics
    from keras_seq.contract import Objective

    return Objective(
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing),
        metrics=[
            keras.metrics.CategoricalAccuracy(name="accuracy"),
            *([keras.metrics.TopKCategoricalAccuracy(5, name="top_5")] if monitor == "top_5" else []),
        ],
        monitor=monitor,
        scorer=metrics.ActivityScorer,
    )


def present(preprocessing: Preprocessing, network: keras.Model) -> keras.Model:
    """Clip -> named answers: `clip` `(batch,)` string -> `label`, `score`, `labels`, `scores`, best first, and
    `problem`.
    """
    import keras

    from keras_seq.answers import ClipAnswering, Problems, RankedLabels

    clip = keras.Input((), dtype="string", name="clip")
    tensors = preprocessing.inputs(clip)
    scores = network({name: tensors[name] for name in ("frames", "lengths")})
    answers = RankedLabels(preprocessing.classes, name="answers")(scores)
    return ClipAnswering(clip, Problems(name="problems")(answers, tensors["problem"]), name="video_activity")
