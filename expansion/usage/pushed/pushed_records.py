"""What a system pushes of a record by its own id: whose it is, and in which form its values stand, is known from what
was pulled of it before.

A field that no pull reads is left out. What cannot be placed is set aside, and loses nothing: the next pull brings it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from expansion.contract import Aside, FactRecord
from expansion.usage.facts import add_changes, as_text, naive
from expansion.usage.forms.duck import quote_list
from expansion.usage.identity.merges import accounts_of_records
from expansion.usage.storage.answers import NEWEST_VALUE, Row
from expansion.usage.storage.fact_relations import known_facts
from expansion.usage.storage.marks import is_mark, mark
from expansion.usage.storage.store import UsageStore

UNKNOWN = "no pull has brought its record yet; the next one does"
OTHER_FORM = "a pull gives this field in another form than it is pushed in; the next one brings it"
# The forms in which one value can stand; a value of a field is taken in its own alone.
_FORMS = {
    "share": re.compile(r"-?[\d.]+%"),
    "amount": re.compile(r"-?[\d.]+ [A-Z]{3}"),
    "day": re.compile(r"\d{4}-\d\d-\d\d"),
    "moment": re.compile(r"\d{4}-\d\d-\d\d[T ].*"),
    "number": re.compile(r"-?\d+(\.\d+)?"),
}

_Held = Mapping[tuple[str, str], Mapping[str, str | None]]  # by source and field: the last value of each account


def is_by_record(record: FactRecord) -> bool:
    """Whether it names a record of its system, and neither an account nor a person."""
    return bool(record.remote_id) and not record.account_id and not record.user_id


def add_records(store: UsageStore, records: Sequence[FactRecord]) -> tuple[int, list[Aside]]:
    """Store what was pushed of records; how much of it was new, and what has to wait for a pull."""
    whose = accounts_of_records(store, {record.remote_id or "" for record in records})
    placing = _Placing(_held(store, {record.source for record in records}))
    rows = [row for record in records for row in placing.rows(record, whose.get(_key(record)))]
    return add_changes(store, rows), placing.asides


def _key(record: FactRecord) -> tuple[str, str]:
    return record.source.partition(".")[0], record.remote_id or ""


def _held(store: UsageStore, sources: Iterable[str]) -> _Held:
    facts = known_facts(store, store.manifest()).of_rows()
    found: dict[tuple[str, str], dict[str, str | None]] = {}
    rows = store.connect().execute(
        f"SELECT source, field, account_id, {NEWEST_VALUE} FROM {facts} WHERE source IN ({quote_list(sources)}) "
        "AND user_id = '' AND NOT starts_with(field, '@member ') GROUP BY ALL"
    )
    for source, name, account, value in rows.fetchall():
        found.setdefault((source, name), {})[account] = value
    return found


@dataclass
class _Placing:
    held: _Held
    asides: list[Aside] = field(default_factory=list)

    def rows(self, record: FactRecord, account: str | None) -> Iterator[Row]:
        if account is None:
            self.asides.append(Aside(record.source, UNKNOWN))
            return
        assert record.at is not None and record.known_at is not None, "what is pushed has its moment"
        seen = naive(record.known_at)
        moments = (min(naive(record.at), seen), seen)
        for name, value in self._values(record, account):
            yield (record.source, name, account, "", value, *moments)

    def _values(self, record: FactRecord, account: str) -> Iterator[tuple[str, str | None]]:
        if record.is_gone:
            known = [name for (source, name), held in self.held.items() if source == record.source and account in held]
            yield from ((name, mark("gone")) for name in known)
        for said, value in record.values.items():
            text = as_text(value)
            for name, held in self._fields(record.source, said):
                if text is None or _form(text) in _forms(held, account):
                    yield name, text
                else:
                    self.asides.append(Aside(record.source, OTHER_FORM))

    def _fields(self, source: str, said: str) -> Iterator[tuple[str, Mapping[str, str | None]]]:
        """The fields of this name, as facts.yaml spells it: CRMs do not tell capitals from small letters."""
        for (of, name), held in self.held.items():
            if of == source and name.lower() == said.lower():
                yield name, held


def _forms(by_account: Mapping[str, str | None], account: str) -> set[str]:
    """In which form a field stands: of this account, else of the others, if all agree."""
    mine = by_account.get(account)
    known = (
        [mine] if mine and not is_mark(mine) else [text for text in by_account.values() if text and not is_mark(text)]
    )
    forms = {_form(text) for text in known}
    return forms if len(forms) == 1 else set()


def _form(text: str) -> str:
    return next((name for name, pattern in _FORMS.items() if pattern.fullmatch(text.strip())), "text")


__all__ = ["OTHER_FORM", "UNKNOWN", "add_records", "is_by_record"]
