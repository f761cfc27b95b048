"""What is stored of what a library sent, as one cell for each kind of call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from expansion.usage.facts import facts_sql
from expansion.usage.forms.properties import column_of
from expansion.usage.pushed.folding import Folded
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage.store import UsageStore

VALUES = ("number", "decimal", "list", "null")
KINDS = ("user", "account", "event", *VALUES, "time zone", "number as person", "retry")
NOTHING = "nothing"
PERSON = "ana-lopez"


@dataclass(frozen=True)
class Stored:
    """The store after all that one library sent. `refused` by the library itself, `calls` it took for the retry."""

    refused: Mapping[str, str]
    calls: int
    events: Mapping[str, list[tuple[Any, ...]]] = field(default_factory=dict)  # account, person, time, value
    facts: frozenset[tuple[str, str, str, str]] = frozenset()  # account, person, field, value
    folded: Folded = field(default_factory=Folded)

    @classmethod
    def of(cls, usage: Path, refused: Mapping[str, str], calls: int) -> Stored:
        store = UsageStore(usage)
        folded = Journal(usage).fold(store)
        con, manifest = store.connect(), store.manifest()
        # No event is called `null`: that is a text which says nothing.
        columns = f"event[7:], account_id, user_id, ts, {column_of('value')}"
        rows = con.execute(f"SELECT {columns} FROM {store.events_of(manifest.segments, ['value'])}").fetchall()
        events: dict[str, list[tuple[Any, ...]]] = {}
        for event, *rest in rows:
            events.setdefault(event, []).append(tuple(rest))
        told = con.execute(f"SELECT account_id, user_id, field, value FROM {facts_sql(store, manifest)}").fetchall()
        return cls(refused, calls, events, frozenset(told), folded)

    def cells(self) -> dict[str, str]:
        return {kind: self._cell(kind) for kind in KINDS}

    def _cell(self, kind: str) -> str:
        if kind in self.refused:
            return f"the library raises {self.refused[kind]}"
        match kind:
            case "user":
                return self._fact("role", of_person=True)
            case "account":
                told = self._fact("plan", of_person=False), self._fact("account", of_person=True)
                return "; ".join(part for part in told if part != NOTHING) or NOTHING
        return self._event(kind)

    def _fact(self, name: str, *, of_person: bool) -> str:
        about = (PERSON,) if of_person else ("",)
        found = sorted(fact for fact in self.facts if fact[2] == name and fact[1] in about)
        return ", ".join(f"{person or account}: {name} {value}" for account, person, _, value in found) or NOTHING

    def _event(self, kind: str) -> str:
        found = self.events.get(kind, [])
        if not found:
            return NOTHING
        account, person, at, value = found[0]
        many = "" if len(found) == 1 else f"{len(found)} times "
        if kind in VALUES:
            return f"{many}`{value}`" if value is not None else f"{many}the event, without the property"
        if kind == "time zone":
            return f"{many}{at:%H:%M} UTC"
        if kind == "number as person":
            return f"{many}person `{person}`"
        if kind == "retry":
            # How often is a matter of the machine; whether is one of the library.
            return f"sent {'again' if self.calls > 1 else 'once'}, stored {_times(len(found))}"
        return f"{many}account {account}, person {person}, {at:%Y-%m-%d %H:%M}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
