"""Files of poses, as the tools of the field write them -> one kind of `.npy` file: version 1.0, little-endian
float32 in C order, `(time, features)`.

    .npy        (time, joints, 2 to 4) or (time, features), of any type of number
    a folder    of one .npy a frame, as MediaPipe tutorials write them (MP_Data/ACTION/CLIP/FRAME.npy), or of one
                OpenPose JSON a frame; it arrives as an archive (`archives`)
    .skeleton   of NTU RGB+D, the first body of each frame

What is missing is NaN.
"""

from __future__ import annotations

import io
import json
import math
import pathlib

import numpy as np

from keras_seq import archives
from keras_seq.errors import DataError

MAGIC = b"\x93NUMPY"
NTU_JOINTS, NTU_NUMBERS = 25, 12  # of a body in a frame; of a joint: x, y, z and others


def as_poses(raw: bytes) -> bytes:
    """The bytes of a file, or of an archive of a folder's files -> the `.npy` file of its frames.

    Raises:
        DataError: when it is of another kind or damaged, has no frames, or frames of unlike sizes.
    """
    if archives.is_archive(raw):
        return packed(_of_frames(archives.members(raw)))
    if raw.startswith(MAGIC):
        return packed(_array(raw))
    if raw[:1].isdigit():
        return packed(_of_ntu(raw))
    raise DataError(
        "expected a .npy file of (time, joints, 2 to 4) or (time, features), a folder of .npy or OpenPose JSON files, "
        "a frame each, or a .skeleton file of NTU RGB+D"
    )


def packed(poses: np.ndarray) -> bytes:
    """Frames `(time, features)` or `(time, joints, dimensions)`, of any type of number -> the `.npy` file.

    Raises:
        DataError: when they are none, or hold nothing.
    """
    if poses.dtype.kind not in "fiub":
        raise DataError(f"expected numbers, found an array of {poses.dtype}")
    if poses.ndim not in (2, 3):
        raise DataError(f"expected (time, features) or (time, joints, 2 to 4), found the shape {poses.shape}")
    if not poses.size:
        raise DataError(f"no frames: an array of shape {poses.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        frames = np.ascontiguousarray(poses.reshape(len(poses), -1), "<f4")
    if not np.isfinite(frames).any():
        raise DataError("every number is NaN or infinite")
    stream = io.BytesIO()
    np.lib.format.write_array(stream, frames, (1, 0), allow_pickle=False)
    return stream.getvalue()


def shape(raw: bytes) -> tuple[int, int]:
    """Frames and numbers of a frame of what `as_poses` gave."""
    stream = io.BytesIO(raw)
    np.lib.format.read_magic(stream)
    (time, features), _, _ = np.lib.format.read_array_header_1_0(stream)
    return time, features


def unpacked(raw: bytes) -> np.ndarray:
    """The numbers of what `as_poses` gave, `(time, features)`."""
    return _array(raw)


def _array(raw: bytes) -> np.ndarray:
    try:
        return np.load(io.BytesIO(raw), allow_pickle=False)
    except (ValueError, EOFError, OSError, SyntaxError, MemoryError, OverflowError) as error:
        why = "it holds Python objects, not numbers" if "pickle" in str(error) else "it is damaged"
        raise DataError(f"the .npy file cannot be read: {why}") from None


def _of_frames(files: list[tuple[str, bytes]]) -> np.ndarray:
    """The files of a folder, one a frame; frames of nobody, where others have a body, are NaN."""
    kinds = {pathlib.PurePath(name).suffix.lower() for name, _ in files}
    if len(kinds) != 1 or not kinds <= {".npy", ".json"}:
        raise DataError(
            f"expected a folder of .npy or of .json files, one a frame; found {', '.join(sorted(kinds))}"
        )
    read = _frame_of_npy if kinds == {".npy"} else _frame_of_openpose
    frames = []
    for name, raw in files:
        try:
            frames.append(read(raw))
        except DataError as error:
            raise DataError(f"{name}: {error}") from None
    sizes = {name: frame.size for (name, _), frame in zip(files, frames, strict=True) if frame.size}
    if not sizes:
        raise DataError(f"none of the {len(files)} frames has a body")
    (first, size), *_ = sizes.items()
    for name, other in sizes.items():
        if other != size:
            raise DataError(f"frames of unlike sizes: {size} numbers in {first}, {other} in {name}")
    return np.stack([frame if frame.size else np.full(size, np.nan, "float32") for frame in frames])


def _frame_of_npy(raw: bytes) -> np.ndarray:
    frame = _array(raw)
    if frame.dtype.kind not in "fiub" or not frame.size:
        raise DataError(
            f"expected the numbers of a frame, found an array of {frame.dtype}, shape {frame.shape}"
        )
    return frame.astype("float32").ravel()


def _frame_of_openpose(raw: bytes) -> np.ndarray:
    """The first person's x, y and confidence of each joint; no numbers where there is nobody."""
    try:
        people = json.loads(raw)["people"]
        numbers = people[0]["pose_keypoints_2d"] if people else []
        frame = np.array(numbers, "float32")
    except (ValueError, KeyError, TypeError, IndexError):
        raise DataError("expected OpenPose's JSON, with people[0].pose_keypoints_2d") from None
    if frame.ndim != 1 or frame.size % 3:
        raise DataError(f"expected x, y and confidence of each joint, found {frame.size} numbers")
    return frame


def _of_ntu(raw: bytes) -> np.ndarray:
    """A line with the number of frames; of each frame a line with that of bodies; of each body a line, one with the
    number of joints, and a line a joint, which begins with x, y and z. The first body counts.
    """
    words = iter(raw.split())
    try:
        frames = [_ntu_frame(words) for _ in range(int(next(words)))]
    except (StopIteration, ValueError, RuntimeError):
        raise DataError("damaged .skeleton file: it ends early, or has no number where one belongs") from None
    if next(words, None) is not None:
        raise DataError("damaged .skeleton file: more follows its frames")
    found = [frame for frame in frames if frame is not None]
    if not found:
        raise DataError(f"none of the {len(frames)} frames has a body")
    missing = np.full_like(found[0], math.nan)
    return np.stack([missing if frame is None else frame for frame in frames])


def _ntu_frame(words) -> np.ndarray | None:
    body = None
    for number in range(int(next(words))):
        for _ in range(10):  # what is known of a body, as a whole
            next(words)
        joints = int(next(words))
        if joints != NTU_JOINTS:
            raise ValueError
        rows = np.array([[float(next(words)) for _ in range(NTU_NUMBERS)] for _ in range(joints)], "float32")
        if number == 0:
            body = rows[:, :3]
    return body
