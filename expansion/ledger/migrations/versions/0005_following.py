"""What follows from a step that is done: steps about it, its clock, and where a system disagrees with the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("steps", sa.Column("follows", sa.String(64)))
    op.add_column("steps", sa.Column("when_cleared", sa.String(20)))
    op.create_index("ix_steps_follows", "steps", ["follows"])
    op.create_index("ix_steps_when_cleared", "steps", ["when_cleared"])
    _clocks()
    _differences()


def _clocks() -> None:
    op.create_table(
        "clocks",
        sa.Column("step_key", sa.String(64), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.Column("counted_until", MOMENT, nullable=False),
        sa.Column("held", sa.Text()),
        sa.Column("touched_at", MOMENT),
        sa.Column("stopped_at", MOMENT),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("step_key", name="pk_clocks"),
        sa.ForeignKeyConstraint(["step_key"], ["steps.key"], name="fk_clocks_step_key_steps"),
    )
    op.create_index("ix_clocks_stopped_at", "clocks", ["stopped_at"])


def _differences() -> None:
    op.create_table(
        "differences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("step_key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("times_seen", sa.Integer(), nullable=False),
        sa.Column("gone_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_differences"),
        sa.ForeignKeyConstraint(["step_key"], ["steps.key"], name="fk_differences_step_key_steps"),
        sa.UniqueConstraint("step_key", "kind", name="uq_differences_step_key_kind"),
    )
