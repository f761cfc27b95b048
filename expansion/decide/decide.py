"""From answers to firings: what happens about each account or person whose trigger became true, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from expansion.contract import Catalog
from expansion.decide.drafts import Draft, Problem, drafts
from expansion.decide.episodes import Changes, Cooling, changes
from expansion.decide.firing import Cleared, LastEpisode, NewFiring, NewStep
from expansion.decide.flood import PAST_RUNS
from expansion.decide.joining import Joined, join
from expansion.decide.recording import RunContext, as_firing, as_works
from expansion.evaluate.results import Answers, Evaluator
from expansion.evaluate.subjects import Subject, account_of
from expansion.language.models import Playbook, Policy, Trigger
from expansion.plan.steps import plan_steps


class Definitions(Protocol):
    """What deciding reads of the playbooks folder."""

    @property
    def triggers(self) -> Mapping[str, Trigger]: ...

    @property
    def playbooks(self) -> Mapping[str, Playbook]: ...

    @property
    def policy(self) -> Policy: ...

    def definition_hash(self, trigger_name: str) -> str: ...


class History(Protocol):
    """What deciding reads of the ledger: of a trigger's accounts, or people."""

    def open_episodes(self, trigger: str) -> Mapping[Subject, object]: ...

    def last_episode(self, trigger: str) -> Mapping[Subject, LastEpisode]: ...

    def past_counts(self, trigger: str, limit: int) -> Sequence[int]: ...


@dataclass(frozen=True)
class Decisions:
    """What one run decided. `firings` are in the order of their priority."""

    firings: tuple[NewFiring, ...]
    cleared: tuple[Cleared, ...]
    cooling: tuple[Cooling, ...]
    unknown_counts: Mapping[str, Mapping[str, int]]  # trigger -> cause -> accounts that could not be told
    problems: tuple[Problem, ...]


def decide(
    answers: Mapping[str, Answers],
    definitions: Definitions,
    evaluator: Evaluator,
    history: History,
    context: RunContext,
    catalog: Catalog,
) -> Decisions:
    """Open and end episodes, keep the guard rails, set the priority, and plan the steps of what is acted on.

    The order: suppressed, held out, flood brake, watched only, then steps. Each leaves its reason in the firing.
    Nothing is written here: `Ledger.record` takes the result. A trigger in draft is not decided about. One that turns
    from watching to live does not act on episodes that were open before: nobody gets a burst of old news.
    """
    active = [each for name, each in definitions.triggers.items() if each.status != "draft" and name in answers]
    zone = ZoneInfo(definitions.policy.time_zone)
    changed = {each.trigger: _changes(each, answers[each.trigger], history, zone) for each in active}
    drafted = [_drafts(each, changed[each.trigger], definitions.policy, evaluator, history) for each in active]
    joined = join(draft for made, _ in drafted for draft in made)
    steps = _plan(joined, definitions, evaluator, context, catalog)
    # Once per trigger: a hash rests on the trigger, its playbooks, facts and policy, and takes some ten milliseconds.
    hashes = {name: definitions.definition_hash(name) for name in {each.draft.trigger.trigger for each in joined}}
    return Decisions(
        firings=tuple(_firing(each, hashes, definitions.policy.currency, context, steps) for each in joined),
        cleared=tuple(over for each in changed.values() for over in each.ends),
        cooling=tuple(wait for each in changed.values() for wait in each.cooling),
        unknown_counts={name: _unknown(answers[name]) for name in changed if answers[name].unknown},
        problems=tuple(problem for _, problems in drafted for problem in problems),
    )


def _changes(trigger: Trigger, answers: Answers, history: History, zone: ZoneInfo) -> Changes:
    name = trigger.trigger
    return changes(answers, history.open_episodes(name).keys(), history.last_episode(name), trigger.quiet_for, zone)


def _unknown(answers: Answers) -> Counter[str]:
    """Of how many accounts something could not be told, by cause; an account's people with one cause are one."""
    return Counter(cause for _, cause in {(account_of(each), cause) for each, cause in answers.unknown.items()})


def _drafts(
    trigger: Trigger, changed: Changes, policy: Policy, evaluator: Evaluator, history: History
) -> tuple[list[Draft], list[Problem]]:
    if not changed.begins:
        return [], []
    return drafts(trigger, changed.begins, policy, evaluator, history.past_counts(trigger.trigger, PAST_RUNS))


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
