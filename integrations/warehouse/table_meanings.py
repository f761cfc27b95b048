"""What errors mean while a table is read: SQLSTATEs, and words where a driver gives no state."""

from __future__ import annotations

from expansion.contract import Failure, NoAccess, TryLater
from integrations.kit.meanings import Meanings, Row, Told, Words

SECONDS = 3 * 60 * 60  # for one table: a first read of 100 million rows ends, and a server that hangs does not hold us

_AWAY = "(away)"
_HERE = "{system} ({connection})"
_CLOSED = _HERE + " lets nobody in: {said}; "
_NOBODY = "authentication failed|no password supplied|database .* does not exist|Access denied|Incorrect user"
_SETTING = "check user, password and database in the URL of this connection"

MEANINGS = Meanings(
    "the warehouse",
    # By how the SQLSTATE begins.
    Row("28", NoAccess, _CLOSED + _SETTING),
    Row("3D", NoAccess, _CLOSED + _SETTING),
    Row("42501", NoAccess, _CLOSED + "let its user read {what} (GRANT SELECT)"),
    Row(
        _AWAY,
        NoAccess,
        _CLOSED + _SETTING,
        also=Words(_NOBODY),
    ),
    Row(
        "57014",
        TryLater,
        f"{_HERE} stopped reading {{what}}: {{said}}; name a `cursor` in the map, so that less is read, or pull at a "
        "quieter hour",
    ),
    Row(_AWAY, TryLater, _HERE + " does not answer, or broke off while {what} was read: {said}"),
    otherwise=_HERE + " refused to read {what}: {said}; do the table and the columns of the map exist?",
)


def failure(state: str, away: bool, said: str, connection: str, what: str) -> Failure:
    """An error as a failure: its SQLSTATE, whether the connection is gone, and what was said, fit to be shown."""
    code = MEANINGS.known((state, state[:2])) or (_AWAY if away else "")
    parts = {"said": said, "connection": connection, "what": what}
    return MEANINGS.read(Told(code=code, message=said, parts=parts))


__all__ = ["MEANINGS", "SECONDS", "failure"]
