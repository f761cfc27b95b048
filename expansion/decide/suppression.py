"""Accounts that are left alone, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from expansion.evaluate.results import Answer, Evaluator
from expansion.language.models import Suppression


@dataclass
class Suppressed:
    """Reasons by account, and what could not be told, also by account."""

    reasons: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)


def suppressed(suppressions: Sequence[Suppression], accounts: Iterable[str], evaluator: Evaluator) -> Suppressed:
    """The first suppression that holds, for each account.

    One that cannot be told does not suppress: an empty CRM field is how most accounts look (nobody fills in "do not
    contact: no"), so holding on it would stop nearly all work in silence. It is noted in the firing's evidence
    instead. Who wants the strict reading can write it: `any_of: [{fact: x, is: true}, {fact: x, exists: false}]`.
    """
    found = Suppressed()
    everybody = list(accounts)
    left = everybody
    for suppression in suppressions:
        # Of everybody each time: the evaluator keeps what it prepared while it is asked about the same accounts.
        answers = evaluator.holds(suppression.when, everybody) if left else {}
        for account in left:
            match answers.get(account, Answer.CANNOT_TELL):
                case Answer.YES:
                    found.reasons[account] = suppression.reason
                case Answer.CANNOT_TELL:
                    note = f"it could not be told whether this suppression holds: {suppression.reason}"
                    found.notes.setdefault(account, []).append(note)
        left = [account for account in left if account not in found.reasons]
    return found
