"""`ringback account | api-key | user`: who may use an installation, managed beside a running server."""

import asyncio
import base64
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ringback.accounts.model import LoginKind
from ringback.cli import cli
from ringback.cli.output import show_once
from ringback.kernel.errors import Unauthenticated
from ringback.kernel.redaction import Secret
from ringback.platform import open_platform
from ringback.settings import Settings
from ringback.web import Principal


def run(*arguments: str | Path, terminal: bool = False) -> Result:
    environment = {"FORCE_COLOR": "1", "COLUMNS": "40"} if terminal else {"FORCE_COLOR": None}
    return CliRunner(env=environment).invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory of an installation that has been started once."""
    settings = Settings(data_dir=tmp_path / "data")

    async def start() -> None:
        async with open_platform(settings) as platform:
            assert await platform.accounts.bootstrap(Secret("the first key of all"))

    asyncio.run(start())
    return settings.data_dir


def succeeded(*arguments: str | Path) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output.strip()


def rows(*arguments: str | Path) -> list[dict[str, str]]:
    """What a list says to a program, by the titles of its columns."""
    titles, *lines = succeeded(*arguments).splitlines()
    return [dict(zip(titles.split("\t"), line.split("\t"), strict=True)) for line in lines]


def whose_key(data: Path, key: str, address: str = "192.0.2.7") -> Principal | None:
    async def ask() -> Principal | None:
        async with open_platform(Settings(data_dir=data)) as platform:
            try:
                return await platform.authentication.authenticate_key(key, address)
            except Unauthenticated:
                return None

    return asyncio.run(ask())


def whose_password(data: Path, username: str, password: str) -> Principal | None:
    async def ask() -> Principal | None:
        async with open_platform(Settings(data_dir=data)) as platform:
            credentials = base64.b64encode(f"{username}:{password}".encode()).decode()
            try:
                return await platform.authentication.authenticate_user(credentials, "192.0.2.7")
            except Unauthenticated:
                return None

    return asyncio.run(ask())


def test_a_key_is_made_for_what_it_is_needed_for(data: Path) -> None:
    limits = ("--scope", "webrtc:manage", "--scope", "calls:logs:read", "--allow", "192.0.2.0/24", "--allow", "::1")
    key = succeeded("api-key", "create", "--name", "backend", *limits, "--valid-days", "30", "--data-dir", data)
    principal = whose_key(data, key)
    assert principal is not None
    assert principal.scopes == {"webrtc:manage", "calls:logs:read"}
    assert whose_key(data, key, "198.51.100.7") is None
    backend, first = rows("api-key", "list", "--data-dir", data)
    assert backend["ID"] == principal.credential_id
    assert backend["NAME"] == "backend"
    assert backend["KEY"] == f"{key[:8]}…"
    assert backend["OPENS"] == "calls:logs:read webrtc:manage"
    assert backend["FROM"] == "192.0.2.0/24 ::1"
    assert backend["ENDS"] != "never"
    assert list(first.values())[1:] == ["first start", "the f…", "good", "never", "all products", "everywhere"]


def test_a_key_is_disabled_and_enabled(data: Path) -> None:
    (first,) = rows("api-key", "list", "--data-dir", data)
    disabled = succeeded("api-key", "disable", first["ID"], "--data-dir", data)
    assert disabled == (
        "API key first start is disabled: within a second servers refuse it, and the tokens that it made."
    )
    assert whose_key(data, "the first key of all") is None
    assert [row["STATE"] for row in rows("api-key", "list", "--data-dir", data)] == ["disabled"]
    assert succeeded("api-key", "enable", first["ID"], "--data-dir", data) == "API key first start is enabled."
    assert whose_key(data, "the first key of all") is not None


def test_keys_are_listed_for_their_account(data: Path) -> None:
    succeeded("account", "create", "--name", "acme", "--data-dir", data)
    succeeded("api-key", "create", "--name", "theirs", "--account", "acme", "--data-dir", data)
    assert [row["NAME"] for row in rows("api-key", "list", "--account", "acme", "--data-dir", data)] == ["theirs"]
    assert [row["NAME"] for row in rows("api-key", "list", "--data-dir", data)] == ["first start"]
    assert [row["NAME"] for row in rows("account", "list", "--data-dir", data)] == ["acme", "default"]


def test_a_user_has_the_role_that_was_given(data: Path) -> None:
    password = succeeded("user", "create", "--username", "anna", "--role", "viewer", "--data-dir", data)
    principal = whose_password(data, "anna", password)
    assert principal is not None
    assert principal.reads_only
    listed = [(row["USERNAME"], row["ROLE"]) for row in rows("user", "list", "--data-dir", data)]
    assert listed == [("admin", "ADMIN"), ("anna", "VIEWER")]


def test_a_new_password_ends_the_old_one_and_its_sessions(data: Path) -> None:
    old = succeeded("user", "create", "--username", "anna", "--data-dir", data)

    async def sign_in() -> str:
        async with open_platform(Settings(data_dir=data)) as platform:
            sign_in = platform.authentication.sign_in
            return (await sign_in(LoginKind.OAUTH2, "anna", Secret(old), "192.0.2.7", bound=False)).reveal()

    async def is_good(token: str) -> bool:
        async with open_platform(Settings(data_dir=data)) as platform:
            try:
                await platform.authentication.authenticate_oauth2(token, "192.0.2.7")
            except Unauthenticated:
                return False
            return True

    token = asyncio.run(sign_in())
    assert asyncio.run(is_good(token))
    new = succeeded("user", "password", "--username", "anna", "--data-dir", data)
    assert whose_password(data, "anna", old) is None
    assert whose_password(data, "anna", new) is not None
    assert not asyncio.run(is_good(token))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("api-key", "disable", "no-id"), "no such API key in this account"),
        (("api-key", "create", "--name", "x", "--allow", "192.0.2.7/24"), "--allow: '192.0.2.7/24' must be an IP"),
        (("api-key", "list", "--account", "nobody"), "no account of this name"),
        (("user", "list", "--account", "nobody"), "no account of this name"),
        (("user", "password", "--username", "nobody"), "no user of this name"),
    ],
)
def test_what_is_refused_is_said_in_one_line(data: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments, "--data-dir", data)
    assert result.exit_code != 0
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("api-key", "create", "--name", "x", "--scope", "everything"),
        ("api-key", "create", "--name", "x", "--valid-days", "0"),
        ("api-key", "create", "--name", "x", "--valid-days", "999999999"),
        ("user", "create", "--username", "x", "--role", "boss"),
    ],
)
def test_a_value_that_does_not_exist_makes_nothing(data: Path, arguments: tuple[str, ...]) -> None:
    assert run(*arguments, "--data-dir", data).exit_code == 2
    assert len(rows("api-key", "list", "--data-dir", data)) == len(rows("user", "list", "--data-dir", data)) == 1


def test_on_a_terminal_no_field_is_cut_however_narrow_it_is(data: Path) -> None:
    limits = ("--scope", "webrtc:manage", "--scope", "calls:logs:read", "--allow", "192.0.2.0/24")
    succeeded("api-key", "create", "--name", "[red]backend", *limits, "--data-dir", data)
    (told, _) = rows("api-key", "list", "--data-dir", data)
    shown = run("api-key", "list", "--data-dir", data, terminal=True).output
    assert "\x1b[1mNAME" in shown
    first_line = next(line for line in shown.splitlines() if told["ID"] in line)
    assert first_line.split("  ")[:2] == [told["ID"], "[red]backend"]
    assert "calls:logs:read" in first_line
    assert "webrtc:manage" in shown


def test_a_secret_stands_alone_and_people_are_told_what_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    show_once(Secret("opensesame"), "The password of anna.")
    assert capsys.readouterr() == ("opensesame\n", "")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show_once(Secret("opensesame"), "The password of anna.")
    assert capsys.readouterr() == ("opensesame\n", "The password of anna. Keep it now: it is not shown again.\n")
