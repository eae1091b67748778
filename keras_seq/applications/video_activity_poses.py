"""Activities of people, of poses: many to one.

joints in each frame -> centred, of one size, turned one way -> places and velocities -> LSTM layers -> one vector
-> class scores -> label, score
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import PositiveInt

from keras_seq import splits
from keras_seq.errors import DataError, RecipeError
from keras_seq.formats import Clips, Example
from keras_seq.samples import stick_figure_poses
from keras_seq.sections import Column, ExistingPath, Fraction, InputColumn, NotNegative, Part, Seed

if TYPE_CHECKING:
    import keras
    import numpy as np

    from keras_seq.contract import Known, Objective, Preprocessing

SIZES = {"num_classes": 27, "joints": 20, "dimensions": 3}


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
    """The clips of a split: files or folders of poses, and activities; None for a test split that the recipe does
    not name.

    Args:
        split: "train", "validation" or "test".
        source: "sample" for the built-in stick figures; "files" for your own.
        train: a folder with one folder per class, a list of paths whose folders are the classes, or a table of
            paths and labels. A clip is a .npy file, a folder of one .npy or OpenPose JSON a frame, or a .skeleton
            file of NTU RGB+D. A pattern takes several.
        validation: like train, or the fraction of train to hold out (seeded, the same of each class).
        test: like train; without it no test score is made.
        root: the folder where the paths of lists and tables start; left out, that of the list, or clips in it.
        clip: column of the paths in a table, a name or a number from 0.
        label: likewise of the labels.
        labels: label in the files -> its name in the answers; other folders are ignored.
        header: whether the first line of TSV and CSV files is a header; left out, it is where a column has a name.
        group: where validation is a fraction, what of a path tells whose clip it is, as "_s(\\d+)_": all of a person
            are held out, or none.
        split_seed: decides which clips are held out where validation is a fraction.

    Raises:
        RecipeError: when the split is not in the recipe.
        DataError: while iterating, with file:line.
    """
    given = {"train": train, "validation": validation, "test": test}
    paths = splits.places(source, stick_figure_poses.write, stick_figure_poses.SUFFIX, **given)
    names = splits.names("data.labels", labels)
    header = splits.header(True if source == "sample" else header, clip, label)
    group = splits.group(group, validation)

    def listed(path: str) -> Iterable[Example]:
        return Clips(path, root, clip, label, names, header)

    return splits.examples(split, paths, listed, split_seed, lambda example: example.truth, group)


def prepare(
    examples: Iterable[Example],
    known: Known | None = None,
    *,
    layout: Literal["kinect20", "ntu25", "mediapipe_holistic", "openpose25", "coco17", "none"] = "none",
    max_frames: PositiveInt = 128,
    centre: Literal["clip", "frame"] = "clip",
    turn: bool = True,
    mirrored: dict | None = None,
) -> Preprocessing:
    """Files of poses -> joints that are whole, centred, of one size and turned one way; activity -> one-hot.

    Args:
        examples: the training split.
        known: the model that training starts from.
        layout: which joints there are, in the order of the tool that wrote them; none: plain numbers, which are
            standardised, by their mean and deviation in training.
        max_frames: most of a clip; a longer one becomes so many, evenly spaced.
        centre: whether the hips are at the centre in each frame, or on average over the clip, which keeps where a
            body goes.
        turn: whether poses in space are turned so that all bodies face one way.
        mirrored: activities that become each other in a mirror, as {swipe_left: swipe_right}, for model.mirror.

    Raises:
        RecipeError: when a class that is mirrored is none.
        DataError: when there is only one class, no clip can be read, or the layout has other numbers.
    """
    import keras
    import tensorflow as tf

    from keras_seq import pose_files
    from keras_seq.contract import Known, Preprocessing
    from keras_seq.layers.swapped_classes import partners
    from keras_seq.preprocessing import npy, pose_layouts
    from keras_seq.preprocessing.pose_statistics import mean_and_deviation
    from keras_seq.preprocessing.poses import NormalizedPoses

    clips, known = list(examples), known or Known()
    classes = sorted({one.truth for one in clips})
    if len(classes) < 2:
        raise DataError(f"the training split has one class only, {classes[0]!r}; at least two are needed")
    exchanged = {str(one): str(other) for one, other in (mirrored or {}).items()}
    for name in (name for pair in exchanged.items() for name in pair if name not in classes):
        raise RecipeError(f"prepare.mirrored: no class {name!r}; there are {', '.join(classes)}")
    features = next(_frames(clips)).shape[1]
    statistics = mean_and_deviation(_frames(clips), features) if layout == "none" else {}
    poses = NormalizedPoses(features, layout, max_frames, centre, turn, **statistics, name="normalized_poses")
    one_hot = keras.layers.StringLookup(
        vocabulary=classes, num_oov_indices=0, output_mode="one_hot", name="classes"
    )

    def problems(files: tf.Tensor) -> tf.Tensor:
        return npy.numbers(files, features)[1]

    return Preprocessing(
        inputs=poses,
        targets=one_hot,
        pair=lambda tensors, labels: (tensors, one_hot(labels)),
        features=lambda files: poses(npy.numbers(files, features)[0]),
        sizes={"num_classes": len(classes), "joints": poses.joints, "dimensions": poses.dims},
        classes=classes,
        examples=len(clips),
        weights={
            "mirror": [pose_layouts.partners(layout, poses.joints)],
            "scores": [partners(classes, exchanged)],
        },
        carried={"num_classes": known.classes(classes)},
        problems=tf.function(problems, [tf.TensorSpec([None], tf.string)], autograph=False),
        contents=pose_files.as_poses,
    )


def build(
    sizes: dict[str, int],
    *,
    streams: Literal["positions", "velocities", "both"] = "both",
    projection: PositiveInt = 128,
    units: PositiveInt = 128,
    layers: PositiveInt = 2,
    bidirectional: bool = True,
    pooling: Literal["attention", "mean", "max"] = "attention",
    dropout: Fraction = 0.5,
    rotation: NotNegative = 20.0,
    scale: Fraction = 0.1,
    noise: NotNegative = 0.01,
    speed: Fraction = 0.2,
    cut: Fraction = 0.1,
    mirror: Fraction = 0.0,
    joint_dropout: Fraction = 0.0,
) -> keras.Model:
    """The network: `poses` `(batch, frames, joints, dimensions)`, `valid` `(batch, frames, joints)` and `lengths`
    `(batch,)`, as `preprocessing.NormalizedPoses` gives them -> class probabilities `(batch, num_classes)`.

    Sources: Du et al. 2015 and Zhu et al. 2016 (deep LSTM on joints); Simonyan and Zisserman 2014 (two streams).

    Args:
        sizes: `num_classes`, `joints` and `dimensions`.
        streams: what is read in each frame: where the joints are, how fast they move, or both.
        projection: numbers that each stream becomes in a frame, before the LSTM layers.
        units: numbers in the state of an LSTM layer, in each direction.
        layers: LSTM layers on top of each other, each with layer normalisation behind it.
        bidirectional: whether each layer also reads from the end.
        pooling: one vector from all states: a learned weighting, their mean, or the largest of every unit.
        dropout: part of the numbers set to zero in training, before and after every layer.
        rotation: poses in space are turned about the vertical axis by up to so many degrees in training.
        scale: every axis is longer or shorter by up to this part in training.
        noise: deviation of what is added to coordinates in training, in torsos.
        speed: clips are up to this part faster or slower in training.
        cut: up to this part of a clip is left out at its ends in training.
        mirror: part of the clips that are seen in a mirror in training, left and right joints exchanged, and classes
            by prepare.mirrored.
        joint_dropout: part of the joints that are missing in training.
    """
    import keras

    from keras_seq import layers as ours

    joints = sizes["joints"]
    poses = keras.Input((None, joints, sizes["dimensions"]), name="poses")
    valid = keras.Input((None, joints), name="valid")
    lengths = keras.Input((), dtype="int32", name="lengths")
    x, seen, flags = ours.PoseMirror(mirror, name="mirror")(poses, valid)
    x, seen, count = ours.PoseSpeed(speed, cut, name="speed")(x, seen, lengths)
    x = ours.PoseJitter(rotation, scale, noise=noise, name="jitter")(x, seen, count)
    x, seen = ours.JointDropout(joint_dropout, name="joint_dropout")(x, seen)
    positions, velocities, mask = ours.PoseStreams(name="streams")(x, seen, count)
    given = {"positions": positions, "velocities": velocities}
    read = [
        keras.layers.LayerNormalization(name=f"{name}_normalization")(
            keras.layers.Dense(projection, name=f"{name}_projection")(stream)
        )
        for name, stream in given.items()
        if streams in (name, "both")
    ]
    x = keras.layers.Concatenate(name="fusion")(read) if len(read) > 1 else read[0]
    x = keras.layers.Dropout(dropout, name="frames_dropout")(x)
    for number in range(1, layers + 1):
        lstm = ours.LSTM(units, return_sequences=True, name=f"lstm_{number}")
        layer = keras.layers.Bidirectional(lstm, name=f"bidirectional_{number}") if bidirectional else lstm
        x = keras.layers.LayerNormalization(name=f"normalization_{number}")(layer(x, mask=mask))
        x = keras.layers.Dropout(dropout, name=f"dropout_{number}")(x)
    pool = {
        "attention": ours.AttentionPooling,
        "mean": keras.layers.GlobalAveragePooling1D,
        "max": ours.MaskedMaxPooling,
    }[pooling](name="pooling")
    x = keras.layers.Dense(sizes["num_classes"], "softmax", dtype="float32", name="probabilities")(
        pool(x, mask)
    )
    scores = ours.SwappedClasses(name="scores")(x, flags)
    inputs = {"poses": poses, "valid": valid, "lengths": lengths}
    return keras.Model(inputs, scores, name="video_activity_poses_network")


def objective(
    *, label_smoothing: Fraction = 0.1, monitor: Literal["accuracy", "loss"] = "accuracy"
) -> Objective:
    """The loss, the metrics and the score.

    Args:
        label_smoothing: part of the true class's probability that is spread over all classes (Szegedy et al.
            2016).
        monitor: what decides on validation which epoch is kept. While it is the same in every epoch, the loss
            decides.
    """
    import keras

    from keras_seq import metrics
    from keras_seq.contract import Objective

    return Objective(
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        monitor=monitor,
        scorer=metrics.ActivityScorer,
    )


def present(preprocessing: Preprocessing, network: keras.Model) -> keras.Model:
    """Poses -> named answers: `poses` `(batch, time, features)` float32, padded with frames of zeros at the end ->
    `label`, `score`, `labels`, `scores`, best first.
    """
    import keras

    from keras_seq.answers import RankedLabels
    from keras_seq.answers.poses import PoseAnswering

    poses = keras.Input((None, preprocessing.inputs.features), name="poses")
    scores = network(preprocessing.inputs(poses))
    return PoseAnswering(
        poses, RankedLabels(preprocessing.classes, name="answers")(scores), name="video_activity_poses"
    )


def _frames(clips: list[Example]) -> Iterator[np.ndarray]:
    """The frames of those clips that can be read, `(time, features)`.

    Raises:
        DataError: when none can be; with what is wrong with the first.
    """
    from keras_seq import pose_files, reading

    first: DataError | None = None
    found = 0
    for one in clips:
        try:
            raw = reading.contents(one.input, pose_files.as_poses)
        except DataError as error:
            first = first or error
            continue
        assert isinstance(raw, bytes)
        found += 1
        yield pose_files.unpacked(raw)
    if not found:
        raise DataError(f"no clip of the training split can be read; {first}")
