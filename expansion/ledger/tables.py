"""The ledger's tables as the code sees them; `migrations/` makes them, and a test holds the two together."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from expansion.ledger.columns import Exact, Moment

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RUNS = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("status", String(20), nullable=False),
    Column("git_revision", Text),
    Column("definitions_hash", Text),
    Column("watermark", Moment),
    Column("flow_run_id", Text),
    Column("holder", Text),
    # JSON and not JSONB: the order of what was written is the order in which people read it.
    Column("summary", JSON, nullable=False),
    Index("ix_runs_status", "status"),
)

FIRINGS = Table(
    "firings",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, ForeignKey("runs.id"), nullable=False),
    Column("trigger", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("account_name", Text, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("fired_at", Moment, nullable=False),
    Column("cleared_at", Moment),
    Column("decision", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("definition_hash", Text, nullable=False),
    Column("git_revision", Text),
    Column("watermark", Moment),
    Column("tier", Text, nullable=False),
    Column("worth", Exact),
    Column("currency", String(3), nullable=False),
    Column("likely", Exact),
    Column("priority", Exact),
    Column("priority_parts", JSON, nullable=False),
    Column("owner", Text, nullable=False),
    Column("playbook", Text),
    Column("evidence", JSON, nullable=False),
    # The person, for a trigger about people; empty and not NULL, or no two rows would be the same to a constraint.
    Column("user_id", Text, nullable=False, server_default=""),
    Column("user_name", Text, nullable=False, server_default=""),
    # When what stands here was decided, and in which run: an open episode may be decided about again.
    Column("decided_at", Moment, nullable=False),
    Column("decided_in", Integer, ForeignKey("runs.id"), nullable=False),
    Column("approved_by", Text),
    # Under which ids it fired, where it has moved since: a merge that is taken back gives it back.
    Column("fired_account_id", Text),
    Column("fired_user_id", Text),
    UniqueConstraint("trigger", "account_id", "user_id", "episode"),
    Index("ix_firings_run_id", "run_id"),
    Index("ix_firings_account_id", "account_id"),
    Index("ix_firings_decided_at", "decided_at"),
    Index("ix_firings_decided_in", "decided_in"),
    Index("ix_firings_fired_account_id", "fired_account_id"),
)

# Two runs that start together cannot both open an episode of the same account or person.
Index(
    "uq_firings_open_episode",
    FIRINGS.c.trigger,
    FIRINGS.c.account_id,
    FIRINGS.c.user_id,
    unique=True,
    sqlite_where=text("cleared_at IS NULL"),
    postgresql_where=text("cleared_at IS NULL"),
)

# What was decided about a firing before what stands in its row.
PAST_DECISIONS = Table(
    "past_decisions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("firing_id", Integer, ForeignKey("firings.id"), nullable=False),
    Column("decision", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("decided_in", Integer, ForeignKey("runs.id"), nullable=False),
    Index("ix_past_decisions_firing_id", "firing_id"),
)

STEPS = Table(
    "steps",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("firing_id", Integer, ForeignKey("firings.id"), nullable=False),
    Column("trigger", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("playbook", Text, nullable=False),
    Column("step_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("integration", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("can_fail", Boolean, nullable=False),
    Column("recipe", JSON, nullable=False),
    Column("input", JSON(none_as_null=True)),
    Column("state", String(20), nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("claimed_by", Text),
    Column("lease_until", Moment),
    Column("sending_since", Moment),
    Column("look_again_at", Moment),
    Column("tries", Integer, nullable=False),
    Column("maybe_done", Boolean, nullable=False),
    Column("remote_id", Text),
    Column("link", Text),
    Column("note", Text),
    Column("reason", Text),
    Column("updated_at", Moment, nullable=False),
    Column("follows", String(64)),  # the key of the step that this one is about
    Column("when_cleared", String(20)),  # what is to become of it when the episode ends; NULL: nothing
    Index("ix_steps_state_action_not_before", "state", "action", "not_before"),
    Index("ix_steps_follows", "follows"),
    Index("ix_steps_when_cleared", "when_cleared"),
    Index("ix_steps_firing_id_position", "firing_id", "position"),
)

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("step_key", String(64), ForeignKey("steps.key"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("holder", Text, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("maybe_done", Boolean, nullable=False),
    Column("detail", Text),
    Index("ix_attempts_step_key", "step_key"),
)

PAUSES = Table(
    "pauses",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("name", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("note", Text, nullable=False),
    Column("ended_at", Moment),
    Column("ended_by", Text),
    Column("ended_note", Text),
)

# A thing is paused once, however many people say so.
Index(
    "uq_pauses_lasting",
    PAUSES.c.kind,
    PAUSES.c.name,
    unique=True,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)

# One for each step with an `sla`: how much working time has passed without anybody touching its task.
CLOCKS = Table(
    "clocks",
    METADATA,
    Column("step_key", String(64), ForeignKey("steps.key"), primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("spent", Integer, nullable=False),  # seconds of working time
    Column("counted_until", Moment, nullable=False),
    Column("held", Text),  # why it stands still at the moment
    Column("touched_at", Moment),  # when somebody was first seen to have touched the task
    Column("stopped_at", Moment),
    Column("reason", Text),  # why it stopped
    Index("ix_clocks_stopped_at", "stopped_at"),
)

# What people said of firings. A claim is a firing's only one, however many click at once.
DISPOSITIONS = Table(
    "dispositions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("firing_id", Integer, ForeignKey("firings.id"), nullable=False),
    Column("step_key", String(64), ForeignKey("steps.key")),  # of the message that it was said about
    Column("trigger", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("reason", Text),
    Column("by", Text, nullable=False),  # in the words of the source
    Column("email", Text),
    Column("called", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("until", Moment),  # of what is snoozed
    Column("source", Text, nullable=False),
    Column("remote_id", Text, nullable=False),
    Column("added_at", Moment, nullable=False),
    UniqueConstraint("source", "remote_id"),
    Index("ix_dispositions_firing_id", "firing_id"),
    Index("ix_dispositions_trigger_account_id_until", "trigger", "account_id", "until"),
)

Index(
    "uq_dispositions_claim",
    DISPOSITIONS.c.firing_id,
    unique=True,
    sqlite_where=text("kind = 'claimed'"),
    postgresql_where=text("kind = 'claimed'"),
)

# What accounts came to buy more of, or less. Append-only: of one outcome the row told last counts; see outcomes.py.
OUTCOMES = Table(
    "outcomes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("remote_id", Text, nullable=False),
    Column("account_id", Text, nullable=False),  # the id that it was told with
    Column("kind", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("called", Text),  # in the words of the source
    Column("tier", Text),
    Column("amount", Exact),
    Column("currency", String(3)),
    Column("known_at", Moment, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("is_gone", Boolean, nullable=False),  # what was told before is no longer so
    Column("by", Text),  # who told it, where a person did
    Column("reason", Text),
    Index("ix_outcomes_source_remote_id", "source", "remote_id"),
)

# Where the ledger and a system were last seen to disagree; a row stays when the difference has gone.
DIFFERENCES = Table(
    "differences",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("step_key", String(64), ForeignKey("steps.key"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("detail", Text, nullable=False),
    Column("advice", Text, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("times_seen", Integer, nullable=False),
    Column("gone_at", Moment),
    UniqueConstraint("step_key", "kind"),
)

CURSORS = Table(
    "cursors",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

# What was taken of each budget that the workers share; expansion/limits.py says what the state holds.
BUDGETS = Table(
    "budgets",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("state", Text, nullable=False),
)

# Append-only: the migration puts triggers on it that refuse everything but new lines; see audit.py.
AUDIT = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", String(20), nullable=False),
    Column("system", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("step_key", String(64)),
    Column("outcome", Text, nullable=False),
    Column("remote_id", Text),
    Column("note", Text),
    Column("salt", Text),  # NULL: `who` and `note` were a person's, who was forgotten
    Column("personal", String(64), nullable=False),  # the digest of salt, who and note
    Column("chain", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("chain", "number"),
    Index("ix_audit_step_key", "step_key"),
)
