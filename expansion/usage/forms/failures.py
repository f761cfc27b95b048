"""What keeps a file from coming in."""

from __future__ import annotations

from expansion.text.for_people import ForPeople


class ImportFailed(ForPeople):
    """A file cannot be imported. The message names it and the remedy; nothing of it was stored."""


class MapError(ForPeople):
    """A map file cannot be used; the message names the file and the remedy."""
