"""What waits until a person approves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from expansion.decide.attention import held_back
from expansion.decide.conversations import Joined
from expansion.decide.drafts import Draft
from expansion.evaluate.results import Answer, Evaluator
from expansion.language.model.models import Approval


def ask_approval(joined: Sequence[Joined], rules: Sequence[Approval], evaluator: Evaluator) -> list[Joined]:
    """The same, in their order, those that a person has to approve held back with all that is joined in them.

    What cannot be told asks, too: a question too many costs a minute, a message too many costs a customer.
    """
    starting = {each.draft.account_id: each.draft for each in joined if each.starts and not each.draft.approved_by}
    why: dict[str, str] = {}
    for rule in rules:
        left = {account: draft for account, draft in starting.items() if account not in why}
        answers = evaluator.holds(rule.when, list(left)) if rule.when and left else {}
        for account, draft in left.items():
            answer = _fits(rule, draft, answers)
            if answer is Answer.YES:
                why[account] = rule.reason
            elif answer is Answer.CANNOT_TELL:
                why[account] = f"{rule.reason} (it could not be told whether this is one)"
    return [_waiting(each, why) for each in joined]


def _fits(rule: Approval, draft: Draft, answers: Mapping[str, Answer]) -> Answer:
    named = (
        (rule.tiers, draft.trigger.leads_to),
        (rule.triggers, draft.trigger.trigger),
        (rule.playbooks, draft.ruling.playbook),
    )
    if any(names and name not in names for names, name in named):
        return Answer.NO
    found = [_is_worth(rule, draft)]
    found += [answers.get(draft.account_id, Answer.CANNOT_TELL)] if rule.when else []
    return Answer.NO if Answer.NO in found else Answer.CANNOT_TELL if Answer.CANNOT_TELL in found else Answer.YES


def _is_worth(rule: Approval, draft: Draft) -> Answer:
    least, worth = rule.worth_at_least, draft.priority.worth
    if least is None:
        return Answer.YES
    if worth is None:
        return Answer.CANNOT_TELL
    return Answer.YES if worth >= Decimal(least) else Answer.NO


def _waiting(joined: Joined, why: Mapping[str, str]) -> Joined:
    if joined.draft.ruling.decision != "acting" or joined.draft.account_id not in why:
        return joined
    return held_back(joined, "approval", f"waits for approval: {why[joined.draft.account_id]}")
