"""What was decided before, what a person let go, and what a person has paused."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OPEN = "uq_firings_open_episode"


def upgrade() -> None:
    op.drop_index(OPEN, "firings")
    with op.batch_alter_table("firings") as firings:
        firings.add_column(sa.Column("decided_at", MOMENT))
        firings.add_column(sa.Column("decided_in", sa.Integer()))
        firings.add_column(sa.Column("approved_by", sa.Text()))
        firings.create_foreign_key("fk_firings_decided_in_runs", "runs", ["decided_in"], ["id"])
    op.execute("UPDATE firings SET decided_at = fired_at, decided_in = run_id")
    with op.batch_alter_table("firings") as firings:
        firings.alter_column("decided_at", existing_type=MOMENT, nullable=False)
        firings.alter_column("decided_in", existing_type=sa.Integer(), nullable=False)
    still_open = sa.text("cleared_at IS NULL")
    op.create_index(
        OPEN,
        "firings",
        ["trigger", "account_id", "user_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index("ix_firings_decided_at", "firings", ["decided_at"])
    op.create_index("ix_firings_decided_in", "firings", ["decided_in"])
    op.create_table(
        "past_decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firing_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("decided_in", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["firing_id"], ["firings.id"], name="fk_past_decisions_firing_id_firings"),
        sa.ForeignKeyConstraint(["decided_in"], ["runs.id"], name="fk_past_decisions_decided_in_runs"),
        sa.PrimaryKeyConstraint("id", name="pk_past_decisions"),
    )
    op.create_index("ix_past_decisions_firing_id", "past_decisions", ["firing_id"])
    op.create_table(
        "pauses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by", sa.Text()),
        sa.Column("ended_note", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_pauses"),
    )
    lasting = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_pauses_lasting",
        "pauses",
        ["kind", "name"],
        unique=True,
        sqlite_where=lasting,
        postgresql_where=lasting,
    )
