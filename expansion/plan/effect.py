"""What a change of definitions does at one moment: two decisions over the same accounts and the same ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from expansion.decide.decide import Decisions
from expansion.decide.flood import brief
from expansion.evaluate.results import Answers
from expansion.evaluate.subjects import Subject, account_of
from expansion.records.firing import Decision, NewFiring, subject_of
from expansion.text.money import money_text


@dataclass(frozen=True)
class Side:
    """What one of the two definitions answers and decides; nothing of it is written down."""

    answers: Mapping[str, Answers]
    decisions: Decisions

    def of(self, trigger: str) -> dict[Subject, NewFiring]:
        """What would be decided about: new firings, and open episodes about which something else is decided."""
        mine = (*self.decisions.firings, *(each.firing for each in self.decisions.again))
        return {firing.subject: firing for firing in mine if firing.trigger == trigger}

    def every(self) -> list[NewFiring]:
        return [*self.decisions.firings, *(each.firing for each in self.decisions.again)]

    def ends(self, trigger: str) -> set[Subject]:
        """Those whose open episode would end."""
        return {subject_of(one.account_id, one.user_id) for one in self.decisions.cleared if one.trigger == trigger}

    def true_for(self, trigger: str) -> int | None:
        """How many accounts; None where the trigger is not asked: it is a draft, or is not there."""
        return len({*map(account_of, self.answers[trigger].yes)}) if trigger in self.answers else None

    def untold(self, trigger: str) -> int:
        """Of how many accounts it cannot be told."""
        return len({*map(account_of, self.answers[trigger].unknown)}) if trigger in self.answers else 0


@dataclass(frozen=True)
class Differs:
    """Who fires either way, and what becomes otherwise: each in words, such as `owner dana -> lee`."""

    before: NewFiring
    after: NewFiring
    what: tuple[str, ...]


@dataclass(frozen=True)
class OfTrigger:
    """What changes for the accounts of one trigger."""

    trigger: str
    true_before: int | None
    true_after: int | None
    untold_before: int
    untold_after: int
    fires: tuple[NewFiring, ...]  # who is decided about, and was not before
    stops: tuple[NewFiring, ...]  # who would have been, and is not any more
    differs: tuple[Differs, ...]
    ends: frozenset[Subject]  # open episodes that end only by the new definitions
    goes_on: frozenset[Subject]  # those that would have ended

    @property
    def is_quiet(self) -> bool:
        """Whether it changes for nobody."""
        same = (self.true_before, self.untold_before) == (self.true_after, self.untold_after)
        return same and not (self.fires or self.stops or self.differs or self.ends or self.goes_on)


@dataclass(frozen=True)
class StepsTo:
    """So many steps of one action that go to one owner now, by either definitions."""

    action: str
    owner: str
    before: int
    after: int


@dataclass(frozen=True)
class Held:
    """What is not acted on, and why: a budget, a brake, an approval, a suppression; how many firings, by either."""

    decision: Decision
    reason: str
    before: int
    after: int


@dataclass(frozen=True)
class Effect:
    """What changes for whom, at one moment."""

    triggers: tuple[OfTrigger, ...]  # those for which anything changes
    steps: tuple[StepsTo, ...]  # those of which the number changes
    held: tuple[Held, ...]

    @property
    def steps_added(self) -> int:
        return sum(one.after - one.before for one in self.steps)


def effect(before: Side, after: Side) -> Effect:
    """Compare what the two decide, trigger by trigger, whatever it is that made them differ."""
    names = sorted({*before.answers, *after.answers})
    every = [_of_trigger(name, before, after) for name in names]
    return Effect(tuple(one for one in every if not one.is_quiet), _steps(before, after), _held(before, after))


def _of_trigger(name: str, before: Side, after: Side) -> OfTrigger:
    was, now = before.of(name), after.of(name)
    both = [Differs(was[each], now[each], tuple(_what(was[each], now[each]))) for each in now if each in was]
    return OfTrigger(
        name,
        before.true_for(name),
        after.true_for(name),
        before.untold(name),
        after.untold(name),
        fires=tuple(firing for subject, firing in now.items() if subject not in was),
        stops=tuple(firing for subject, firing in was.items() if subject not in now),
        differs=tuple(one for one in both if one.what),
        ends=frozenset(after.ends(name) - before.ends(name)),
        goes_on=frozenset(before.ends(name) - after.ends(name)) if name in after.answers else frozenset(),
    )


def _what(was: NewFiring, now: NewFiring) -> Iterable[str]:
    """What differs of one firing, the most telling first."""
    pairs = (
        ("", happens(was), happens(now)),
        ("owner ", was.owner, now.owner),
        ("worth ", money_text(was.worth, was.currency), money_text(now.worth, now.currency)),
        ("expected ", money_text(was.priority, was.currency), money_text(now.priority, now.currency)),
    )
    found = [f"{word}{old} -> {new}" for word, old, new in pairs if old != new]
    if not found and was.playbook == now.playbook and _sent(was) != _sent(now):
        found = [f"{now.playbook}: what its steps say or when they are sent"]
    return found


def happens(firing: NewFiring) -> str:
    """The playbook that starts; else why none does, without what holds for all such firings."""
    if firing.decision == "acting" and firing.playbook:
        return firing.playbook
    return _FOR_ALL.get(firing.decision) or brief(firing.reason)


# Their reasons say what would be, or what to write: that is in `expansion run --dry-run`.
_FOR_ALL: Mapping[Decision, str] = {
    "watching": "only watched",
    "quiet": "only written down: its first live run",
}


def _sent(firing: NewFiring) -> list[object]:
    """What its steps are; how a later one is remembered is none of what people see."""
    return [(step.step_id, step.action, step.input, step.not_before, step.state) for step in firing.steps]


def _steps(before: Side, after: Side) -> tuple[StepsTo, ...]:
    was, now = _counted(before), _counted(after)
    keys = sorted({*was, *now})
    return tuple(StepsTo(*key, was[key], now[key]) for key in keys if was[key] != now[key])


def _counted(side: Side) -> Counter[tuple[str, str]]:
    return Counter((step.action, firing.owner) for firing in side.every() for step in firing.steps)


def _held(before: Side, after: Side) -> tuple[Held, ...]:
    was, now = _reasons(before), _reasons(after)
    return tuple(Held(*key, was[key], now[key]) for key in sorted({*was, *now}) if was[key] != now[key])


def _reasons(side: Side) -> Counter[tuple[Decision, str]]:
    """Joined in another firing is acted on; the rest is not."""
    return Counter((each.decision, happens(each)) for each in side.every() if each.decision != "acting")
