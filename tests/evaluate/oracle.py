"""What a trigger means, written the slow and obvious way: loops over plain dicts, exact fractions, no SQL, no NumPy.

It reads definitions as they stand in YAML (dicts and strings), so that it shares no code with the engine it is held
against. An event is {id, event, at, seen, account, user, properties}; a fact change is {source, field, account, value,
since, seen}; all times are aware.
"""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

YES, NO, CANNOT_TELL = "yes", "no", "cannot tell"
Definition = dict[str, Any]

COMPARISONS = (
    *("at_least", "more_than", "at_most", "less_than", "is", "is_not", "is_one_of", "is_not_one_of", "contains"),
    *("starts_with", "exists", "before", "after", "older_than", "newer_than", "between"),
    *("grew_at_least", "fell_at_least"),
)


# --- three answers ----------------------------------------------------------------------------------------------------


def all_of(answers: Iterable[str]) -> str:
    answers = list(answers)
    if NO in answers:
        return NO
    return CANNOT_TELL if CANNOT_TELL in answers else YES


def any_of(answers: Iterable[str]) -> str:
    answers = list(answers)
    if YES in answers:
        return YES
    return CANNOT_TELL if CANNOT_TELL in answers else NO


def opposite(answer: str) -> str:
    return {YES: NO, NO: YES, CANNOT_TELL: CANNOT_TELL}[answer]


def some_of(answers: Iterable[str], need: int) -> str:
    answers = list(answers)
    if answers.count(YES) >= need:
        return YES
    return CANNOT_TELL if answers.count(YES) + answers.count(CANNOT_TELL) >= need else NO


def said(truth: bool) -> str:
    return YES if truth else NO


# --- values -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AtLeast:
    """A number that was only seen in part: it is this, or more."""

    number: Fraction


def number_of(text: Any) -> Fraction | None:
    try:
        value = Decimal(str(text).strip())
    except InvalidOperation:
        return None
    return Fraction(value) if value.is_finite() else None


def threshold(written: Any) -> Fraction:
    text = str(written)
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


def read(text: str | None, kind: str, zone: ZoneInfo) -> Any:
    if text is None or not text.strip():
        return None
    text = text.strip()
    if kind in ("number", "money"):
        return number_of(text)
    if kind == "percent":
        share = number_of(text.removesuffix("%"))
        return share / 100 if share is not None and text.endswith("%") else share
    if kind == "yes_no":
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.lower())
    if kind == "list":
        items = json.loads(text) if text.startswith("[") else [item.strip() for item in text.split(";")]
        return tuple(item for item in items if item)
    if kind == "date":
        if len(text) == 10:
            return datetime.fromisoformat(text).replace(tzinfo=zone)
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return text


def property_number(value: Any) -> Fraction | None:
    """Properties are kept to twelve digits after the point."""
    if value is None or isinstance(value, bool):
        return None
    number = number_of(value)
    if number is None or abs(number) >= 10**20:
        return None
    return Fraction(Decimal(str(value)).quantize(Decimal("1e-12"), ROUND_HALF_UP))


def property_text(value: Any) -> str | None:
    if value in (None, ""):
        return None
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)


# --- the world at one moment ------------------------------------------------------------------------------------------


