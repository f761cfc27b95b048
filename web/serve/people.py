"""Which account a person belongs to, in memory: no library repeats it on every call. The store knows it for good.

Where nobody says it, it is the account that all events of the person name: PostHog's libraries name it with each event,
and with nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from expansion.contract import Arrived, EventRow, FactRecord
from expansion.usage.facts import user_accounts
from expansion.usage.identity.acting import acting_for
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage.store import UsageStore


@dataclass
class People:
    """The account that was named last for each person, by id as text."""

    accounts: dict[str, str] = field(default_factory=dict)
    acting: dict[str, str | None] = field(
        default_factory=dict
    )  # that of all their events; None where there are several

    @classmethod
    def of(cls, store: UsageStore) -> People:
        """Those of the store, and of what was pushed since the last run."""
        people = cls(user_accounts(store), acting_for(store))
        for row in Journal(store.root).now():
            people._learn(row)
        return people

    def completed(self, rows: Sequence[Arrived]) -> Sequence[Arrived]:
        """The rows, with the account of their person where they name none; what they tell of people is kept.

        All is learned first: a batch is one moment, and `group` often stands behind the first events.
        """
        for row in rows:
            self._learn(row)
        return list(self._with_accounts(rows))

    def _learn(self, row: Arrived) -> None:
        if isinstance(row, FactRecord) and row.user_id and row.account_id:
            self.accounts[row.user_id] = row.account_id
        elif isinstance(row, EventRow) and row.user_id and row.account_id:
            before = self.acting.get(row.user_id, row.account_id)
            self.acting[row.user_id] = row.account_id if before == row.account_id else None

    def _with_accounts(self, rows: Iterable[Arrived]) -> Iterator[Arrived]:
        for row in rows:
            if isinstance(row, EventRow | FactRecord) and not row.account_id and row.user_id:
                account = self.accounts.get(row.user_id) or self.acting.get(row.user_id)
                yield replace(row, account_id=account) if account else row
            else:
                yield row
