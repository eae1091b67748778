"""Files of numbers as inputs of the client's command: what is sent for them."""

import json

import numpy as np
import pytest

from serving import client
from serving.client import main


@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f8", "<i2", "|u1"])
@pytest.mark.parametrize("shape", [(3,), (3, 4), (3, 2, 2)], ids=str)
def test_an_array_is_rows_along_its_first_axis(kind, shape, tmp_path):
    array = np.arange(np.prod(shape)).reshape(shape).astype(kind)
    np.save(tmp_path / "a.npy", array)
    assert client._array(str(tmp_path / "a.npy")) == array.reshape(3, -1).squeeze().tolist()


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\0\x05\0{}   \n"])
def test_another_file_is_refused(content, tmp_path):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.npy: expected a \.npy file of numbers"):
        client._array(str(tmp_path / "a.npy"))


def test_arrays_that_cannot_be_read_as_they_lie_are_refused(tmp_path):
    for number, array in enumerate(
        [np.asfortranarray(np.ones((2, 3))), np.array(["a"]), np.ones((2, 3)) * 1j]
    ):
        np.save(tmp_path / f"{number}.npy", array)
        with pytest.raises(ValueError, match=r"expected a \.npy file of numbers, in C order"):
            client._array(str(tmp_path / f"{number}.npy"))


def test_shorter_inputs_get_rows_of_zeros_behind_them():
    assert client._padded([[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]]) == [
        [[1.0, 2.0], [0, 0]],
        [[3.0, 4.0], [5.0, 6.0]],
    ]
    for others in (["a", "b"], [b"a", b"bc"], [1.0, 2.0], [[1.0], [2.0, 3.0]]):
        assert client._padded(others) == others


def test_the_command_sends_the_numbers_of_files(monkeypatch, tmp_path, capsys):
    sent = []

    def predict(self, model, values, **which):
        sent.append(values)
        return {"label": ["wave"] * len(values)}

    signature = {"inputs": {"poses": "DT_FLOAT"}, "outputs": {"label": "DT_STRING"}}
    monkeypatch.setattr(
        client.Client, "metadata", lambda self, model, **which: {"serving_default": signature}
    )
    monkeypatch.setattr(client.Client, "predict", predict)
    paths = [str(tmp_path / f"{length}.npy") for length in (1, 2)]
    for length, path in enumerate(paths, 1):
        np.save(path, np.full((length, 2), length, "float32"))
    assert main(["poses", *paths]) == 0
    assert sent == [[[[1.0, 1.0], [0, 0]], [[2.0, 2.0], [2.0, 2.0]]]]
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert shown == [{"poses": path, "label": "wave"} for path in paths]
    assert main(["poses", str(tmp_path / "missing.npy")]) == 2
    assert "missing.npy: No such file" in capsys.readouterr().err


def test_a_large_array_is_a_request_of_its_own(monkeypatch):
    monkeypatch.setattr(client, "MOST_BYTES", 64)
    values = {"a": [[1.0] * 4] * 2, "b": [[1.0]], "c": [[1.0]]}
    assert [shown for shown, _ in client._chunks("abc", values.get)] == [["a"], ["b", "c"]]
