"""HTTP as uvicorn speaks it by httptools, which would let the head of a request grow without end."""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT: Final = 64 * 1024
"""Bytes that may come before anything is complete: a head, the trailers of a body, what is written beside a chunk.

Browsers and proxies send a few thousand. In memory, small headers take twelve times as much.
"""

TOO_LARGE: Final = "The head of the request is too large."


class BoundedHttp(HttpToolsProtocol):
    """One connection. Whoever sends more than `HEAD_LIMIT` without getting anywhere is cut off, key or no key."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        self._begun_bytes = 0
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._begun_bytes += len(data)
        super().data_received(data)
        if self._begun_bytes > HEAD_LIMIT and not self.transport.is_closing():
            self.send_400_response(TOO_LARGE)

    def on_headers_complete(self) -> None:
        self._begun_bytes = 0
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        self._begun_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._begun_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._begun_bytes = 0
        super().on_message_complete()
