"""Media finds its way where the usual one, by UDP and IPv4, is closed."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.browsers import new_context
from tests.e2e.conftest import Launch, Serve
from tests.e2e.people import PATIENCE, Person
from tests.e2e.server import HOST, Server

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

ONLY_CANDIDATES_WITH = """
    const take = RTCPeerConnection.prototype.setRemoteDescription;
    const fits = (line) => !line.startsWith('a=candidate:') || WORDS.every((word) => line.split(' ').includes(word));
    RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
        return take.call(this, { type, sdp: sdp.split('\\r\\n').filter(fits).join('\\r\\n') });
    };
"""
ONLY_RELAYS = """
    const configure = RTCPeerConnection.prototype.setConfiguration;
    RTCPeerConnection.prototype.setConfiguration = function (configuration) {
        configure.call(this, { ...configuration, iceTransportPolicy: 'relay' });
    };
"""
PATH_IN_USE = """async () => {
    const [connection] = recognition.connections();
    const found = await connection.getStats();
    const transport = [...found.values()].find(({ type }) => type === 'transport');
    const pair = found.get(transport.selectedCandidatePairId);
    const { protocol, address } = found.get(pair.remoteCandidateId);
    return [protocol, address, found.get(pair.localCandidateId).candidateType];
}"""
TURN_SECRET = "known to both"


@asynccontextmanager
async def person(name: str, server: Server, browser_of: Launch, script: str) -> AsyncIterator[Person]:
    context = await new_context(await browser_of(name))
    await context.add_init_script(script=script)
    somebody = Person(name, await context.new_page(), server.url)
    await somebody.arrives()
    yield somebody
    await context.close()


async def talk(server: Server, browser_of: Launch, script: str) -> list[str]:
    """Anna, whose browser runs the script, and Boris call each other; the way that her media takes."""
    async with person("anna", server, browser_of, script) as anna, person("boris", server, browser_of, "") as boris:
        await anna.calls("boris")
        await boris.accepts()
        await anna.sees("boris")
        await boris.sees("anna")
        await anna.hears("boris")
        await boris.hears("anna")
        protocol, address, kind = await anna.page.evaluate(PATH_IN_USE)
        return [protocol, address, kind]


async def test_by_tcp_when_udp_is_closed(server: Server, browser_of: Launch) -> None:
    protocol, _, kind = await talk(server, browser_of, only_candidates_with("tcp"))
    assert (protocol, kind) == ("tcp", "prflx")


async def test_by_ipv6(serve: Serve, browser_of: Launch) -> None:
    server = await serve({"RINGBACK_MEDIA_ADDRESSES": "127.0.0.1,::1"})
    protocol, address, _ = await talk(server, browser_of, only_candidates_with("udp", "::1"))
    assert (protocol, address) == ("udp", "::1")


def only_candidates_with(*words: str) -> str:
    return ONLY_CANDIDATES_WITH.replace("WORDS", json.dumps(words))


async def test_through_a_relay_when_nothing_else_is_open(serve: Serve, browser_of: Launch, tmp_path: Path) -> None:
    async with turn_server(tmp_path) as url:
        server = await serve(
            {
                "RINGBACK_TURN_URLS": url,
                "RINGBACK_TURN_SECRET": TURN_SECRET,
                "RINGBACK_MEDIA_ADDRESSES": HOST,
            }
        )
        _, _, kind = await talk(server, browser_of, ONLY_RELAYS)
        assert kind == "relay"


@asynccontextmanager
async def turn_server(folder: Path) -> AsyncIterator[str]:
    """Debian's coturn on loopback; only here it may relay to there."""
    program = shutil.which("turnserver")
    assert program, "coturn is not installed: tools/setup test"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    options = ["--no-cli", "--no-tls", "--no-dtls", "--allow-loopback-peers", "--use-auth-secret", "--log-file=stdout"]
    log = folder / "turnserver.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            program,
            *options,
            f"--static-auth-secret={TURN_SECRET}",
            "--realm=test",
            *(f"--listening-ip={HOST}", f"--relay-ip={HOST}", f"--listening-port={port}"),
            *(f"--pidfile={folder / 'pid'}", f"--userdb={folder / 'users'}"),
            cwd=folder,
            stdout=output,
            stderr=output,
        )
    try:
        await asyncio.wait_for(_answers(port), PATIENCE / 1000)
        yield f"turn:{HOST}:{port}?transport=udp"
    finally:
        process.terminate()
        await process.wait()


async def _answers(port: int) -> None:
    """It listens by TCP too, once it listens at all."""
    while True:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
