"""Which door a call is for: by its path, by what it looks like, and by whose key it brings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import integrations
from expansion.contract import Failure, NoAccess
from integrations.kit.inbound import Call, InboundBase
from integrations.kit.world import IN_LIFE, World


@dataclass
class Doors:
    """Those that are open, by path. `closed` have no key; `wrong` have settings that cannot be read."""

    open: Sequence[InboundBase]
    closed: Sequence[type[InboundBase]] = ()
    wrong: Mapping[str, Failure] = field(default_factory=dict)
    _by_path: dict[str, list[InboundBase]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for door in self.open:
            system = door.name.partition(".")[0]
            for path in door.paths:
                self._by_path.setdefault(path, []).append(door)
                # `http://host:8100/posthog` as host leaves no doubt, where two systems share a path.
                self._by_path.setdefault(tidy(f"/{system}{path}"), []).append(door)

    def at(self, path: str) -> Sequence[InboundBase]:
        """The doors of a path; an empty list where there is none."""
        return self._by_path.get(path, ())

    def of_call(self, call: Call) -> tuple[InboundBase, Failure | None]:
        """The door that takes a call; or the one that answers it, and why it does not."""
        doors = self.at(call.path)
        likely = [door for door in doors if door.is_mine(call)] or list(doors)
        refused: Failure | None = None
        for door in likely:
            try:
                door.verify(call)
                return door, None
            except Failure as failure:
                refused = refused or failure
        return likely[0], refused


def tidy(path: str) -> str:
    """A path without slashes at the end or twice: a host that is given as `http://host/` makes `//v1/batch` of it."""
    return "/" + "/".join(part for part in path.split("/") if part)


def open_doors(world: World = IN_LIFE) -> Doors:
    """Every door whose settings hold its key; the others are closed."""
    opened: list[InboundBase] = []
    closed: list[type[InboundBase]] = []
    wrong: dict[str, Failure] = {}
    for kind in every_door():
        try:
            door = kind.open(world)
        except NoAccess as failure:
            wrong[kind.name] = failure
            continue
        if door is None:
            closed.append(kind)
        else:
            opened.append(door)
    return Doors(opened, closed, wrong)


def every_door() -> Iterable[type[InboundBase]]:
    """All that the systems declare, in the order of their list."""
    return [kind for name in integrations.NAMES for kind in integrations.integration(name).inbound.values()]