@dataclass
class Oracle:
    """Everything that is stored, seen from one moment."""

    events: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    facts: dict[str, Definition]
    cohorts: dict[str, Definition]
    zone: ZoneInfo
    as_of: datetime
    spans: list[tuple[datetime, datetime]] = field(default_factory=list)
    late: timedelta = timedelta(days=2)
    first_pulls: dict[str, datetime] = field(default_factory=dict)  # by cohort, and by source of facts

    def __post_init__(self) -> None:
        once: dict[str, dict[str, Any]] = {}
        for event in self.events:
            once.setdefault(event["id"], event)
        self.events = [event for event in once.values() if event["seen"] <= self.as_of]
        self.changes = [change for change in self.changes if change["seen"] <= self.as_of]
        self.today = self.as_of.astimezone(self.zone).date()

    def accounts(self) -> set[str]:
        return {row["account"] for row in [*self.events, *self.changes]}

    # --- triggers -----------------------------------------------------------------------------------------------------

    def fires(self, trigger: Definition, account: str) -> str:
        parts = [self.clause(clause, account, 0) for clause in trigger["when"]]
        parts += [opposite(self.clause(clause, account, 0)) for clause in trigger.get("unless", [])]
        if trigger.get("accounts"):
            parts.append(self.in_cohort(trigger["accounts"], account, 0))
        return all_of(parts)

    def cleared(self, trigger: Definition, account: str) -> bool:
        """Certainly over: what keeps the episode open is a plain no."""
        keeps = [kept for clause in trigger["when"] if (kept := _clearing(clause)) is not None]
        rest: list[str] = []
        if not keeps:
            keeps = [_without_dwell(clause) for clause in trigger["when"]]
            rest = [opposite(self.clause(clause, account, 0)) for clause in trigger.get("unless", [])]
        if trigger.get("accounts"):
            rest.append(self.in_cohort(trigger["accounts"], account, 0))
        return all_of([*rest, *(self.clause(clause, account, 0) for clause in keeps)]) == NO

    def clause(self, clause: Definition, account: str, point: int) -> str:
        if "all_of" in clause:
            return all_of(self.clause(part, account, point) for part in clause["all_of"])
        if "any_of" in clause:
            return any_of(self.clause(part, account, point) for part in clause["any_of"])
        if "none_of" in clause:
            return opposite(any_of(self.clause(part, account, point) for part in clause["none_of"]))
        if "some_of" in clause:
            some = clause["some_of"]
            return some_of((self.clause(part, account, point) for part in some["of"]), some["need"])
        days = span_days(clause["for"]) if "for" in clause else 1
        return all_of(self.condition(clause, account, point + day) for day in range(days))

    def in_cohort(self, name: str, account: str, point: int) -> str:
        definition = self.cohorts[name]
        if "when" in definition:
            return all_of(self.clause(clause, account, point) for clause in definition["when"])
        pulled = self.first_pulls.get(name)
        if pulled is None or pulled > self.end(point):
            return CANNOT_TELL
        return said(self.value_at(definition["from"], f"@member {definition['name']}", account, point) == "true")

    def condition(self, condition: Definition, account: str, point: int) -> str:
        if "cohort" in condition:
            return self.in_cohort(condition["cohort"], account, point)
        answers = []
        same_events = {key: condition[key] for key in ("event", "where", "over") if key in condition}
        for word, what in (("by_at_least", "people"), ("on_at_least", "days")):
            if word in condition:
                counted = self.count({**same_events, "count": what}, account, point)
                answers.append(compared(counted, "at_least", condition[word].split()[0]))
        word = next((word for word in COMPARISONS if word in condition), None)
        if word in ("grew_at_least", "fell_at_least"):
            answers.append(self.growth(condition, word, account, point))
        elif word is not None:
            answers.append(self.comparison(condition, word, account, point))
        return all_of(answers)

    def comparison(self, condition: Definition, word: str, account: str, point: int) -> str:
        wanted = condition[word]
        if word == "exists":
            return self.exists(condition, wanted, account, point)
        if "latest" in condition:
            return self.compare_latest(condition, word, wanted, account, point)
        if "event" in condition:
            return compared(self.count(condition, account, point), word, wanted)
        return self.compare_value(self.fact(condition["fact"], account, point), word, wanted)

    def exists(self, condition: Definition, wanted: bool, account: str, point: int) -> str:
        """A value that is there is there; that there is none can only be told where somebody looked."""
        if "event" in condition:
            found, looked = self.window(condition, account, point, None)
            there = any(property_text(event["properties"].get(condition["latest"])) for event in found)
        else:
            there = self.fact(condition["fact"], account, point) is not None
            looked = self.looked(condition["fact"], account, point)
        return said(there == wanted) if there or looked else CANNOT_TELL

    def looked(self, name: str, account: str, point: int) -> bool:
        definition = self.facts[name]
        if "ratio" in definition:
            return all(self.looked(part, account, point) for part in definition["ratio"])
        if "from" in definition:
            pulled = self.first_pulls.get(definition["from"])
            return pulled is not None and pulled <= self.end(point)
        counted = {"event": next(definition[w] for w in ("times", "people", "days") if w in definition), **definition}
        return self.window(counted, account, point, None)[1]

    def growth(self, condition: Definition, word: str, account: str, point: int) -> str:
        if "event" in condition:
            now = self.count(condition, account, point)
            was = self.count(condition, account, point, shift=condition["over"])
        else:
            now = self.fact(condition["fact"], account, point)
            was = self.fact(condition["fact"], account, point, shift=condition["over"])
        answers = []
        if isinstance(now, Fraction) and isinstance(was, Fraction) and was > 0:
            change = (now - was) / was
            share = threshold(condition[word])
            answers.append(said(change >= share if word == "grew_at_least" else change <= -share))
        else:
            answers.append(CANNOT_TELL)
        if "from_at_least" in condition:
            answers.append(compared(was, "at_least", condition["from_at_least"]))
        return all_of(answers)

    # --- points in time -----------------------------------------------------------------------------------------------

    def local_day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def end(self, point: int) -> datetime:
        """The last moment of a day, of today only what has passed."""
        day = self.today - timedelta(days=point)
        return self.as_of if point <= 0 else self.last_of(day)

    def last_of(self, day: date) -> datetime:
        if day >= self.today:
            return self.as_of
        after = day + timedelta(days=1)
        midnight = datetime(after.year, after.month, after.day, tzinfo=self.zone)
        return midnight.astimezone(UTC) - timedelta(microseconds=1)

    # --- events -------------------------------------------------------------------------------------------------------

    def count(self, condition: Definition, account: str, point: int, shift: str | None = None) -> Any:
        """What is counted of the events in the window; AtLeast where the window was not seen whole."""
        found, whole = self.window(condition, account, point, shift)
        if "sum" in condition:
            values = [event["properties"].get(condition["sum"]) for event in found]
            numbers = [property_number(value) for value in values if value not in (None, "")]
            return sum(numbers, Fraction(0)) if whole and None not in numbers else None  # type: ignore[arg-type]
        if "distinct" in condition:
            values = {property_text(event["properties"].get(condition["distinct"])) for event in found}
            number = len(values - {None})
        else:
            number = {
                "times": len(found),
                "people": len({event["user"] for event in found} - {""}),
                "days": len({self.local_day(event["at"]) for event in found}),
            }[condition.get("count", "times")]
        return Fraction(number) if whole else AtLeast(Fraction(number))

    def compare_latest(self, condition: Definition, word: str, wanted: Any, account: str, point: int) -> str:
        found, whole = self.window(condition, account, point, None)
        texts = [(e["at"], e["id"], property_text(e["properties"].get(condition["latest"]))) for e in found]
        known = sorted(text for text in texts if text[2] is not None)
        newest = known[-1][2] if known else None
        return self.compare_value(newest, word, wanted) if whole else CANNOT_TELL

    def window(
        self, condition: Definition, account: str, point: int, shift: str | None
    ) -> tuple[list[dict[str, Any]], bool]:
        names = [condition["event"]] if isinstance(condition["event"], str) else condition["event"]
        mine = [
            event
            for event in self.events
            if event["account"] == account
            and (event["event"] in names or names == ["any event"])
            and all(fits(event["properties"], name, part) for name, part in condition.get("where", {}).items())
        ]
        if condition["over"].split()[1].startswith(("hour", "minute")):
            length = exactly(condition["over"])
            end = self.end(point) - (exactly(shift) if shift else timedelta())
            start = end - length
            return [event for event in mine if start < event["at"] <= end], self.known_hours(start, end)
        last = self.today - timedelta(days=point)
        if shift and shift.split()[1].startswith(("hour", "minute")):
            last = self.local_day(self.end(point) - exactly(shift))
        elif shift:
            last = days_back(last, shift)
        first = days_back(last, condition["over"]) + timedelta(days=1)
        inside = [event for event in mine if first <= self.local_day(event["at"]) <= last]
        return inside, self.known_days(first, last)

    # --- for when events are known ------------------------------------------------------------------------------------

    def stretches(self) -> list[tuple[datetime, datetime]]:
        """The spans, joined over silences that are no hole, as far as they had passed."""
        found: list[tuple[datetime, datetime]] = []
        for first, last in sorted((first, min(last, self.as_of)) for first, last in self.spans if first <= self.as_of):
            if found and first - found[-1][1] <= max(self.late, timedelta(days=1)):
                found[-1] = (found[-1][0], max(found[-1][1], last))
            else:
                found.append((first, last))
        return found

    def known_days(self, first: date, last: date) -> bool:
        end = self.last_of(last)
        slack = min(self.late, (end - datetime(first.year, first.month, first.day, tzinfo=self.zone)) / 2)
        return any(self.local_day(s) <= first and e + slack >= end for s, e in self.stretches())

    def known_hours(self, start: datetime, end: datetime) -> bool:
        slack = min(self.late, (end - start) / 2)
        return any(
            s.astimezone(UTC).replace(minute=0, second=0, microsecond=0) <= start and e + slack >= end
            for s, e in self.stretches()
        )

    # --- facts --------------------------------------------------------------------------------------------------------

    def fact(self, name: str, account: str, point: int, shift: str | None = None) -> Any:
        definition = self.facts[name]
        if "ratio" in definition:
            of, by = (self.fact(part, account, point, shift) for part in definition["ratio"])
            if isinstance(by, AtLeast) or by in (None, 0) or of is None:
                return None
            if isinstance(of, AtLeast):
                return AtLeast(of.number / by) if by > 0 else None
            return of / by
        if "from" not in definition:
            word = next(word for word in ("times", "people", "days") if word in definition)
            counted = {"event": definition[word], "count": word, **definition}
            return self.count(counted, account, point, shift)
        text = self.value_at(definition["from"], definition["field"], account, point, shift)
        return read(text, definition["kind"], self.zone)

    def value_at(self, source: str, name: str, account: str, point: int, shift: str | None = None) -> str | None:
        moment = self.end(point)
        if shift:
            unit = shift.split()[1]
            day = days_back(self.today - timedelta(days=point), shift) if unit[0] in "dw" or "month" in unit else None
            moment = moment - exactly(shift) if day is None else self.last_of(day)
        known = [
            change
            for change in self.changes
            if (change["source"], change["field"], change["account"]) == (source, name, account)
            and change["since"] <= moment
        ]
        newest = max(known, key=lambda change: (change["since"], change["seen"]), default=None)
        return newest["value"] if newest else None

    def compare_value(self, value: Any, word: str, wanted: Any) -> str:
        if value is None:
            return CANNOT_TELL
        if isinstance(value, Fraction | AtLeast):
            return compared(value, word, wanted)
        if isinstance(value, datetime):
            return said(self.date_fits(value, word, wanted))
        if isinstance(value, tuple):
            return said(str(wanted).lower() in [item.lower() for item in value])
        if isinstance(value, bool):
            return said((value is wanted) == (word == "is"))
        return said(text_fits(value, word, wanted))

    def date_fits(self, value: datetime, word: str, wanted: Any) -> bool:
        day = self.local_day(value)
        if word in ("older_than", "newer_than"):
            if wanted.split()[1].startswith(("hour", "minute")):
                edge = self.as_of - exactly(wanted)
            else:
                first = days_back(self.today, wanted)
                edge = datetime(first.year, first.month, first.day, tzinfo=self.zone)
            return value < edge if word == "older_than" else edge <= value <= self.as_of
        days = [date.fromisoformat(str(one)[:10]) for one in (wanted if isinstance(wanted, list) else [wanted])]
        return {
            "before": day < days[0],
            "after": day > days[0],
            "is": day == days[0],
            "between": days[0] <= day <= days[-1],
        }[word]


