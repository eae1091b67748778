"""The body of a predict request."""

import json

import pytest

from keras_seq import npy, request_body


def test_texts_and_bytes_come_back_unchanged():
    raw = ["a text\0", "", "日本", b"RIFF\0\xff\0", b"", b"utf-8 by chance"]
    body = request_body.encoded("audio", raw)
    assert request_body.decoded(body) == {"audio": raw}
    assert json.loads(body)["inputs"]["audio"][:2] == ["a text\0", ""]
    assert json.loads(body)["inputs"]["audio"][4] == {"b64": ""}


def test_numbers_are_sent_padded_and_come_back_as_files():
    short, long = npy.packed([[1.5, -2.0]]), npy.packed([[0.1, 3.0], [4.0, float("inf")]])
    body = request_body.encoded("poses", [short, long], numbers=True)
    assert json.loads(body)["inputs"]["poses"][0] == [[1.5, -2.0], [0.0, 0.0]]
    assert request_body.decoded(body) == {"poses": [npy.packed([[1.5, -2.0], [0.0, 0.0]]), long]}


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"inputs": []}'])
def test_another_body_is_an_error(body):
    with pytest.raises((ValueError, KeyError, AttributeError, TypeError)):
        request_body.decoded(body)
