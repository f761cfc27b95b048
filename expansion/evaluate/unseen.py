"""Unknown is not no: of an event that never came, or a property that it never had, zero is not known to be zero."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches

from expansion.language.model.models import Facts
from expansion.usage.facts import naive
from expansion.usage.storage.atoms import Atom
from expansion.usage.storage.names import ANY, Names, Pair

Asked = tuple[Atom, str | None]  # a filter, and the property that is taken of its events


@dataclass
class Unseen:
    """Judges filters by what had arrived by a moment. Without `names` everything counts as known: so in cases."""

    names: Names | None
    moment: datetime
    facts: Facts
    _causes: dict[Asked, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by = naive(self.moment)
        self.real = {name for source in self.facts.events for name in source.names}
        self.real_properties = {name for source in self.facts.events for name in source.properties}

    @property
    def is_empty(self) -> bool:
        """No event at all has come."""
        return self.names is not None and not self._came(self.names, ANY)

    def look(self, asked: Iterable[Asked]) -> None:
        """Read what is known of all these names at once."""
        if self.names is not None:
            self.names.look(pair for one in set(asked) - self._causes.keys() for pair in _pairs(one))

    def cause(self, atom: Atom, prop: str | None = None) -> str | None:
        """Why nobody can say how often such events were: the first name that never came."""
        if self.names is None:
            return None
        if (atom, prop) not in self._causes:
            self._causes[atom, prop] = next(self._missing(self.names, (atom, prop)), None)
        return self._causes[atom, prop]

    def is_loose(self, atom: Atom) -> bool:
        """True where even the events that seem to fit may not: they are asked to lack what none of them ever had."""
        lacks = [name for name, word, value in atom.where if (word, value) == ("exists", "false")]
        return any(self.cause(Atom((event,) if event else ()), name) for event in self._there(atom) for name in lacks)

    def _there(self, atom: Atom) -> list[str]:
        """Those of a filter's events that came."""
        if self.names is None:
            return []
        return [event for event in atom.events or (ANY,) if event == ANY or self._came(self.names, event)]

    def clause(self, atom: Atom, prop: str | None = None) -> str | None:
        """What has to happen first, after `once`."""
        cause = self.cause(atom, prop)
        if cause is None:
            return None
        if cause.startswith(_NO_EVENT):
            return f"there is an event called `{cause.split('`')[1]}`"
        event, name = cause.split("`")[1::2][:2]
        return f"there is a `{name}` in {event}"

    # --- name by name -------------------------------------------------------------------------------------------------

    def has(self, event: str) -> bool:
        """An event of this name had come."""
        return self.names is None or self._came(self.names, event)

    def lacks(self, event: str, name: str) -> bool:
        """No event of this name ever had a property, and nobody says that it is real."""
        event = ANY if event == "any event" else event
        return self.names is not None and name not in self.real_properties and not self._came(self.names, event, name)

    def lack(self, event: str, name: str) -> str:
        """The sentence about a property that is lacking."""
        return "" if self.names is None else self._no_property(self.names, ANY if event == "any event" else event, name)

    def known_events(self) -> list[str]:
        return [] if self.names is None else self.names.events(self.by)

    # --- what is missing ----------------------------------------------------------------------------------------------

    def _missing(self, names: Names, asked: Asked) -> Iterator[str]:
        atom, prop = asked
        names.look(_pairs(asked))
        properties = sorted(_properties(atom, prop) - self.real_properties)
        for event in atom.events or (ANY,):
            if event != ANY and not self._came(names, event):
                if event not in self.real:
                    yield self._no_event(names, event)
                continue  # an event that is said to be real has had no chance to show its properties
            for name in properties:
                if not self._came(names, event, name):
                    yield self._no_property(names, event, name)

    def _came(self, names: Names, event: str, name: str = ANY) -> bool:
        first = names.first(event, name)
        return first is not None and first <= self.by

    def _no_event(self, names: Names, event: str) -> str:
        near = close_to(event, names.events(self.by))
        return f"{_NO_EVENT} `{event}` has ever come" + (f"; there is `{near}`" if near else "")

    def _no_property(self, names: Names, event: str, name: str) -> str:
        said = f"no {f'`{event}`' if event else 'event'} has ever had a `{name}`"
        fact = name.rpartition(".")[2]
        if fact in self.facts.facts:
            return (
                f"{said}: `{fact}` is known of {'people' if self.facts.of_users(fact) else 'accounts'}, not of events"
            )
        near = close_to(name, names.properties(event, self.by))
        return f"{said}; there is `{near}`" if near else said


_NO_EVENT = "no event called"


def close_to(name: str, names: Iterable[str]) -> str | None:
    """The name that may be meant: the same but for case, blanks and signs, or nearly the same."""
    plain = {_plain(one): one for one in reversed(list(names)) if one != name}
    near = get_close_matches(_plain(name), list(plain), 1, 0.75)
    return plain[near[0]] if near else None


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def _properties(atom: Atom, prop: str | None) -> set[str]:
    return {name for name in atom.properties if name} | ({prop} if prop else set())


def _pairs(asked: Asked) -> Iterator[Pair]:
    atom, prop = asked
    for event in atom.events or (ANY,):
        if event != ANY:
            yield event, ANY
        yield from ((event, name) for name in _properties(atom, prop))
