"""What lets a client back into its session when the platform starts again.

Sessions that are open already have no key that anybody could know: they end when nobody has come back to them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


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


def downgrade() -> None:
    for column in ("expires_at", "issued_at", "issued_by", "token_id", "recording", "display_name", "key_hash"):
        op.drop_column("open_sessions", column)
