"""Attention budgets: what finds no room for its owner, account or people is carried over, the least valuable first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from expansion.calendar.spans import span_from, span_until
from expansion.decide.conversations import Joined
from expansion.decide.rulings import Ruling
from expansion.language.model.models import Attention
from expansion.language.model.values import Rate
from expansion.records.firing import Conversation

Reaches = Callable[[Joined], Sequence[str]]  # the user ids that its playbook reaches


class Spent(Protocol):
    """What a budget reads of the ledger."""

    def conversations(self, since: datetime, until: datetime) -> Sequence[Conversation]: ...


def keep_attention(
    joined: Sequence[Joined],
    attention: Attention | None,
    ledger: Spent,
    as_of: datetime,
    zone: ZoneInfo,
    reaches: Reaches,
) -> list[Joined]:
    """The same, in their order, those without room carried over with all that is joined in them.

    Counted is what began in the span up to now, and what this run begins, most valuable first. Also what began
    afterwards: a run over an earlier day must not fill a span that holds a later one.
    """
    if attention is None:
        return list(joined)
    decided_anew = {each.draft.was.firing_id for each in joined if each.draft.was}
    budgets = [
        _Budget(said, whose, rate, _counts(ledger, rate, as_of, zone, decided_anew, whose))
        for said, rate, whose in (
            (_OWNER, attention.per_owner, _owner),
            (_ACCOUNT, attention.per_account, _account),
            (_PERSON, attention.per_person, _people),
        )
        if rate
    ]
    full: dict[str, str] = {}  # account -> why nothing more begins with it now
    kept = []
    for each in joined:
        if each.starts:
            people = tuple(reaches(each)) if attention.per_person else ()
            this = Conversation(0, each.draft.account_id, each.draft.owner.email, people, as_of)
            if why := next(filter(None, (one.full(this) for one in budgets)), None):
                full[each.draft.account_id] = why
            else:
                for one in budgets:
                    one.take(this)
            kept.append(replace(each, reaches=people))
        else:
            kept.append(each)
    return [_carried(each, full[each.draft.account_id]) if _would_act(each, full) else each for each in kept]


_OWNER = "the account's owner has had all that `attention: per_owner` allows, {rate}"
_ACCOUNT = "the account has had all that `attention: per_account` allows, {rate}"
_PERSON = "a person whom it would reach has had all that `attention: per_person` allows, {rate}"


def _owner(one: Conversation) -> Iterable[Hashable]:
    return (one.owner,)


def _account(one: Conversation) -> Iterable[Hashable]:
    return (one.account_id,)


def _people(one: Conversation) -> Iterable[Hashable]:
    return ((one.account_id, user) for user in one.people)


@dataclass
class _Budget:
    said: str
    whose: Callable[[Conversation], Iterable[Hashable]]
    rate: Rate
    taken: dict[Hashable, int] = field(default_factory=dict)

    def full(self, one: Conversation) -> str | None:
        """Why there is no room for it."""
        if all(self.taken.get(key, 0) < self.rate.count for key in self.whose(one)):
            return None
        return self.said.format(rate=self.rate)

    def take(self, one: Conversation) -> None:
        for key in self.whose(one):
            self.taken[key] = self.taken.get(key, 0) + 1


def _counts(
    ledger: Spent,
    rate: Rate,
    as_of: datetime,
    zone: ZoneInfo,
    without: Collection[int],
    whose: Callable[[Conversation], Iterable[Hashable]],
) -> dict[Hashable, int]:
    """How much of a budget is taken, by whom it is of."""
    since, until = span_from(as_of, rate.span, zone), span_until(as_of, rate.span, zone)
    taken: dict[Hashable, int] = {}
    for one in ledger.conversations(since, until):
        if one.firing_id not in without:
            for key in whose(one):
                taken[key] = taken.get(key, 0) + 1
    return taken


def _would_act(joined: Joined, full: Mapping[str, str]) -> bool:
    return joined.draft.ruling.decision == "acting" and joined.draft.account_id in full


def _carried(joined: Joined, why: str) -> Joined:
    return held_back(joined, "carried", f"carried over: {why}")


def held_back(joined: Joined, decision: Literal["carried", "approval"], reason: str) -> Joined:
    """It does not act, and what is joined in it waits with it."""
    ruling = joined.draft.ruling
    said = Ruling(decision, reason, ruling.playbook if joined.leader is None else None, ruling.notes)
    return replace(joined, draft=replace(joined.draft, ruling=said), leader=None)
