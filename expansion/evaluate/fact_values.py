"""Facts as they were: the values that sources gave, read as their kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, cast

import duckdb
import numpy as np

from expansion.evaluate.fact_states import Reading, States
from expansion.evaluate.measures import Calendar, FactMeasure
from expansion.evaluate.numbers import DIGITS, Array, Flags, Numbers, from_fractions
from expansion.evaluate.silence import Silence
from expansion.evaluate.subjects import Subjects
from expansion.evaluate.told import Told
from expansion.language.check.kinds import CALLED
from expansion.language.model.models import Facts, SourcedFact
from expansion.language.model.values import ENDLESS
from expansion.usage.forms.clock import Clock
from expansion.usage.forms.items import items_of
from expansion.usage.forms.moments import moment
from expansion.usage.storage import readings
from expansion.usage.storage.fact_relations import FactRelations
from expansion.usage.storage.marks import is_mark

NUMERIC = ("number", "money", "percent")
Read = Fraction | bool | str | datetime | tuple[str, ...]


@dataclass(frozen=True)
class FactColumn:
    """One fact at one moment for the accounts asked: what the source sent, and what could be read of it.

    Accounts share texts, so each different text is read once: `codes` says which of them an account has. None is what
    nobody ever told, EMPTY what was asked for and is not there, and a mark what is not known any more.
    """

    kind: str
    codes: Array
    texts: tuple[str | None, ...]
    values: tuple[Read | None, ...]

    @classmethod
    def read(cls, kind: str, codes: Array, texts: Iterable[str | None], zone: tzinfo = UTC) -> FactColumn:
        texts = tuple(texts)
        return cls(kind, codes, texts, tuple(read_value(text, kind, zone) for text in texts))

    def narrowed(self, codes: Array) -> FactColumn:
        """The same texts for others, without those that none of them has."""
        used = np.flatnonzero(np.bincount(codes, minlength=len(self.texts)))
        places = np.zeros(len(self.texts), dtype=np.int64)
        places[used] = np.arange(len(used))
        texts = tuple(self.texts[place] for place in used.tolist())
        return FactColumn(self.kind, places[codes], texts, tuple(self.values[place] for place in used.tolist()))

    def value(self, index: int) -> Read | None:
        return self.values[int(self.codes[index])]

    @property
    def sent(self) -> Iterable[tuple[str | None, Read | None]]:
        """Each different text, with what it was read as."""
        return zip(self.texts, self.values, strict=True)

    @cached_property
    def known(self) -> Flags:
        return self.where(lambda value: True)

    def where(self, test: Callable[[Any], bool]) -> Flags:
        """Where the value is known and passes."""
        passed = np.array([value is not None and test(value) for value in self.values], dtype=bool)
        return cast(Flags, passed[self.codes])

    @cached_property
    def numbers(self) -> Numbers:
        """The values as exact numbers; made once, because many lines ask for the same fact."""
        return self.looked_up([value if isinstance(value, Fraction) else None for value in self.values])

    def looked_up(self, values: Sequence[Fraction | None]) -> Numbers:
        """A number for each of the different texts, for everybody who has it."""
        different = from_fractions(values)
        return Numbers(different.num[self.codes], different.den, different.known[self.codes])

    def of(self, places: Array) -> FactColumn:
        """The same for others: each the value that stands at a place here."""
        return replace(self, codes=self.codes[places])

    @cached_property
    def empty(self) -> Flags:
        """Where somebody looked, and there is none."""
        nothing = [text is not None and _holds_nothing(text, self.kind) for text in self.texts]
        return cast(Flags, np.array(nothing, dtype=bool)[self.codes])

    @cached_property
    def ended(self) -> Flags:
        """Where something was known, and is not any more."""
        return cast(Flags, np.array([is_mark(text) for text in self.texts], dtype=bool)[self.codes])

    def text(self, index: int) -> str | None:
        """What the source sent of one account, or what stands for it."""
        return self.texts[int(self.codes[index])]

    def is_unreadable(self, index: int) -> bool:
        """A value is there, and it cannot be read as its kind."""
        text = self.text(index)
        return self.value(index) is None and is_unread(text, self.kind)

    def cause(self, index: int, name: str) -> str | None:
        """Why one account's value is not known; of what has a mark see causes.py."""
        text = self.text(index)
        if self.value(index) is not None:
            return None
        if not is_unread(text, self.kind):
            return f"no value of `{name}` is known"
        if read_value(text, self.kind) is not None:
            return (
                f"`{name}` is {text}, which is no limit; if it means that there is none, "
                f"add  unlimited: {text}  to it in facts.yaml"
            )
        return f"`{name}` is {text!r}, which cannot be read as {CALLED[self.kind]}"


