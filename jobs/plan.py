"""What an edit of the definitions would do before it does it: two versions decided over one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from expansion.evaluate.subjects import Subject
from expansion.explain.cases import CaseResult, run_cases
from expansion.language.model.case_model import Case
from expansion.plan.affected import affected, mean_the_same
from expansion.plan.changes import Change, changes
from expansion.plan.effect import Effect, Side, effect
from expansion.plan.inside import Inside, inside, subjects_in
from expansion.records.firing import subject_of
from expansion.records.ledger import FiringFilter, FiringRecord, StepFilter
from jobs.decide import Evaluated, decide_all, evaluate, triggers_to_check
from jobs.definitions import Definitions
from jobs.place import Place
from jobs.plan_past import Past, past
from jobs.revisions import Version
from jobs.worth import Total, counting, totals


@dataclass(frozen=True)
class Plan:
    """Everything that is said about a change, before it is made."""

    as_of: datetime
    before: Version
    after: Version
    accounts: int  # that were asked
    changes: tuple[Change, ...]
    cases: tuple[CaseResult, ...]  # of the version to come
    effect: Effect
    inside: tuple[Inside, ...]
    worth_before: tuple[Total, ...]
    worth_after: tuple[Total, ...]
    past: Past | None = None  # None: nobody asked for it, or no trigger is touched
    notes: tuple[str, ...] = ()  # what is to be known before anything is believed

    @property
    def failed(self) -> list[CaseResult]:
        return [one for one in self.cases if not one.passed]


def plan(place: Place, before: Version, after: Version, as_of: datetime, days: int | None = None) -> Plan:
    """What the next run would do by either version, and what differs; and what the last days would have been like."""
    old, new = before.definitions, after.definitions
    asked = both_sides(place, old, new, as_of)
    was, now = (Side(one.answers, decide_all(place, one, as_of)) for one in asked)
    found = effect(was, now)
    return Plan(
        as_of,
        before,
        after,
        asked[1].accounts,
        tuple(changes(old.workspace, new.workspace)),
        tuple(run_cases(_every_case(new), new.workspace.triggers, new.vocabulary)),
        found,
        tuple(_inside(place, old, new, found, as_of)),
        tuple(totals(counting(was.every()))),
        tuple(totals(counting(now.every()))),
        past(place, old, new, as_of, days) if days else None,
        (*before.notes, *after.notes),
    )


def both_sides(place: Place, old: Definitions, new: Definitions, as_of: datetime) -> tuple[Evaluated, Evaluated]:
    """Every trigger of either version asked; where all words mean the same, of one evaluator: it measures once."""
    now = evaluate(place, new, triggers_to_check(new), as_of, build=False)
    if not mean_the_same(old.workspace, new.workspace):
        return evaluate(place, old, triggers_to_check(old), as_of, build=False), now
    changed = set(affected(old.workspace, new.workspace))
    asked = triggers_to_check(old)
    again = now.evaluator.answers([one for one in asked if one.trigger in changed])
    answers = {one.trigger: again.get(one.trigger) or now.answers[one.trigger] for one in asked}
    return Evaluated(old, answers, now.evaluator, now.accounts, now.unreadable), now


def _every_case(definitions: Definitions) -> list[Case]:
    return [case for some in definitions.workspace.cases.values() for case in some]


def _inside(place: Place, old: Definitions, new: Definitions, found: Effect, as_of: datetime) -> Iterator[Inside]:
    """The open episodes that the change touches, trigger by trigger."""
    ids, ends = place.ids(as_of), {one.trigger: one.ends for one in found.triggers}

    def now(firing: FiringRecord) -> Subject:
        return subject_of(ids.account(firing.account_id), ids.user(firing.user_id))

    for name in sorted({*affected(old.workspace, new.workspace), *ends}):
        open_ = place.ledger.firings(FiringFilter(trigger=name, open_only=True))
        steps = place.ledger.steps(StepFilter(trigger=name)) if open_ else []
        theirs = {one.id for one in open_}
        mine = [step for step in steps if step.firing_id in theirs]
        over = subjects_in(ends.get(name, frozenset()), now)
        told = inside(name, open_, mine, over, old.workspace, new.workspace)
        if told.says_something:
            yield told
