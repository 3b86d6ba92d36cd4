"""`ringback audit`: what was administered, and whether the log of it is whole."""

from typing import Annotated

import typer

from ringback.cli.options import DataDir, offline
from ringback.platform import Platform
from ringback.storage.audit import latest

audit = typer.Typer(help="The log of administrative actions.", no_args_is_help=True)


@audit.command("verify")
def verify(
    head: Annotated[str | None, typer.Option("--head", help="A head that an earlier run has printed.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Check that no entry was altered, removed, inserted or moved.

    Keep the head that it prints away from this machine: given back, it shows whether entries were cut off at the end.
    """

    async def work(platform: Platform) -> None:
        summary = await platform.database.read(lambda connection: platform.audit.verify(connection, head))
        typer.echo(f"Entries: {summary.entries}")
        if summary.last_at is not None:
            typer.echo(f"Last:    {summary.last_at}")
            typer.echo(f"Head:    {summary.head}")

    offline(data_dir, work)


@audit.command("list")
def show(
    account: Annotated[str | None, typer.Option("--account", help="Only of this account.")] = None,
    last: Annotated[int, typer.Option("--last", min=1, max=100_000, help="How many.")] = 50,
    data_dir: DataDir = None,
) -> None:
    """Print the newest entries: number, time, account, actor, action, subject, details."""

    async def work(platform: Platform) -> None:
        owner = await platform.accounts.find_account(account) if account else None
        account_id = owner.id if owner else None
        for entry in await platform.database.read(lambda connection: latest(connection, last, account_id)):
            details = [f"{name}={value}" for name, value in entry.details.items()]
            what = (entry.account_id, entry.actor, entry.action, entry.subject, *details)
            typer.echo(" ".join((str(entry.position), entry.happened_at, *what)))

    offline(data_dir, work)
