"""The wheel, installed where there is neither Rust nor Node nor this checkout, is a whole platform."""

import asyncio
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from ringback.signaling.messages import SUBPROTOCOL
from ringback.web.certificates import trusting_context
from ringback.web.sdk import FILES as SDK_FILES

ROOT = Path(__file__).parents[2]
PAGE = "ringback/static/app/showcase/index.html"
REFERENCE = "ringback/static/app/reference"
REFERENCE_LIMIT = 1_500_000  # bytes: the description of an API is not what people wait for
OFFER = (ROOT / "tests/contract/worker/offer.sdp").read_bytes().decode()
PATIENCE_SECONDS = 30.0

pytestmark = [pytest.mark.wheel, pytest.mark.worker, pytest.mark.timeout(600)]  # on a cold cache the worker is compiled


def run(*command: object, environment: dict[str, str], folder: Path) -> None:
    result = subprocess.run(
        [str(part) for part in command], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"


def with_cargo() -> dict[str, str]:
    """The environment of `make`, which looks for Rust where rustup puts it."""
    return {**os.environ, "PATH": os.pathsep.join([os.environ["PATH"], str(Path.home() / ".cargo" / "bin")])}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make wheel` does."""
    if os.environ.get("RINGBACK_SKIP_WORKER") == "1":
        pytest.skip("RINGBACK_SKIP_WORKER=1")
    assert (ROOT / "src" / PAGE).exists(), "the pages are not built: run `make build`"
    folder = tmp_path_factory.mktemp("wheel")
    maturin = Path(sys.executable).parent / "maturin"
    arguments = ["build", "--quiet", "--release", "--locked", "--out", folder]
    run(maturin, *arguments, environment=with_cargo(), folder=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@dataclass(frozen=True)
class Installation:
    """An environment with nothing in it but what the wheel asks for."""

    folder: Path
    environment: dict[str, str]

    def program(self, name: str) -> Path:
        return self.folder / "bin" / name


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("empty")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "VIRTUAL_ENV") and not name.startswith("RINGBACK_")
    }
    environment["PATH"] = str(folder / "bin")
    installed = Installation(folder, environment)
    run(sys.executable, "-m", "venv", folder, environment=environment, folder=folder)
    # Without the hashes: pip would want one of the wheel too.
    locked = re.findall(r"^[\w.-]+==\S+", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE)
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(locked))
    options = ["--disable-pip-version-check", "--no-input", "--quiet", "--only-binary", ":all:", "--no-compile"]
    pip = [installed.program("python"), "-m", "pip", "install", *options]
    run(*pip, "--constraint", constraints, wheel, environment=environment, folder=folder)
    assert [
        tool for tool in ("cargo", "rustc", "node", "npm", "cc") if shutil.which(tool, path=environment["PATH"])
    ] == []
    return installed


def test_the_wheel_holds_what_no_compiler_will_make(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert PAGE in names
        scripts = {name.rpartition("/")[2] for name in names if ".data/scripts/" in name}
        assert scripts == {"ringback", "ringback-media"}
        migrations = {path.name for path in (ROOT / "src/ringback/storage/migrations/versions").glob("*.py")}
        assert {f"ringback/storage/migrations/versions/{name}" for name in migrations} <= names
        assert f"{REFERENCE}/index.html" in names
        assert {f"ringback/static/sdk/{file}" for file, _ in SDK_FILES.values()} <= names
        size = sum(file.file_size for file in archive.infolist() if file.filename.startswith(REFERENCE))
        assert size <= REFERENCE_LIMIT
        page = archive.read(PAGE).decode()
        assert {f"ringback/static{path}" for path in re.findall(r'(?:src|href)="(/app/[^"]+)"', page)} <= names
        assert str(ROOT) not in "".join(
            archive.read(name).decode("utf-8", "replace") for name in names if ".dist-info" in name
        )


def test_the_sources_hold_the_pages_too(tmp_path: Path) -> None:
    assert (ROOT / "src" / PAGE).exists(), "the pages are not built: run `make build`"
    maturin = Path(sys.executable).parent / "maturin"
    run(maturin, "sdist", "--out", tmp_path, environment=with_cargo(), folder=ROOT)
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {
        f"src/{PAGE}",
        *(f"src/ringback/static/sdk/{file}" for file, _ in SDK_FILES.values()),
        "ringback.data/scripts/ringback",
        "Cargo.lock",
        "crates/media-worker/src/main.rs",
        "LICENSE",
    }
    assert wanted <= names


@dataclass(frozen=True)
class Node:
    """`ringback serve` from the wheel, as its own output describes it."""

    url: str
    api_key: str
    started_with: dict[str, str]
    trust: ssl.SSLContext


@asynccontextmanager
async def serving(installation: Installation, folder: Path) -> AsyncIterator[Node]:
    log = folder / "log"
    data = folder / "data"
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            installation.program("ringback"),
            *("serve", "--port", "0", "--workers", "1", "--data-dir", data, "--tls-self-signed"),
            env={**installation.environment, "RINGBACK_MEDIA_UDP_PORT": "0"},
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
        )
    assert process.stdout is not None
    said: dict[str, str] = {}
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while "API key" not in said:
                line = (await process.stdout.readline()).decode()
                assert line, log.read_text()
                label, _, value = line.partition(":")
                said[label] = value.strip()
        started_with = json.loads(log.read_text().splitlines()[0])
        yield Node(
            said["Showcase"].removesuffix("/app/showcase"), said["API key"], started_with, trusting_context(data)
        )
        process.terminate()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await process.communicate()
        assert process.returncode == 0, log.read_text()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


class Phone:
    """An SDK, as far as signaling sees one."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._id = 0
        self._heard: list[dict[str, Any]] = []

    async def does(self, type: str, **fields: Any) -> dict[str, Any]:
        self._id += 1
        await self._socket.send(json.dumps({"type": type, "id": self._id, **fields}))
        answer = await self._first(lambda message: message.get("id") == self._id)
        assert answer["type"] == "reply", answer
        return dict(answer["result"])

    async def hears(self, type: str) -> dict[str, Any]:
        return await self._first(lambda message: message["type"] == type)

    async def _first(self, wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (found := [message for message in self._heard if wanted(message)]):
                self._heard.append(json.loads(await self._socket.recv()))
        self._heard.remove(found[0])
        return found[0]


@asynccontextmanager
async def connected(node: Node, client: httpx2.AsyncClient, identity: str) -> AsyncIterator[Phone]:
    answer = await client.post(
        "/webrtc/1/token", json={"identity": identity}, headers={"Authorization": f"App {node.api_key}"}
    )
    assert answer.status_code == 200, answer.text
    url = f"{node.url.replace('https', 'wss', 1)}/rtc/v1"
    async with connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], ssl=node.trust) as socket:
        phone = Phone(socket)
        hello = {"token": answer.json()["token"], "client": {"name": "wheel", "version": "0"}}
        assert (await phone.does("hello", **hello))["identity"] == identity
        yield phone


async def examined(installation: Installation, node: Node, folder: Path) -> list[dict[str, str]]:
    """What the doctor finds there."""
    port = node.url.rpartition(":")[2]
    doctor = await asyncio.create_subprocess_exec(
        installation.program("ringback"),
        *("doctor", "--json", "--port", port, "--workers", "1", "--data-dir", folder / "data", "--tls-self-signed"),
        env={**installation.environment, "RINGBACK_MEDIA_UDP_PORT": "0"},
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        output, _ = await doctor.communicate()
    return list(json.loads(output))


async def test_an_installed_wheel_serves_pages_and_a_call(installation: Installation, tmp_path: Path) -> None:
    async with (
        serving(installation, tmp_path) as node,
        httpx2.AsyncClient(base_url=node.url, verify=node.trust) as client,
    ):
        assert node.started_with["worker_binary"] == str(installation.program("ringback-media"))
        page = await client.get("/app/showcase")
        assert page.status_code == 200
        assert [
            asset
            for asset in re.findall(r'(?:src|href)="(/app/[^"]+)"', page.text)
            if (await client.get(asset)).status_code != 200
        ] == []
        reference = await client.get("/docs")
        assert "Ringback API" in reference.text
        assert [
            asset
            for asset in re.findall(r'(?:src|href)="(/[^"]+)"', reference.text)
            if (await client.get(asset)).status_code != 200
        ] == []
        ready = (await client.get("/health/ready")).json()
        assert ready["status"] == "UP", ready
        assert ready["checks"]["media workers"]["detail"] == "1 of 1 connected."
        findings = await examined(installation, node, tmp_path)
        assert [finding for finding in findings if finding["status"] == "PROBLEM"] == []
        assert "Ringback answers, and is ready." in [finding["says"] for finding in findings]
        async with connected(node, client, "alice") as alice, connected(node, client, "bob") as bob:
            destination = {"type": "WEBRTC", "identity": "bob"}
            outgoing = await alice.does("call.start", destination=destination, microphone=True, camera=True)
            incoming = await bob.hears("call.incoming")
            await bob.does("call.accept", callId=incoming["callId"], microphone=True, camera=True)
            for phone, call in ((alice, outgoing), (bob, incoming)):
                await phone.hears("call.established")
                answer = await phone.does("media.offer", callId=call["callId"], sdp=OFFER)
                assert re.findall(r"^m=(\w+)", answer["sdp"], re.MULTILINE) == re.findall(
                    r"^m=(\w+)", OFFER, re.MULTILINE
                )
                assert re.search(r"^a=candidate:.* 127\.0\.0\.1 \d+ typ host", answer["sdp"], re.MULTILINE)
            await bob.does("call.hangUp", callId=incoming["callId"])
            assert (await alice.hears("call.ended"))["callId"] == outgoing["callId"]