@dataclass
class FactMeasuring:
    """Takes the facts of those in `asked(idx, …)`."""

    con: duckdb.DuckDBPyConnection
    facts: FactRelations
    vocabulary: Facts
    calendar: Calendar
    subjects: Subjects
    told: Told  # by the check: for saying why something is not known
    silence: Silence = field(default_factory=Silence)
    unreadable: dict[str, int] = field(default_factory=dict)
    _taken: dict[tuple[FactMeasure, int], FactColumn] = field(default_factory=dict)
    _cohorts: dict[tuple[str, str], list[tuple[datetime, str]]] = field(default_factory=dict)

    def take(self, wanted: Iterable[tuple[FactMeasure, int]]) -> None:
        """Read all of these: what was said of their fields, once for all the moments."""
        new: dict[str, list[tuple[FactMeasure, int]]] = {}
        for measure, point in wanted:
            if (measure, point) not in self._taken:
                new.setdefault(measure.fact, []).append((measure, point))
        if not new:
            return
        fields = sorted({self._where(fact) for fact in new})
        moments = [self._moment(measure, point) for some in new.values() for measure, point in some]
        states = self._reading.states(fields, moments)
        for fact, measures in new.items():
            self._take(fact, measures, states[self._where(fact)])

    def _take(self, fact: str, measures: Iterable[tuple[FactMeasure, int]], states: States) -> None:
        whole = self._column(fact, np.zeros(0, dtype=np.int64), states.texts)
        for measure, point in measures:
            moment = self._moment(measure, point)
            column = self._silent(whole, moment, self._where(fact)[0]) or whole.narrowed(states.at(moment))
            self._taken[measure, point] = column
            if point == 0:
                self._note_unreadable(fact, column)

    def _silent(self, whole: FactColumn, moment: datetime, source: str) -> FactColumn | None:
        """For everybody the same: that the source has not answered for too long."""
        mark = self.silence.mark(source, moment)
        codes = np.zeros(self.subjects.size, dtype=np.int64)
        return None if mark is None else FactColumn.read(whole.kind, codes, (mark,))

    def _moment(self, measure: FactMeasure, point: int) -> datetime:
        return self.calendar.end(point, measure.back)

    @cached_property
    def _reading(self) -> Reading:
        return Reading(self.con, self.facts, self.subjects, self.calendar.as_of)

    def column(self, measure: FactMeasure, point: int) -> FactColumn:
        return self._taken[measure, point]

    def source_of(self, measure: FactMeasure) -> str:
        """The source that gives a fact."""
        return self._where(measure.fact)[0]

    def field_of(self, measure: FactMeasure) -> str:
        """The field that a fact is, in its source."""
        return self._where(measure.fact)[1]

    def cohort_is_gone(self, measure: FactMeasure, point: int) -> bool:
        """Whether the system that keeps a cohort had no such one at a moment."""
        source, name = self._where(measure.fact)
        if (source, name) not in self._cohorts:
            self._cohorts[source, name] = self.told.of_nobody(source, name)
        end = self.calendar.end(point).astimezone(UTC).replace(tzinfo=None)
        return is_mark(next((value for since, value in self._cohorts[source, name] if since <= end), None))

    def _where(self, fact: str) -> tuple[str, str]:
        """The source and field of a fact; `@source|field` names them directly, for cohorts."""
        if fact.startswith("@"):
            source, _, name = fact[1:].partition("|")
            return source, name
        definition = self.vocabulary.facts[fact]
        assert isinstance(definition, SourcedFact), "only sourced facts are stored"
        return definition.from_, definition.field

    def _column(self, fact: str, codes: Array, texts: Sequence[str | None]) -> FactColumn:
        definition = self.vocabulary.facts.get(fact)
        kind = definition.kind if isinstance(definition, SourcedFact) else "yes_no"
        column = FactColumn.read(kind, codes, texts, self.calendar.zone)
        if isinstance(definition, SourcedFact) and kind in NUMERIC:
            meant = [limit_meant(text, value, fact, self.vocabulary) for text, value in column.sent]
            column = replace(column, values=tuple(meant))
        return column

    def _note_unreadable(self, fact: str, column: FactColumn) -> None:
        unread = [is_unread(text, column.kind) and value is None for text, value in column.sent]
        if any(unread):
            self.unreadable[fact] = int(np.array(unread)[column.codes].sum())


