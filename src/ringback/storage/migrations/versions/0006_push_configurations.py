"""Push configurations."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "push_configurations",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(255)),
        sa.Column("ios", sa.LargeBinary),
        sa.Column("android", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_push_configurations"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_push_configurations_account_id_accounts"),
    )
    op.create_index("ix_push_configurations_account_id", "push_configurations", ["account_id", "created_at"])


def downgrade() -> None:
    op.drop_table("push_configurations")
