"""What a person may pause by its name, at once, whatever else is wrong with the definitions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import integrations
from expansion.decide.pauses import PauseKind
from expansion.language.mistakes import suggest
from flows.place import Place


class NoSuchThing(Exception):
    """A name that nothing of this kind has."""


def must_be_there(place: Place, kind: PauseKind, name: str) -> None:
    """NoSuchThing where nothing has this name. Files are named after what they hold, so none has to be read."""
    known = _names(place.settings.playbooks, kind)
    if name not in known:
        hint = suggest(name, known, "there are")
        raise NoSuchThing(f"there is no {kind} `{name}`" + (f"\n\nhint: {hint}" if hint else ""))


def told_pauses(place: Place) -> list[str]:
    """What is paused now, as people read it."""
    zone = place.zone
    return [each.told(zone) for each in place.ledger.pauses()]


def _names(folder: Path, kind: PauseKind) -> Sequence[str]:
    match kind:
        case "trigger":
            return sorted(path.stem for path in (folder / "triggers").glob("*.yaml"))
        case "playbook":
            return sorted(path.stem for path in folder.glob("*.yaml"))
        case _:
            return integrations.NAMES
