"""A connection: what is no request is refused once, and what is being sent then is not read."""

import asyncio
import types

import uvicorn
from uvicorn.server import ServerState

from serving.rest import connection
from serving.rest.connection import Connection


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self):
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.written, self.closed = b"", False

    def write(self, data):
        self.written += data

    def is_closing(self):
        return self.closed

    def close(self):
        self.closed = True

    abort = close


def connected(*pieces):
    """What a connection answers to pieces of a request, and how many requests the application got."""
    asked = []

    async def application(scope, receive, send):
        asked.append(scope)

    async def talk():
        app = types.SimpleNamespace(timeout_ms=60_000, __call__=application)
        config = uvicorn.Config(application, lifespan="off", log_config=None)
        config.load()
        config.app = app
        config.loaded_app = application
        transport, one = Transport(), Connection(config, ServerState(), {})
        one.connection_made(transport)
        for piece in pieces:
            one.data_received(piece)
        await asyncio.sleep(0)
        written = transport.written
        one.connection_lost(None)
        return written

    return asyncio.run(talk()), asked


def test_a_head_may_come_in_pieces():
    written, asked = connected(b"GET /v1 HTTP/1.1\r\nhost", b": x\r\n\r\n")
    assert [scope["path"] for scope in asked] == ["/v1"]
    assert b"400" not in written


def test_a_head_that_is_too_large_is_refused_once():
    line = b"a: " + b"x" * 1000 + b"\r\n"
    written, asked = connected(b"GET / HTTP/1.1\r\n", *[line] * (connection.LARGEST_HEAD // 1000 + 9))
    assert written.count(b"HTTP/1.1 400 Bad Request") == 1
    assert written.endswith(b"The request's head is too large.")
    assert not asked


def test_an_offer_of_another_protocol_is_not_taken_up():
    _, asked = connected(b"GET /a HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: Upgrade\r\n\r\n")
    assert [scope["path"] for scope in asked] == ["/a"]
    assert b"upgrade" not in dict(asked[0]["headers"])
