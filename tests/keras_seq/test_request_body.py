"""The body of a predict request."""

import json

import pytest

from keras_seq import request_body


def test_texts_and_bytes_come_back_unchanged():
    raw = ["a text\0", "", "日本", b"RIFF\0\xff\0", b"", b"utf-8 by chance"]
    body = request_body.encoded("audio", raw)
    assert request_body.decoded(body) == {"audio": raw}
    assert json.loads(body)["inputs"]["audio"][:2] == ["a text\0", ""]
    assert json.loads(body)["inputs"]["audio"][4] == {"b64": ""}


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"inputs": []}'])
def test_another_body_is_an_error(body):
    with pytest.raises((ValueError, KeyError, AttributeError, TypeError)):
        request_body.decoded(body)
