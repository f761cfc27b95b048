"""What a person is asked about what waits: one question a firing, and one for all that a flood brake held at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from expansion.decide.evidence import numbers
from expansion.decide.flood import brief
from expansion.records.ledger import FiringRecord
from expansion.steps.links import account_links
from expansion.text.money import money_text
from jobs.clock import moment
from jobs.place import Place

Links = Mapping[str, Mapping[str, str]]  # account -> label -> address
_NAMED = 10  # accounts of a flood that are told one by one


@dataclass(frozen=True)
class Question:
    """One decision to take: about one firing, or about all that one brake held."""

    firings: tuple[FiringRecord, ...]
    title: str
    lines: tuple[str, ...]  # what a person needs to decide it
    links: tuple[tuple[str, str], ...] = ()  # where to look: what is there, and its address


def questions(place: Place, firings: Sequence[FiringRecord]) -> list[Question]:
    """The questions about these, in their order; a flood stands where its most valuable firing does."""
    floods: dict[str, list[FiringRecord]] = {}
    for one in firings:
        if one.decision == "flood":
            floods.setdefault(one.trigger, []).append(one)
    links = _links(place, firings)
    asked: list[Question] = []
    for one in firings:
        held = floods.get(one.trigger, []) if one.decision == "flood" else []
        if len(held) < 2:
            asked.append(_about_one(place, one, links))
        elif held[0] is one:
            asked.append(_about_flood(place, held))
    return asked


def _about_one(place: Place, firing: FiringRecord, links: Links) -> Question:
    worth = f", {_money([firing])} a year" if firing.worth is not None else ""
    lines = (_why_it_waits(firing), *_why_now(firing), *_owner(firing), _look(firing))
    title = f"{_whose(firing)}: {_titled(place, firing)}{worth}"
    return Question((firing,), title, lines, tuple(links.get(firing.account_id, {}).items()))


def _about_flood(place: Place, held: Sequence[FiringRecord]) -> Question:
    """All of them together: whether the data are right is one question, not twelve."""
    accounts = len({one.account_id for one in held})
    title = f"{_titled(place, held[0])}: {accounts} accounts at once, {_money(held)} a year together"
    each = [_in_a_line(one) for one in held[:_NAMED]]
    more = [f"and {len(held) - _NAMED} more"] if len(held) > _NAMED else []
    return Question(tuple(held), title, (_why_it_waits(held[0]), *each, *more, _look(held[0])))


def _why_it_waits(firing: FiringRecord) -> str:
    return f"why it waits: {brief(firing.reason.removeprefix('waits for approval: '))}"


def _in_a_line(firing: FiringRecord) -> str:
    owner = f", {firing.owner}" if firing.owner else ""
    return f"{_whose(firing)}, {_money([firing])}{owner}: {'; '.join(numbers(firing.evidence)) or _look(firing)}"


def _titled(place: Place, firing: FiringRecord) -> str:
    trigger = place.definitions.workspace.triggers.get(firing.trigger)
    return trigger.title if trigger else firing.trigger


def _whose(firing: FiringRecord) -> str:
    account = f"{firing.account_name} ({firing.account_id})"
    return f"{firing.user_name} of {account}" if firing.user_name else account


def _money(firings: Iterable[FiringRecord]) -> str:
    by_account = {one.account_id: one for one in firings if one.worth is not None}
    if not by_account:
        return "of unknown worth"
    currency = next(iter(by_account.values())).currency or ""
    return money_text(sum((one.worth or Decimal(0) for one in by_account.values()), Decimal(0)), currency)


def _reasons(firing: FiringRecord) -> list[str]:
    return [str(reason) for reason in firing.evidence.get("reasons", [])]


def _why_now(firing: FiringRecord) -> list[str]:
    reasons = _reasons(firing)
    return [f"why now ({firing.fired_at:%Y-%m-%d}): {'; '.join(reasons)}"] if reasons else []


def _owner(firing: FiringRecord) -> list[str]:
    return [f"owner: {firing.owner}"] if firing.owner else []


def _look(firing: FiringRecord) -> str:
    return f"look at it: expansion explain {firing.trigger} {firing.account_id}"


def _links(place: Place, firings: Sequence[FiringRecord]) -> Links:
    """Where people find each account."""
    patterns = place.systems.account_links(place.definitions)
    if not patterns or not firings:
        return {}
    remote = place.evaluator(place.definitions, moment(None)).remote_ids()
    wanted = dict.fromkeys(one.account_id for one in firings)
    return {account: account_links(patterns, account, remote.get(account, {})) for account in wanted}
