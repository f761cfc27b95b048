"""`expansion events`: the events that came, and what their properties say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.completing import EVENT
from cli.output import as_json, echo, many, say, table
from expansion.text.for_people import ForPeople

if TYPE_CHECKING:
    from datetime import datetime

    from expansion.usage.storage.looking import SeenEvent
    from jobs.place import Place
    from jobs.sources import SourceNow

_WIDEST = 40  # of a value in a table


class NoSuchEvent(ForPeople):
    """An event that is not stored."""


@click.command("events")
@click.argument("name", required=False, type=EVENT)
@click.option("--sources", is_flag=True, help="Each source and table instead: what is usual of it, and what came.")
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(name: str | None, sources: bool, json_: bool) -> None:
    """The names of the events that are stored, with how many there are and when the last one was.

    With NAME its properties, each with how many events have it and the commonest values. Values may name people.
    """
    from cli.beginning import NotHere
    from expansion.usage.storage.looking import seen_events
    from flows.opening import open_place

    place = open_place()
    if place.settings.engine_url is not None:
        raise NotHere("a warehouse has the events (EXPANSION_ENGINE_URL)\n\nhint: ask it for their names")
    if sources:
        _sources(place, json_)
        return
    segments = place.stored.segments
    events = seen_events(place.store, segments) if segments else []
    if name is not None:
        _properties(place, events, name, json_)
    elif json_:
        as_json([_event(one) for one in events])
    elif not events:
        say("no event is stored; `expansion pull` and `expansion import` bring events in")
    else:
        table([{"event": e.event, "events": f"{e.times:,}", "last": f"{e.last:%Y-%m-%d %H:%M} UTC"} for e in events])


def _sources(place: Place, json_: bool) -> None:
    from jobs.sources import sources_now

    now = place.now()
    found = sources_now(place, now)
    if json_:
        as_json([_source_json(one) for one in found])
    elif not found:
        say("no event is stored; `expansion pull` and `expansion import` bring events in")
    else:
        table([_source(one, now) for one in found])
        for hole in (hole for one in found for hole in one.wrong):
            echo(f"{hole.said}; what rests on it cannot be told")


def _source(one: SourceNow, now: datetime) -> dict[str, str]:
    from expansion.evaluate.holes import hours_text

    last = one.last
    return {
        "source": one.name,
        "last judged": f"{last.count:,} on {last.day}" if last else "",
        "usual": f"{round(last.usual.events):,} on a {last.day:%A}" if last and last.usual else "nobody can say yet",
        "today": f"{one.today:,}",
        "newest": f"{hours_text(now - one.newest)} ago" if one.newest else "",
        "unmatched": one.unmatched,
    }


def _source_json(one: SourceNow) -> dict[str, Any]:
    last = one.last
    return {
        "source": one.name,
        "day": last.day.isoformat() if last else None,
        "events": last.count if last else None,
        "usual": float(last.usual.events) if last and last.usual else None,
        "today": one.today,
        "newest": one.newest.isoformat() if one.newest else None,
        "unmatched": one.unmatched or None,
        "wrong": [{"kind": hole.kind, "since": hole.first.isoformat(), "said": hole.said} for hole in one.wrong],
    }


def _properties(place: Place, events: list[SeenEvent], name: str, json_: bool) -> None:
    from expansion.usage.storage.looking import seen_properties

    found = next((one for one in events if one.event == name), None)
    if found is None:
        raise _no_such(events, name)
    properties = seen_properties(place.store, place.stored.segments, name)
    if json_:
        shown = [{"property": one.name, "events": one.times, "values": list(one.samples)} for one in properties]
        as_json({**_event(found), "properties": shown})
        return
    echo(f"{name}: {many(found.times, 'event')}, the last on {found.last:%Y-%m-%d %H:%M} UTC")
    table([{"property": p.name, "events": f"{p.times:,}", "values": _values(p.samples)} for p in properties])


def _no_such(events: list[SeenEvent], name: str) -> Exception:
    from expansion.evaluate.unseen import close_to

    near = close_to(name, [one.event for one in events])
    hint = f"did you mean `{near}`?" if near else "`expansion events` lists the names"
    return NoSuchEvent(f"no event called `{name}` is stored\n\nhint: {hint}")


def _event(one: SeenEvent) -> dict[str, Any]:
    first, last = one.first_arrived.isoformat(), one.last.isoformat()
    return {"event": one.event, "events": one.times, "first_arrived": first, "last": last}


def _values(samples: tuple[str, ...]) -> str:
    return ", ".join(text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…" for text in samples)
