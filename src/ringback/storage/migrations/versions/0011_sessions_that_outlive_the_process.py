"""What lets a client back into its session when the platform starts again, where a room is, and what it takes.

Sessions that are open already have no key that anybody could know: they end when nobody has come back to them.
Rooms know which opening of theirs a worker has, and participants their seats. What one change asks of a room's
worker is one command, instead of one for each slot.
"""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

OWNERS = ("dialogs", "conferences")
"""What has a room. Few of them are under way at a time, so they are read in one go."""


def upgrade() -> None:
    for column in (
        sa.Column("key_hash", sa.String(64), nullable=False, server_default=""),
        sa.Column("display_name", sa.String(50)),
        sa.Column("recording", sa.String(16)),
        sa.Column("token_id", sa.String(64), nullable=False, server_default=""),
        sa.Column("issued_by", sa.String(64)),
        sa.Column("issued_at", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("expires_at", sa.BigInteger, nullable=False, server_default="0"),
    ):
        op.add_column("open_sessions", column)
    for table in OWNERS:
        for id, state in _states(table):
            place = {"worker": state.pop("worker"), "room": state["room"]["id"], "opening": 1}
            for seat, member in enumerate(state["room"].get("members", {}).values()):
                member["seat"] = seat
            _store(table, id, {**state, "home": {"place": place}})
    for row in _commands():
        command = json.loads(row.command)
        if "command" in command:
            command["commands"] = [command.pop("command")]
        _store_command(row, row.id, command)


def downgrade() -> None:
    for row in _commands():
        command = json.loads(row.command)
        each = command.pop("commands", None)
        if each is None:
            _store_command(row, row.id, command)
        for number, one in enumerate(each or ()):
            _store_command(row, row.id if len(each) == 1 else f"{row.id}:{number}", {**command, "command": one})
    for table in OWNERS:
        for id, state in _states(table):
            _store(table, id, {**state, "worker": state.pop("home")["place"]["worker"]})
    for column in ("expires_at", "issued_at", "issued_by", "token_id", "recording", "display_name", "key_hash"):
        op.drop_column("open_sessions", column)


def _states(table: str) -> list[tuple[str, dict[str, Any]]]:
    rows = op.get_bind().execute(sa.text(f"SELECT id, state FROM {table}"))  # noqa: S608 - a name of ours
    return [(row.id, json.loads(row.state)) for row in rows]


def _store(table: str, id: str, state: dict[str, Any]) -> None:
    stored = json.dumps(state, separators=(",", ":")).encode()
    update = sa.text(f"UPDATE {table} SET state = :state WHERE id = :id")  # noqa: S608 - a name of ours
    op.get_bind().execute(update, {"state": stored, "id": id})


def _commands() -> Sequence[Any]:
    """Those that are not done, in order. They are taken out: whoever is given one stores it anew."""
    rows = op.get_bind().execute(sa.text("SELECT id, account_id, tree, command FROM commands ORDER BY position")).all()
    op.get_bind().execute(sa.text("DELETE FROM commands"))
    return rows


def _store_command(row: Any, id: str, command: dict[str, Any]) -> None:
    insert = sa.text("INSERT INTO commands (id, account_id, tree, command) VALUES (:id, :account_id, :tree, :command)")
    stored = json.dumps(command, separators=(",", ":")).encode()
    values = {"id": id, "account_id": row.account_id, "tree": row.tree, "command": stored}
    op.get_bind().execute(insert, values)
