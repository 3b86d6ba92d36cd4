"""The command line. `serve` runs a node; the other commands work on its data directory, whether it runs or not.

One module per group of commands. They share what they take (`options.py`) and how they show it (`output.py`).
"""

import asyncio
from typing import Annotated

import typer

from ringback.app import openapi_document
from ringback.cli.accounts import account, user
from ringback.cli.api_keys import api_key
from ringback.cli.audit import audit
from ringback.cli.diagnosis import doctor
from ringback.cli.options import refuse
from ringback.cli.serving import serve
from ringback.cli.tokens import token
from ringback.cli.workers import worker
from ringback.web.openapi import UnknownProduct, as_json, of_product

__all__ = ["cli", "main"]

cli = typer.Typer(help="Self-hosted voice and video for any application.", no_args_is_help=True, add_completion=False)
cli.command()(serve)
cli.command()(doctor)
cli.add_typer(account, name="account")
cli.add_typer(api_key, name="api-key")
cli.add_typer(user, name="user")
cli.add_typer(token, name="token")
cli.add_typer(worker, name="worker")
cli.add_typer(audit, name="audit")


@cli.command()
def openapi(
    product: Annotated[str | None, typer.Option("--product", help="Only this part, such as webrtc-calls.")] = None,
) -> None:
    """Print the OpenAPI document of the REST API."""
    document = asyncio.run(openapi_document())
    if product is not None:
        try:
            document = of_product(document, product)
        except UnknownProduct as error:
            known = ", ".join(tag["name"] for tag in document["tags"])
            refuse(f"{error.message} There are: {known}.")
    typer.echo(as_json(document))


def main() -> None:
    """The entry point of the `ringback` program."""
    cli()
