"""Why a trigger fired, as plain JSON for the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

from expansion.evaluate.results import Evidence, EvidenceEvent, Line


def evidence_record(evidence: Evidence, notes: Iterable[str], reaches: Sequence[str] = ()) -> dict[str, Any]:
    """Everything a person needs to judge the firing later: reasons, every line, who did it, and what was uncertain.

    `reaches`: the people whom its playbook reaches, where their attention is counted.
    """
    record = {
        "answer": evidence.answer.value,
        "as_of": evidence.as_of.astimezone(UTC).isoformat(),
        "reasons": evidence.reasons(),
        "people": evidence.people(),
        "lines": [_line(line) for line in evidence.lines],
        "notes": list(notes),
    }
    return record | ({"reaches": list(reaches)} if reaches else {})


_CHANGE = re.compile(r" \([+−-][\d.,]+%\)")  # what two numbers beside it say already
_SHOWN = 3  # numbers in a line


def numbers(record: Mapping[str, Any]) -> list[str]:
    """What was seen where `when` holds: `86.67% (78 of 90)`, `64 → 78`."""
    lines = record.get("lines", ())
    holds = [line for line in lines if line["section"] == "when" and line["answer"] == "yes" and line["seen"]]
    return list(dict.fromkeys(_CHANGE.sub("", str(line["seen"])) for line in holds))[:_SHOWN]


def _line(line: Line) -> dict[str, Any]:
    return {
        "section": line.section,
        "depth": line.depth,
        "text": line.text,
        "answer": line.answer.value,
        "seen": line.seen,
        "wanted": line.wanted,
        "cause": line.cause,
        "people": list(line.people),
        "events": [_event(event) for event in line.events],
    }


def _event(event: EvidenceEvent) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "event": event.event,
        "at": event.at.astimezone(UTC).isoformat(),
        "user_id": event.user_id,
    }
