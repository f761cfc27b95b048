"""Failures that a person can do something about, as the sentences they carry."""

from __future__ import annotations

# By name, so that nothing has to be imported to say what went wrong with something else. A test holds the list against
# the exceptions that there are.
KNOWN = {
    "AlreadyThere",
    "CannotStart",
    "ImportFailed",
    "LedgerError",
    "MapError",
    "Mistakes",
    "NoAccess",
    "NoSuchAccount",
    "NoSuchRun",
    "NoSuchTrigger",
    "Refused",
    "StoreError",
    "TryLater",
}
OURS = ("expansion", "integrations", "flows", "cli")


def told(error: BaseException) -> str | None:
    """The sentence of a known failure; None for a fault of the program, whose traceback is wanted."""
    if type(error).__name__ in KNOWN and type(error).__module__.partition(".")[0] in OURS:
        return str(error)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}\n\nhint: is the name right, is there room, and may you write there?"
    return None
