"""Receipts of idempotent requests, the audit log, blobs to delete."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "receipts",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(32), nullable=False),
        sa.Column("claimed_at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("content_type", sa.String(100)),
        sa.Column("body", sa.LargeBinary),
        sa.PrimaryKeyConstraint("account_id", "key", name="pk_receipts"),
    )
    op.create_index("ix_receipts_claimed_at", "receipts", ["claimed_at"])
    op.create_table(
        "audit_log",
        sa.Column("position", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("happened_at", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_account_id", "audit_log", ["account_id"])
    op.create_table(
        "blob_deletions",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_blob_deletions"),
    )
    op.create_index("ix_blob_deletions_due_at", "blob_deletions", ["due_at"])


def downgrade() -> None:
    for table in ("blob_deletions", "audit_log", "receipts"):
        op.drop_table(table)
