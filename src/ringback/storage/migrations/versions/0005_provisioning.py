"""Applications, entities, and what is associated with them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for table in ("applications", "entities"):
        op.create_table(
            table,
            sa.Column("account_id", sa.String(36), nullable=False),
            sa.Column("id", sa.String(255), nullable=False),
            sa.Column("name", sa.String(255)),
            sa.PrimaryKeyConstraint("account_id", "id", name=f"pk_{table}"),
            sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=f"fk_{table}_account_id_accounts"),
        )
    op.create_table(
        "associations",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("resource_type", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("resource_id", sa.String(255), nullable=False),
        sa.Column("application_id", sa.String(255), nullable=False),
        sa.Column("entity_id", sa.String(255)),
        sa.PrimaryKeyConstraint("account_id", "resource_type", "channel", "resource_id", name="pk_associations"),
        sa.ForeignKeyConstraint(
            ["account_id", "application_id"],
            ["applications.account_id", "applications.id"],
            name="fk_associations_account_id_application_id_applications",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "entity_id"],
            ["entities.account_id", "entities.id"],
            name="fk_associations_account_id_entity_id_entities",
        ),
    )
    op.create_index("ix_associations_application_id", "associations", ["account_id", "application_id"])
    op.create_index("ix_associations_entity_id", "associations", ["account_id", "entity_id"])
    # Accounts that were there before get the application that every new account has.
    op.execute("INSERT INTO applications (account_id, id, name) SELECT id, 'default', 'default' FROM accounts")


def downgrade() -> None:
    for table in ("associations", "entities", "applications"):
        op.drop_table(table)
