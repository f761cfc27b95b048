"""Facts: what sources gave, what is counted of events, and what is made of other facts."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.evaluate.oracle.counting import Counting, Definition
from tests.evaluate.oracle.spans import span_days
from tests.evaluate.oracle.stored import At, Stored, Who
from tests.evaluate.oracle.values import AtLeast, is_nothing, read

MADE = ("ratio", "difference", "headroom", "days_to_limit")
ENDLESS = Fraction(10**99)  # no limit
NEVER = Fraction(3660)  # days: not within ten years


@dataclass
class Known:
    stored: Stored
    counting: Counting
    definitions: dict[str, Definition]
    plans: Definition | None

    def fact(self, name: str, who: Who, at: At) -> Any:
        """A fact's value as it was; None where it is not known, AtLeast where only a part was seen."""
        definition = self.definitions[name]
        made = next((word for word in MADE if word in definition), None)
        if made:
            return self._made(made, definition, who, at)
        if "limit_of" in definition:
            return self._limit(definition["limit_of"], who, at)
        if "from" in definition:
            one = who if definition.get("who") == "users" else who.together
            text = self.stored.value(definition["from"], definition["field"], one, at)
            return self._as_limit(name, text, read(text, definition["kind"], self.stored.zone))
        return self.counting.count(_counted(definition), who.together, at)

    def _as_limit(self, name: str, text: str | None, value: Any) -> Any:
        """A limit below zero is none that anybody meant; what means that there is none is larger than all."""
        said = self.definitions[name].get("unlimited")
        if value is not None and said not in (None, "never") and value == said:
            return ENDLESS
        if not isinstance(value, Fraction) or value >= 0 or said == "never":
            return value
        made = [(word, one[word]) for one in self.definitions.values() for word in MADE if word in one]
        limit = any(word != "difference" and parts[1] == name for word, parts in made)
        taken_off = value == -1 and any(word == "difference" and name in parts for word, parts in made)
        return None if limit or taken_off else value

    def _from_sources(self, name: str) -> bool:
        """Whether a number rests on what sources say, and may start anew."""
        definition = self.definitions[name]
        parts = next((definition[word] for word in MADE if word in definition), ())
        return "from" in definition or "limit_of" in definition or any(map(self._from_sources, parts))

    def _made(self, word: str, definition: Definition, who: Who, at: At) -> Any:
        first, second = (self.fact(part, who, at) for part in definition[word])
        if first is None or second is None or isinstance(second, AtLeast):
            return None
        if isinstance(first, AtLeast):
            return _of_at_least(word, first, second)
        if word == "difference":
            return first - second
        if word == "days_to_limit":
            over = definition["pace_over"]
            before = self.fact(definition[word][0], who, at.earlier(over))
            fell = isinstance(before, Fraction) and first < before and self._from_sources(definition[word][0])
            if second <= 0 or (fell and first < second):
                return None
            return days_to_limit(first, second, before, over)
        if second <= 0 or (first >= ENDLESS and second >= ENDLESS):
            return None
        if second >= ENDLESS:
            return Fraction(0 if word == "ratio" else 1)
        return first / second if word == "ratio" else (second - first) / second

    def _limit(self, name: str, who: Who, at: At) -> Fraction | None:
        """The limit of the account's plan."""
        if self.plans is None:
            return None
        limits = self.plans["limits"].get(self.fact(self.plans["fact"], who, at), {})
        if name not in limits:
            return None
        return ENDLESS if limits[name] == "unlimited" else Fraction(str(limits[name]))

    def nothing(self, name: str, who: Who, at: At) -> bool:
        """Somebody looked, and there certainly is no value."""
        definition = self.definitions[name]
        made = next((word for word in MADE if word in definition), None)
        if made:
            parts = [(part, at) for part in definition[made]]
            if made == "days_to_limit":
                parts.append((definition[made][0], at.earlier(definition["pace_over"])))
            if any(self.nothing(part, who, then) for part, then in parts):
                return True
            whole = all(isinstance(self.fact(part, who, then), Fraction) for part, then in parts)
            return whole and self.fact(name, who, at) is None
        if "limit_of" in definition:
            return self._no_limit(definition["limit_of"], who, at)
        if "from" in definition:
            one = who if definition.get("who") == "users" else who.together
            text = self.stored.value(definition["from"], definition["field"], one, at)
            return self.stored.told(definition["from"], definition["field"], one, at) and is_nothing(
                text, definition["kind"]
            )
        return False

    def _no_limit(self, name: str, who: Who, at: At) -> bool:
        """The plan is none, or one that is known to have no such limit."""
        if self.plans is None:
            return False
        plan = self.fact(self.plans["fact"], who, at)
        return self.nothing(self.plans["fact"], who, at) or name not in self.plans["limits"].get(plan, {name: 0})


def _counted(definition: Definition) -> Definition:
    """A fact such as `{people: export, over: 2 weeks}`, as a condition on events."""
    word = next(word for word in ("times", "people", "days") if word in definition)
    return {**definition, "event": definition[word], "count": word}


def _of_at_least(word: str, first: AtLeast, second: Fraction) -> Any:
    """What is made of a number that may be larger than what was seen of it."""
    if word == "difference":
        return AtLeast(first.number - second)
    return AtLeast(first.number / second) if word == "ratio" and second > 0 else None


def days_to_limit(used: Fraction, limit: Fraction, before: Any, over: str) -> Fraction | None:
    """In how many days the limit is reached, if it goes on as in the time before."""
    if not isinstance(before, Fraction):
        return None
    if used >= limit:
        return Fraction(0)
    pace = (used - before) / span_days(over)
    return NEVER if pace <= 0 else min(NEVER, (limit - used) / pace)
