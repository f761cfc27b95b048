"""Failures that a person can do something about, as the sentences they carry."""

from __future__ import annotations

# By name, so that nothing has to be imported to say what went wrong with something else.
KNOWN = {
    "Mistakes",
    "ImportFailed",
    "MapError",
    "StoreError",
    "LedgerError",
    "NoSuchTrigger",
    "NoSuchRun",
    "NoSuchAccount",
    "NoAccess",
    "Refused",
    "TryLater",
    "CannotStart",
}


def told(error: BaseException) -> str | None:
    """The sentence of a known failure; None for a fault of the program, whose traceback is wanted."""
    if type(error).__name__ in KNOWN and type(error).__module__.split(".")[0] in (
        "expansion",
        "integrations",
        "flows",
        "cli",
    ):
        return str(error)
    return None
