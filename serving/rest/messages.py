"""Bodies of requests as they arrive, and answers as they leave, in ASGI's messages."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from serving.errors import Code, ServingError
from serving.rest.connection import LINGER_SECONDS

LARGEST_BODY = 64 * 2**20  # bytes, inflated; a larger one would hold up all others while it is parsed


class Reply(NamedTuple):
    """An HTTP answer."""

    status: int
    body: str
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


async def read_body(headers: dict[bytes, bytes], receive: Callable[[], Awaitable[dict]]) -> bytes | None:
    """The body; None when the client has gone.

    Raises:
        ServingError: INVALID_ARGUMENT when it is too large.
    """
    length = headers.get(b"content-length", b"0")
    parts, size = [], 0
    if length.isdigit() and int(length) > LARGEST_BODY:
        raise _too_large()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            raise _too_large()
        if not message.get("more_body"):
            return b"".join(parts)


def inflated(headers: dict[bytes, bytes], body: bytes) -> bytes:
    """A body as it was before its client compressed it.

    Raises:
        ServingError: INVALID_ARGUMENT when it is not gzip, or too large.
    """
    if b"gzip" not in headers.get(b"content-encoding", b"").lower() or not body:
        return body
    inflater = zlib.decompressobj(wbits=31)
    try:
        content = inflater.decompress(body, LARGEST_BODY + 1)
    except zlib.error:
        raise ServingError(Code.INVALID_ARGUMENT, "The request's body is not gzip") from None
    if len(content) > LARGEST_BODY:
        raise _too_large()
    if not inflater.eof:
        raise ServingError(Code.INVALID_ARGUMENT, "The request's body is not gzip")
    return content


async def send_reply(reply: Reply, send: Callable, unread: Callable[[], Awaitable[dict]] | None) -> None:
    """Answer; where a body is left unread, close the connection, once the client has had time to see the
    answer.
    """
    body = reply.body.encode("utf-8", "replace")
    headers = [("Content-Length", str(len(body))), *reply.headers]
    if reply.content_type:
        headers.append(("Content-Type", reply.content_type))
    if unread:
        headers.append(("Connection", "close"))
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body, "more_body": bool(unread)})
    if unread:
        # A connection that is closed while its client still sends is reset, and the answer lost.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_drain(unread), LINGER_SECONDS)
        await send({"type": "http.response.body"})


def _too_large() -> ServingError:
    # Not RESOURCE_EXHAUSTED, which is 429: clients would try again.
    return ServingError(Code.INVALID_ARGUMENT, f"The request's body is larger than {LARGEST_BODY} bytes")


async def _drain(receive: Callable[[], Awaitable[dict]]) -> None:
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass
