"""Calls, dialogs and conferences, the commands that they want carried out, the outbox, and the node's epoch."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "calls",
        *_aggregate("calls"),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("worker", sa.Integer, nullable=False),
        sa.Column("call_state", sa.String(16), nullable=False),
    )
    op.create_index("ix_calls_deadline", "calls", ["deadline"])
    op.create_index("ix_calls_call_state", "calls", ["call_state"])
    op.create_table(
        "dialogs",
        *_aggregate("dialogs"),
        sa.Column("dialog_state", sa.String(16), nullable=False),
        sa.Column("caller", sa.String(64), nullable=False),
        sa.Column("callee", sa.String(64), nullable=False),
    )
    op.create_index("ix_dialogs_sides", "dialogs", ["account_id", "caller", "callee", "dialog_state"])
    op.create_index("ix_dialogs_deadline", "dialogs", ["deadline"])
    op.create_table(
        "conferences",
        *_aggregate("conferences"),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("conference_state", sa.String(16), nullable=False),
    )
    op.create_index("ix_conferences_deadline", "conferences", ["deadline"])
    active = sa.text("conference_state = 'ACTIVE'")
    op.create_index(
        "ix_conferences_active",
        "conferences",
        ["account_id", "name"],
        unique=True,
        sqlite_where=active,
        postgresql_where=active,
    )
    op.create_table(
        "commands",
        sa.Column("position", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("tree", sa.String(64), nullable=False),
        sa.Column("command", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_commands"),
        sa.UniqueConstraint("id", name="uq_commands_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_commands_tree", "commands", ["tree"])
    op.create_table(
        "outbox",
        sa.Column("position", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("tree", sa.String(64), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("event", sa.LargeBinary, nullable=False),
        sa.Column("happened_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_outbox"),
        sa.UniqueConstraint("name", name="uq_outbox_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "nodes",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_nodes"),
    )
    op.create_table(
        "outbox_deliveries",
        sa.Column("consumer", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("consumer", "position", name="pk_outbox_deliveries"),
        sa.ForeignKeyConstraint(
            ["position"], ["outbox.position"], name="fk_outbox_deliveries_position_outbox", ondelete="CASCADE"
        ),
    )


def _aggregate(table: str) -> list[sa.Column[object] | sa.PrimaryKeyConstraint]:
    return [
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("deadline", sa.BigInteger),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def downgrade() -> None:
    for table in ("nodes", "outbox_deliveries", "outbox", "commands", "conferences", "dialogs", "calls"):
        op.drop_table(table)
