"""Bytes in JSON: any come back, in every way that base64 is written, and what is none is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import Code, ServingError
from serving.values import b64


@given(value=st.binary(max_size=40))
def test_any_bytes_come_back(value):
    assert b64.decoded(json.loads(b64.encoded(value))) == value


@pytest.mark.parametrize("text", ["YQ==", "YQ", "YQ..", " Y\nQ = = "])
def test_white_space_and_padding_do_not_matter(text):
    assert b64.decoded({"b64": text}) == b"a"


@pytest.mark.parametrize("value", [{"b64": "YQ="}, {"b64": "Y"}, {"b64": "Y?=="}, {"b64": 1}, {}, "YQ=="])
def test_what_stands_for_no_bytes_is_refused(value):
    with pytest.raises(ServingError) as error:
        b64.decoded(value)
    assert error.value.code is Code.INVALID_ARGUMENT
