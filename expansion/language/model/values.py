"""The small values of the language: spans of time, percentages, numbers with a unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, cast

from expansion.language.model.mistakes import brief

Unit = Literal["minutes", "hours", "days", "weeks", "months"]

_LONGEST = 3_660  # days
_SPAN = re.compile(r"(\d{1,9})\s+(minute|hour|day|week|month)s?")
_PERCENT = re.compile(r"(-?\d{1,12}(?:\.\d{1,12})?)\s*%")
_SHORT = {
    "d": "day",
    "w": "week",
    "m": "month",
    "mo": "month",
    "mth": "month",
    "h": "hour",
    "hr": "hour",
    "min": "minute",
}
_SHORT |= {
    "": "day",
    "y": "year",
    "yr": "year",
    "year": "year",
    "day": "day",
    "week": "week",
    "month": "month",
    "hour": "hour",
}


@dataclass(frozen=True)
class Span:
    """A length of time as people write it: `14 days`, `6 hours`, `3 months`."""

    count: int
    unit: Unit

    @property
    def exact(self) -> timedelta | None:
        """The length as a rolling duration; None where it is counted in calendar days."""
        match self.unit:
            case "minutes":
                return timedelta(minutes=self.count)
            case "hours":
                return timedelta(hours=self.count)
            case _:
                return None

    @property
    def days(self) -> int:
        """At most how many calendar days it covers; a month counts 31, so that nothing is read too short."""
        per_unit = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1, "weeks": 7, "months": 31}
        return max(1, int(-(-self.count * per_unit[self.unit] // 1)))

    def shorter_than(self, other: Span) -> bool:
        """Shorter, at least in long months; False where one counts calendar days and the other is exact."""
        if self.exact is not None and other.exact is not None:
            return self.exact < other.exact
        return self.exact is None and other.exact is None and self.days < other.days

    def __str__(self) -> str:
        return f"{self.count} {self.unit if self.count != 1 else self.unit[:-1]}"


def just_around(walk: Span) -> Span:
    """The shortest window that holds whatever lies no further apart than a span: of days, those before and today."""
    return walk if walk.exact is not None else Span(walk.days + 1, "days")


def parse_span(text: object) -> Span:
    """Read `14 days`; raises ValueError with a sentence for the author of the YAML."""
    if isinstance(text, Span):
        return text
    found = _SPAN.fullmatch(str(text).strip())
    if not found:
        raise ValueError(f"`{brief(text)}` is not a length of time; {_meant_span(str(text))}")
    count = int(found[1])
    if count < 1:
        raise ValueError(f"`{brief(text)}` is no time at all; the least is 1")
    span = Span(count, cast(Unit, found[2] + "s"))
    if span.days > _LONGEST:
        raise ValueError(f"`{brief(text)}` is longer than ten years; the longest is `{_LONGEST} days`")
    return span


def parse_days(text: object) -> Span:
    """Read `14 days`, `2 weeks` or `1 month`: whole calendar days; raises ValueError with a sentence for the author."""
    span = parse_span(text)
    if span.exact is not None:
        raise ValueError(f"`{span}` is not counted in days; write it in days, weeks or months")
    return span


# What people say for a length of time, and how long it is; or why it cannot be said.
_SAID = {
    **dict.fromkeys(("half a year", "half year", "a half year", "6 months"), "did you mean `6 months`?"),
    **dict.fromkeys(("a year", "one year", "year", "yearly"), "did you mean `12 months`?"),
    **dict.fromkeys(("a quarter", "quarter", "one quarter", "quarterly"), "did you mean `3 months`?"),
    **dict.fromkeys(("a month", "one month", "month", "monthly"), "did you mean `1 month`?"),
    **dict.fromkeys(("a week", "one week", "week", "weekly"), "did you mean `1 week`?"),
    **dict.fromkeys(("a fortnight", "fortnight", "two weeks"), "did you mean `14 days`?"),
    **dict.fromkeys(("a day", "one day", "day", "daily"), "did you mean `1 day`?"),
    **dict.fromkeys(("an hour", "one hour", "hour", "hourly"), "did you mean `1 hour`?"),
}
_PERIOD = re.compile(
    r"(?:this|last|next|current|previous|calendar|billing|year|month|quarter|week)\b.*|.* to date|mtd|ytd|qtd"
)
_NO_PERIOD = (
    "a window has a length and ends at the check, such as `30 days`; a calendar or billing period cannot be said"
)
_NO_DAY = "a window ends at the check: `1 day` is today so far; a day before it cannot be asked alone"


def _meant_span(text: str) -> str:
    words = " ".join(text.lower().split())
    if words in _SAID:
        return _SAID[words]
    if words in ("today", "yesterday", "tomorrow"):
        return _NO_DAY
    if words in ("ever", "all time", "all", "lifetime", "always", "forever"):
        return f"the longest is `{_LONGEST} days`"
    if words.startswith("first "):
        return "a window ends at the check, and cannot begin with something; write it like `14 days`"
    if words.startswith(("last ", "past ", "the last ", "the past ")) and (found := _SPAN.search(words)):
        return f"did you mean `{found[0]}`?"
    if _PERIOD.fullmatch(words):
        return _NO_PERIOD
    short = re.fullmatch(r"\s*(\d{1,5})\s*([a-z]*)\s*", text.lower())
    unit = _SHORT.get(short[2].rstrip("s")) if short else None
    if not short or not unit:
        return "write it like `14 days`, `6 hours` or `3 months`"
    years = unit == "year"
    meant = Span(int(short[1]) * (12 if years else 1), "months" if years else cast(Unit, unit + "s"))
    if meant.days > _LONGEST or meant.count < 1:
        return f"the longest is `{_LONGEST} days`" if meant.count else "the least is 1"
    return f"did you mean `{meant}`?"


_RATE = re.compile(r"(\d{1,6}) +(?:an? +(hour|day|week|month)|in +(.+))")
_NEARLY_RATE = re.compile(r"(\d{1,6})\s*(?:/|per|an?|each|every)?\s*(hour|day|week|month)s?", re.IGNORECASE)


@dataclass(frozen=True)
class Rate:
    """At most so many in any span of that length: `5 a day`, `2 in 14 days`."""

    count: int
    span: Span

    def __str__(self) -> str:
        if self.span.count > 1:
            return f"{self.count} in {self.span}"
        unit = self.span.unit[:-1]
        return f"{self.count} {'an' if unit == 'hour' else 'a'} {unit}"


def parse_rate(text: object) -> Rate:
    """Read `5 a day` or `2 in 14 days`; raises ValueError with a sentence for the author."""
    if isinstance(text, Rate):
        return text
    found = _RATE.fullmatch(str(text).strip())
    if not found:
        near = _NEARLY_RATE.fullmatch(str(text).strip())
        like = "write it like `5 a day` or `1 in 14 days`"
        if near:
            like = f"did you mean `{Rate(int(near[1]), Span(1, cast(Unit, near[2].lower() + 's')))}`?"
        raise ValueError(f"`{brief(text)}` does not say how many in what time; {like}")
    span = Span(1, cast(Unit, found[2] + "s")) if found[2] else parse_span(found[3])
    if int(found[1]) < 1:
        raise ValueError(
            f"`{brief(text)}` lets nothing through; the least is 1, and `expansion pause` stops everything"
        )
    return Rate(int(found[1]), span)


@dataclass(frozen=True)
class Percent:
    """A percentage, kept exactly: `80%` is 4/5."""

    value: Fraction

    def __str__(self) -> str:
        return f"{format_number(self.value * 100)}%"


def parse_percent(text: object) -> Percent:
    """Read `80%`; raises ValueError with a sentence for the author."""
    if isinstance(text, Percent):
        return text
    found = _PERCENT.fullmatch(str(text).strip())
    if not found:
        number = re.fullmatch(r"\d{1,3}(\.\d{1,6})?", str(text).strip())
        share = format_number(Fraction(number[0]) * (100 if Fraction(number[0]) < 1 else 1)) if number else None
        raise ValueError(
            f"`{brief(text)}` is not a percentage; " + (f"did you mean `{share}%`?" if share else "write it like `80%`")
        )
    return Percent(Fraction(found[1]) / 100)


PeriodUnit = Literal["days", "weeks", "months"]
_PERIODS = re.compile(r"(\d{1,9}) +of +the +last +(\d{1,9}) +(day|week|month)s?")
_NEARLY_PERIODS = re.compile(r"(\d{1,9})\s*(?:/|(?:out )?of(?: the)?(?: last)?)\s*(\d{1,9})\s*(day|week|month)s?")


@dataclass(frozen=True)
class Periods:
    """How many of the last days, weeks or months: `3 of the last 4 weeks`."""

    need: int
    count: int
    unit: PeriodUnit

    @property
    def each(self) -> Span:
        """One of the periods."""
        return Span(1, self.unit)

    @property
    def span(self) -> Span:
        """All of them together."""
        return Span(self.count, self.unit)

    def __str__(self) -> str:
        return f"{self.need} of the last {self.span}"


def parse_periods(text: object) -> Periods:
    """Read `3 of the last 4 weeks`; raises ValueError with a sentence for the author."""
    if isinstance(text, Periods):
        return text
    found = _PERIODS.fullmatch(str(text).strip())
    if not found:
        near = _NEARLY_PERIODS.fullmatch(str(text).strip().lower())
        meant = f"did you mean `{near[1]} of the last {near[2]} {near[3]}s`?" if near else None
        raise ValueError(f"`{brief(text)}` does not say how often; {meant or 'write it like `3 of the last 4 weeks`'}")
    span = parse_span(f"{found[2]} {found[3]}s")
    need = int(found[1])
    if need < 1:
        raise ValueError(f"`{brief(text)}` is always true; the least is 1")
    if need > span.count:
        raise ValueError(f"`{brief(text)}` can never be true; lower the first number, or raise the second")
    return Periods(need, span.count, cast(PeriodUnit, span.unit))


def _not_single(value: Any) -> str:
    """Why a list, or words with values, cannot be compared with."""
    if isinstance(value, dict) and set(value) <= {"fact", "event", "cohort", "of"}:
        return (
            f"`{brief(value)}` is not a single value; facts are not compared with each other in a condition: make one "
            "of both in facts.yaml with `ratio` or `difference`, and compare that with a number"
        )
    return f"`{brief(value)}` is not a single value; write a number, a percentage, `true` or `false`, or a text"


UNLIMITED = "unlimited"  # of a plan in policy.yaml: there is no limit
# No limit: larger than every number that can be read, so that comparisons need not know of it.
ENDLESS = Fraction(10**99)


def is_endless(value: Fraction) -> bool:
    """What there is no limit to, also less or more of it."""
    return abs(value) > ENDLESS / 2


Scalar = bool | int | Decimal | Percent | Span | datetime | str


def parse_scalar(value: Any) -> Scalar:
    """A value as the author wrote it: a number, a percentage, yes/no, or text."""
    if isinstance(value, bool | Percent | Span | datetime):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return Decimal(repr(float(value)))
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str):
        return parse_percent(value) if _PERCENT.fullmatch(value.strip()) else str(value)
    raise ValueError(_not_single(value))


@dataclass(frozen=True)
class Counted:
    """A number with the word it counts: `2 people`, `3 days`, `25 accounts`."""

    count: int
    what: str

    def __str__(self) -> str:
        return f"{self.count} {self.what}"


def parse_counted(text: object, what: str, single: str) -> Counted:
    """Read `2 people`; the word is part of the language so that the line reads as a sentence."""
    if isinstance(text, Counted):
        return text
    found = re.fullmatch(rf"(\d{{1,9}})\s+({what}|{single})", str(text).strip())
    if not found:
        number = re.fullmatch(r"\d{1,9}", str(text).strip())
        like = f"write it like `{text if number else 3} {what}`"
        if what == "people" and re.fullmatch(r"\d{1,9} +[a-z_ ]+", str(text).strip().lower()):
            like += "; different values of a property are counted with `distinct: PROPERTY` and `at_least`"
        raise ValueError(f"`{brief(text)}` should end in `{what}`; {like}")
    return Counted(int(found[1]), what)


def format_number(value: int | Decimal | Fraction | float) -> str:
    """A number for people: no needless zeros, thousands set apart, at most two decimals."""
    as_fraction = Fraction(value)
    if as_fraction.denominator == 1:
        return f"{as_fraction.numerator:,}"
    return f"{float(as_fraction):,.2f}".rstrip("0").rstrip(".")
