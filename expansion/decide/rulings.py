"""What is decided about the candidates of one trigger, the first reason not to act being the one that counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from expansion.decide.choose import choose
from expansion.decide.episodes import Candidate
from expansion.decide.flood import flood_reason
from expansion.decide.holdout import held_out, topmost_parents
from expansion.decide.suppression import suppressed
from expansion.evaluate.results import Evaluator
from expansion.language.model.models import Policy, Trigger
from expansion.language.model.values import Span
from expansion.records.firing import Conversation, Decision
from expansion.records.pauses import Paused

FIRST_RUN = (
    "first live run of {trigger}: what is true already is old news, so nothing is sent; "
    "`first_run: act` in the trigger would act on it"
)


@dataclass(frozen=True)
class Ruling:
    """The decision about one firing, its reason, the playbook it starts, and what could not be told."""

    decision: Decision
    reason: str
    playbook: str | None = None
    notes: tuple[str, ...] = ()
    in_bulk: bool = False  # decided for all of a trigger's candidates alike, however many they are


@dataclass(frozen=True)
class TriggerPast:
    """What the ledger knows of a trigger before a run decides about it."""

    counts: Sequence[int] = ()  # accounts that reached the flood brake in each of its last runs, or on its last days
    today: int = 0  # accounts that did so today, of a trigger that reacts to events; those to decide about aside
    is_first_run: bool = False  # of the live ones
    paused: Paused = field(default_factory=Paused)
    began: Callable[[Span], Sequence[Conversation]] = lambda span: ()  # the conversations of that time, of all triggers
    snoozed: Mapping[str, str] = field(default_factory=dict)  # why an account is left alone by this trigger


def rulings(
    trigger: Trigger, candidates: Sequence[Candidate], policy: Policy, evaluator: Evaluator, past: TriggerPast
) -> dict[Candidate, Ruling]:
    """One ruling per candidate, in the plan's order: paused, suppressed, held out, flood brake, quiet first run.

    Whether there is attention left, and whether somebody has to approve, is asked of all triggers together afterwards.
    """
    if said := past.paused.triggers.get(trigger.trigger):
        return dict.fromkeys(candidates, Ruling("paused", said))
    accounts = list(dict.fromkeys(each.account_id for each in candidates))
    mine = {each.was.firing_id for each in candidates if each.was}

    def acted_on(span: Span) -> set[str]:
        return {one.account_id for one in past.began(span) if one.firing_id not in mine}

    left_alone = suppressed(policy.suppress, accounts, evaluator, ZoneInfo(policy.time_zone), acted_on)
    alone = left_alone.reasons | {account: past.snoozed[account] for account in accounts if account in past.snoozed}
    of_account = {account: Ruling("suppressed", f"left alone: {why}") for account, why in alone.items()}
    if not _is_quiet(trigger, past):  # else nothing is sent anyway, and what is true already stays old news
        held = {account: Ruling("suppressed", f"left alone for now: {why}") for account, why in left_alone.held.items()}
        of_account = held | of_account
    left = [account for account in accounts if account not in of_account]
    if policy.holdout or trigger.holdout:
        drawn = held_out(trigger, policy, topmost_parents(left, policy.account.parent, evaluator))
        of_account |= {account: Ruling("held_out", why) for account, why in drawn.items()}
    free = [each for each in candidates if each.account_id not in of_account]
    in_bulk = _held(trigger, [each for each in free if not each.has_passed], policy, past)
    acting = _acting(trigger, [each.account_id for each in free if each not in in_bulk], evaluator, past.paused)
    ruled = {each: in_bulk.get(each) or (of_account | acting)[each.account_id] for each in candidates}
    noted = {each: _with_notes(one, left_alone.notes.get(each.account_id, ())) for each, one in ruled.items()}
    return {each: _watched(one) for each, one in noted.items()} if trigger.status == "watching" else noted


def _held(
    trigger: Trigger, candidates: Sequence[Candidate], policy: Policy, past: TriggerPast
) -> dict[Candidate, Ruling]:
    """All of them or none: by the flood brake, or because this is the trigger's first live run."""
    accounts = len({each.account_id for each in candidates})
    if brake := flood_reason(trigger, policy.flood, accounts, past.counts, past.today):
        return dict.fromkeys(candidates, Ruling("flood", brake, in_bulk=True))
    if _is_quiet(trigger, past):
        said = FIRST_RUN.format(trigger=trigger.trigger)
        return dict.fromkeys(candidates, Ruling("quiet", said, in_bulk=True))
    return {}


def _is_quiet(trigger: Trigger, past: TriggerPast) -> bool:
    return past.is_first_run and trigger.first_run == "quiet"


def _acting(trigger: Trigger, accounts: Sequence[str], evaluator: Evaluator, paused: Paused) -> dict[str, Ruling]:
    chosen = choose(trigger, list(dict.fromkeys(accounts)), evaluator)
    found = {}
    for account, choice in chosen.items():
        if said := paused.playbooks.get(choice.playbook or ""):
            found[account] = Ruling("paused", said, None, choice.notes)
        elif choice.playbook:
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
    return replace(ruling, decision="watching", reason=said)
