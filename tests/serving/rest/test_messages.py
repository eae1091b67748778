"""Bodies as they arrive, in pieces or compressed, and answers as they leave."""

import asyncio
import gzip

import pytest

from serving.errors import ServingError
from serving.rest import messages
from serving.rest.messages import Reply, inflated, read_body, send_reply


def received(*pieces, length=None, end="http.request"):
    """What is read of a body that arrives in pieces."""
    arriving = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    arriving.append({"type": end})

    async def receive():
        return arriving.pop(0)

    headers = {} if length is None else {b"content-length": b"%d" % length}
    return asyncio.run(read_body(headers, receive))


def test_a_body_is_its_pieces_and_nothing_once_its_client_has_gone():
    assert received(b"a", b"", b"b") == b"ab"
    assert received(b"a", end="http.disconnect") is None


def test_a_body_is_too_large_by_what_it_says_or_by_what_comes(monkeypatch):
    monkeypatch.setattr(messages, "LARGEST_BODY", 3)
    assert received(b"abc", length=3) == b"abc"
    for arguments in ({"length": 4}, {}):
        with pytest.raises(ServingError, match="larger than 3 bytes"):
            received(b"ab", b"cd", **arguments)
    with pytest.raises(ServingError, match="larger than 3 bytes"):
        inflated({b"content-encoding": b"gzip"}, gzip.compress(b"abcd"))


def test_a_body_is_inflated_where_it_says_so():
    packed = gzip.compress(b"text")
    assert inflated({}, packed) == packed
    assert inflated({b"content-encoding": b"GZIP"}, packed) == b"text"
    for damaged in (packed[:-1], b"text"):
        with pytest.raises(ServingError, match="is not gzip"):
            inflated({b"content-encoding": b"gzip"}, damaged)


def test_an_answer_says_its_length_in_bytes_and_closes_where_a_body_is_unread():
    sent, unread = [], [{"type": "http.request", "more_body": True}, {"type": "http.disconnect"}]

    async def send(message):
        sent.append(message)

    async def receive():
        return unread.pop(0)

    asyncio.run(send_reply(Reply(200, '"é"'), send, None))
    assert dict(sent[0]["headers"]) == {b"Content-Length": b"4", b"Content-Type": b"application/json"}
    assert sent[1:] == [{"type": "http.response.body", "body": '"é"'.encode(), "more_body": False}]
    del sent[:]
    asyncio.run(send_reply(Reply(400, "no"), send, receive))
    assert (b"Connection", b"close") in sent[0]["headers"]
    assert not unread
    assert len(sent) == 3
