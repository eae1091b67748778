"""A connection over HTTP: uvicorn's, which is cut off when nothing comes, or a request's head does not end."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_UPGRADE = re.compile(rb"\r\nupgrade:[^\r\n]*", re.IGNORECASE)
LARGEST_HEAD = 64 * 2**10  # bytes of a request's line and headers
LINGER_SECONDS = (
    1.0  # for which a client may go on sending after it has been answered; what it sends is dropped
)


class Connection(HttpToolsProtocol):
    """A connection, open from the first byte to the last.

    A body has its own limits, in `serving.rest.app`; a client that sends no request, or one header after
    another, never gets that far. The head has the time that a body has, `App.timeout_ms`.
    """

    _timer: asyncio.TimerHandle | None = None
    _head: int | None = None  # bytes of the head so far; None between requests and in bodies
    _is_refused = False

    def connection_made(self, transport: Any) -> None:
        """Wait for a request as long as between two."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(self.timeout_keep_alive, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take the next bytes; an offer to change the protocol, as of HTTP/2, is not taken up, and the body
        stays.
        """
        if self._is_refused:
            return
        if self.cycle is None or self.cycle.response_complete:
            head, end, rest = data.partition(b"\r\n\r\n")
            data = _UPGRADE.sub(b"", head) + end + rest
        super().data_received(data)
        if self._head is not None and not self._is_refused:
            self._head += len(data)
            if self._head > LARGEST_HEAD and not self.transport.is_closing():
                self.send_400_response("The request's head is too large.")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, and take no more of it.

        A connection that is closed while its client still sends is reset, and the answer lost.
        """
        self._is_refused = True
        head = f"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {len(msg)}\r\n"
        self.transport.write(f"{head}Connection: close\r\n\r\n{msg}".encode("ascii"))
        self._stop_timer()
        self._timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def on_message_begin(self) -> None:
        """A request has begun."""
        super().on_message_begin()
        self._stop_timer()
        self._head = 0
        seconds = self.config.app.timeout_ms / 1000  # type: ignore[union-attr]
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def on_headers_complete(self) -> None:
        """A request's head has ended."""
        self._stop_timer()
        self._head = None
        super().on_headers_complete()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
