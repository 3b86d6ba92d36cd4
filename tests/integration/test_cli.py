"""The command line on a data directory, and a node from its first start to SIGTERM."""

import asyncio
import base64
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner, Result

import ringback.app
from ringback.accounts import FirstStart
from ringback.app import build_app, serve
from ringback.cli import cli
from ringback.identities.jobs import RevocationWatch
from ringback.kernel.redaction import Secret
from ringback.platform import Platform, SecretKeyUnusable, open_platform
from ringback.settings import KEY_FILE, Settings
from ringback.storage import DataDirectoryLock, DataDirectoryTaken
from ringback.web.listening import AddressUnavailable


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory of an installation that has been started once."""
    settings = Settings(data_dir=tmp_path / "data")

    async def start() -> None:
        async with open_platform(settings) as platform:
            assert await platform.accounts.bootstrap(Secret("the first key"))

    asyncio.run(start())
    return settings.data_dir


async def account_of(data: Path, authorization: str) -> str:
    async with open_platform(Settings(data_dir=data)) as platform:
        return (
            await platform.authentication.authenticate_key(authorization.removeprefix("App "), "127.0.0.1")
        ).account_id


def test_an_account_and_its_key_are_made_while_a_server_runs(data: Path) -> None:
    lock = DataDirectoryLock(data)
    created = run("account", "create", "--name", "acme", "--data-dir", data)
    assert created.exit_code == 0, created.output
    account_id = created.output.split()[-1]
    key = run("api-key", "create", "--name", "backend", "--account", "acme", "--data-dir", data)
    lock.release()
    assert asyncio.run(account_of(data, f"App {key.output.strip()}")) == account_id


def test_a_key_belongs_to_the_default_account_unless_told_otherwise(data: Path) -> None:
    key = run("api-key", "create", "--name", "backend", "--data-dir", data).output.strip()
    assert re.fullmatch(r"[0-9a-f]{32}-[0-9a-f-]{36}", key)
    assert asyncio.run(account_of(data, f"App {key}")) == asyncio.run(account_of(data, "App the first key"))


def test_a_user_gets_a_password(data: Path) -> None:
    password = run("user", "create", "--username", "zoe", "--data-dir", data).output.strip()

    async def signed_in() -> str:
        async with open_platform(Settings(data_dir=data)) as platform:
            credentials = base64.b64encode(f"zoe:{password}".encode()).decode()
            return (await platform.authentication.authenticate_user(credentials, "127.0.0.1")).account_id

    assert asyncio.run(signed_in()) == asyncio.run(account_of(data, "App the first key"))


def test_a_token_is_good_on_the_server(data: Path) -> None:
    token = run("token", "create", "--identity", "alice", "--display-name", "Alice Doe", "--data-dir", data)

    async def verified() -> tuple[str, str | None]:
        async with open_platform(Settings(data_dir=data)) as platform:
            claims = platform.tokens.verify(token.output.strip(), platform.clock.now())
            return claims.identity, claims.display_name

    assert asyncio.run(verified()) == ("alice", "Alice Doe")


def test_a_token_is_revoked_alone_or_with_all_of_its_identity(data: Path) -> None:
    lost, kept, bobs = (
        run("token", "create", "--identity", identity, "--data-dir", data).output.strip()
        for identity in ("alice", "alice", "bobby")
    )

    async def good() -> list[bool]:
        async with open_platform(Settings(data_dir=data)) as platform:
            await RevocationWatch(platform.database, platform.revocations, platform.clock).look()
            return [not platform.revocations.stops(platform.tokens.read(token)) for token in (lost, kept, bobs)]

    assert asyncio.run(good()) == [True, True, True]
    assert run("token", "revoke", "--token", lost, "--data-dir", data).exit_code == 0
    assert asyncio.run(good()) == [False, True, True]
    assert run("token", "revoke", "--identity", "alice", "--data-dir", data).exit_code == 0
    assert asyncio.run(good()) == [False, False, True]


@pytest.mark.parametrize("arguments", [(), ("--identity", "alice", "--token", "x")])
def test_one_says_what_to_revoke(data: Path, arguments: tuple[str, ...]) -> None:
    result = run("token", "revoke", *arguments, "--data-dir", data)
    assert (result.exit_code, result.stderr) == (2, "ringback: give either --identity or --token\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("token", "create", "--identity", "al"), "identity: must have 3 to 64"),
        (("token", "revoke", "--identity", "nobody"), "There is no such identity."),
        (("token", "revoke", "--token", "x"), "token: must be a WebRTC token of this installation"),
        (("account", "create", "--name", "default"), "already an account"),
        (("api-key", "create", "--name", "x", "--account", "nobody"), "no account of this name"),
        (("user", "create", "--username", "admin"), "already a user"),
    ],
)
def test_what_is_refused_is_said_in_one_line(data: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments, "--data-dir", data)
    assert result.exit_code == 1
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_there_has_to_be_data(tmp_path: Path) -> None:
    result = run("account", "create", "--name", "acme", "--data-dir", tmp_path / "nothing")
    assert result.exit_code == 2
    assert "ringback serve" in result.stderr
    assert not (tmp_path / "nothing").exists()


def test_the_openapi_document_is_printed_without_touching_any_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    document = json.loads(run("openapi").output)
    assert "/webrtc/1/token" in document["paths"]
    assert list(tmp_path.iterdir()) == []


def test_the_openapi_document_of_one_product_is_printed() -> None:
    assert set(json.loads(run("openapi", "--product", "health").output)["paths"]) == {"/health/live", "/health/ready"}
    refused = run("openapi", "--product", "faxes")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "webrtc-calls" in refused.stderr


@pytest.mark.parametrize(("option", "value"), [("--port", "70000"), ("--workers", "0"), ("--public-url", "ftp://x")])
def test_a_wrong_option_is_named(tmp_path: Path, option: str, value: str) -> None:
    result = run("serve", "--data-dir", tmp_path / "data", option, value)
    assert result.exit_code == 2
    assert option.strip("-").replace("-", "_") in result.stderr
    assert "default_factory" not in result.stderr


def test_no_server_has_no_workers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    result = run("worker", "status", "--url", url)
    assert result.exit_code == 1
    assert url in result.stderr


@asynccontextmanager
async def without_workers(platform: Platform) -> AsyncIterator[FastAPI]:
    yield build_app(platform)


async def test_a_node_serves_from_its_first_start_to_sigterm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ringback.app, "running", without_workers)
    settings = Settings(data_dir=tmp_path / "data", port=0)
    for first in (True, False):
        announced: asyncio.Future[tuple[Settings, FirstStart | None]] = asyncio.get_running_loop().create_future()
        node = asyncio.create_task(serve(settings, lambda *told, to=announced: to.set_result(told)))
        used, first_start = await announced
        assert (first_start is not None) is first
        assert used.port != 0
        async with httpx2.AsyncClient(base_url=used.public_url) as client:
            assert (await client.get("/health/ready")).status_code == 200
            status = await asyncio.to_thread(run, "worker", "status", "--url", used.public_url)
            assert status.output == "database: UP. Writable.\n"
        with pytest.raises(DataDirectoryTaken):
            await serve(settings, lambda *_: None)
        with pytest.raises(AddressUnavailable, match="already in use"):
            await serve(used, lambda *_: None)
        os.kill(os.getpid(), signal.SIGTERM)
        await node


async def test_sigterm_during_the_start_stops_what_has_been_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life: list[str] = []

    @asynccontextmanager
    async def starting(_platform: Platform) -> AsyncIterator[FastAPI]:
        life.append("started")
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.Event().wait()
            yield FastAPI()
        finally:
            life.append("stopped")

    monkeypatch.setattr(ringback.app, "running", starting)
    settings = Settings(data_dir=tmp_path / "data", port=0)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(serve(settings, lambda *_: None))
    assert life == ["started", "stopped"]
    DataDirectoryLock(settings.data_dir).release()


def test_the_address_has_to_be_ours(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "ringback", "serve", "--host", "192.0.2.1", "--data-dir", str(tmp_path / "data")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    log, refusal = result.stderr.splitlines()
    assert json.loads(log)["event"] == "Starting."
    assert refusal.startswith("ringback: Cannot listen on 192.0.2.1")
    assert not (tmp_path / "data").exists()


async def test_the_secret_key_stays_the_same_and_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    keys = []
    for _ in range(2):
        async with open_platform(settings):
            keys.append((settings.data_dir / KEY_FILE).read_text())
    assert keys[0] == keys[1]
    assert stat.S_IMODE((settings.data_dir / KEY_FILE).stat().st_mode) == 0o600
    assert sorted(path.name for path in settings.data_dir.iterdir()) == ["blobs", "ringback.db", KEY_FILE]


async def test_a_damaged_secret_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("short\n")
    with pytest.raises(SecretKeyUnusable):
        async with open_platform(Settings(data_dir=tmp_path)):
            pass
    assert (tmp_path / KEY_FILE).read_text() == "short\n"
