"""Accounts that are left alone, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from expansion.calendar.spans import add_to_date, local_date
from expansion.evaluate.results import Answer, Evaluator, FactValue
from expansion.language.model.conditions import Condition
from expansion.language.model.models import Suppression
from expansion.language.model.values import Span

_UTC = ZoneInfo("UTC")


@dataclass
class Suppressed:
    """Reasons by account, and what could not be told, also by account."""

    reasons: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)  # nobody can say whether one holds, for want of an answer
    notes: dict[str, list[str]] = field(default_factory=dict)


ActedOn = Callable[[Span], Collection[str]]  # the accounts that a conversation began with in that time


def suppressed(
    suppressions: Sequence[Suppression],
    accounts: Iterable[str],
    evaluator: Evaluator,
    zone: ZoneInfo = _UTC,
    acted_on: ActedOn = lambda span: (),
) -> Suppressed:
    """The first suppression that holds, for each account.

    Where a source did not answer, the account is held until it does: a guard rail is not open because its data are
    missing. What cannot be told of an answer does not suppress: an empty CRM field is how most accounts look (nobody
    fills in "do not contact: no"), so holding on it would stop nearly all work in silence. It is noted in the firing's
    evidence instead. Who wants the strict reading can write it:
    `any_of: [{fact: x, is: true}, {fact: x, exists: false}]`.
    """
    found = Suppressed()
    everybody = list(accounts)
    left = everybody
    for suppression in suppressions:
        # Of everybody each time: the evaluator keeps what it prepared while it is asked about the same accounts.
        answers = _answers(suppression, everybody, evaluator, zone, acted_on) if left else {}
        for account in left:
            match answers.get(account, Answer.CANNOT_TELL):
                case Answer.YES:
                    found.reasons[account] = suppression.reason
                case Answer.CANNOT_TELL:
                    note = f"it could not be told whether this suppression holds: {suppression.reason}"
                    found.notes.setdefault(account, []).append(note)
        _hold(found, suppression, [one for one in left if answers.get(one) is Answer.CANNOT_TELL], evaluator)
        left = [account for account in left if account not in found.reasons]
    found.held = {account: why for account, why in found.held.items() if account not in found.reasons}
    return found


def _hold(found: Suppressed, suppression: Suppression, accounts: Sequence[str], evaluator: Evaluator) -> None:
    """Hold those of which a source that this rests on has told nothing."""
    clauses = [*(suppression.when or ())]
    if suppression.coming_up:
        clauses.append(Condition.model_validate({"fact": suppression.coming_up, "exists": True}))
    causes = evaluator.unanswered(clauses, accounts) if accounts and clauses else {}
    for account, cause in causes.items():
        found.held.setdefault(account, f"nobody can tell whether this holds: {suppression.reason} ({cause})")


def _answers(
    suppression: Suppression, accounts: Sequence[str], evaluator: Evaluator, zone: ZoneInfo, acted_on: ActedOn
) -> dict[str, Answer]:
    """All that the suppression says, together."""
    parts: list[Mapping[str, Answer]] = []
    if suppression.when:
        parts.append(evaluator.holds(suppression.when, accounts))
    if suppression.coming_up and suppression.within:
        known = evaluator.fact(suppression.coming_up, accounts)
        today = local_date(evaluator.as_of, zone)
        last = add_to_date(today, suppression.within)
        parts.append({account: _lies_ahead(known.get(account), today, last, zone) for account in accounts})
    if suppression.acted_on_within:
        lately = acted_on(suppression.acted_on_within)
        parts.append({account: Answer.YES if account in lately else Answer.NO for account in accounts})
    return {account: _all(part.get(account, Answer.CANNOT_TELL) for part in parts) for account in accounts}


def _lies_ahead(fact: FactValue | None, today: date, last: date, zone: ZoneInfo) -> Answer:
    """Today counts, and so does the last day."""
    if fact is None or not isinstance(fact.value, datetime):
        return Answer.CANNOT_TELL
    return Answer.YES if today <= local_date(fact.value, zone) <= last else Answer.NO


def _all(answers: Iterable[Answer]) -> Answer:
    found = list(answers)
    return Answer.NO if Answer.NO in found else Answer.CANNOT_TELL if Answer.CANNOT_TELL in found else Answer.YES
