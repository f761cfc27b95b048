"""Before anything is stored or has fired: what is missing here, and what brings it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from expansion.text.for_people import ForPeople

if TYPE_CHECKING:
    from jobs.place import Place


class NotHere(ForPeople):
    """A folder that holds nothing of ours."""


def must_be_ours(place: Place) -> None:
    """NotHere in a folder with neither playbooks nor anything kept: somebody is probably in the wrong one."""
    settings = place.settings
    if settings.ledger_url is None and not (settings.playbooks.is_dir() or settings.home.exists()):
        raise NotHere(
            f"there are no playbooks in `{settings.playbooks}` and nothing is kept in `{settings.home}`, seen from "
            f"`{Path.cwd().name}`\n\n"
            "hint: change into the folder that holds them, or set EXPANSION_PLAYBOOKS and EXPANSION_HOME to where they "
            "are; `expansion init my-playbooks` makes a new folder"
        )


def nothing_yet(place: Place, said: str) -> str:
    """Why a list is empty; where nothing at all is kept, also where it was looked for."""
    home = place.settings.home
    if home.exists() or place.settings.ledger_url is not None:
        return said
    return f"{said}\n`{home}` is not there: nothing was pulled or imported here; EXPANSION_HOME names another place"


def how_to_begin(place: Place, at: datetime, accounts: int) -> str | None:
    """Why no account could be asked, and what brings the first in; None where there are some."""
    if accounts:
        return None
    stored = place.stored
    if stored.segments or stored.facts or place.settings.engine_url is not None:
        return f"nothing of any account had arrived by {at:%Y-%m-%d %H:%M} UTC, so none could be asked"
    from jobs.pull import pulls

    sources = sorted({pull.source for pull in pulls(place) if pull.what != "merges"})
    brings = [f"`expansion pull` brings in {_listed(sources)}, and sends nothing"] if sources else []
    brings += ["`expansion import FILE --map MAP` brings in files"]
    return f"nothing is stored yet, so no account could be asked: {'; '.join(brings)}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
