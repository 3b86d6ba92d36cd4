"""`ringback token`: who may connect with an SDK."""

from typing import Annotated

import typer

from ringback.accounts import COMMAND_LINE, DEFAULT_ACCOUNT
from ringback.cli.options import Account, DataDir, offline, refuse
from ringback.platform import Platform
from ringback.web import Principal

token = typer.Typer(help="WebRTC tokens.", no_args_is_help=True)


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


@token.command("revoke")
def revoke_tokens(
    identity: Annotated[str | None, typer.Option("--identity", help="Whose tokens; all of them, up to now.")] = None,
    one: Annotated[str | None, typer.Option("--token", help="Only this one.")] = None,
    account: Account = DEFAULT_ACCOUNT,
    data_dir: DataDir = None,
) -> None:
    """Revoke WebRTC tokens, as `POST /webrtc/1/revocations` does. A running server ends their sessions within 1 s."""
    if (identity is None) == (one is None):
        refuse("give either --identity or --token")

    async def work(platform: Platform) -> None:
        owner = await platform.accounts.find_account(account)
        by = Principal(account_id=owner.id, credential_id=COMMAND_LINE)
        if identity is not None:
            await platform.identities.revoke_identity(by, identity)
            typer.echo(f"The tokens of {identity} open nothing any more.")
        elif one is not None:
            await platform.identities.revoke_token(by, one)
            typer.echo("This token opens nothing any more.")

    offline(data_dir, work)
