"""What people say by hand: that an account bought more or less, that this was a mistake, that a firing was of use."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Literal

from expansion.contract import Disposition, Outcome
from expansion.language.model.mistakes import suggest
from expansion.ledger.outcomes import Said
from expansion.records.dispositions import Answered
from expansion.records.ledger import FiringRecord, StepFilter
from expansion.records.outcomes import Kind, OutcomeRecord
from expansion.text.for_people import ForPeople
from jobs.answers import take_answers
from jobs.place import Place

BY_HAND = "expansion.outcome"


class CannotBeSaid(ForPeople):
    """It makes no sense as it is given: one sentence, and what to do."""


def add_outcome(place: Place, outcome: Outcome, said: Said, now: datetime) -> bool:
    """Write down what a person tells of an account; False where the very same stands there already."""
    policy = place.definitions.workspace.policy
    if outcome.tier is not None and outcome.tier not in policy.tiers:
        hint = suggest(outcome.tier, policy.tiers, "there is")
        raise CannotBeSaid(f"policy.yaml has no tier `{outcome.tier}`\n\nhint: {hint}")
    if outcome.at > now:
        raise CannotBeSaid(
            f"{outcome.at:%Y-%m-%d %H:%M} UTC lies in the future\n\nhint: write it down once they have signed"
        )
    return bool(place.ledger.add_outcomes([outcome], now, said).new)


def outcome_by_hand(
    account: str, kind: Kind, at: datetime, tier: str | None, amount: Decimal | None, currency: str
) -> Outcome:
    """Told again with the same words it is the same outcome."""
    money = (amount, currency) if amount is not None else (None, None)
    words = "|".join(map(str, (account, kind, at.isoformat(), tier, amount)))
    return Outcome(BY_HAND, account, kind, at, sha256(words.encode()).hexdigest()[:10], None, tier, *money)


def remove_outcome(place: Place, name: str, said: Said, now: datetime) -> OutcomeRecord:
    """Take back what a person told, by the beginning of its id; it stays readable for questions about before."""
    mine = [one for one in place.ledger.outcomes() if one.source == BY_HAND]
    found = [one for one in mine if one.remote_id.startswith(name)]
    if len(found) != 1:
        many = f"{len(found)} begin with it: {', '.join(one.remote_id for one in found)}" if found else None
        hint = many or suggest(name, [one.remote_id for one in mine], "there is") or "none was written down by hand"
        raise CannotBeSaid(f"no outcome `{name}` was written down by hand\n\nhint: {hint}")
    [one] = found
    gone = Outcome(one.source, one.account_id, one.kind, one.at, one.remote_id, is_gone=True)
    place.ledger.add_outcomes([gone], now, said)
    return one


def judge(place: Place, firing: FiringRecord, *, useful: bool, said: Said, now: datetime) -> Answered:
    """Whether a firing was of use, as its seller says; shown below its messages, as an answer by a button is."""
    wanted = StepFilter(trigger=firing.trigger, account_id=firing.account_id, user_id=firing.user_id)
    mine = [step for step in place.ledger.steps(wanted) if step.episode == firing.episode]
    if not mine:
        raise CannotBeSaid(
            f"nothing was done for {firing.account_name} when `{firing.trigger}` fired ({firing.reason}), "
            "so there is nothing to judge\n\nhint: `expansion ledger` lists what was acted on"
        )
    by, step = said.by or "", mine[0].key
    kind: Literal["useful", "not_useful"] = "useful" if useful else "not_useful"
    email = by if "@" in by else None
    told = Disposition(BY_HAND, step, kind, by, now, f"{step}:{kind}:{now.isoformat()}", said.reason, email=email)
    [answered] = take_answers(place, [told], now)
    return answered


__all__ = ["BY_HAND", "CannotBeSaid", "add_outcome", "judge", "outcome_by_hand", "remove_outcome"]
