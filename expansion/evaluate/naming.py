"""Names in the definitions held against what is stored: events that never came, properties they never had, values that
were never there. Nothing is stopped by it: the event may be too new to have come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from expansion.evaluate.asked_events import asked_events
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.unseen import Unseen, close_to
from expansion.language.model.conditions import Where
from expansion.language.model.mistakes import Mistake
from expansion.language.workspace import Workspace
from expansion.language.yaml.source import Source, Steps
from expansion.usage.storage.looking import values_of
from expansion.usage.storage.store import UsageStore

_DIFFERENT = 200  # values of a property; one with more is a number or a name, and a new one says nothing
_REAL = "if it is right and only never happened, write it into `{word}` of `events` in facts.yaml"


def never_seen(workspace: Workspace, store: UsageStore, now: datetime) -> tuple[Mistake, ...]:
    """A warning for each name that no stored event has; none where no event is stored."""
    stored = StoreRelations.of(store)
    if not stored.manifest.segments:
        return ()
    looking = _Looking(stored, Unseen(stored.names(), now, workspace.facts))
    return tuple(mistake for asked in asked_events(workspace) for mistake in looking.mistakes(*asked))


def left_out(workspace: Workspace, store: UsageStore, table: str, now: datetime) -> list[str]:
    """What conditions ask of the events of a table of files and it does not bring, a sentence each, to be said when the
    table was imported; events that no table brings are named where this one brings what may be meant.
    """
    stored = StoreRelations.of(store)
    mine = [segment for segment in stored.manifest.segments if segment.table == table]
    if not mine:
        return []
    here = Unseen(store.names(mine, stored.con.cursor()), now, workspace.facts)
    everywhere = Unseen(stored.names(), now, workspace.facts)
    found: list[str] = []
    for source, at, events, where, properties in asked_events(workspace):
        place = f"{source.file}:{source.spot(at, key=False).line}"
        for event in events:
            if here.has(event):
                lacking = (name for name in dict.fromkeys([*where, *properties]) if here.lacks(event, name))
                found += [_LEFT_OUT.format(said=here.lack(event, name), place=place, name=name) for name in lacking]
            elif event not in everywhere.real and not everywhere.has(event):
                near = close_to(event, here.known_events())
                found += [_NEVER_CAME.format(event=event, place=place, near=near)] if near else []
    return list(dict.fromkeys(found))


_LEFT_OUT = (
    "{said}, and {place} asks for it: that cannot be told; name `{name}` in `properties` of the map, "
    "if the files have it"
)
_NEVER_CAME = "{place} asks for `{event}`, which no table has ever brought; `{near}` came: did you mean that?"


@dataclass
class _Looking:
    stored: StoreRelations
    unseen: Unseen
    _values: dict[tuple[tuple[str, ...], str], list[str] | None] = field(default_factory=dict)

    def mistakes(
        self, source: Source, at: Steps, events: tuple[str, ...], where: Mapping[str, Any], properties: tuple[str, ...]
    ) -> Iterator[Mistake]:
        there = tuple(event for event in events if event == "any event" or self.unseen.has(event))
        for event in events:
            if event not in there and event not in self.unseen.real:
                yield self._event(source, at, event)
        for name in dict.fromkeys([*where, *properties]):
            lacking = [event for event in there if self.unseen.lacks(event, name)]
            for event in lacking:
                yield self._property(source, (*at, "where", name) if name in where else at, event, name)
            if there and not lacking and name in where:
                yield from self._value(source, (*at, "where", name), there, name, where[name])

    def _event(self, source: Source, at: Steps, event: str) -> Mistake:
        total = sum(segment.rows for segment in self.stored.manifest.segments)
        near = close_to(event, self.unseen.known_events())
        hint = f"did you mean `{near}`?" if near else "`expansion events` lists those that came."
        return source.mistake(
            at, f"`{event}` was never seen in {total:,} events", f"{hint} {_sentence(_REAL.format(word='names'))}"
        )

    def _property(self, source: Source, at: Steps, event: str, name: str) -> Mistake:
        said, _, near = (self.unseen.lack(event, name)).partition("; there is ")
        hint = f"did you mean {near}?" if near else f"`expansion events {_quoted(event)}` lists what they have."
        return source.mistake(at, said, f"{hint} {_sentence(_REAL.format(word='properties'))}", key=True)

    def _value(self, source: Source, at: Steps, events: tuple[str, ...], name: str, wanted: Any) -> Iterator[Mistake]:
        texts = [text for text in _texts(wanted) if isinstance(text, str)]
        key = events, name
        if texts and key not in self._values:
            named = () if "any event" in events else events
            self._values[key] = values_of(self.stored.store, self.stored.manifest.segments, named, name, _DIFFERENT)
        known = self._values.get(key) if texts else None
        items = {item for value in known or () for item in (value, *_items(value))}
        for text in texts:
            if known is not None and text not in items:
                near = close_to(text, items)
                hint = f"did you mean `{near}`?" if near else f"`expansion events {_quoted(events[0])}` shows values"
                yield source.mistake(at, f"`{name}` was never `{text}` in any event that is stored", hint, key=True)


def _texts(wanted: Any) -> list[Any]:
    if isinstance(wanted, Where):
        word, value = wanted.comparison()
        if word not in ("is", "is_one_of", "is_not", "is_not_one_of"):
            return []
        return value if isinstance(value, list) else [value]
    return wanted if isinstance(wanted, list) else [wanted]


def _items(value: str) -> list[str]:
    from json import loads

    if not value.startswith("["):
        return []
    try:
        return [item for item in loads(value) if isinstance(item, str)]
    except ValueError:
        return []


def _quoted(name: str) -> str:
    return f"'{name}'" if " " in name else name


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
