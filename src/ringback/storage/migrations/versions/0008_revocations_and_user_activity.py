"""User activity and revocations. When an identity last had a token is told by neither, and by nobody else."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    with op.batch_alter_table("identities") as identities:
        identities.drop_column("last_seen")
    op.create_table(
        "revocations",
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("revoked_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_revocations"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_revocations_account_id_accounts"),
    )
    op.create_index("ix_revocations_revoked_at", "revocations", ["revoked_at"])
    op.create_table(
        "user_activity",
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("session_id", sa.String(36), nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("happened_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_user_activity"),
    )
    op.create_index("ix_user_activity_happened_at", "user_activity", ["happened_at"])
    op.create_index("ix_user_activity_identity", "user_activity", ["account_id", "identity", "happened_at"])
    op.create_table(
        "open_sessions",
        sa.Column("session_id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_open_sessions"),
    )


def downgrade() -> None:
    for table in ("open_sessions", "user_activity", "revocations"):
        op.drop_table(table)
    with op.batch_alter_table("identities") as identities:
        identities.add_column(sa.Column("last_seen", sa.BigInteger, nullable=False, server_default="0"))
