"""How far back conditions look, and which look back further than events are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from expansion.language.check.find_conditions import Found, conditions, deciding, everywhere
from expansion.language.check.opened import Known
from expansion.language.model.condition_words import PATTERNS
from expansion.language.model.conditions import Condition
from expansion.language.model.mistakes import Mistake
from expansion.language.model.models import CountedFact, PaceFact, RuleCohort, Trigger
from expansion.language.model.values import Periods, just_around
from expansion.language.workspace import Workspace
from expansion.language.yaml.source import Source, Steps

_NAMING = ("fact", "cohort", "trigger")  # the subjects whose windows stand somewhere else

# The words that say how far back, the one to point at first.
_BACK = ("in_at_least", *PATTERNS, "over", "within", "for")


def windows_longer_than(workspace: Workspace, known_from: date, known_until: date) -> tuple[Mistake, ...]:
    """A warning for every window that reaches back before the first day that events are known of."""
    reach = _Reach(workspace.known, (known_until - known_from).days + 1)
    found = [*_of_facts(reach), *_of_conditions(reach)]
    message = f"and events are known only from {known_from:%Y-%m-%d} on, for {reach.most} days"
    hint = "get older events, or look back less far: until then the answer is often `cannot tell`"
    return tuple(
        source.mistake(at, f"this looks back over {days} days, {message}", hint, key=True) for source, at, days in found
    )


@dataclass(frozen=True)
class _Reach:
    """At most how many days back something looks at events; 0 where it does not. `most` days are known."""

    known: Known
    most: int

    def of_fact(self, name: str) -> int:
        definition = self.known.facts.model.facts[name] if self.known.facts.model else None
        if isinstance(definition, CountedFact):
            return definition.over.days
        days = max((self.of_fact(part) for part in getattr(definition, "parts", ())), default=0)
        return days + definition.pace_over.days if days and isinstance(definition, PaceFact) else days

    def of_condition(self, condition: Condition) -> int:
        """With growth and dwell."""
        days = self.named(condition) if condition.subject in _NAMING else _of_events(condition)
        if not days:
            return 0
        if condition.fact:
            days += condition.over.days if condition.over else 0
            days += _before_this(condition.in_at_least) if condition.in_at_least else 0
        return days + (condition.for_.days - 1 if condition.for_ else 0)

    def named(self, condition: Condition) -> int:
        """Of the fact, cohort or trigger that a condition names."""
        if condition.fact:
            return self.of_fact(condition.fact)
        if condition.cohort:
            return self._of_cohort(condition.cohort)
        return self._of_trigger(self.known.triggers[condition.trigger].model) if condition.trigger else 0

    def _of_cohort(self, name: str) -> int:
        definition = self.known.facts.model.cohorts[name] if self.known.facts.model else None
        return self._longest(conditions(definition.when)) if isinstance(definition, RuleCohort) else 0

    def _of_trigger(self, trigger: Trigger | None) -> int:
        if trigger is None:
            return 0
        of_accounts = self._of_cohort(trigger.accounts) if trigger.accounts else 0
        return max(of_accounts, self._longest(deciding(trigger)))

    def _longest(self, found: Iterator[Found]) -> int:
        return max((self.of_condition(condition) for condition, _ in found), default=0)


def _before_this(periods: Periods) -> int:
    """The days, weeks or months before the present one: of a fact, the value at the end of each counts."""
    return periods.span.days - periods.each.days


def _of_events(condition: Condition) -> int:
    """The window of an event or a sequence, with the one before it where they are compared."""
    over = condition.over.days if condition.over else 0
    if condition.pattern:
        return condition.pattern[1].days + max(over, 1)  # what was before is asked, too
    if condition.in_at_least:
        return condition.in_at_least.span.days + (condition.in_at_least.each.days if condition.grows else 0)
    if condition.within:
        return over or just_around(condition.within).days
    return over * 2 if condition.grows else over


def _of_facts(reach: _Reach) -> Iterator[tuple[Source, Steps, int]]:
    opened = reach.known.facts
    for name, fact in opened.model.facts.items() if opened.model else ():
        days = reach.of_fact(name)
        inner = max((reach.of_fact(part) for part in getattr(fact, "parts", ())), default=0)
        if opened.source and inner <= reach.most < days:  # else it is said at its part
            word = "pace_over" if isinstance(fact, PaceFact) else "over"
            yield opened.source, ("facts", name, word), days


def _of_conditions(reach: _Reach) -> Iterator[tuple[Source, Steps, int]]:
    for source, condition, at in everywhere(reach.known):
        days = reach.of_condition(condition)
        if reach.named(condition) <= reach.most < days:  # else it is said where that is defined
            word = next(word for word in _BACK if word in condition.words)
            yield source, (*at, word), days
