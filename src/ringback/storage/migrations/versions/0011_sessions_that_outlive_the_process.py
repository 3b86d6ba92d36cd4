"""What lets a client back into its session when the platform starts again, and where a room is.

Sessions that are open already have no key that anybody could know: they end when nobody has come back to them.
Rooms know which opening of theirs a worker has, and participants their seats.
"""

import json
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


def downgrade() -> None:
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
