"""What happens in a video: many to one, over frames.

clip -> frames -> a network of single frames -> LSTM layers over time -> one vector -> class scores -> label, score
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import PositiveInt

from keras_seq import splits
from keras_seq.errors import DataError, RecipeError
from keras_seq.formats import Clips, Example
from keras_seq.samples import stick_figures
from keras_seq.sections import (
    BackboneName,
    BackboneWeights,
    Column,
    ExistingPath,
    Fraction,
    InputColumn,
    NotNegative,
    Part,
    Seed,
)

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
    root: ExistingPath | None = None,
    clip: InputColumn = 0,
    label: Column = 1,
    labels: dict | None = None,
    header: bool | None = None,
    group: str | None = None,
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
        root: the folder where the paths of lists and tables start; left out, that of the list, or clips in it.
        clip: column of the paths, a name or a number from 0.
        label: column of the labels, a name or a number from 0.
        labels: label in the files, or folder -> its name in the answers; other folders are ignored.
        header: whether the first line of TSV and CSV files is a header; left out, it is where a column has a name.
        group: where validation is a fraction, what of a path tells whose clip it is, as "_s(\\d+)_": all of a person,
            or of a recording, are held out, or none.
        split_seed: decides which clips are held out where validation is a fraction.

    Raises:
        RecipeError: when the split is not in the recipe.
        DataError: while iterating, with file:line.
    """
    paths = splits.places(source, stick_figures.write, ".csv", train=train, validation=validation, test=test)
    if source == "sample":
        clip, label = "path", "label"
    names, header = splits.names("data.labels", labels), splits.header(header, clip, label)

    def listed(path: str) -> Iterable[Example]:
        return Clips(path, root, clip, label, names, header)

    group = splits.group(group, validation)
    return splits.examples(split, paths, listed, split_seed, lambda example: example.truth, group)


