"""For when events are known: what was not there cannot be told from what did not happen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from expansion.evaluate.expecting import Expectations
from expansion.evaluate.holes import Hole, Judge, without
from expansion.evaluate.measures import BEGINNING, Calendar
from expansion.language.model.models import Policy
from expansion.language.model.values import Span as Length
from expansion.language.model.values import parse_span
from expansion.usage.facts import naive
from expansion.usage.storage.carriers import Bringing, Carrier
from expansion.usage.storage.spans import Span, Spans, joined, seen_by

_LATE_AFTER = timedelta(days=2)  # where policy.yaml says nothing


@dataclass(frozen=True)
class Reach:
    """For when the events of a table or a source are known; a silence of up to `late` is no hole."""

    name: str
    spans: Spans
    late: timedelta
    holes: tuple[Hole, ...] = ()  # in them, what came is not to be relied on

    @property
    def end(self) -> datetime | None:
        return self.spans[-1][1] if self.spans else None

    def goes_on(self, other: Reach) -> bool:
        """Whether it begins where another ends, or nearly there: a backfill, and the table that is loaded since."""
        if not self.spans or other.end is None:
            return False
        return abs(self.spans[0][0] - other.end) <= max(self.late, other.late)

    def with_next(self, other: Reach) -> Reach:
        """Both as one, by the name of the newer."""
        late = max(self.late, other.late)
        holes = tuple(dict.fromkeys([*self.holes, *other.holes]))
        return Reach(other.name, joined([*self.spans, *other.spans], late), late, holes)

    def hole(self, first: datetime, last: datetime) -> Hole | None:
        """The newest that lies in a time."""
        return next((hole for hole in reversed(self.holes) if hole.touches(first, last)), None)


@dataclass(frozen=True)
class Coverage:
    """The spans that events are known for at the check, by who brings them."""

    bringing: Bringing
    sources: Sequence[str]  # those that facts.yaml names
    late: timedelta
    calendar: Calendar
    expectations: Expectations = field(default_factory=Expectations)
    _reaches: dict[tuple[str, ...], tuple[Reach, ...]] = field(default_factory=dict)
    _of_carriers: dict[tuple[Carrier, ...], list[Reach]] = field(default_factory=dict)  # most events have the same

    @classmethod
    def of(
        cls,
        bringing: Bringing,
        sources: Sequence[str],
        policy: Policy,
        calendar: Calendar,
        expectations: Expectations | None = None,
    ) -> Coverage:
        return cls(bringing, sources, late_after(policy), calendar, expectations or Expectations())

    def gap(self, events: tuple[str, ...], first: date | datetime, last: date | datetime) -> str | None:
        """Why these events (none: any) are not known for a whole window; None where they are, whoever brings them."""
        if first == BEGINNING:
            return self._gap_since_ever(events, last)
        begins, ends = self._moments(first, last)
        for reach in self.reaches(events):
            # Half of a window has to be seen at least: nobody can tell the last hour by the day before.
            ends_by = ends - min(reach.late, (ends - begins) / 2)
            if not any(self._begins(span, first) and span[1] >= ends_by for span in reach.spans):
                return self._sentence(reach, begins, ends_by)
            if hole := reach.hole(begins, ends):
                return hole.said
        return None

    def too_many(self, events: tuple[str, ...], first: date | datetime, last: date | datetime) -> bool:
        """Whether more came in a window than can be right: then what was counted is not even the least."""
        begins, ends = self._moments(first, last)
        holes = (hole for reach in self.reaches(events) for hole in reach.holes)
        return any(hole.kind == "more" and hole.touches(begins, ends) for hole in holes)

    def _gap_since_ever(self, events: tuple[str, ...], last: date | datetime) -> str | None:
        """Why it is not known what ever happened up to a day; None where events are known without a hole up to it.

        What is stored is taken for all there ever was, if it begins by then.
        """
        assert not isinstance(last, datetime), "what ever happened is asked of whole days"
        for reach in self.reaches(events):
            spans = reach.spans
            begins = spans[0][0] if spans else self.calendar.start_of(last)
            ends = self.calendar.end_of(last)
            ends_by = ends - min(reach.late, (ends - self.calendar.start_of(self.calendar.local(begins))) / 2)
            if not spans or self.calendar.local(begins) > last or spans[0][1] < ends_by:
                return self._sentence(reach, begins, ends_by)
            if hole := reach.hole(begins, ends):
                return hole.said
        return None

    def reaches(self, events: tuple[str, ...]) -> tuple[Reach, ...]:
        """For when these events are known, for each who has to be: a table that another one goes on with is not."""
        if events not in self._reaches:
            every = self.bringing.carriers(events, naive(self._moment), self.sources)
            found = (reach for carriers in every for reach in self._together(carriers))
            self._reaches[events] = tuple(dict.fromkeys(map(self._ahead, found)))
        return self._reaches[events]

    def known_by_all(self, events: tuple[str, ...]) -> Spans:
        """The spans for which these events are known of everybody who brings them."""
        first, *others = self.reaches(events)
        spans = first.spans
        for other in others:
            both = ((max(a[0], b[0]), min(a[1], b[1])) for a in spans for b in other.spans)
            spans = tuple(sorted(span for span in both if span[0] <= span[1]))
        return without(spans, (hole for reach in (first, *others) for hole in reach.holes))

    def late_by(self, events: tuple[str, ...]) -> list[Reach]:
        """Those that ended too long before the check, or never began."""
        now = self.calendar.as_of.astimezone(UTC)
        return [one for one in self.reaches(events) if one.end is None or one.end < now - one.late]

    def _together(self, carriers: tuple[Carrier, ...]) -> list[Reach]:
        if carriers not in self._of_carriers:
            self._of_carriers[carriers] = self._joined(carriers)
        return self._of_carriers[carriers]

    def _joined(self, carriers: Iterable[Carrier]) -> list[Reach]:
        found: list[Reach] = []
        for carrier in sorted(carriers, key=lambda one: one.spans[:1]):
            reach = self._reach(carrier)
            before = next((one for one in found if carrier.is_table and reach.goes_on(one)), None)
            if before is None:
                found.append(reach)
            else:
                found[found.index(before)] = before.with_next(reach)
        return found

    def _reach(self, carrier: Carrier) -> Reach:
        late = exactly(parse_span(carrier.late_after)) if carrier.late_after else self.late
        return Reach(carrier.name, joined(seen_by(carrier.spans, self._moment), late), late, self._holes(carrier, late))

    def _holes(self, carrier: Carrier, late: timedelta) -> tuple[Hole, ...]:
        return Judge(self.bringing, self.expectations, self.calendar.zone, late, self._moment).holes(carrier.keys)

    @property
    def _moment(self) -> datetime:
        """The check, or the moment from which somebody looks ahead to it."""
        ahead = self.bringing.ahead
        return min(self.calendar.as_of, ahead[0]) if ahead else self.calendar.as_of

    def _ahead(self, reach: Reach) -> Reach:
        ahead = self.bringing.ahead
        if ahead is None:
            return reach
        return replace(reach, spans=seen_by(joined([*reach.spans, ahead], reach.late), self.calendar.as_of))

    def _moments(self, first: date | datetime, last: date | datetime) -> Span:
        if isinstance(first, datetime) and isinstance(last, datetime):
            return first.astimezone(UTC), last.astimezone(UTC)  # in a zone, lengths would be those of the wall clock
        return self.calendar.start_of(first), self.calendar.end_of(last)

    def _begins(self, span: Span, first: date | datetime) -> bool:
        """A day or an hour whose first event came at ten past is a covered one."""
        if isinstance(first, datetime):
            return span[0].replace(minute=0, second=0, microsecond=0) <= first
        return span[0].astimezone(self.calendar.zone).date() <= first

    def _sentence(self, reach: Reach, begins: datetime, ends_by: datetime) -> str:
        events, spans = f"events of {reach.name}" if reach.name else "events", reach.spans
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


def late_after(policy: Policy) -> timedelta:
    """How old the newest event may be before a source counts as late."""
    return _LATE_AFTER if policy.events is None else exactly(policy.events.late_after)


def exactly(span: Length) -> timedelta:
    """A span as an exact time; a day has 24 hours."""
    return span.exact or timedelta(days=span.days)
