"""Why nothing was ever told of a fact: nobody asked, no such field, no such record, or not yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Protocol

from expansion.evaluate.fact_values import FactMeasuring
from expansion.evaluate.measures import FactMeasure
from expansion.evaluate.subjects import Subject, account_of, user_of


class Pulled(Protocol):
    def first_pull(self, key: str) -> datetime | None: ...


@dataclass(frozen=True)
class Untold:
    known: FactMeasuring
    pulls: Pulled
    ahead: bool = False  # also what is only known since after the check: for a person who asks

    def of(self, measure: FactMeasure, subject: Subject, point: int) -> str:
        """Why nothing is known of a fact at a point, for one subject."""
        told, source, name = self.known.told, self.known.source_of(measure), self.known.field_of(measure)
        whose = account_of(subject), user_of(subject)
        if self.pulls.first_pull(source) is None:
            return f"{source} was never pulled"
        calendar = self.known.calendar
        if since := told.since(source, name, whose, ahead=self.ahead):
            return f"`{measure.fact}` is known since {since.astimezone(calendar.zone):%Y-%m-%d} only"
        if name not in told.fields(source):
            return f"{source} never told a field `{name}`{meant(name, told.fields(source))}"
        if not told.has_record(source, whose):
            return f"{source} has no record of this {'person' if whose[1] else 'account'}"
        return f"{source} has told no `{name}` of this {'person' if whose[1] else 'account'}"


def meant(name: str, known: Iterable[str]) -> str:
    """`; it has `Churned_On`` where a name like this one is known."""
    by_plain = {_plain(one): one for one in known}
    near = get_close_matches(_plain(name), by_plain, n=1, cutoff=0.75)
    return f"; did you mean `{by_plain[near[0]]}`?" if near else ""


def _plain(name: str) -> str:
    return "".join(ch for ch in name.lower() if ch.isalnum())
