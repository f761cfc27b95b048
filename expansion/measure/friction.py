"""What is in an account's way: such an account gets help before an offer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from expansion.evaluate.results import Answer, Evaluator
from expansion.language.model.friction import Friction
from expansion.language.model.models import Then, Trigger


@dataclass(frozen=True)
class InTheWay:
    """One thing, with the numbers that show it, and what helps."""

    what: str
    seen: tuple[str, ...]  # "Error Shown at least 5 times, over 14 days: 12"
    help: str | None


def in_the_way(
    frictions: Sequence[Friction], accounts: Iterable[str], evaluator: Evaluator
) -> dict[str, list[InTheWay]]:
    """What certainly holds of each account, in the order of policy.yaml. What cannot be told is in nobody's way."""
    everybody = list(accounts)
    found: dict[str, list[InTheWay]] = {account: [] for account in everybody}
    for friction in frictions:
        answers = evaluator.holds(friction.when, everybody)
        for account in everybody:
            if answers.get(account) is Answer.YES:
                found[account].append(InTheWay(friction.what, _seen(friction, account, evaluator), friction.help))
    return found


def _seen(friction: Friction, account: str, evaluator: Evaluator) -> tuple[str, ...]:
    """The lines that hold, with their numbers: asked as a trigger of this condition would be."""
    asked = Trigger.model_construct(
        trigger="friction",
        title=friction.what,
        owner="",
        status="draft",
        when=friction.when,
        leads_to="",
        then=Then.model_construct(),
    )
    return tuple(evaluator.explain(asked, account).reasons())