def prepare(
    examples: Iterable[Example],
    known: Known | None = None,
    *,
    frames: PositiveInt = 32,
    height: PositiveInt = 112,
    width: PositiveInt = 112,
    channels: Literal[1, 3] = 3,
    fit: Literal["crop", "squash", "pad"] = "crop",
    trim: bool = False,
    even_light: bool = False,
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
        fit: frames of another shape are cut off at two sides, squashed, or get black borders.
        trim: whether clips lose what is black at their borders in all frames, as letterboxes and depth images have.
        even_light: whether what is not black has the same brightness and contrast in every clip.
        mirrored: classes that a mirror exchanges, as {swipe_left: swipe_right}; the others stay what they are.

    Raises:
        DataError: when there is only one class.
        RecipeError: when a mirrored class is not there.
    """
    import keras

    from keras_seq import progress, video_files
    from keras_seq.contract import Known, Preprocessing
    from keras_seq.formats.clip_faults import ClipFaults
    from keras_seq.formats.clip_remarks import remarks
    from keras_seq.layers.swapped_classes import partners
    from keras_seq.preprocessing import ClipFrames

    known, clips_of_split = known or Known(), list(examples)
    classes = sorted({one.truth for one in clips_of_split})
    if len(classes) < 2:
        raise DataError(f"the training split has one class only, {classes[0]!r}; at least two are needed")
    pairs = splits.names("prepare.mirrored", mirrored) or {}
    for name in (*pairs, *pairs.values()):
        if name not in classes:
            raise RecipeError(f"prepare.mirrored: no class {name!r}; there are {', '.join(classes)}")
    for line in remarks(clips_of_split):
        progress.say(line)
    one_hot = keras.layers.StringLookup(
        vocabulary=classes, num_oov_indices=0, output_mode="one_hot", name="classes"
    )
    clips = ClipFrames(frames, height, width, channels, fit, trim, even_light, name="clips")
    return Preprocessing(
        inputs=clips,
        targets=one_hot,
        pair=lambda tensors, labels: (tensors, one_hot(labels)),
        features=clips.features,
        sizes={"num_classes": len(classes), "height": height, "width": width, "channels": channels},
        classes=classes,
        examples=len(clips_of_split),
        problems=clips.problems,
        contents=lambda raw: video_files.as_clip(raw, frames, clips.side),
        fault=ClipFaults(),
        cost=lambda _: frames * height * width,
        weights={"scores": [partners(classes, pairs)]},
        carried={"num_classes": known.classes(classes)},
    )


def build(
    sizes: dict[str, int],
    *,
    backbone: BackboneName = "scratch",
    weights: BackboneWeights = "none",
    frames: PositiveInt = 16,
    pooled: bool = True,
    motion: bool = False,
    units: PositiveInt = 128,
    layers: PositiveInt = 1,
    pooling: Literal["attention", "mean", "max"] = "mean",
    dropout: Fraction = 0.3,
    mirror: Fraction = 0.0,
    crop: Fraction = 0.0,
    rotation: NotNegative = 0.0,
    scale: Fraction = 0.0,
    speed: Fraction = 0.0,
    light: Fraction = 0.0,
) -> keras.Model:
    """The network: `frames` `(batch, time, height, width, channels)` uint8 and `lengths` `(batch,)` -> class
    probabilities `(batch, num_classes)`.

    Sources: Donahue et al. 2015 (LRCN); Wang et al. 2016 (segments).

    Args:
        sizes: `num_classes`, and `height`, `width` and `channels` of a frame.
        backbone: the network of single frames, layer `features`: "scratch" for a small one, "efficientnet_lite0", or
            one of keras.applications, as "mobilenet_v2".
        weights: of the backbone: "none", "imagenet", or the path of a file.
        frames: of a clip that are looked at; in training one by chance of each of so many equal parts.
        pooled: whether the LSTM sees the mean over a frame's places, or each of them.
        motion: whether a second small network sees what differs from the frame before.
        units: numbers in the state of an LSTM layer, in each direction.
        layers: LSTM layers on top of each other.
        pooling: one vector from all states: a learned weighting, their mean, or the largest of every unit.
        dropout: part of the numbers set to zero in training, before and after every layer.
        mirror: part of the clips that are seen in a mirror in training, and of classes by prepare.mirrored.
        crop: part of each side of the frames that is cut off, in training anywhere.
        rotation: frames are turned by up to so many degrees in training.
        scale: frames are made up to this part wider or narrower, taller or shorter, in training.
        speed: up to this part of a clip is left out in training, so that the rest is slower.
        light: brightness and contrast change by up to this part in training.
    """
    import keras

    from keras_seq import layers as ours
    from keras_seq.backbones.frame_features import frame_features

    sides = [sizes[name] for name in ("height", "width", "channels")]
    given = keras.Input((None, *sides), dtype="uint8", name="frames")
    lengths = keras.Input((), dtype="int32", name="lengths")
    mask = ours.FrameMask(name="mask")(given, lengths)
    # Of frames as they are given the features of a frozen backbone can be kept, so sampling comes behind it then.
    is_late = backbone != "scratch" and not (mirror or crop or rotation or scale or light or motion)
    sampling = ours.FrameSampling(frames, speed, name="sampling")
    x, flags = given, None
    if mirror:
        x, flags = ours.MirroredFrames(mirror, name="mirror")(x)
    if rotation or scale:
        x = ours.WarpedFrames(rotation, scale, name="warp")(x)
    if crop:
        x = ours.FrameCrop(*(round((1 - crop) * side) for side in sides[:2]), name="crop")(x)
    if light:
        x = ours.LightJitter(light, light, name="light")(x, mask)
    if not is_late:
        x, mask = sampling(x, mask)
    x = frame_features(x, mask, backbone, weights, pooled, motion)
    if is_late:
        x, mask = sampling(x, ours.FrameMask(name="features_mask")(x, lengths))
    x = keras.layers.Dropout(dropout, name="frame_dropout")(x)
    x = keras.layers.Dense(units, use_bias=False, name="frame_projection")(x)
    x = keras.layers.LayerNormalization(name="frame_normalization")(x)
    x = keras.layers.ReLU(name="frame_activation")(x)
    for number in range(1, layers + 1):
        x = keras.layers.Dropout(dropout, name=f"dropout_{number}")(x)
        lstm = ours.LSTM(units, return_sequences=True, name=f"lstm_{number}")
        x = keras.layers.Bidirectional(lstm, name=f"bidirectional_{number}")(x, mask=mask)
    pool = {
        "attention": ours.AttentionPooling,
        "mean": keras.layers.GlobalAveragePooling1D,
        "max": ours.MaskedMaxPooling,
    }[pooling](name="pooling")
    x = keras.layers.Dropout(dropout, name="pooled_dropout")(pool(x, mask))
    x = keras.layers.Dense(sizes["num_classes"], "softmax", dtype="float32", name="probabilities")(x)
    scores = ours.SwappedClasses(name="scores")(x, flags)
    return keras.Model({"frames": given, "lengths": lengths}, scores, name="video_activity_network")


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
