"""Files of poses in every format -> one kind of `.npy` file, or what is wrong with them."""

import io
import json

import numpy as np
import pytest

from keras_seq import archives
from keras_seq.errors import DataError
from keras_seq.pose_files import as_poses, packed, shape, unpacked


def saved(array, **keywords):
    stream = io.BytesIO()
    np.save(stream, array, **keywords)
    return stream.getvalue()


def openpose(*people):
    return json.dumps({"people": [{"pose_keypoints_2d": list(one)} for one in people]}).encode()


def skeleton(*frames):
    """A file of NTU RGB+D whose joints are at the numbers given; None for a frame of nobody."""
    lines = [str(len(frames))]
    for value in frames:
        lines.append("0" if value is None else "1")
        if value is not None:
            lines += ["72 0 1 1 0 0 0 0.1 0.2 2", "25", *[f"{value} 1 2 {' '.join('0' * 9)}"] * 25]
    return "\n".join(lines).encode()


POSES = np.arange(24, dtype="float32").reshape(2, 4, 3)


@pytest.mark.parametrize("kind", ["<f4", ">f8", "<i2", "<f2"])
def test_an_array_of_any_number_becomes_frames_of_float32(kind):
    for array in (POSES, POSES.reshape(2, 12), np.asfortranarray(POSES)):
        found = as_poses(saved(array.astype(kind)))
        assert found[:8] == b"\x93NUMPY\x01\x00"
        assert b"'<f4', 'fortran_order': False, 'shape': (2, 12)" in found
        np.testing.assert_array_equal(unpacked(found), POSES.reshape(2, 12))
        assert shape(found) == (2, 12)
        assert as_poses(found) == found


def test_frames_of_a_folder_are_in_the_order_of_their_numbers():
    files = {f"{number}.npy": saved(np.full(3, number)) for number in (0, 1, 2, 10)}
    packed_files = archives.packed([(name, files[name]) for name in archives.in_number_order(list(files))])
    assert unpacked(as_poses(packed_files))[:, 0].tolist() == [0, 1, 2, 10]


def test_openpose_gives_the_first_person_and_nan_where_nobody_is():
    frames = [openpose([1, 2, 0.5], [9, 9, 9]), openpose(), openpose([3, 4, 0.25])]
    found = unpacked(as_poses(archives.packed([(f"{i}.json", raw) for i, raw in enumerate(frames)])))
    assert found[0].tolist() == [1, 2, 0.5]
    assert np.isnan(found[1]).all()
    assert found[2].tolist() == [3, 4, 0.25]


def test_a_skeleton_file_gives_the_first_body():
    found = unpacked(as_poses(skeleton(5, None, 7)))
    assert found.shape == (3, 75)
    assert found[0, :3].tolist() == [5, 1, 2]
    assert np.isnan(found[1]).all()
    assert found[2, -3:].tolist() == [7, 1, 2]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "expected a .npy file"),
        (b"\0\0\0 ftypmp42", "expected a .npy file"),
        (saved(np.zeros((0, 3))), "no frames"),
        (saved(np.zeros(4)), r"the shape \(4,\)"),
        (saved(np.array(["a"] * 2).reshape(1, 2)), "expected numbers"),
        (saved(np.array([[{}]]), allow_pickle=True), "Python objects"),
        (saved(POSES)[:-1], "damaged"),
        (b"\x93NUMPY\x01\0", "damaged"),
        (saved(np.full((2, 3), np.nan)), "every number is NaN"),
        (skeleton(None), "none of the 1 frames"),
        (skeleton(1, 2)[:-5], "ends early"),
        (skeleton(1) + b" 7", "more follows"),
        (skeleton(1).replace(b"\n25\n", b"\n24\n"), "damaged .skeleton"),
        (
            archives.packed([("1.npy", saved(np.ones(3))), ("2.npy", saved(np.ones(4)))]),
            "3 numbers in 1.npy, 4 in 2",
        ),
        (archives.packed([("1.npy", saved(np.ones(3))), ("a.txt", b"x")]), "found .npy, .txt"),
        (archives.packed([("1.npy", b"x")]), "1.npy: the .npy file cannot be read"),
        (archives.packed([("1.npy", saved(np.zeros(0)))]), "1.npy: expected the numbers of a frame"),
        (archives.packed([("1.json", openpose())]), "none of the 1 frames has a body"),
        (archives.packed([("1.json", b"[]")]), "1.json: expected OpenPose"),
        (archives.packed([("1.json", openpose([1, 2]))]), "found 2 numbers"),
    ],
)
def test_what_is_wrong_is_said(raw, message):
    with pytest.raises(DataError, match=message):
        as_poses(raw)


def test_a_number_that_is_too_large_is_infinite_without_a_warning():
    assert np.isinf(unpacked(packed(np.array([[1e300, 1.0]])))[0, 0])
