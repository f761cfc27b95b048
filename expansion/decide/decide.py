"""From answers to firings: what happens about each account or person whose trigger became true, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from expansion.calendar.spans import span_from
from expansion.contract import Catalog
from expansion.decide.approval import ask_approval
from expansion.decide.attention import keep_attention
from expansion.decide.conversations import Joined, join
from expansion.decide.drafts import Draft, NotDecided, drafts
from expansion.decide.episodes import Candidate, Changes, Cooling, changes
from expansion.decide.flood import PAST_RUNS, per_day
from expansion.decide.handover import RunContext, as_firing, as_works
from expansion.decide.history import History, OfNow
from expansion.decide.rulings import TriggerPast
from expansion.evaluate.results import Answers, Evaluator
from expansion.evaluate.subjects import Subject, account_of
from expansion.language.model.models import Playbook, Policy, Trigger
from expansion.language.model.values import Span
from expansion.records.firing import Cleared, Conversation, Mark, Moved, NewFiring, NewStep, Redecided, Superseded
from expansion.records.pauses import Paused, paused
from expansion.steps.reaching import reached
from expansion.steps.steps import plan_steps
from expansion.usage.identity.former_ids import NOBODY, FormerIds

# (trigger, account) -> who lets it go, of what is held for a person
Released = Mapping[tuple[str, str], str]
_NOBODY: Released = MappingProxyType({})


class Definitions(Protocol):
    """What deciding reads of the playbooks folder."""

    @property
    def triggers(self) -> Mapping[str, Trigger]: ...

    @property
    def playbooks(self) -> Mapping[str, Playbook]: ...

    @property
    def policy(self) -> Policy: ...

    def definition_hash(self, trigger_name: str) -> str: ...


@dataclass(frozen=True)
class Decisions:
    """What one run decided. `firings` and `again` are in the order of their priority."""

    firings: tuple[NewFiring, ...]
    cleared: tuple[Cleared, ...]
    cooling: tuple[Cooling, ...]
    unknown_counts: Mapping[str, Mapping[str, int]]  # trigger -> cause -> accounts that could not be told
    problems: tuple[NotDecided, ...]
    again: tuple[Redecided, ...] = ()  # open episodes about which something else is decided now
    ran_as: Mapping[str, Literal["watching", "live"]] = field(default_factory=dict)  # trigger -> how it ran this time
    based_on: Mark | None = None  # how the ledger stood; where it has moved on, this has to be decided anew
    moved: tuple[Moved, ...] = ()  # open episodes of who has another id now
    superseded: tuple[Superseded, ...] = ()  # those that end because another one of who is the same now is open


def decide(
    answers: Mapping[str, Answers],
    definitions: Definitions,
    evaluator: Evaluator,
    history: History,
    context: RunContext,
    catalog: Catalog,
    released: Released = _NOBODY,
    ids: FormerIds = NOBODY,
) -> Decisions:
    """Open and end episodes, keep the guard rails, set the priority, and plan the steps of what is acted on.

    The order: paused, suppressed, held out, flood brake, quiet first run, attention, approval, then steps. Each leaves
    its reason in the firing. What is paused, suppressed or carried over is decided again in every run while its trigger
    is true; what is held for a person only when `released` names it. Nothing is written here: `Ledger.record` takes the
    result. A trigger in draft is not decided about. One that turns from watching to live does not act on what is true
    already: nobody gets a burst of old news. `ids`: who fired under another id than the answers are for.
    """
    policy, based_on = definitions.policy, history.mark()
    history = of_now = OfNow(history, ids)
    released = {(name, ids.account(account)): by for (name, account), by in released.items()}
    active = [each for name, each in definitions.triggers.items() if each.status != "draft" and name in answers]
    zone = ZoneInfo(policy.time_zone)
    held = paused(history.pauses(), zone)
    changed = {each.trigger: _changes(each, answers[each.trigger], history, zone, released) for each in active}
    drafted = [_drafts(each, changed[each.trigger], policy, evaluator, history, held) for each in active]
    joined = join(draft for made, _ in drafted for draft in made)

    def reaches(one: Joined) -> Sequence[str]:
        book = definitions.playbooks[one.draft.ruling.playbook or ""]
        return reached(book, catalog, one.draft.account_id, one.people(), evaluator)

    joined = keep_attention(joined, policy.attention, history, context.as_of, zone, reaches)
    joined = ask_approval(joined, policy.approval, evaluator)
    steps = _plan(joined, definitions, evaluator, context, catalog)
    # Once per trigger: a hash rests on the trigger, its playbooks, facts and policy, and takes some ten milliseconds.
    hashes = {name: definitions.definition_hash(name) for name in {each.draft.trigger.trigger for each in joined}}
    made = [(each.draft, _firing(each, hashes, policy.currency, context, steps)) for each in joined]
    return Decisions(
        firings=tuple(firing for draft, firing in made if draft.was is None),
        again=tuple(
            Redecided(draft.was, firing, context.as_of.astimezone(UTC), draft.approved_by)
            for draft, firing in made
            if draft.was and (draft.was.decision, draft.was.reason) != (firing.decision, firing.reason)
        ),
        cleared=tuple(over for each in changed.values() for over in each.ends),
        cooling=tuple(wait for each in changed.values() for wait in each.cooling),
        unknown_counts={name: _unknown(answers[name]) for name in changed if answers[name].unknown},
        problems=tuple(problem for _, problems in drafted for problem in problems),
        based_on=based_on,
        moved=tuple(moved for name in changed for moved in of_now.moves(name)),
        superseded=tuple(ended for name in changed for ended in of_now.ends(name)),
        ran_as={each.trigger: _status(each) for each in active if _counts_as_run(each, answers[each.trigger], held)},
    )


def _changes(trigger: Trigger, answers: Answers, history: History, zone: ZoneInfo, released: Released) -> Changes:
    name = trigger.trigger
    still_open, last = history.open_episodes(name), history.last_episode(name)
    let_go = {account: by for (of, account), by in released.items() if of == name}
    return changes(answers, still_open, last, trigger.quiet_for, zone, let_go)


def _status(trigger: Trigger) -> Literal["watching", "live"]:
    return "live" if trigger.status == "live" else "watching"


def _counts_as_run(trigger: Trigger, answers: Answers, held: Paused) -> bool:
    """Not while it is paused, and not where nothing could be told: who it is true for is not known yet."""
    told = answers.asked == 0 or len(answers.unknown) < answers.asked
    return told and trigger.trigger not in held.triggers


def _unknown(answers: Answers) -> Counter[str]:
    """Of how many accounts something could not be told, by cause; an account's people with one cause are one."""
    return Counter(cause for _, cause in {(account_of(each), cause) for each, cause in answers.unknown.items()})


