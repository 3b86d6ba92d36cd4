"""The command line. `serve` runs a node; the other commands work on its data directory, whether it runs or not."""

import asyncio
import json
import logging
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import segno
import structlog
import typer
import uvloop
from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from ringback.accounts import DEFAULT_ACCOUNT, FirstStart, Role
from ringback.app import SHOWCASE, openapi_document, worker_command
from ringback.app import serve as serve_node
from ringback.doctor import Status, examine, gather, show
from ringback.doctor import as_json as findings_as_json
from ringback.kernel.clock import SystemClock
from ringback.kernel.errors import RingbackError
from ringback.kernel.ids import new_secret
from ringback.kernel.redaction import Secret
from ringback.media.addresses import LOOPBACK, announced_addresses
from ringback.platform import Platform, open_platform
from ringback.settings import DEFAULT_PORT, IN_CHECKOUT, Settings
from ringback.web.certificates import trusting_context

T = TypeVar("T")

USAGE_ERROR = 2
"""Exit code when nothing was done because it cannot be done like this (as the shell's own)."""

ANSWER_SECONDS = 5.0
"""How long a running server may take to say how it is: longer than its own checks may."""

cli = typer.Typer(help="Self-hosted voice and video for any application.", no_args_is_help=True, add_completion=False)
_account = typer.Typer(help="Customers of this installation.", no_args_is_help=True)
_api_key = typer.Typer(help="Keys for the REST API.", no_args_is_help=True)
_user = typer.Typer(help="People who administer an account.", no_args_is_help=True)
_token = typer.Typer(help="WebRTC tokens.", no_args_is_help=True)
_worker = typer.Typer(help="Media workers.", no_args_is_help=True)
_GROUPS = {"account": _account, "api-key": _api_key, "user": _user, "token": _token, "worker": _worker}
for name, group in _GROUPS.items():
    cli.add_typer(group, name=name)

_NO_CAMERAS = (
    "They allow them only on localhost and over HTTPS: use --tls-self-signed, --tls-cert with --tls-key, or a proxy "
    "with TLS in front whose address is RINGBACK_PUBLIC_URL."
)

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where the data lives.", show_default="./data")]
Account = Annotated[str, typer.Option("--account", help="Name of the account.")]
Name = Annotated[str, typer.Option("--name")]


Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.", show_default="127.0.0.1")]
Port = Annotated[int | None, typer.Option("--port", help="TCP port; 0 takes a free one.", show_default="8080")]
PublicUrl = Annotated[str | None, typer.Option("--public-url", help="The origin that people and applications use.")]
Workers = Annotated[int | None, typer.Option("--workers", help="Media workers.", show_default="one per core")]
TlsCert = Annotated[Path | None, typer.Option("--tls-cert", help="Serve HTTPS with this certificate (PEM).")]
TlsKey = Annotated[Path | None, typer.Option("--tls-key", help="The private key of the certificate (PEM).")]
TlsSelfSigned = Annotated[
    bool | None, typer.Option("--tls-self-signed", help="Serve HTTPS with a certificate that browsers warn of.")
]


@cli.command()
def serve(
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    public_url: PublicUrl = None,
    workers: Workers = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    tls_self_signed: TlsSelfSigned = None,
) -> None:
    """Run a node."""
    settings = _settings(
        host=host,
        port=port,
        data_dir=data_dir,
        public_url=public_url,
        workers=workers,
        tls_cert=tls_cert,
        tls_key=tls_key,
        tls_self_signed=tls_self_signed,
    )
    configure_logging()
    structlog.get_logger(__name__).info("Starting.", **settings.described())
    try:
        uvloop.run(serve_node(settings, _announce))
    except RingbackError as error:
        _refuse(error.message)
    except asyncio.CancelledError:
        structlog.get_logger(__name__).info("Stopped while starting.")


@_account.command("create")
def create_account(name: Name, data_dir: DataDir = None) -> None:
    """Create an account."""

    async def work(platform: Platform) -> None:
        account = await platform.accounts.create_account(name)
        typer.echo(f"Account {account.name}: {account.id}")

    _offline(data_dir, work)


