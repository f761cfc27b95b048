"""What crosses over to Prefect: its server keeps the message of every state, and shows it to everybody."""

from __future__ import annotations

from expansion.text.redact import redacted


class Fault(Exception):
    """An error of the program in words that may be kept; the log of the run has where."""


def harmless(error: BaseException) -> BaseException:
    """The same error where its text is clean, or can be made so; else one that says its kind and a clean text."""
    if not _tells(error):
        return error
    error.args = tuple(redacted(one) if isinstance(one, str) else one for one in error.args)
    return Fault(f"{type(error).__name__}: {redacted(str(error))}") if _tells(error) else error


def _tells(error: BaseException) -> bool:
    return any(redacted(text) != text for text in (str(error), repr(error)))
