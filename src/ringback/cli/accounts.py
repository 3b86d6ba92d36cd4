"""`ringback account | user`: who may use this installation."""

from typing import Annotated

import typer

from ringback.accounts import DEFAULT_ACCOUNT, Role
from ringback.cli.options import Account, DataDir, Name, offline
from ringback.cli.output import show_once, show_table
from ringback.kernel.ids import new_secret
from ringback.kernel.redaction import Secret
from ringback.platform import Platform

account = typer.Typer(help="Customers of this installation.", no_args_is_help=True)
user = typer.Typer(help="People who sign in by name and password.", no_args_is_help=True)

Username = Annotated[str, typer.Option("--username")]


@account.command("create")
def create_account(name: Name, data_dir: DataDir = None) -> None:
    """Create an account."""

    async def work(platform: Platform) -> None:
        account = await platform.accounts.create_account(name)
        typer.echo(f"Account {account.name}: {account.id}")

    offline(data_dir, work)


@account.command("list")
def list_accounts(data_dir: DataDir = None) -> None:
    """List the accounts."""

    async def work(platform: Platform) -> None:
        accounts = await platform.accounts.list_accounts()
        rows = [(account.id, account.name, f"{account.created_at:%Y-%m-%d}") for account in accounts]
        show_table(("ID", "NAME", "CREATED"), rows)

    offline(data_dir, work)


@user.command("create")
def create_user(
    username: Username,
    role: Annotated[
        Role,
        typer.Option(
            "--role",
            case_sensitive=False,
            help="ADMIN: everything in the account. DEVELOPER: all products. VIEWER: looks at all products, changes "
            "nothing. AGENT: no REST.",
        ),
    ] = Role.ADMIN,
    account: Account = DEFAULT_ACCOUNT,
    data_dir: DataDir = None,
) -> None:
    """Create a user of an account. The password is shown once."""

    async def work(platform: Platform) -> None:
        owner = await platform.accounts.find_account(account)
        password = Secret(new_secret(15))
        await platform.accounts.create_user(owner.id, username, password, role)
        show_once(password, f"The password of {username}, {role} of account {owner.name}.")

    offline(data_dir, work)


@user.command("list")
def list_users(account: Account = DEFAULT_ACCOUNT, data_dir: DataDir = None) -> None:
    """List the users of an account."""

    async def work(platform: Platform) -> None:
        owner = await platform.accounts.find_account(account)
        users = await platform.accounts.list_users(owner.id)
        rows = [(user.id, user.username, user.role, f"{user.created_at:%Y-%m-%d}") for user in users]
        show_table(("ID", "USERNAME", "ROLE", "CREATED"), rows)

    offline(data_dir, work)


@user.command("password")
def change_password(username: Username, data_dir: DataDir = None) -> None:
    """Give a user a new password, and end the user's logins. The password is shown once."""

    async def work(platform: Platform) -> None:
        password = Secret(new_secret(15))
        await platform.accounts.change_password(username, password)
        show_once(password, f"The new password of {username}, whose logins have ended.")

    offline(data_dir, work)