def _drafts(
    trigger: Trigger, changed: Changes, policy: Policy, evaluator: Evaluator, history: History, held: Paused
) -> tuple[list[Draft], list[NotDecided]]:
    candidates = (*changed.begins, *changed.again)
    if not candidates:
        return [], []
    name = trigger.trigger
    is_first = trigger.status == "live" and not history.was_live(name)
    zone = ZoneInfo(policy.time_zone)

    def began(span: Span) -> Sequence[Conversation]:
        as_of = evaluator.as_of
        return history.conversations(span_from(as_of, span, zone), as_of + timedelta(microseconds=1))

    snoozed = {each.account_id: each.told(zone) for each in history.snoozes(name, evaluator.as_of)}
    today, counts = _counts(trigger, candidates, history, evaluator.as_of, zone)
    past = TriggerPast(counts, today, is_first, held, began, snoozed)
    return drafts(trigger, candidates, policy, evaluator, past)


def _counts(
    trigger: Trigger, candidates: Sequence[Candidate], history: History, as_of: datetime, zone: ZoneInfo
) -> tuple[int, Sequence[int]]:
    """What the flood brake compares with: today so far and days before, or runs before."""
    if trigger.check != "on_event":
        return 0, history.past_counts(trigger.trigger, PAST_RUNS)
    fired = history.fired(trigger.trigger, as_of - timedelta(days=PAST_RUNS), as_of)
    return per_day(fired, as_of, zone, {each.account_id for each in candidates})


_Steps = Mapping[tuple[str, Subject], tuple[NewStep, ...]]  # by trigger, and account or person


def _plan(
    joined: Sequence[Joined], definitions: Definitions, evaluator: Evaluator, context: RunContext, catalog: Catalog
) -> _Steps:
    """The steps of every firing that starts a playbook, planned playbook by playbook."""
    starting: dict[str, list[Joined]] = {}
    for each in joined:
        if each.starts and each.draft.ruling.playbook:
            starting.setdefault(each.draft.ruling.playbook, []).append(each)
    steps: dict[tuple[str, Subject], tuple[NewStep, ...]] = {}
    for name, members in starting.items():
        playbook, policy = definitions.playbooks[name], definitions.policy
        works = as_works(members, playbook, policy, evaluator, context)
        planned = plan_steps(playbook, works, catalog, policy, evaluator)
        steps |= {(work.trigger, work.subject): planned[work.account_id] for work in works}
    return steps


def _firing(joined: Joined, hashes: Mapping[str, str], currency: str, context: RunContext, steps: _Steps) -> NewFiring:
    name = joined.draft.trigger.trigger
    planned = steps.get((name, joined.draft.subject), ())
    return as_firing(joined, hashes[name], currency, context, planned)
