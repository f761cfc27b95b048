"""Events counted in a window, of an account or of one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.evaluate.oracle.spans import days_back, exactly, is_exact
from tests.evaluate.oracle.stored import At, Row, Stored, Who
from tests.evaluate.oracle.values import AtLeast, fits, property_number, property_text

Definition = dict[str, Any]


def matches(event: Row, wanted: Definition) -> bool:
    """An event of one of these names, with properties that fit."""
    names = [wanted["event"]] if isinstance(wanted["event"], str) else wanted["event"]
    named = event["event"] in names or names == ["any event"]
    return named and all(fits(event["properties"], name, part) for name, part in wanted.get("where", {}).items())


@dataclass
class Counting:
    stored: Stored

    def ever(self, wanted: Definition, who: Who) -> list[Row]:
        """All such events of an account or a person."""
        mine = self.stored.by_account.get(who.account, [])
        return [event for event in mine if who.user in (None, event["user"]) and matches(event, wanted)]

    def window(self, wanted: Definition, who: Who, at: At) -> tuple[list[Row], bool]:
        """The events in the window `over`, and whether the window was seen whole."""
        came = self.stored.came(wanted)
        if is_exact(wanted["over"]):
            end = self.stored.moment(at)
            start = end - exactly(wanted["over"])
            found = [event for event in self.ever(wanted, who) if start < event["at"] <= end]
            return found, came and self.stored.known_hours(start, end)
        first, last = self.first_day(wanted["over"], at), self.stored.day(at)
        found = [event for event in self.ever(wanted, who) if first <= event["day"] <= last]
        return found, came and self.stored.known_days(first, last)

    def first_day(self, over: str, at: At) -> date:
        """The first day of a window of days, weeks or months."""
        return days_back(self.stored.day(at), over) + timedelta(days=1)

    def count(self, wanted: Definition, who: Who, at: At) -> Any:
        """What is counted of the events in the window; AtLeast where the window was not seen whole."""
        found, whole = self.window(wanted, who, at)
        if self.stored.may_fit_less(wanted):
            found = []
        of_property = next((word for word in ("sum", "average", "max") if word in wanted), None)
        if of_property:
            value = made_of(of_property, found, wanted[of_property])
            if whole or value is None:
                return value
            return AtLeast(value) if of_property == "max" else None
        if "distinct" in wanted:
            given = [event["properties"].get(wanted["distinct"]) for event in found]
            values = {
                property_text(item) for value in given for item in (value if isinstance(value, list) else [value])
            }
            number = len(values - {None})
        else:
            number = {
                "times": len(found),
                "people": len({event["user"] for event in found} - {""}),
                "days": len({event["day"] for event in found}),
            }[wanted.get("count", "times")]
        return Fraction(number) if whole else AtLeast(Fraction(number))

    def before(self, wanted: Definition, who: Who, day: date) -> Any:
        """How often before this day, ever."""
        number = Fraction(len([event for event in self.ever(wanted, who) if event["day"] < day]))
        if self.stored.may_fit_less(wanted):
            return AtLeast(Fraction(0))
        return number if self.stored.came(wanted) and self.stored.known_ever_before(day) else AtLeast(number)


def made_of(word: str, found: list[Row], name: str) -> Fraction | None:
    """The sum, average or largest value of a property; not known when a value cannot be read."""
    values = [event["properties"].get(name) for event in found]
    numbers = [property_number(value) for value in values if value not in (None, "", [])]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return None
    if word == "sum":
        return sum(known, Fraction(0))
    if not known:
        return None
    return max(known) if word == "max" else sum(known, Fraction(0)) / len(known)


def all_read(found: list[Row], name: str) -> bool:
    """Every value of a property can be read as a number."""
    values = [event["properties"].get(name) for event in found]
    return all(property_number(value) is not None for value in values if value not in (None, ""))


def newest(found: list[Row], name: str) -> Any:
    """The newest text of a property, or a list; of the same moment the one with the larger id."""
    given = [(event["at"], event["id"], event["properties"].get(name)) for event in found]
    known = sorted(
        ((at, key, value) for at, key, value in given if value not in (None, "", [])), key=lambda one: one[:2]
    )
    if not known:
        return None
    return known[-1][2] if isinstance(known[-1][2], list) else property_text(known[-1][2])
