"""`ringback account | api-key | user | token`: who may use this installation."""

from typing import Annotated

import typer

from ringback.accounts import DEFAULT_ACCOUNT, Role
from ringback.cli.options import Account, DataDir, Name, offline
from ringback.kernel.ids import new_secret
from ringback.kernel.redaction import Secret
from ringback.platform import Platform

account = typer.Typer(help="Customers of this installation.", no_args_is_help=True)
api_key = typer.Typer(help="Keys for the REST API.", no_args_is_help=True)
user = typer.Typer(help="People who administer an account.", no_args_is_help=True)
token = typer.Typer(help="WebRTC tokens.", no_args_is_help=True)


@account.command("create")
def create_account(name: Name, data_dir: DataDir = None) -> None:
    """Create an account."""

    async def work(platform: Platform) -> None:
        account = await platform.accounts.create_account(name)
        typer.echo(f"Account {account.name}: {account.id}")

    offline(data_dir, work)


@api_key.command("create")
def create_api_key(name: Name, account: Account = DEFAULT_ACCOUNT, data_dir: DataDir = None) -> None:
    """Create an API key. It is shown once."""

    async def work(platform: Platform) -> None:
        owner = await platform.accounts.find_account(account)
        _, key = await platform.accounts.create_api_key(owner.id, name)
        typer.echo(key.reveal())

    offline(data_dir, work)


@user.command("create")
def create_user(
    username: Annotated[str, typer.Option("--username")], account: Account = DEFAULT_ACCOUNT, data_dir: DataDir = None
) -> None:
    """Create an administrator of an account. The password is shown once."""

    async def work(platform: Platform) -> None:
        owner = await platform.accounts.find_account(account)
        password = Secret(new_secret(15))
        await platform.accounts.create_user(owner.id, username, password, Role.ADMIN)
        typer.echo(password.reveal())

    offline(data_dir, work)


@token.command("create")
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

    offline(data_dir, work)
