"""Activities of people, of poses: many to one.

joints in each frame -> centred, of one size, turned one way -> places and velocities -> LSTM layers -> one vector
-> class scores -> label, score
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import PositiveInt

from keras_seq.errors import DataError, RecipeError
from keras_seq.sections import Fraction, NotNegative

if TYPE_CHECKING:
    import keras

    from keras_seq.contract import Known, Objective, Preprocessing

SIZES = {"num_classes": 27, "joints": 20, "dimensions": 3}


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
    x = keras.layers.Dense(sizes["num_classes"], "softmax", dtype="float32", name="probabilities")(pool(x, mask))
    scores = ours.SwappedClasses(name="scores")(x, flags)
    inputs = {"poses": poses, "valid": valid, "lengths": lengths}
    return keras.Model(inputs, scores, name="video_activity_poses_network")
