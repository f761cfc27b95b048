"""What is decided about the new firings of one trigger: suppressed, held out, flood, watching, or acting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from expansion.decide.choose import choose
from expansion.decide.firing import Decision
from expansion.decide.flood import flood_reason
from expansion.decide.holdout import held_out, topmost_parents
from expansion.decide.suppression import suppressed
from expansion.evaluate.results import Evaluator
from expansion.language.models import Policy, Trigger


@dataclass(frozen=True)
class Ruling:
    """The decision about one firing, its reason, the playbook it starts, and what could not be told."""

    decision: Decision
    reason: str
    playbook: str | None = None
    notes: tuple[str, ...] = ()


def rulings(
    trigger: Trigger, accounts: Sequence[str], policy: Policy, evaluator: Evaluator, past_counts: Sequence[int]
) -> dict[str, Ruling]:
    """One ruling per account. The order is the plan's: the first reason not to act is the one that counts."""
    left_alone = suppressed(policy.suppress, accounts, evaluator)
    ruled = {account: Ruling("suppressed", f"left alone: {why}") for account, why in left_alone.reasons.items()}
    left = [account for account in accounts if account not in ruled]
    drawn = held_out(trigger, policy, topmost_parents(left, policy.account.parent, evaluator))
    ruled |= {account: Ruling("held_out", why) for account, why in drawn.items()}
    left = [account for account in left if account not in drawn]
    if brake := flood_reason(trigger, policy.flood, len(left), past_counts):
        ruled |= {account: Ruling("flood", brake) for account in left}
    else:
        ruled |= _acting(trigger, left, evaluator)
    noted = {account: _with_notes(ruled[account], left_alone.notes.get(account, ())) for account in accounts}
    return {account: _watched(ruling) for account, ruling in noted.items()} if trigger.status == "watching" else noted


def _acting(trigger: Trigger, accounts: Sequence[str], evaluator: Evaluator) -> dict[str, Ruling]:
    chosen = choose(trigger, accounts, evaluator)
    found = {}
    for account, choice in chosen.items():
        if choice.playbook:
            found[account] = Ruling("acting", f"starts playbook {choice.playbook}", choice.playbook, choice.notes)
        else:
            reason = "no branch of `choose` fits, so nothing is started"
            found[account] = Ruling("no_playbook", reason, None, choice.notes)
    return found


def _with_notes(ruling: Ruling, notes: Sequence[str]) -> Ruling:
    return replace(ruling, notes=(*notes, *ruling.notes)) if notes else ruling


def _watched(ruling: Ruling) -> Ruling:
    """Nothing is sent for a trigger that is only watched; the reason tells what would have been."""
    said = f"only watched; live, it would be: {ruling.reason}"
    return Ruling("watching", said, ruling.playbook, ruling.notes)
