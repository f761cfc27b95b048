"""What people said of firings: they take it, snooze it, it is useful or not."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "dispositions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firing_id", sa.Integer(), nullable=False),
        sa.Column("step_key", sa.String(64)),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("called", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until", MOMENT),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dispositions"),
        sa.ForeignKeyConstraint(["firing_id"], ["firings.id"], name="fk_dispositions_firing_id_firings"),
        sa.ForeignKeyConstraint(["step_key"], ["steps.key"], name="fk_dispositions_step_key_steps"),
        sa.UniqueConstraint("source", "remote_id", name="uq_dispositions_source_remote_id"),
    )
    op.create_index("ix_dispositions_firing_id", "dispositions", ["firing_id"])
    op.create_index("ix_dispositions_trigger_account_id_until", "dispositions", ["trigger", "account_id", "until"])
    op.create_index(
        "uq_dispositions_claim",
        "dispositions",
        ["firing_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'claimed'"),
        postgresql_where=sa.text("kind = 'claimed'"),
    )
