"""For when events are known: what was not there cannot be told from what did not happen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from expansion.evaluate.measures import BEGINNING, Calendar
from expansion.language.model.models import Policy
from expansion.usage.spans import Span, Spans, joined, seen_by

_LATE_AFTER = timedelta(days=2)  # where policy.yaml says nothing


@dataclass(frozen=True)
class Coverage:
    """The spans that each source's events are known for at the check. A silence of up to `late` is no hole."""

    sources: dict[str, Spans]  # the sources that facts.yaml names, each with its spans
    late: timedelta
    calendar: Calendar

    @classmethod
    def of(cls, sources: dict[str, Spans], policy: Policy, calendar: Calendar) -> Coverage:
        late = late_after(policy)
        return cls({name: joined(seen_by(s, calendar.as_of), late) for name, s in sources.items()}, late, calendar)

    def gap(self, first: date | datetime, last: date | datetime) -> str | None:
        """Why events are not known for a whole window; None where they are, of every source."""
        if first == BEGINNING:
            return self._gap_since_ever(last)
        begins, ends = self._moments(first, last)
        for name, spans in self.sources.items():
            # Half of a window has to be seen at least: nobody can tell the last hour by the day before.
            ends_by = ends - min(self.late, (ends - begins) / 2)
            if not any(self._begins(span, first) and span[1] >= ends_by for span in spans):
                return self._sentence(_events(name), spans, begins, ends_by)
        return None

    def _gap_since_ever(self, last: date | datetime) -> str | None:
        """Why it is not known what ever happened up to a day; None where events are known without a hole up to it.

        What is stored is taken for all there ever was, if it begins by then.
        """
        assert not isinstance(last, datetime), "what ever happened is asked of whole days"
        for name, spans in self.sources.items():
            begins = spans[0][0] if spans else self.calendar.start_of(last)
            ends = self.calendar.end_of(last)
            ends_by = ends - min(self.late, (ends - self.calendar.start_of(self.calendar.local(begins))) / 2)
            if not spans or self.calendar.local(begins) > last or spans[0][1] < ends_by:
                return self._sentence(_events(name), spans, begins, ends_by)
        return None

    def _moments(self, first: date | datetime, last: date | datetime) -> Span:
        if isinstance(first, datetime) and isinstance(last, datetime):
            return first.astimezone(UTC), last.astimezone(UTC)  # in a zone, lengths would be those of the wall clock
        return self.calendar.start_of(first), self.calendar.end_of(last)

    def _begins(self, span: Span, first: date | datetime) -> bool:
        """A day or an hour whose first event came at ten past is a covered one."""
        if isinstance(first, datetime):
            return span[0].replace(minute=0, second=0, microsecond=0) <= first
        return span[0].astimezone(self.calendar.zone).date() <= first

    def _sentence(self, events: str, spans: Spans, begins: datetime, ends_by: datetime) -> str:
        if not spans:
            return f"no {events} were stored by then"
        if spans[-1][1] < ends_by:
            return f"{events} are known only up to {self._spoken(spans[-1][1])}"
        of_end = next(span for span in spans if span[1] >= ends_by)
        earlier = [span for span in spans if span[1] < of_end[0]]
        if not earlier or earlier[-1][1] < begins:
            return f"{events} are known only from {self._spoken(of_end[0])} on"
        return f"no {events} are known between {self._spoken(earlier[-1][1])} and {self._spoken(of_end[0])}"

    def _spoken(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.calendar.zone):%Y-%m-%d %H:%M}"


def _events(source: str) -> str:
    return f"events of {source}" if source else "events"


def late_after(policy: Policy) -> timedelta:
    """How old the newest event may be before a source counts as late."""
    if policy.events is None:
        return _LATE_AFTER
    span = policy.events.late_after
    return span.exact or timedelta(days=span.days)
