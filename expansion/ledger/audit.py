"""A line for everything that was done outside, or decided by a person: written once, never changed, and it shows.

Written in the transaction of what it tells of: `write(connection, lines, now)`. The database refuses to change or
remove a line. Who goes round the database, with a file editor or as its owner, breaks a chain of hashes: each process
writes a chain of its own (one chain for all would make workers wait for each other), and each chain begins with the
hash of the newest line there was.

One change is let through: forgetting a person who is named in `who` or `note`. Both are in the chain by a salted
digest, so that the salt can be thrown away and the chain still holds.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Integer, Text, desc, or_, select, text, update

from expansion.ledger.bulk import insert_rows, rows_of
from expansion.ledger.database import Database
from expansion.ledger.tables import AUDIT, STEPS

What = Literal["step", "settlement", "approval", "pause", "forget", "clock", "answer", "outcome"]
_LOCK = 0x1ED6E4
_READ_AT_ONCE = 5_000


@dataclass(frozen=True)
class AuditLine:
    """What was done. `who` is a holder, or `person NAME` for what somebody decided; nobody else is named in it."""

    who: str
    what: What
    outcome: str  # done | refused | unsure | settled: retry | paused | …
    system: str = ""  # "salesforce"; empty where nothing went outside
    action: str = ""
    step_key: str | None = None
    remote_id: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class AuditRecord(AuditLine):
    """A line as it stands in the ledger."""

    id: int = field(kw_only=True)
    at: datetime = field(kw_only=True)
    chain: str = field(kw_only=True)
    number: int = field(kw_only=True)
    forgotten: bool = field(kw_only=True)


@dataclass(frozen=True)
class Break:
    """A place where the audit is not as it was written."""

    id: int
    what: str


def person(name: str) -> str:
    """A person as `who`."""
    return f"person {name}"


def write(connection: Connection, lines: Sequence[AuditLine], now: datetime) -> None:
    """Append the lines, in this order, within a transaction that writes."""
    for who in dict.fromkeys(line.who for line in lines):
        _append(connection, who, [line for line in lines if line.who == who], now)


def _append(connection: Connection, chain: str, lines: Sequence[AuditLine], now: datetime) -> None:
    if connection.dialect.name == "postgresql":  # two threads of a process would number their lines alike
        lock = {"ledger": _LOCK, "chain": zlib.crc32(chain.encode()) - 2**31}
        connection.execute(text("SELECT pg_advisory_xact_lock(:ledger, :chain)"), lock)
    newest = select(AUDIT.c.number, AUDIT.c.hash).order_by(desc(AUDIT.c.number)).limit(1)
    last = connection.execute(newest.where(AUDIT.c.chain == _chain(chain))).one_or_none()
    number = last.number if last else 0
    previous = last.hash if last else connection.scalar(select(AUDIT.c.hash).order_by(desc(AUDIT.c.id)).limit(1)) or ""
    same = {"who": chain, "chain": _chain(chain), "at": now.astimezone(UTC)}
    rows = []
    for line in lines:
        number += 1
        row = _row(line, same, number, previous)
        previous = row["hash"]
        rows.append(row)
    columns = {name: Integer if name == "number" else Text for name in rows[0] if name not in same}
    given = rows_of(connection, [[row[name] for name in columns] for row in rows], **columns)
    connection.execute(insert_rows(AUDIT, given, same))


def _chain(who: str) -> str:
    """Holders are no persons; of those only a digest may stay when they are forgotten."""
    return hashlib.sha256(who.encode()).hexdigest()[:24]


def _row(line: AuditLine, same: Mapping[str, Any], number: int, previous: str) -> dict[str, Any]:
    salt = secrets.token_hex(16)
    personal = _personal(salt, line.who, line.note)
    row = {**same, **vars(line), "salt": salt, "personal": personal, "number": number, "previous": previous}
    return {**row, "hash": _hash(row)}


def _personal(salt: str, who: str, note: str | None) -> str:
    return hashlib.sha256(json.dumps([salt, who, note]).encode()).hexdigest()


def _hash(row: Mapping[str, Any]) -> str:
    names = ("what", "system", "action", "step_key", "outcome", "remote_id", "personal", "chain", "number", "previous")
    return hashlib.sha256(json.dumps([row["at"].isoformat(), *(row[name] for name in names)]).encode()).hexdigest()


class Audits(Database):
    def note(self, lines: Sequence[AuditLine], now: datetime) -> None:
        """Append lines in a transaction of their own."""
        with self.writing() as connection:
            write(connection, lines, now)

    def audit(
        self,
        *,
        step_key: str | None = None,
        what: What | None = None,
        system: str | None = None,
        limit: int | None = None,
    ) -> list[AuditRecord]:
        """Lines, the newest first."""
        query = select(AUDIT).order_by(desc(AUDIT.c.id)).limit(limit)
        for column, value in ((AUDIT.c.what, what), (AUDIT.c.system, system)):
            query = query if value is None else query.where(column == value)
        if step_key is not None:
            query = query.where(AUDIT.c.step_key.startswith(step_key, autoescape=True))
        with self.reading() as connection:
            return [_record(row._asdict()) for row in connection.execute(query)]

    def audit_breaks(self) -> list[Break]:
        """Every line that is not as it was written, and every gap."""
        with self.reading() as connection:
            rows = connection.execution_options(yield_per=_READ_AT_ONCE).execute(select(AUDIT).order_by(AUDIT.c.id))
            return list(_breaks(row._asdict() for row in rows))

    def audit_heads(self) -> dict[str, str]:
        """The newest hash of every chain: kept elsewhere, they show whether lines at the end are missing."""
        newest = select(AUDIT.c.chain, AUDIT.c.hash).order_by(AUDIT.c.chain, AUDIT.c.number)
        with self.reading() as connection:
            return {row.chain: row.hash for row in connection.execute(newest)}


def forget_in_audit(
    connection: Connection,
    ids: Sequence[str],
    names: Sequence[str],
    instead: str,
    says: Callable[[str, str | None], bool],
) -> int:
    """Take a person out of `who` and `note`; how many lines. The only change that the database lets through.

    `says`: whether a note, about a step of that account, names the person; asked of those that hold an id or a name.
    """
    whos = {form for each in ids for form in (each, person(each))}
    held = or_(*(AUDIT.c.note.icontains(each, autoescape=True) for each in (*ids, *names)))
    joined = AUDIT.outerjoin(STEPS, STEPS.c.key == AUDIT.c.step_key)
    lines = select(AUDIT.c.id, AUDIT.c.who, AUDIT.c.note, STEPS.c.account_id).select_from(joined)
    found = connection.execute(lines.where(AUDIT.c.salt.is_not(None), AUDIT.c.who.in_(whos) | held)).all()
    of_who = [line.id for line in found if line.who in whos]
    noted = [line.id for line in found if line.who not in whos and says(line.note, line.account_id)]
    changes = [(id_, {"who": f"forgotten {instead}", "note": None, "salt": None}) for id_ in of_who]
    changes += [(id_, {"note": f"forgotten {instead}", "salt": None}) for id_ in noted]
    for id_, values in changes:
        connection.execute(update(AUDIT).where(AUDIT.c.id == id_).values(values))
    return len(changes)


def _record(row: Mapping[str, Any]) -> AuditRecord:
    names = (
        "who",
        "what",
        "outcome",
        "system",
        "action",
        "step_key",
        "remote_id",
        "note",
        "id",
        "at",
        "chain",
        "number",
    )
    return AuditRecord(**{name: row[name] for name in names}, forgotten=row["salt"] is None)


def _breaks(rows: Iterator[Mapping[str, Any]]) -> Iterator[Break]:
    ends: dict[str, tuple[int, str]] = {}
    seen: set[str] = set()
    for row in rows:
        number, hash_ = ends.get(row["chain"], (0, None))
        if row["number"] != number + 1:
            yield Break(row["id"], f"{row['number'] - number - 1} lines before it are missing")
        elif hash_ is not None and row["previous"] != hash_:
            yield Break(row["id"], "the line before it was changed")
        elif hash_ is None and row["previous"] and row["previous"] not in seen:
            yield Break(row["id"], "the line that its chain began after is missing")
        if row["salt"] is not None and row["personal"] != _personal(row["salt"], row["who"], row["note"]):
            yield Break(row["id"], "who did it, or the note, was changed")
        if row["hash"] != _hash(row):
            yield Break(row["id"], "it was changed")
        ends[row["chain"]] = (row["number"], row["hash"])
        seen.add(row["hash"])