def compared(value: Any, word: str, wanted: Any) -> str:
    """A number against a threshold. What may be larger settles only what every larger number would."""
    if value is None:
        return CANNOT_TELL
    if word == "between":
        return all_of([compared(value, "at_least", wanted[0]), compared(value, "at_most", wanted[1])])
    if word == "is_one_of":
        return any_of(compared(value, "is", one) for one in wanted)
    if word == "is_not_one_of":
        return opposite(any_of(compared(value, "is", one) for one in wanted))
    edge = threshold(wanted)
    if isinstance(value, AtLeast):
        least = value.number
        settled = {
            "at_least": YES if least >= edge else CANNOT_TELL,
            "more_than": YES if least > edge else CANNOT_TELL,
            "at_most": NO if least > edge else CANNOT_TELL,
            "less_than": NO if least >= edge else CANNOT_TELL,
            "is": NO if least > edge else CANNOT_TELL,
            "is_not": YES if least > edge else CANNOT_TELL,
        }
        return settled[word]
    exact = {
        "at_least": value >= edge,
        "more_than": value > edge,
        "at_most": value <= edge,
        "less_than": value < edge,
        "is": value == edge,
        "is_not": value != edge,
    }
    return said(exact[word])


def text_fits(value: str, word: str, wanted: Any) -> bool:
    if word in ("is_one_of", "is_not_one_of"):
        return (value in [str(one) for one in wanted]) == (word == "is_one_of")
    wanted = str(wanted)
    return {
        "is": value == wanted,
        "is_not": value != wanted,
        "contains": wanted.lower() in value.lower(),
        "starts_with": value.lower().startswith(wanted.lower()),
    }[word]


