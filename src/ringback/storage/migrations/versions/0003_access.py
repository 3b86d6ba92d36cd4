"""Roles, what API keys may do, logins of users."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # Keys that are there already stay as good as they were: for the product scopes, from everywhere, without an end.
    for column in (
        sa.Column("scopes", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("networks", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("valid_from", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("valid_to", sa.BigInteger),
        sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("disabled_at", sa.BigInteger),
    ):
        op.add_column("api_keys", column)
    op.create_index("ix_api_keys_disabled_at", "api_keys", ["disabled_at"])
    op.execute("UPDATE api_keys SET valid_from = created_at")
    op.create_table(
        "logins",
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("address", sa.String(64)),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_logins"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_logins_user_id_users"),
    )
    op.create_index("ix_logins_user_id", "logins", ["user_id"])
    op.create_index("ix_logins_expires_at", "logins", ["expires_at"])


def downgrade() -> None:
    op.drop_table("logins")
    op.drop_index("ix_api_keys_disabled_at", "api_keys")
    for column in ("disabled_at", "enabled", "valid_to", "valid_from", "networks", "scopes"):
        op.drop_column("api_keys", column)
