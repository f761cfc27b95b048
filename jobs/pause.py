"""What a person may pause by its name, at once, whatever else is wrong with the definitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import integrations
from expansion.language.model.mistakes import suggest
from expansion.records.pauses import PauseKind
from expansion.text.for_people import ForPeople
from jobs.place import Place

PAUSED_KINDS: tuple[PauseKind, ...] = ("trigger", "playbook", "integration")


class NoSuchThing(ForPeople):
    """A name that nothing of this kind has."""


class NoSuchTrigger(NoSuchThing):
    """A name that no file in triggers/ has."""


def must_be_there(place: Place, kind: PauseKind, name: str, also: Iterable[str] = ()) -> None:
    """NoSuchThing where nothing has this name. Files are named after what they hold, so none has to be read.

    `also`: names of what was there once.
    """
    known = [*names_of(place.settings.playbooks, kind), *also]
    if name not in known:
        others = [one for one in PAUSED_KINDS if one != kind and name in names_of(place.settings.playbooks, one)]
        hint = f"`{name}` is the name of a {others[0]}" if others else suggest(name, known, "there are")
        error = NoSuchTrigger if kind == "trigger" else NoSuchThing
        raise error(f"there is no {kind} `{name}`" + (f"\n\nhint: {hint}" if hint else ""))


def told_pauses(place: Place) -> list[str]:
    """What is paused now, as people read it."""
    zone = place.zone
    return [each.told(zone) for each in place.ledger.pauses()]


def names_of(folder: Path, kind: PauseKind) -> Sequence[str]:
    """What a person may name, without reading a file."""
    match kind:
        case "trigger":
            return sorted(path.stem for path in (folder / "triggers").glob("*.yaml"))
        case "playbook":
            return sorted(path.stem for path in folder.glob("*.yaml"))
        case _:
            return list(integrations.NAMES)