def fits(properties: dict[str, Any], name: str, wanted: Any) -> bool:
    """One part of `where`. A property that is missing fits nothing but `exists: false`."""
    value = None if properties.get(name) == "" else properties.get(name)
    if isinstance(wanted, list):
        return any(equals(value, one) for one in wanted)
    if not isinstance(wanted, dict):
        return equals(value, wanted)
    ((word, edge),) = wanted.items()
    if word == "exists":
        return (value is not None) == edge
    if value is None:
        return False
    if word in ("is", "is_not"):
        return equals(value, edge) == (word == "is")
    if word in ("is_one_of", "is_not_one_of"):
        return any(equals(value, one) for one in edge) == (word == "is_one_of")
    if word in ("contains", "starts_with"):
        return text_fits(property_text(value) or "", word, edge)
    if word in ("before", "after"):
        try:
            day = date.fromisoformat(str(value)[:10])
        except ValueError:
            return False
        return day < date.fromisoformat(edge) if word == "before" else day > date.fromisoformat(edge)
    number = property_number(value)
    return number is not None and compared(number, word, edge) == YES


def equals(value: Any, wanted: Any) -> bool:
    if value is None:
        return False
    if isinstance(wanted, bool):
        return (property_text(value) or "").lower() == str(wanted).lower()
    if isinstance(wanted, int | float | Decimal):
        return property_number(value) == Fraction(str(wanted))
    return property_text(value) == wanted


