"""What the commands share: their options, the settings these make, the way to work on the data, and to refuse."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from ringback.kernel.errors import RingbackError
from ringback.platform import Platform, open_platform
from ringback.settings import Settings

USAGE_ERROR = 2
"""Exit code when nothing was done because it cannot be done like this (as the shell's own)."""

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


def chosen_settings(**given: object) -> Settings:
    """The settings with the options that were given; ends the program when they cannot be used."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        # A default that depends on a wrong value is an error too, but not one that anybody can mend.
        wrong = [problem for problem in error.errors() if problem["type"] != "default_factory_not_called"]
        refuse("; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in wrong))


def offline(data_dir: Path | None, work: Callable[[Platform], Awaitable[None]]) -> None:
    """Do `work` on the data of a node, whether it runs or not; ends the program when it fails."""
    settings = chosen_settings(data_dir=data_dir)

    async def run() -> None:
        async with open_platform(settings) as platform:
            await work(platform)

    if not settings.data_dir.is_dir():
        refuse(f"There is no data in {settings.data_dir}: run `ringback serve` once, or choose --data-dir.")
    try:
        asyncio.run(run())
    except RingbackError as error:
        refuse(f"{error.field}: {error.message}" if error.field else error.message, code=1)


def refuse(message: str, code: int = USAGE_ERROR) -> NoReturn:
    """End the program with one line on stderr."""
    typer.echo(f"ringback: {message}", err=True)
    raise typer.Exit(code)
