"""Which playbook a firing starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from expansion.evaluate.results import Answer, Evaluator
from expansion.language.model.models import Trigger


@dataclass(frozen=True)
class Chosen:
    """The playbook, None where no branch fits; and the branches that could not be told."""

    playbook: str | None
    notes: tuple[str, ...] = ()


def choose(trigger: Trigger, accounts: Iterable[str], evaluator: Evaluator) -> dict[str, Chosen]:
    """The first branch that holds, for each account. One that cannot be told is passed over, and noted."""
    everybody = list(accounts)
    left = everybody
    notes: dict[str, tuple[str, ...]] = dict.fromkeys(everybody, ())
    found: dict[str, Chosen] = {}
    for choice in trigger.then.choices:
        answers = evaluator.holds(choice.when, everybody) if choice.when and left else None
        for account in left:
            answer = Answer.YES if answers is None else answers.get(account, Answer.CANNOT_TELL)
            if answer is Answer.YES:
                found[account] = Chosen(choice.playbook, notes[account])
            elif answer is Answer.CANNOT_TELL:
                notes[account] += (f"it could not be told whether playbook {choice.playbook} fits; passed over",)
        left = [account for account in left if account not in found]
    return found | {account: Chosen(None, notes[account]) for account in left}
