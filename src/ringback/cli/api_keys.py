"""`ringback api-key`: which programs may use the REST API, and for what."""

from datetime import datetime, timedelta
from typing import Annotated, Final

import typer

from ringback.accounts import COMMAND_LINE, DEFAULT_ACCOUNT, ApiKey, Scope
from ringback.accounts.model import ApiKeyChange, ApiKeyFilter, ApiKeyOrder, Network, parse_network, show_network
from ringback.cli.options import Account, DataDir, Name, offline, refuse
from ringback.cli.output import show_once, show_table
from ringback.platform import Platform

api_key = typer.Typer(help="Keys for the REST API.", no_args_is_help=True)

KEYS_SHOWN: Final = 10_000
"""Most API keys in a list: more than people read, and few enough to keep in memory."""

LONGEST_DAYS: Final = 36_500
"""A century; dates end some time after that."""


KeyId = Annotated[str, typer.Argument(metavar="ID", help="The key's id, from `ringback api-key list`.")]


@api_key.command("create")
def create_api_key(
    name: Name,
    account: Account = DEFAULT_ACCOUNT,
    scope: Annotated[
        list[Scope] | None,
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help="What it opens, as webrtc:manage; may be given several times. Without: all products.",
        ),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            metavar="ADDRESS",
            help="An IP address or network that it is good from; may be given several times. Without: everywhere.",
        ),
    ] = None,
    valid_days: Annotated[
        int | None,
        typer.Option("--valid-days", min=1, max=LONGEST_DAYS, help="For how long. Without: until it is disabled."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Create an API key. It is shown once."""
    networks = [_network(text) for text in allow or ()]

    async def work(platform: Platform) -> None:
        owner = await platform.accounts.find_account(account)
        valid_to = None if valid_days is None else platform.clock.now() + timedelta(days=valid_days)
        record, key = await platform.accounts.create_api_key(
            owner.id, name, by=COMMAND_LINE, scopes=scope or (), networks=networks, valid_to=valid_to
        )
        show_once(key, f"The API key {record.name} of account {owner.name}, for `Authorization: App …`.")

    offline(data_dir, work)


@api_key.command("list")
def list_api_keys(account: Account = DEFAULT_ACCOUNT, data_dir: DataDir = None) -> None:
    """List the API keys of an account: everything but the keys themselves."""

    async def work(platform: Platform) -> None:
        owner = await platform.accounts.find_account(account)
        by_name = ApiKeyFilter(order_by=ApiKeyOrder.NAME)
        keys, _ = await platform.accounts.list_api_keys(owner.id, by_name, 0, KEYS_SHOWN)
        now = platform.clock.now()
        show_table(("ID", "NAME", "KEY", "STATE", "ENDS", "OPENS", "FROM"), [_row(key, now) for key in keys])

    offline(data_dir, work)


@api_key.command("disable")
def disable_api_key(key_id: KeyId, account: Account = DEFAULT_ACCOUNT, data_dir: DataDir = None) -> None:
    """Refuse an API key from now on."""
    _set_enabled(key_id, account, data_dir, False)


@api_key.command("enable")
def enable_api_key(key_id: KeyId, account: Account = DEFAULT_ACCOUNT, data_dir: DataDir = None) -> None:
    """Take an API key again that was disabled."""
    _set_enabled(key_id, account, data_dir, True)


def _network(text: str) -> Network:
    try:
        return parse_network(text)
    except ValueError as error:
        refuse(f"--allow: {text!r} {error}.")


def _set_enabled(key_id: str, account: str, data_dir: DataDir, enabled: bool) -> None:
    async def work(platform: Platform) -> None:
        owner = await platform.accounts.find_account(account)
        key = await platform.accounts.change_api_key(owner.id, key_id, ApiKeyChange(enabled=enabled), by=COMMAND_LINE)
        done = "enabled" if enabled else "disabled: within a second servers refuse it, and the tokens that it made"
        typer.echo(f"API key {key.name} is {done}.")

    offline(data_dir, work)


def _row(key: ApiKey, now: datetime) -> tuple[str, ...]:
    return (
        key.id,
        key.name,
        f"{key.prefix}…",
        _state(key, now),
        "never" if key.valid_to is None else f"{key.valid_to:%Y-%m-%d}",
        "\n".join(sorted(key.scopes)) or "all products",
        "\n".join(map(show_network, key.networks)) or "everywhere",
    )


def _state(key: ApiKey, now: datetime) -> str:
    if not key.enabled:
        return "disabled"
    if key.is_valid(now):
        return "good"
    return "not yet" if now < key.valid_from else "expired"
