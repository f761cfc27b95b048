"""What a person is asked about what waits: one question a firing, and one for all that a flood brake held at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from expansion.ledger.records import FiringRecord
from expansion.money import money_text
from expansion.plan.links import account_links
from flows.clock import moment
from flows.place import Place

_NAMED = 10  # accounts of a flood that are told one by one
_LATER = "; all of them are held"  # what follows in the brake's reason says how to go on, which the form asks


@dataclass(frozen=True)
class Question:
    """One decision to take: about one firing, or about all that one brake held."""

    firings: tuple[FiringRecord, ...]
    title: str
    lines: tuple[str, ...]  # what a person needs to decide it


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
            asked.append(_about_flood(place, held, links))
    return asked


def _about_one(place: Place, firing: FiringRecord, links: dict[str, list[str]]) -> Question:
    worth = f", {_money([firing])} a year" if firing.worth is not None else ""
    lines = (_why_it_waits(firing), *_why_now(firing), *_who_and_where(firing, links), _look(firing))
    return Question((firing,), f"{_whose(firing)}: {_titled(place, firing)}{worth}", lines)


def _about_flood(place: Place, held: Sequence[FiringRecord], links: dict[str, list[str]]) -> Question:
    """All of them together: whether the data are right is one question, not twelve."""
    accounts = len({one.account_id for one in held})
    title = f"{_titled(place, held[0])}: {accounts} accounts at once, {_money(held)} a year together"
    each = [f"{_whose(one)}, {_money([one])}: {'; '.join(_reasons(one)) or _look(one)}" for one in held[:_NAMED]]
    more = [f"and {len(held) - _NAMED} more"] if len(held) > _NAMED else []
    return Question(tuple(held), title, (_why_it_waits(held[0]), *each, *more, _look(held[0])))


def _why_it_waits(firing: FiringRecord) -> str:
    return f"why it waits: {firing.reason.removeprefix('waits for approval: ').partition(_LATER)[0]}"


def _titled(place: Place, firing: FiringRecord) -> str:
    trigger = place.workspace.triggers.get(firing.trigger)
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


def _who_and_where(firing: FiringRecord, links: dict[str, list[str]]) -> list[str]:
    owner = [f"owner: {firing.owner}"] if firing.owner else []
    return [*owner, *links.get(firing.account_id, [])]


def _look(firing: FiringRecord) -> str:
    return f"look at it: expansion explain {firing.trigger} {firing.account_id}"


def _links(place: Place, firings: Sequence[FiringRecord]) -> dict[str, list[str]]:
    """`Salesforce: https://…`, by account."""
    patterns = place.account_links()
    if not patterns or not firings:
        return {}
    remote = place.evaluator(moment(None)).remote_ids()
    wanted = dict.fromkeys(one.account_id for one in firings)
    found = {account: account_links(patterns, account, remote.get(account, {})) for account in wanted}
    return {account: [f"{label}: {link}" for label, link in links.items()] for account, links in found.items()}
