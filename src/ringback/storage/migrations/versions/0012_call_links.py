"""Links, and what their pages look like: configurations, images, subdomains."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "subdomains",
        *_owned("subdomains"),
        sa.Column("name", sa.String(63), nullable=False),
        sa.UniqueConstraint("name", name="uq_subdomains_name"),
    )
    op.create_index("ix_subdomains_account_id", "subdomains", ["account_id"])
    op.create_table(
        "link_images",
        *_owned("link_images"),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_link_images_account_id", "link_images", ["account_id", "created_at"])
    op.create_table(
        "link_configurations",
        *_owned("link_configurations"),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        *_names("link_configurations", "subdomain_id", "subdomains"),
        *_names("link_configurations", "logo_image_id", "link_images"),
        *_names("link_configurations", "background_image_id", "link_images"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("webhook_secret", sa.LargeBinary),
    )
    op.create_index("ix_link_configurations_account_id", "link_configurations", ["account_id", "created_at"])
    for column in ("subdomain_id", "logo_image_id", "background_image_id"):
        op.create_index(f"ix_link_configurations_{column}", "link_configurations", [column])
    op.create_table(
        "links",
        *_owned("links", id_length=64),
        *_names("links", "configuration_id", "link_configurations"),
        *_names("links", "subdomain_id", "subdomains", on_delete="CASCADE"),
        sa.Column("terms", sa.LargeBinary, nullable=False),
        sa.Column("password_hash", sa.String(255)),
    )
    op.create_index("ix_links_account_id", "links", ["account_id", "created_at"])
    for column in ("configuration_id", "subdomain_id"):
        op.create_index(f"ix_links_{column}", "links", [column])


def downgrade() -> None:
    for table in ("links", "link_configurations", "link_images", "subdomains"):
        op.drop_table(table)


def _owned(table: str, id_length: int = 36) -> tuple[SchemaItem, ...]:
    return (
        sa.Column("id", sa.String(id_length), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=f"fk_{table}_account_id_accounts"),
    )


def _names(table: str, column: str, other: str, on_delete: str = "SET NULL") -> tuple[SchemaItem, ...]:
    """A column with the id of something else."""
    key = sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete=on_delete)
    return sa.Column(column, sa.String(36)), key