# --- spans of time ----------------------------------------------------------------------------------------------------


def exactly(span: str) -> timedelta:
    count, unit = span.split()
    return timedelta(hours=int(count)) if unit.startswith("hour") else timedelta(minutes=int(count))


def span_days(span: str) -> int:
    count, unit = span.split()
    return int(count) * (1 if unit.startswith("day") else 7 if unit.startswith("week") else 31)


def days_back(day: date, span: str) -> date:
    count, unit = span.split()
    if not unit.startswith("month"):
        return day - timedelta(days=int(count) * (7 if unit.startswith("week") else 1))
    year, month = day.year, day.month
    for _ in range(int(count)):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


# --- episodes ---------------------------------------------------------------------------------------------------------

_GROUPS = ("all_of", "any_of", "none_of")


def _without_dwell(clause: Definition) -> Definition:
    """An episode stays open while the conditions hold today."""
    for word in _GROUPS:
        if word in clause:
            return {word: [_without_dwell(part) for part in clause[word]]}
    if "some_of" in clause:
        some = clause["some_of"]
        return {"some_of": {**some, "of": [_without_dwell(part) for part in some["of"]]}}
    return {key: value for key, value in clause.items() if key != "for"}


def _clearing(clause: Definition) -> Definition | None:
    """What is left of a clause when only the lines with `clears_below` count, at that value."""
    if "none_of" in clause:
        return None
    for word in ("all_of", "any_of"):
        if word in clause:
            parts = _left(clause[word])
            return {word: parts} if parts else None
    if "some_of" in clause:
        parts = _left(clause["some_of"]["of"])
        need = min(clause["some_of"]["need"], len(parts))
        return {"some_of": {"need": need, "of": parts}} if parts else None
    if "clears_below" not in clause:
        return None
    dropped = ("for", "clears_below", "more_than", "at_least", "by_at_least", "on_at_least")
    return {**{k: v for k, v in clause.items() if k not in dropped}, "at_least": clause["clears_below"]}


def _left(clauses: Sequence[Definition]) -> list[Definition]:
    return [kept for clause in clauses if (kept := _clearing(clause)) is not None]
