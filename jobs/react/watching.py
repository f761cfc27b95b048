"""What has changed since it was read: the playbooks, and what is stored."""

from __future__ import annotations

from pathlib import Path

from expansion.language.model.mistakes import Mistakes
from jobs.definitions import Definitions, read_definitions
from jobs.place import Place

State = tuple[tuple[str, int, int], ...]  # path, when it was changed, bytes


def state_of(folder: Path) -> State:
    """How the files of a folder stand, told without reading one."""
    found = []
    for path in sorted(folder.rglob("*.yaml")):
        try:
            now = path.stat()
        except OSError:
            continue  # it went while we looked
        found.append((str(path), now.st_mtime_ns, now.st_size))
    return tuple(found)


def stored_state(root: Path) -> tuple[int, int, int] | None:
    """How the list of what is stored stands: it is written anew with every change."""
    try:
        now = (root / "manifest.json").stat()
    except OSError:
        return None
    return now.st_ino, now.st_mtime_ns, now.st_size


class Playbooks:
    """The definitions of a place as they are now; the last good ones while the files have mistakes."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._state: State | None = None
        self.good: Definitions | None = None
        self.mistakes: str | None = None  # what is wrong with the files as they are now

    def look(self) -> bool:
        """Read them where a file has changed; whether other definitions hold now."""
        state = state_of(self.place.settings.playbooks)
        if state == self._state:
            return False
        self._state = state
        try:
            found = read_definitions(self.place.files, self.place.catalog)
        except Mistakes as mistakes:
            self.mistakes = str(mistakes)
            return False
        self.mistakes = None
        before, self.good = self.good, found
        return before is None or before.hash != found.hash
