"""What scripts get with `--json`: one language for all commands, described in docs/json.md.

Keys in small letters with underscores; a list of things is a list of objects; `null` where nothing is known. Moments
are ISO 8601 with their offset, amounts are decimal numbers with every digit they have, durations are seconds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from expansion.records.firing import NewFiring, NewStep
    from expansion.records.ledger import Clock, FiringRecord, StepRecord
    from jobs.worth import Total


def wanted() -> bool:
    """Whether this command was asked for JSON."""
    arguments = sys.argv[1:]
    return "--json" in arguments[: arguments.index("--") if "--" in arguments else None]


def written(value: Any, indent: int | None = 2) -> str:
    """The text of one JSON document. `json` itself would write a Decimal as text, or as a float with other digits."""
    return "".join(_parts(value, "" if indent is None else "\n", indent or 0))


def _parts(value: Any, line: str, indent: int) -> Iterator[str]:
    match value:
        case Mapping():
            pairs = ((f"{json.dumps(_key(key), ensure_ascii=False)}: ", one) for key, one in value.items())
            yield from _between("{", "}", pairs, line, indent)
        case list() | tuple() | set() | frozenset():
            items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
            yield from _between("[", "]", (("", one) for one in items), line, indent)
        case _:
            yield _scalar(value)


def _between(first: str, last: str, pairs: Iterable[tuple[str, Any]], line: str, indent: int) -> Iterator[str]:
    inner = f"{line}{' ' * indent}" if line else ""
    begun = False
    for before, value in pairs:
        yield f"{',' if begun else first}{inner or (' ' if begun else '')}{before}"
        yield from _parts(value, inner, indent)
        begun = True
    yield f"{line}{last}" if begun else f"{first}{last}"


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(key)


def _scalar(value: Any) -> str:
    match value:
        case Enum():
            return _scalar(value.value)
        case datetime():
            return json.dumps((value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat())
        case date():
            return json.dumps(value.isoformat())
        case timedelta():
            return _scalar(Decimal(value // timedelta(microseconds=1)) / 1_000_000)
        case Decimal():
            return f"{value:f}" if value.is_finite() else "null"
        case float() if value != value or value in (float("inf"), float("-inf")):
            return "null"
        case None | bool() | int() | float() | str():
            return json.dumps(value, ensure_ascii=False)
    return json.dumps(str(value), ensure_ascii=False)


# --- things that several commands tell about --------------------------------------------------------------------------

_OF_FIRING = (
    *("id", "run_id", "trigger", "account_id", "account_name", "user_id", "user_name", "episode", "fired_at"),
    *("cleared_at", "decision", "reason", "decided_at", "decided_in", "approved_by", "tier", "worth", "currency"),
    *("likely", "priority", "owner", "playbook", "definition_hash", "git_revision", "watermark"),
)


def firing(one: FiringRecord | NewFiring, counts: bool, *, evidence: bool = False) -> dict[str, Any]:
    """A firing; what only the ledger knows is null in a dry run. `worth_counts`: whether a total holds its worth."""
    told = {name: _known(getattr(one, name, None)) for name in _OF_FIRING}
    parts = [{"label": label, "value": value} for label, value in one.priority_parts]
    reasons = list(one.evidence.get("reasons", ()))
    told |= {"worth_counts": counts, "priority_parts": parts, "reasons": reasons}
    return told | ({"evidence": one.evidence} if evidence else {})


def firings(some: Iterable[FiringRecord | NewFiring], *, evidence: bool = False) -> list[dict[str, Any]]:
    from jobs.worth import counting

    return [firing(one, counts, evidence=evidence) for one, counts in counting(some)]


_OF_STEP = (
    *("key", "firing_id", "run_id", "trigger", "account_id", "account_name", "user_id", "user_name", "episode"),
    *("fired_at", "owner", "playbook", "step_id", "position", "integration", "action", "can_fail", "state"),
    *("not_before", "claimed_by", "lease_until", "sending_since", "look_again_at", "tries", "maybe_done"),
    *("remote_id", "link", "note", "reason", "updated_at", "follows", "when_cleared", "cleared_at", "input", "recipe"),
)


def step(one: StepRecord) -> dict[str, Any]:
    """A step as it stands."""
    return {name: _known(getattr(one, name)) for name in _OF_STEP}


def planned_step(of: NewFiring, one: NewStep) -> dict[str, Any]:
    """A step that a dry run plans, with the same fields; what only the ledger knows is null."""
    return {name: _known(getattr(one, name, getattr(of, name, None))) for name in _OF_STEP}


def clock(one: Clock, of: StepRecord, agreed: str) -> dict[str, Any]:
    """How long a task has waited, and whose it is."""
    return {
        "step_key": one.step_key,
        "account_id": of.account_id,
        "account_name": of.account_name,
        "user_id": of.user_id or None,
        "user_name": of.user_name or None,
        "trigger": of.trigger,
        "playbook": of.playbook,
        "step_id": of.step_id,
        "owner": (of.input or {}).get("assign_to") or of.owner,
        "agreed": agreed,
        "started_at": one.started_at,
        "spent_seconds": one.spent,
        "counted_until": one.counted_until,
        "held": one.held,
        "touched_at": one.touched_at,
        "stopped_at": one.stopped_at,
        "reason": one.reason,
        "link": of.link,
    }


def money(found: Iterable[Total]) -> list[dict[str, Any]]:
    """What became of firings, and what each end is worth: an object for each end and currency."""
    told = []
    for one in found:
        common = {"became": one.group, "firings": one.firings, "accounts_of_unknown_worth": one.unknown}
        told += [{**common, "worth": amount, "currency": currency} for currency, amount in one.worth]
        told += [] if one.worth else [{**common, "worth": None, "currency": None}]
    return told


def counted(counts: Mapping[str, int], name: str, number: str) -> list[dict[str, Any]]:
    """Counts by a text as a list: a text with blanks is no key."""
    return [{name: text, number: count} for text, count in counts.items()]


def told(one: Any) -> dict[str, Any]:
    """The fields of a record; what is empty is not known."""
    return {name: _known(value) for name, value in asdict(one).items()}


def _known(value: Any) -> Any:
    return None if value == "" else value


# --- errors -----------------------------------------------------------------------------------------------------------


def error(text: str, kind: str, code: int, mistakes: Iterable[Any] = ()) -> dict[str, Any]:
    """An error: what happened, what to do, and the exit code."""
    message, _, hint = text.partition("\n\nhint: ")
    said: dict[str, Any] = {"kind": kind, "message": message, "hint": hint or None, "exit_code": code}
    if listed := list(mistakes):
        said["mistakes"] = [mistake(one) for one in listed]
    return {"error": said}


def mistake(one: Any) -> dict[str, Any]:
    """A mistake in a file of YAML, or a warning about it."""
    return {name: getattr(one, name) for name in ("file", "line", "column", "message", "hint")}