@_api_key.command("create")
def create_api_key(name: Name, account: Account = DEFAULT_ACCOUNT, data_dir: DataDir = None) -> None:
    """Create an API key. It is shown once."""

    async def work(platform: Platform) -> None:
        owner = await platform.accounts.find_account(account)
        _, key = await platform.accounts.create_api_key(owner.id, name)
        typer.echo(key.reveal())

    _offline(data_dir, work)


@_user.command("create")
def create_user(
    username: Annotated[str, typer.Option("--username")], account: Account = DEFAULT_ACCOUNT, data_dir: DataDir = None
) -> None:
    """Create an administrator of an account. The password is shown once."""

    async def work(platform: Platform) -> None:
        owner = await platform.accounts.find_account(account)
        password = Secret(new_secret(15))
        await platform.accounts.create_user(owner.id, username, password, Role.ADMIN)
        typer.echo(password.reveal())

    _offline(data_dir, work)


@_token.command("create")
def create_token(
    identity: Annotated[str, typer.Option("--identity", help="Who connects with it.")],
    display_name: Annotated[str | None, typer.Option("--display-name", help="Shown to others.")] = None,
    account: Account = DEFAULT_ACCOUNT,
    data_dir: DataDir = None,
) -> None:
    """Create a WebRTC token, as `POST /webrtc/1/token` does."""

    async def work(platform: Platform) -> None:
        owner = await platform.accounts.find_account(account)
        issued = await platform.identities.issue_token(owner.id, identity, display_name=display_name)
        typer.echo(issued.token.reveal())

    _offline(data_dir, work)


@_worker.command("run")
def run_worker(
    number: Annotated[int, typer.Option("--number", min=0, help="Which of the node's workers, from 0.")],
    data_dir: DataDir = None,
) -> None:
    """Become a media worker of the node with this data. For RINGBACK_WORKERS_EXTERNAL: systemd and containers."""
    settings = _settings(data_dir=data_dir)
    if number >= settings.workers:
        _refuse(f"There is no worker {number}: RINGBACK_WORKERS is {settings.workers}, and they count from 0.")
    program = worker_command(settings, number)
    try:
        os.execv(program[0], program)  # noqa: S606 - the program is the operator's setting; this process becomes it
    except OSError as error:
        _refuse(f"{program[0]} cannot be run: {error.strerror}.")


@_worker.command("status")
def worker_status(
    url: Annotated[str | None, typer.Option(help="The running server.", show_default="http://127.0.0.1:8080")] = None,
) -> None:
    """Say whether a running server is ready, and how many media workers are connected."""
    settings = _settings(public_url=url)
    server = settings.public_url
    try:
        with urllib.request.urlopen(  # noqa: S310 - Settings takes http and https only
            f"{server}/health/ready", timeout=ANSWER_SECONDS, context=trusting_context(settings.data_dir)
        ) as answer:
            readiness = json.load(answer)
    except urllib.error.HTTPError as not_ready:
        with not_ready:
            readiness = json.load(not_ready)
    except (OSError, ValueError):
        _refuse(f"No Ringback server answers at {server}.", code=1)
    for check, result in readiness["checks"].items():
        typer.echo(f"{check}: {result['status']}. {result['detail']}")
    if readiness["status"] != "UP":
        raise typer.Exit(1)


