"""Failures that a person can do something about, as the sentences they carry."""

from __future__ import annotations

from expansion.text.for_people import ForPeople

# Prefect has one class for many failures (prefect.client.orchestration, prefect.server.api.server): the text tells.
PREFECT = {
    "Failed to reach API at ": "is PREFECT_API_URL right, and does its server run? Left out, a run starts its own",
    "Found incompatible versions": "bring the Prefect server to the version in requirements.lock",
    "Timed out while attempting to connect to ephemeral Prefect API server": "try again; on a slow machine set "
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS=300, or start `prefect server start` and set PREFECT_API_URL",
    "Client error '401 Unauthorized'": "set PREFECT_API_AUTH_STRING to what the server has in "
    "PREFECT_SERVER_API_AUTH_STRING",
}


def told(error: BaseException) -> str | None:
    """The sentence of a known failure; None for a fault of the program, whose traceback is wanted."""
    if isinstance(error, ForPeople):
        return str(error)
    said = str(error).partition("\n")[0].partition(" - Response:")[0]
    hint = next((hint for beginning, hint in PREFECT.items() if said.startswith(beginning)), None)
    if hint is not None:
        return f"Prefect: {said.rstrip('.')}\n\nhint: {hint}"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}\n\nhint: is the name right, is there room, and may you write there?"
    return None
