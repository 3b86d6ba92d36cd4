"""HTTP as uvicorn speaks it by httptools, which would let a request grow without end, and wait for it for ever."""

import asyncio
from typing import Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_LIMIT: Final = 64 * 1024
"""Bytes that may come before anything is complete: a head, the trailers of a body, what is written beside a chunk.

Browsers and proxies send a few thousand. In memory, small headers take twelve times as much.
"""

HEAD_SECONDS: Final = 15.0
"""How long the head of a request may take, and a new connection to begin with one. Shorter would cut off phones in a
tunnel; longer lets who says a byte now and then hold more connections (the attack called Slowloris).
"""

REQUEST_SECONDS: Final = 300.0
"""How long a whole request may take: the largest upload at 300 kbit/s."""

TOO_LARGE: Final = "The head of the request is too large."


class BoundedHttp(HttpToolsProtocol):
    """One connection. Whoever sends more than `HEAD_LIMIT` without getting anywhere, or takes too long to say what he
    wants, is cut off, key or no key.
    """

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        self._begun_bytes = 0
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._begun_bytes += len(data)
        super().data_received(data)
        cycle = cast(RequestResponseCycle | None, self.cycle)  # None before the first request
        answered = cycle is None or cycle.response_complete
        if self._patience is None and answered and self.transport.get_protocol() is self:
            self._wait(HEAD_SECONDS)  # an empty line behind a request begins nothing, but ends uvicorn's own waiting
        if self._begun_bytes > HEAD_LIMIT and not self.transport.is_closing():
            self.send_400_response(TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait(HEAD_SECONDS)

    def on_headers_complete(self) -> None:
        self._begun_bytes = 0
        self._wait(REQUEST_SECONDS)
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        self._begun_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._begun_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._begun_bytes = 0
        self._wait(None)
        super().on_message_complete()

    def _wait(self, seconds: float | None) -> None:
        """From now on wait this long for the next step; None: it is our turn."""
        if self._patience is not None:
            self._patience.cancel()
        self._patience = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)
