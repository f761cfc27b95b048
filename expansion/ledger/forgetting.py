"""Takes a person out of the ledger: every text and every JSON of every table, whichever tables there will be.

What was done stays, and when, and for which account. The key of a step stays too: it is a hash of the user id among
others, it stands in the outside systems, and without it nobody would find there what has to be removed by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, String, Table, Text, cast, or_, select, text, update

from expansion.ledger import audit
from expansion.ledger.audit import AuditLine, forget_in_audit, person
from expansion.ledger.database import Database, file_of
from expansion.ledger.tables import AUDIT, FIRINGS, METADATA, STEPS

SOMEBODY = "somebody"
FORGOTTEN = "the person was forgotten before this step was sent"
_DISTINCT = 6  # an id of fewer signs stands in too many texts to be looked for inside them
_KEYS = frozenset(("key", "step_key", "definition_hash"))


@dataclass(frozen=True)
class Known:
    """What stands for each id and address of a person, and what the person is called."""

    pseudonyms: Mapping[str, str]
    names: tuple[str, ...] = ()
    accounts: frozenset[str] = frozenset()

    def in_account(self, account: str | None) -> Known:
        """Without the names where it is an account that the person was never in: a namesake is somebody else there."""
        elsewhere = account is not None and self.accounts and account not in self.accounts
        return Known(self.pseudonyms, (), self.accounts) if elsewhere else self

    def cleaned(self, value: Any) -> Any:
        """A value without the person; the same where it names nobody."""
        match value:
            case str():
                return self._text(value)
            case list():
                return [self.cleaned(each) for each in value]
            case dict():
                out = {self._text(name): self.cleaned(each) for name, each in value.items()}
                if value.get("user_id") in self.pseudonyms:
                    out |= {name: None for name in ("email", "name") if name in out}
                return out
        return value

    def _text(self, said: str) -> str:
        if said in self.pseudonyms:
            return self.pseudonyms[said]
        if said in self.names or said in self._shown:
            return SOMEBODY
        for known in sorted(self.pseudonyms, key=len, reverse=True):
            if "@" in known or len(known) >= _DISTINCT:
                said = re.sub(rf"(?<![\w.]){re.escape(known)}(?!\w)", self.pseudonyms[known], said, flags=re.IGNORECASE)
        for name in self.names:
            said = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", SOMEBODY, said)
        return said

    @property
    def _shown(self) -> frozenset[str]:
        """An address used as an id is shown as what stands before its `@`."""
        return frozenset(known.partition("@")[0] for known in self.pseudonyms if "@" in known)


@dataclass
class ForgottenHere:
    """What was changed, by table; what is outside; and what has to wait."""

    rows: dict[str, int] = field(default_factory=dict)
    outside: list[dict[str, str]] = field(default_factory=list)  # account, action, where
    skipped: int = 0  # steps that are not sent any more
    in_flight: int = 0  # steps that somebody is sending just now


class Forgetting(Database):
    def names_person(self, user: str) -> bool:
        """Whether a firing is about this person."""
        with self.reading() as connection:
            return connection.scalar(select(FIRINGS.c.id).where(FIRINGS.c.user_id == user).limit(1)) is not None

    def forget(self, known: Known, by: str, now: datetime) -> ForgottenHere:
        """All of it or nothing, with a line in the audit. Once more changes nothing more."""
        found = ForgottenHere()
        with self.writing() as connection:
            if not self.is_postgres:
                connection.execute(text("PRAGMA secure_delete = ON"))
            own = FIRINGS.c.user_id.in_(list(known.pseudonyms))
            found.skipped = _skip_unsent(connection, own, now)
            for table in METADATA.sorted_tables:
                if table is not AUDIT:
                    changed = _clean(connection, table, known, found)
                    found.rows |= {table.name: changed} if changed else {}
            said = forget_in_audit(
                connection,
                list(known.pseudonyms),
                known.names,
                next(iter(known.pseudonyms.values())),
                lambda note, account: known.in_account(account).cleaned(note) != note,
            )
            found.rows |= {"audit": said} if said else {}
            note = ", ".join(dict.fromkeys(known.pseudonyms.values()))
            audit.write(connection, [AuditLine(person(by), "forget", "forgotten", note=note)], now)
        self._wipe_free_space()
        return found

    def _wipe_free_space(self) -> None:
        """What SQLite no longer needs still stands in its file, and in the log beside it."""
        if file_of(self.engine) is None:
            return
        raw = self.engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            raw.close()


def _skip_unsent(connection: Connection, own: Any, now: datetime) -> int:
    unsent = STEPS.c.state.in_(("waiting", "due")) & STEPS.c.maybe_done.is_(False)
    mine = STEPS.c.firing_id.in_(select(FIRINGS.c.id).where(own))
    change = update(STEPS).where(unsent, mine).values(state="skipped", reason=FORGOTTEN, updated_at=now)
    return int(connection.execute(change).rowcount)


def _clean(connection: Connection, table: Table, known: Known, found: ForgottenHere) -> int:
    columns = [c for c in table.c if isinstance(c.type, Text | JSON | String) and c.name not in _KEYS]
    if not columns:
        return 0
    wanted = [*known.pseudonyms, *known.names]
    # SQLite knows the other case of ASCII letters alone; an address is the same in either.
    spelt = {form for each in wanted for form in ((each, each.upper(), each.lower()) if "@" in each else (each,))}
    coded = {form for each in spelt for form in (each, json.dumps(each, ensure_ascii=False)[1:-1])}
    names_one = or_(*(cast(c, Text).icontains(each, autoescape=True) for c in columns for each in sorted(coded)))
    keys = list(table.primary_key.columns)
    rows = connection.execute(select(table).where(names_one)).all()
    changed = 0
    for row in rows:
        before = row._asdict()
        after = _changes(table, before, columns, known)
        if not after:
            continue
        if before.get("state") == "claimed":
            found.in_flight += 1  # whoever sends it needs its text to look for it again
            continue
        if table is STEPS and before.get("remote_id"):
            found.outside.append(
                {
                    "account": before["account_id"],
                    "action": before["action"],
                    "where": before["link"] or before["remote_id"],
                }
            )
        is_it = [key == before[key.name] for key in keys]
        connection.execute(update(table).where(*is_it).values(after))
        changed += 1
    return changed


def _changes(table: Table, row: Mapping[str, Any], columns: Sequence[Any], known: Known) -> dict[str, Any]:
    using = known.in_account(row.get("account_id"))
    changed = {c.name: new for c in columns if (new := using.cleaned(row[c.name])) != row[c.name]}
    if table is FIRINGS and row["user_id"] in known.pseudonyms:
        changed["user_name"] = SOMEBODY
    return changed


__all__ = ["FORGOTTEN", "SOMEBODY", "Forgetting", "ForgottenHere", "Known"]
