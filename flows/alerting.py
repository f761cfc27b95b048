"""What somebody has to hear of although no run fails for it: a flood that was held, work that waits, a quiet source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

from prefect.events import emit_event
from prefect.utilities.urls import url_for

from expansion.evaluate.asked_events import late_events
from expansion.evaluate.holes import Hole, Kind
from expansion.evaluate.relations import StoreRelations
from expansion.records.firing import NewFiring
from expansion.records.ledger import FiringRecord
from expansion.text.many import many
from expansion.text.redact import redacted
from jobs.place import Place
from jobs.sources import REMEDY, sources_now

_DO = "list what waits with `expansion approve`, then approve or decline it there."


@dataclass(frozen=True)
class Alert:
    """One Prefect event; automations/alerts.yaml makes it a message. It names no account and no person."""

    event: str
    about: str  # the last part of the resource's id
    title: str
    what: str
    do: str


def emit(alerts: Iterable[Alert], flow_run_id: str | None) -> None:
    """One Prefect event for each; with where to look, which is this run."""
    where = (url_for("flow-run", flow_run_id) if flow_run_id else None) or "`expansion ledger --runs`"
    for one in alerts:
        emit_event(
            event=one.event,
            resource={"prefect.resource.id": f"expansion.{one.about}", "prefect.resource.name": one.title},
            payload={"title": one.title, "what": redacted(one.what), "where": where, "do": one.do},
        )


def alerts_of(place: Place, new: Sequence[FiringRecord], as_of: datetime, now: datetime) -> list[Alert]:
    """What the run found that nobody was told of yet. `new`: what fired in it for the first time."""
    return [*_floods(new), *_approvals(new), *_quiet(place, as_of, now), *_wrong(place, as_of, now)]


def alerts_at_once(new: Sequence[NewFiring]) -> list[Alert]:
    """What a moment of reacting held; a quiet source is told of by the runs."""
    return [*_floods(new), *_approvals(new)]


def waits_for_you(count: int) -> Alert:
    """The morning's form: what waits, whether new or not."""
    what = f"{_waiting(count)} for a person; nothing of it was sent."
    do = f"answer the form of this run, or {_DO}"
    return Alert("expansion.work.waits", "approval", "work waits for you", what, do)


def _floods(new: Iterable[FiringRecord | NewFiring]) -> Iterator[Alert]:
    held = Counter(one.trigger for one in new if one.decision == "flood")
    for trigger, count in sorted(held.items()):
        firings = many(count, "new firing")
        yield Alert(
            "expansion.flood.held",
            f"trigger.{trigger}",
            f"{trigger} fired for more accounts than allowed",
            f"the flood brake holds {firings} of `{trigger}`; nothing of it was sent.",
            "look at some of them: is it a good day, or a mistake in the data? Then `expansion approve --trigger "
            f"{trigger}` lets them go, and with `--decline` it declines them.",
        )


def _approvals(new: Iterable[FiringRecord | NewFiring]) -> Iterator[Alert]:
    if count := sum(one.decision == "approval" for one in new):
        what = f"{_waiting(count)} for approval, new in this run; nothing of it was sent."
        yield Alert("expansion.work.waits", "approval", "work waits for approval", what, _DO)


def _quiet(place: Place, as_of: datetime, now: datetime) -> Iterator[Alert]:
    """Sources whose newest event is older than policy.yaml lets it be; each is told of once a day."""
    zone = place.definitions.zone
    for name, last in _late(place, as_of):
        if _told_today(place, f"alert:quiet:{name}", now.astimezone(zone).date().isoformat(), now):
            continue
        until = f"are known only up to {last.astimezone(zone):%Y-%m-%d %H:%M}" if last else "were never stored"
        yield Alert(
            "expansion.source.quiet",
            f"source.{name}",
            f"no new events of {name}",
            f"events of {name} {until}; what rests on them cannot be told, fires nothing and ends nothing.",
            "look whether events still reach it, and run `expansion doctor`; the next run reads what was missed.",
        )


def _wrong(place: Place, as_of: datetime, now: datetime) -> Iterator[Alert]:
    """Sources that bring too little or too much: told once when it begins, and once when it is over."""
    for source in sources_now(place, as_of):
        wrong = {hole.kind: hole for hole in source.wrong}
        for kind in get_args(Kind):
            cursor, hole = f"alert:{kind}:{source.name}", wrong.get(kind)
            told = place.ledger.cursor(cursor)
            if bool(hole) == bool(told):
                continue
            place.ledger.set_cursor(cursor, hole.first.isoformat() if hole else "", now)
            yield _begins(hole) if hole else _is_over(source.name, told or "", place.definitions.zone)


def _begins(hole: Hole) -> Alert:
    return Alert(
        "expansion.source.wrong",
        f"source.{hole.source}",
        f"{hole.source} does not bring what it usually brings",
        f"{hole.said}; {REMEDY}.",
        "look whether events still reach it, and what changed there; a later pull or an import of that day mends it. "
        "Was it a holiday, or is that right from now on? Then say so with `expects` in facts.yaml.",
    )


def _is_over(source: str, told: str, zone: ZoneInfo) -> Alert:
    since = datetime.fromisoformat(told).astimezone(zone)
    return Alert(
        "expansion.source.well",
        f"source.{source}",
        f"{source} brings what it usually brings again",
        f"since {since:%Y-%m-%d %H:%M} it did not; those days stay unknown unless they are pulled or imported.",
        "nothing.",
    )


def _late(place: Place, as_of: datetime) -> Iterator[tuple[str, datetime | None]]:
    """Each table or source that is late, and that a trigger asks for, with its newest event. Events in a warehouse are
    not stored here, so nothing is said.
    """
    if place.settings.engine_url is not None:
        return
    for late in late_events(StoreRelations.of(place.store), place.definitions.workspace, as_of):
        if late.name or late.end:
            yield late.name or "your files", late.end


def _told_today(place: Place, cursor: str, today: str, now: datetime) -> bool:
    if place.ledger.cursor(cursor) == today:
        return True
    place.ledger.set_cursor(cursor, today, now)
    return False


def _waiting(count: int) -> str:
    return "1 firing waits" if count == 1 else f"{count:,} firings wait"