def read_value(text: str | None, kind: str, zone: tzinfo = UTC) -> Read | None:
    """What a source sent, as its kind; None where it cannot be read as that. A date begins in this zone."""
    if text is None or not text.strip() or is_mark(text):
        return None
    if kind == "date":
        return _date(text.strip(), zone)
    read: Read | None = _READERS[kind](text.strip())
    return None if read == () else read  # an empty list is as empty as an empty cell


def limit_meant(text: str | None, value: Read | None, fact: str, facts: Facts) -> Read | None:
    """A number that stands for a limit: ENDLESS where facts.yaml says so, and not known where it can be none.

    Systems write -1 for a limit that does not exist. As a number it would make the account look full, or empty.
    """
    definition = facts.facts[fact]
    assert isinstance(definition, SourcedFact), "only sourced facts are stored"
    if text is not None and any(_is_written(text, value, one) for one in definition.meaning_unlimited):
        return ENDLESS
    if not isinstance(value, Fraction) or value >= 0 or definition.unlimited == "never":
        return value
    return None if facts.is_limit(fact) or (value == -1 and facts.is_subtracted(fact)) else value


def _is_written(text: str, value: Read | None, wanted: Any) -> bool:
    if isinstance(wanted, int | Decimal) and not isinstance(wanted, bool):
        return value == Fraction(wanted)
    return text.strip().lower() == str(wanted).strip().lower()


def is_unread(text: str | None, kind: str) -> bool:
    """Something is there to be read: no row, no emptiness and no mark."""
    return text is not None and not is_mark(text) and not _holds_nothing(text, kind)


def _holds_nothing(text: str, kind: str) -> bool:
    return not text.strip() or (kind == "list" and _list(text.strip()) == ())


def _number(text: str) -> Fraction | None:
    return _exact(readings.number(text))


def _money(text: str) -> Fraction | None:
    """An amount. With the code of a currency (`JPY 5000`) it is one that nobody converted to that of policy.yaml."""
    return None if re.search("[A-Z]{3}", text) else _exact(readings.money(text))


def _exact(text: str | None) -> Fraction | None:
    if text is None:
        return None
    value = Decimal(text)
    if abs(value.adjusted()) > DIGITS or len(value.as_tuple().digits) > DIGITS:
        return None
    return Fraction(value)


def _percent(text: str) -> Fraction | None:
    """`80%` is 0.8; a plain number is taken as the share itself."""
    share = readings.percent(text)
    if share is None or not share.endswith("%"):
        return _exact(share)
    hundredths = _exact(share[:-1])
    return None if hundredths is None else hundredths / 100


def _yes_no(text: str) -> bool | None:
    said = readings.yes_no(text)
    return None if said is None else said == "true"


_DAY_MS = 86_400_000


def _date(text: str, zone: tzinfo) -> datetime | None:
    """A moment. A day without a zone is that day in this one, however it is written: alone, with the midnight that a
    data frame or a warehouse adds, or as HubSpot sends it (midnight UTC in milliseconds).
    """
    try:
        found = moment(text, Clock(days=str(zone)))
        if found is None:
            return None
        if re.fullmatch(r"[0-9]{12,14}", text) and int(text) % _DAY_MS == 0:
            return datetime.combine(found.date(), time(), zone)
        return found.astimezone(zone)
    except OverflowError:  # a day before the first or after the last that Python can tell
        return None


def _list(text: str) -> tuple[str, ...] | None:
    """A JSON list, or items between semicolons as CRMs send them."""
    if text.startswith("["):
        items = items_of(text)
        return None if items is None else tuple(item.strip() for item in items if item.strip())
    return tuple(item.strip() for item in text.split(";") if item.strip())


_READERS: dict[str, Callable[[str], Any]] = {
    "number": _number,
    "money": _money,
    "percent": _percent,
    "yes_no": _yes_no,
    "list": _list,
    "text": lambda text: text,
}
