"""Reading a fact where a text is wanted."""

from __future__ import annotations

from expansion.evaluate.results import FactValue


def text_of(fact: FactValue | None) -> str | None:
    """The fact as text, without blanks around it; None where it is not known or empty."""
    if fact is None or fact.value is None:
        return None
    text = fact.value if isinstance(fact.value, str) else fact.text
    return text.strip() or None


def cause_of(fact: FactValue | None) -> str:
    """Why a fact is not known, for people."""
    return (fact.cause if fact else None) or "no source has given it"
