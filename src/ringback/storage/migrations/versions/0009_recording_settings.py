"""What an account records."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "recording_settings",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("recording", sa.String(16), nullable=False),
        sa.Column("composition", sa.Boolean, nullable=False),
        sa.Column("retention_days", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_recording_settings"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_recording_settings_account_id_accounts"),
    )


def downgrade() -> None:
    op.drop_table("recording_settings")
