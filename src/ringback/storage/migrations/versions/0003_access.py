"""Roles, what API keys may do, sessions of people and programs."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
