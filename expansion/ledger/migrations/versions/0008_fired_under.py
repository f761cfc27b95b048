"""Under which ids an episode began that has moved since: a merge that is taken back gives it back."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("firings", sa.Column("fired_account_id", sa.Text()))
    op.add_column("firings", sa.Column("fired_user_id", sa.Text()))
    op.create_index("ix_firings_fired_account_id", "firings", ["fired_account_id"])
