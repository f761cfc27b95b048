"""Firings of people: whose they are, and an open episode for each of them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OPEN = "uq_firings_open_episode"


def upgrade() -> None:
    op.drop_index(OPEN, "firings")
    with op.batch_alter_table("firings") as firings:
        for name in ("user_id", "user_name"):
            firings.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
        firings.drop_constraint("uq_firings_trigger_account_id_episode", type_="unique")
        firings.create_unique_constraint(
            "uq_firings_trigger_account_id_user_id_episode", ["trigger", "account_id", "user_id", "episode"]
        )
    still_open = sa.text("cleared_at IS NULL")
    op.create_index(
        OPEN,
        "firings",
        ["trigger", "account_id", "user_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
