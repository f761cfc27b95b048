"""Runs, firings, steps with their attempts, and the cursors of sources."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Types are spelled out here, not imported: this file must mean the same when the code has moved on.
MOMENT = sa.DateTime(timezone=True)
EXACT = sa.Text().with_variant(sa.Numeric(), "postgresql")


def upgrade() -> None:
    _runs()
    _firings()
    _steps()
    _attempts()
    _cursors()


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("git_revision", sa.Text()),
        sa.Column("definitions_hash", sa.Text()),
        sa.Column("watermark", MOMENT),
        sa.Column("flow_run_id", sa.Text()),
        sa.Column("holder", sa.Text()),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_status", "runs", ["status"])


def _firings() -> None:
    op.create_table(
        "firings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("fired_at", MOMENT, nullable=False),
        sa.Column("cleared_at", MOMENT),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("definition_hash", sa.Text(), nullable=False),
        sa.Column("git_revision", sa.Text()),
        sa.Column("watermark", MOMENT),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("worth", EXACT),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("likely", EXACT),
        sa.Column("priority", EXACT),
        sa.Column("priority_parts", sa.JSON(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("playbook", sa.Text()),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_firings"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_firings_run_id_runs"),
        sa.UniqueConstraint("trigger", "account_id", "episode", name="uq_firings_trigger_account_id_episode"),
    )
    op.create_index("ix_firings_run_id", "firings", ["run_id"])
    op.create_index("ix_firings_account_id", "firings", ["account_id"])
    still_open = sa.text("cleared_at IS NULL")
    op.create_index(
        "uq_firings_open_episode",
        "firings",
        ["trigger", "account_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def _steps() -> None:
    op.create_table(
        "steps",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("firing_id", sa.Integer(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("step_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("integration", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("can_fail", sa.Boolean(), nullable=False),
        sa.Column("recipe", sa.JSON(), nullable=False),
        sa.Column("input", sa.JSON()),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("claimed_by", sa.Text()),
        sa.Column("lease_until", MOMENT),
        sa.Column("sending_since", MOMENT),
        sa.Column("look_again_at", MOMENT),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("maybe_done", sa.Boolean(), nullable=False),
        sa.Column("remote_id", sa.Text()),
        sa.Column("link", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_steps"),
        sa.ForeignKeyConstraint(["firing_id"], ["firings.id"], name="fk_steps_firing_id_firings"),
    )
    op.create_index("ix_steps_state_action_not_before", "steps", ["state", "action", "not_before"])
    op.create_index("ix_steps_firing_id_position", "steps", ["firing_id", "position"])


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("step_key", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("maybe_done", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.ForeignKeyConstraint(["step_key"], ["steps.key"], name="fk_attempts_step_key_steps"),
    )
    op.create_index("ix_attempts_step_key", "attempts", ["step_key"])


def _cursors() -> None:
    op.create_table(
        "cursors",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_cursors"),
    )
