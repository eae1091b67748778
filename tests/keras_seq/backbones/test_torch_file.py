"""The reader of PyTorch's old format: tensors by name, and nothing that runs."""

import collections
import io
import os
import pickle
import struct

import numpy as np
import pytest

from keras_seq.backbones.torch_file import MAGIC, VERSION, read_tensors
from keras_seq.errors import DataError


def storage(kind, key, count):
    """A persistent id, and what gives it."""
    parts = b"".join([text("storage"), f"ctorch\n{kind}\n".encode(), text(key), text("cpu"), integer(count)])
    return b"(" + parts + b"NtQ"


def text(value):
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def integer(value):
    return b"J" + struct.pack("<i", value)


def integers(values):
    return b"(" + b"".join(map(integer, values)) + b"t"


def tensor(kind, key, count, offset, shape, strides):
    call = b"ctorch._utils\n_rebuild_tensor_v2\n("
    arguments = storage(kind, key, count) + integer(offset) + integers(shape) + integers(strides)
    return call + arguments + b"\x89" + b"ccollections\nOrderedDict\n)R" + b"tR"


def state_dict(tensors):
    """`torch.save` of an OrderedDict, its attributes among it."""
    rows = b"".join(text(name) + pickled for name, pickled in tensors.items())
    attributes = b"}" + text("_metadata") + b"ccollections\nOrderedDict\n)Rsb"
    return b"\x80\x02ccollections\nOrderedDict\n)R(" + rows + b"u" + attributes + b"."


def file(entries, storages, magic=MAGIC, version=VERSION, machine=None):
    stream = io.BytesIO()
    machine = {"little_endian": True, "protocol_version": version} if machine is None else machine
    for one in (magic, version, machine):
        stream.write(pickle.dumps(one, 2))
    stream.write(entries)
    stream.write(pickle.dumps(list(storages), 2))
    for array in storages.values():
        stream.write(struct.pack("<q", array.size) + array.tobytes())
    return stream.getvalue()


NUMBERS = np.arange(12, dtype="<f4")
COUNTS = np.array([7], "<i8")
ENTRIES = {
    "weight": tensor("FloatStorage", "12", 12, 0, (2, 3), (3, 1)),
    "transposed": tensor("FloatStorage", "12", 12, 1, (3, 2), (1, 4)),
    "count": tensor("LongStorage", "7", 1, 0, (), ()),
    "none": tensor("FloatStorage", "12", 12, 0, (0, 3), (3, 1)),
}
GOOD = file(state_dict(ENTRIES), {"12": NUMBERS, "7": COUNTS})


@pytest.fixture
def read(tmp_path):
    def of(raw):
        path = tmp_path / "weights.pth"
        path.write_bytes(raw)
        return read_tensors(path)

    return of


def test_tensors_are_views_of_their_storages(read):
    found = read(GOOD)
    assert list(found) == list(ENTRIES)
    np.testing.assert_array_equal(found["weight"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(found["transposed"], [[1, 5], [2, 6], [3, 7]])
    assert found["count"] == 7
    assert found["count"].dtype == np.int64
    assert found["none"].shape == (0, 3)
    found["weight"][:] = 0  # an array of its own
    assert found["transposed"][0, 0] == 1


@pytest.mark.parametrize(
    ("kind", "number_type"),
    [("HalfStorage", "<f2"), ("DoubleStorage", "<f8"), ("ByteStorage", "u1"), ("BoolStorage", "?")],
)
def test_types_of_numbers(read, kind, number_type):
    numbers = np.array([0, 1, 1], number_type)
    entries = state_dict({"x": tensor(kind, "a", 3, 0, (3,), (1,))})
    found = read(file(entries, {"a": numbers}))["x"]
    np.testing.assert_array_equal(found, numbers)
    assert found.dtype == numbers.dtype


def test_a_file_cut_off_anywhere_is_refused(read):
    for end in range(len(GOOD)):
        with pytest.raises(DataError, match=r"weights.pth: "):
            read(GOOD[:end])


def test_a_damaged_file_is_read_or_refused_and_never_more(read):
    random = np.random.default_rng(1)
    refused = 0
    for _ in range(400):
        raw = bytearray(GOOD)
        raw[random.integers(len(raw))] = random.integers(256)
        try:
            assert all(isinstance(array, np.ndarray) for array in read(bytes(raw)).values())
        except DataError:
            refused += 1
    assert refused > 200


class Runs:
    """Runs a command when it is unpickled, unless the reader refuses."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("place", ["magic", "machine", "entries"])
def test_nothing_in_it_is_run(read, tmp_path, place):
    bad = Runs(str(tmp_path / "made"))
    files = {
        "magic": file(state_dict(ENTRIES), {"12": NUMBERS, "7": COUNTS}, magic=bad),
        "machine": file(state_dict(ENTRIES), {"12": NUMBERS, "7": COUNTS}, machine=bad),
        "entries": file(pickle.dumps({"x": bad}, 2), {}),
    }
    with pytest.raises(DataError, match=r"it names \w+\.mkdir, and may hold nothing but tensors by name"):
        read(files[place])
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"PK\x03\x04", "newer format, a zip"),
        (b"", "damaged, or no file"),
        (b"\x89HDF\r\n", "damaged, or no file"),
        (pickle.dumps(1, 2), "no file of PyTorch's old format"),
        (file(state_dict({}), {}, machine={"little_endian": False}), "big-endian"),
        (file(pickle.dumps([1], 2), {}), "something else than tensors by name"),
        (file(pickle.dumps(collections.OrderedDict(x=1), 2), {}), "something else than tensors by name"),
        (
            file(state_dict({"x": tensor("FloatStorage", "a", 12, 8, (2, 3), (3, 1))}), {"a": NUMBERS}),
            "tensor 'x' does not fit",
        ),
        (
            file(state_dict({"x": tensor("FloatStorage", "a", 12, 0, (2**30,), (0,))}), {"a": NUMBERS}),
            "tensor 'x' does not fit",
        ),
        (
            file(state_dict({"x": tensor("FloatStorage", "a", 12, -1, (2,), (1,))}), {"a": NUMBERS}),
            "not described as PyTorch does",
        ),
        (
            file(state_dict({"x": tensor("FloatStorage", "a", 13, 0, (2,), (1,))}), {"a": NUMBERS}),
            "tensor 'x' does not fit",
        ),
        (
            file(state_dict({"x": tensor("BFloat16Storage", "a", 12, 0, (2,), (1,))}), {"a": NUMBERS}),
            "names torch.BFloat16Storage",
        ),
    ],
    ids=lambda value: "raw" if isinstance(value, bytes) else None,
)
def test_what_is_wrong_is_said(read, raw, message):
    with pytest.raises(DataError, match=message):
        read(raw)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none.pth: cannot be read: "):
        read_tensors(tmp_path / "none.pth")
