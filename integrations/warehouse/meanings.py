"""What a warehouse's errors mean: SQLSTATEs of PostgreSQL and Redshift, and words where a driver gives no state."""

from __future__ import annotations

from expansion.contract import NoAccess, TryLater
from integrations.kit.meanings import Meanings, Row, Told, Words

SECONDS = 600  # for one query

# Codes of ours: the connection failed, and the driver gave a state that no row names, or none at all.
_AWAY, _AWAY_UNTOLD = "(away)", "(away, and no state)"
_HERE = "{system} ({dialect})"
_CLOSED = _HERE + " lets nobody in: {said}; "

MEANINGS = Meanings(
    "the warehouse",
    # By how the state begins.
    Row("28", NoAccess, _CLOSED + "check user and password in the engine's URL"),
    Row("3D", NoAccess, _CLOSED + "check the database in the engine's URL"),
    Row("42501", NoAccess, _CLOSED + "let its user read the table (GRANT SELECT)"),
    # Where a connection fails, PostgreSQL's driver gives no state; others have none at all.
    Row(
        _AWAY_UNTOLD,
        NoAccess,
        _CLOSED + "check user, password and database in the engine's URL",
        also=Words("authentication failed|no password supplied|does not exist|Access denied|Incorrect username"),
    ),
    Row(
        "57014",
        TryLater,
        f"{_HERE} was stopped after {SECONDS // 60} minutes over one query; name the column that the table is "
        "partitioned by in the map, or ask at a quieter hour",
    ),
    Row((_AWAY, _AWAY_UNTOLD), TryLater, _HERE + " does not answer: {said}"),
    otherwise=_HERE + " refused a query: {said}; do the table and the columns of the map exist?",
)


def told(state: str, away: bool, said: str, dialect: str) -> Told:
    """An error taken apart: its SQLSTATE, whether the connection failed, and what the server said, fit to be shown."""
    code = MEANINGS.known((state, state[:2]))
    if away and not code:
        code = _AWAY if state else _AWAY_UNTOLD
    return Told(code=code, message=said, parts={"said": said, "dialect": dialect})


def first_line(error: BaseException, secrets: set[str]) -> str:
    """What a server said, on one line, without passwords, and without what it repeats of the query or of a row."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    said = lines[0][:300]
    for secret in (one for one in secrets if len(one) > 3):
        said = said.replace(secret, "***")
    return said