@cli.command()
def doctor(
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    public_url: PublicUrl = None,
    workers: Workers = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    tls_self_signed: TlsSelfSigned = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Examine this machine and the node on it. Give it the options that `serve` gets."""
    settings = _settings(
        host=host,
        port=port,
        data_dir=data_dir,
        public_url=public_url,
        workers=workers,
        tls_cert=tls_cert,
        tls_key=tls_key,
        tls_self_signed=tls_self_signed,
    )
    findings = examine(gather(settings, SystemClock()))
    if as_json:
        typer.echo(findings_as_json(findings))
    else:
        show(findings, Console(highlight=False))
    if any(finding.status is Status.PROBLEM for finding in findings):
        raise typer.Exit(1)


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document of the REST API."""
    typer.echo(json.dumps(asyncio.run(openapi_document()), indent=2, ensure_ascii=False))


def configure_logging() -> None:
    """Logs go to stderr: for people on a terminal, else one JSON object per line.

    Tracebacks without the values of variables: tokens and phone numbers would be among them.
    """
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    after: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if sys.stderr.isatty():
        after.append(structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback))
    else:
        after += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=after))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for library in ("alembic", "uvicorn"):  # at INFO uvicorn writes every WebSocket's address and query
        logging.getLogger(library).setLevel(logging.WARNING)


def main() -> None:
    """The entry point of the `ringback` program."""
    cli()


def _settings(**given: object) -> Settings:
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        # A default that depends on a wrong value is an error too, but not one that anybody can mend.
        wrong = [problem for problem in error.errors() if problem["type"] != "default_factory_not_called"]
        _refuse("; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in wrong))


def _offline(data_dir: Path | None, work: Callable[[Platform], Awaitable[None]]) -> None:
    settings = _settings(data_dir=data_dir)

    async def run() -> None:
        async with open_platform(settings) as platform:
            await work(platform)

    if not settings.data_dir.is_dir():
        _refuse(f"There is no data in {settings.data_dir}: run `ringback serve` once, or choose --data-dir.")
    try:
        asyncio.run(run())
    except RingbackError as error:
        _refuse(f"{error.field}: {error.message}" if error.field else error.message, code=1)


def _refuse(message: str, code: int = USAGE_ERROR) -> NoReturn:
    typer.echo(f"ringback: {message}", err=True)
    raise typer.Exit(code)


def _announce(settings: Settings, first_start: FirstStart | None) -> None:
    rows = {"Showcase" if settings.demo else "Address": settings.public_url + (SHOWCASE if settings.demo else "")}
    rows["Data"] = str(settings.data_dir)
    if first_start is not None:
        rows["Admin login"] = f"{first_start.username} / {first_start.password.reveal()}"
        rows["API key"] = first_start.api_key.reveal()
    rows |= _on_other_devices(settings)
    console = Console(highlight=False)
    for label, value in rows.items():
        # Never cut or wrapped: a key in two pieces cannot be copied.
        console.print(Text(f"{label + ':':<13}", "bold"), Text(value), sep="", soft_wrap=True)
    if console.is_terminal and not settings.local:
        segno.make(next(iter(rows.values()))).terminal(compact=True)
    if not settings.cameras_work:
        structlog.get_logger(__name__).warning("Browsers will refuse cameras and microphones.", reason=_NO_CAMERAS)


def _on_other_devices(settings: Settings) -> dict[str, str]:
    """What to know about phones and other machines, row by row."""
    rows = {}
    network = announced_addresses()[-1]
    if settings.local and settings.demo and network != LOOPBACK:
        if IN_CHECKOUT:
            port = "" if settings.port == DEFAULT_PORT else f" PORT={settings.port}"
            command = f"make run HOST=0.0.0.0{port} ARGS=--tls-self-signed RINGBACK_DEMO=true"
        else:
            command = f"RINGBACK_DEMO=true ringback serve --host 0.0.0.0 --port {settings.port} --tls-self-signed"
        rows["On a phone"] = f"stop this, run `{command}`, and open https://{network}:{settings.port}{SHOWCASE}"
    if not settings.cameras_work:
        rows["Warning"] = f"browsers will refuse cameras and microphones at this address. {_NO_CAMERAS}"
    if settings.tls_self_signed:
        rows["Certificate"] = "self-signed: each browser warns once, and then lets you go on"
    if not settings.local and not settings.demo:
        rows["Demo"] = "off, because it would give a token to everybody in reach; RINGBACK_DEMO=true switches it on"
    return rows
