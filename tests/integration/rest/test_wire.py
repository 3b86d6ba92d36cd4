"""What is no HTTP, or more of it than anybody needs: refused on the socket, before any operation hears of it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx2
import pytest
from fastapi import FastAPI

import ringback.app
from ringback.app import build_app, serve
from ringback.platform import Platform
from ringback.settings import Settings
from ringback.web import connections
from ringback.web.connections import HEAD_LIMIT

PATIENCE_SECONDS: Final = 10.0
"""How long a test waits for the server to close. Only ever waited for in full by a test that fails."""

GET: Final = b"GET /health/live HTTP/1.1\r\nHost: node\r\nConnection: close\r\n"
POST: Final = b"POST /auth/1/session HTTP/1.1\r\nHost: node\r\nConnection: close\r\nContent-Type: application/json\r\n"
CHUNKED: Final = POST + b"Transfer-Encoding: chunked\r\n\r\n"

NO_HTTP: Final[dict[str, bytes]] = {
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    "a version of tomorrow": b"GET / HTTP/9.9\r\n\r\n",
    "a method of nobody": b"FROBNICATE / HTTP/1.1\r\n\r\n",
    "a tunnel": b"CONNECT elsewhere:443 HTTP/1.1\r\n\r\n",
    "a path of raw bytes": b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
    "a NUL in a header": GET + b"X: a\x00b\r\n\r\n",
    "half a line break": GET + b"X: a\rInjected: b\r\n\r\n",
    "a blank before the colon": GET + b"X : a\r\n\r\n",
    "less than nothing": POST + b"Content-Length: -1\r\n\r\n{}",
    "more than everything": POST + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
    "a length and chunks": POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
    "an unknown encoding": POST + b"Transfer-Encoding: nonsense\r\n\r\n{}",
    "a chunk of no size": CHUNKED + b"zz\r\n{}",
    "a chunk of all sizes": CHUNKED + b"fffffffffffffffff\r\n{}",
}

PIECE: Final = b"x" * 16 * 1024

ENDLESS: Final[dict[str, tuple[bytes, bytes]]] = {
    "path": (b"GET /", PIECE),
    "header": (GET + b"X: ", PIECE),
    "headers": (GET, b"X: 1\r\n" * 2_000),
    "words beside a chunk": (CHUNKED + b"1;", PIECE),
    "trailers": (CHUNKED + b"0\r\n", b"X: 1\r\n" * 2_000),
}
"""How it begins, and what is then said again and again."""


@asynccontextmanager
async def without_workers(platform: Platform) -> AsyncIterator[FastAPI]:
    yield build_app(platform)


@pytest.fixture
async def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Settings]:
    """A node that listens, as `ringback serve` makes it."""
    monkeypatch.setattr(ringback.app, "running", without_workers)
    announced: asyncio.Future[Settings] = asyncio.get_running_loop().create_future()
    settings = Settings(data_dir=tmp_path / "data", port=0)
    node = asyncio.create_task(serve(settings, lambda used, _: announced.set_result(used)))
    yield await announced
    os.kill(os.getpid(), signal.SIGTERM)
    await node


async def is_well(node: Settings) -> bool:
    async with httpx2.AsyncClient(base_url=node.public_url) as client:
        return (await client.get("/health/ready")).status_code == 200


async def answer_to(node: Settings, said: bytes) -> bytes:
    """All that the server says until it closes."""
    reader, writer = await asyncio.open_connection(node.host, node.port)
    writer.write(said)
    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = await reader.read()
    writer.close()
    return answer


async def test_what_is_no_http_is_refused(node: Settings) -> None:
    for what, said in NO_HTTP.items():
        assert (await answer_to(node, said)).startswith(b"HTTP/1.1 400 "), what
    assert await is_well(node)


@pytest.mark.parametrize("what", ENDLESS)
async def test_what_has_no_end_is_cut_off(node: Settings, what: str) -> None:
    begin, piece = ENDLESS[what]
    reader, writer = await asyncio.open_connection(node.host, node.port)
    writer.write(begin)
    sent = 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not reader.at_eof() and sent < 100 * HEAD_LIMIT:
            writer.write(piece)
            sent += len(piece)
            try:
                await writer.drain()
            except ConnectionError:
                break
            await asyncio.sleep(0)
    assert sent < 100 * HEAD_LIMIT, "it may go on for ever"
    writer.close()
    assert await is_well(node)


SLOW: Final[dict[str, bytes]] = {
    "nothing": b"",
    "half a head": GET,
    "half a body": POST + b"Content-Length: 40\r\n\r\n{",
    "half a body behind a whole request": GET.replace(b"Connection: close\r\n", b"") + b"\r\n" + CHUNKED,
    "an empty line behind a whole request": GET.replace(b"Connection: close\r\n", b"") + b"\r\n\r\n",
}


@pytest.mark.parametrize("what", SLOW)
async def test_who_does_not_go_on_is_cut_off(node: Settings, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.2)
    answer = await answer_to(node, SLOW[what])
    assert answer.count(b"HTTP/1.1 ") == what.count("whole")
    monkeypatch.undo()


async def test_who_has_said_all_may_wait_for_the_answer(node: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.001)
    body = b'{"username": "nobody", "password": "a long password"}'  # Argon2 takes a hundred times as long
    answer = await answer_to(node, POST + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    assert answer.startswith(b"HTTP/1.1 401 ")


async def test_a_large_body_in_small_chunks_is_none_of_that(node: Settings) -> None:
    chunk = b"1\r\n \r\n"
    answer = await answer_to(node, CHUNKED + chunk * (4 * HEAD_LIMIT // len(chunk)) + b"2\r\n{}\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"validationErrors"' in answer  # it was read to its end, and has no username


async def test_several_requests_at_once_are_answered_one_by_one(node: Settings) -> None:
    again = GET.replace(b"Connection: close\r\n", b"X: " + b"x" * (HEAD_LIMIT // 2) + b"\r\n") + b"\r\n"
    answer = await answer_to(node, again * 5 + GET + b"\r\n")
    assert answer.count(b"HTTP/1.1 200 ") == 6


async def test_what_stands_behind_a_refused_request_is_its_body(node: Settings) -> None:
    hidden = b"GET /health/live HTTP/1.1\r\nHost: node\r\n\r\n"
    said = b"POST /webrtc/1/token HTTP/1.1\r\nHost: node\r\nContent-Length: %d\r\n\r\n%b" % (len(hidden), hidden)
    answer = await answer_to(node, said + GET + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert (answer.count(b"HTTP/1.1 "), answer.count(b"HTTP/1.1 200 ")) == (2, 1)
