"""Lists and secrets: for people on a terminal, and for programs that read them line by line."""

import sys
from collections.abc import Iterable, Sequence
from typing import Final

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ringback.kernel.redaction import Secret

WIDEST: Final = 10_000
"""Characters of a row: more than any has."""


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """On a terminal a table; elsewhere a line for each row, its fields separated by tabs, below a line of titles.

    Several values of one field are lines of its text; where a row is a line, they are a blank apart.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        for row in (columns, *rows):
            typer.echo("\t".join(row).replace("\n", " "))
        return
    table = Table(*columns, box=None, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*map(Text, row))
    # A row that is wider than the terminal goes on in the next line; its fields, cut in pieces, could not be read.
    console.width = Measurement.get(console, console.options.update(width=WIDEST), table).maximum
    console.print(table)


def show_once(secret: Secret, what: str) -> None:
    """The secret, alone in its line; people on a terminal are told what it is."""
    if sys.stdout.isatty():
        typer.echo(f"{what} Keep it now: it is not shown again.", err=True)
    typer.echo(secret.reveal())
