"""The audit: lines that are only added, which the database itself sees to."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# What forgetting a person may not change; the rest is `who` and `note`, and a salt that goes with them.
KEPT = (
    *("id", "at", "what", "system", "action", "step_key", "outcome", "remote_id"),
    *("personal", "chain", "number", "previous", "hash"),
)
ONLY_ADDED = "the audit is append-only"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("step_key", sa.String(64)),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("salt", sa.Text()),
        sa.Column("personal", sa.String(64), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.UniqueConstraint("chain", "number", name="uq_audit_chain_number"),
    )
    op.create_index("ix_audit_step_key", "audit", ["step_key"])
    for statement in _POSTGRES if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


def _forgets(distinct: str) -> str:
    """Whether a change only forgets: the salt goes, and what may not change has not."""
    same = " AND ".join(f"NOT (NEW.{name} {distinct} OLD.{name})" for name in KEPT)
    return f"OLD.salt IS NOT NULL AND NEW.salt IS NULL AND {same}"


# REPLACE removes a row without asking a trigger for deletes, so it is caught as what it begins with: an insert.
_SQLITE = (
    f"""CREATE TRIGGER audit_stays BEFORE UPDATE ON audit WHEN NOT ({_forgets("IS NOT")})
        BEGIN SELECT RAISE(ABORT, '{ONLY_ADDED}'); END""",
    f"CREATE TRIGGER audit_remains BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, '{ONLY_ADDED}'); END",
    """CREATE TRIGGER audit_is_new BEFORE INSERT ON audit WHEN EXISTS
        (SELECT 1 FROM audit WHERE id = NEW.id OR (chain = NEW.chain AND number = NEW.number))
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
)
_POSTGRES = (
    f"""CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF {_forgets("IS DISTINCT FROM")} THEN RETURN NEW; END IF;
        END IF;
        RAISE EXCEPTION '{ONLY_ADDED}'; END $$""",
    "CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays()",
    "CREATE TRIGGER audit_remains BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()",
)
