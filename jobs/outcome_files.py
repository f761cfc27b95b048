"""Outcomes from a file: a CSV with one a row, told again under its id it replaces what was told before."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from expansion.contract import Outcome
from expansion.records.outcomes import Told
from expansion.text.for_people import ForPeople
from expansion.usage.forms.clock import Clock
from expansion.usage.forms.moments import moment
from jobs.place import Place

SOURCE = "files.outcomes"
NEEDED = ("id", "account_id", "kind", "at")
MAY_BE = ("amount", "currency", "tier", "called", "known_at")


class CannotBeRead(ForPeople):
    """A file that is no table of outcomes: nothing of it was written down."""


@dataclass(frozen=True)
class Imported:
    """What became of a file: rows that make no sense are left out, each with its line and the reason."""

    told: Told
    wrong: tuple[str, ...]


def import_outcomes(place: Place, path: Path, now: datetime) -> Imported:
    """Write down the rows of a CSV with the columns NEEDED, and those of MAY_BE that it has."""
    policy = place.definitions.workspace.policy
    clock = Clock(days=policy.time_zone)
    good, wrong = [], []
    for line, row in _rows(path):
        try:
            good.append(_outcome(row, clock, policy.currency))
        except ValueError as error:
            wrong.append(f"line {line}: {error}")
    return Imported(place.ledger.add_outcomes(good, now), tuple(wrong))


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotBeRead(f"{path}: not UTF-8\n\nhint: save it as CSV in UTF-8") from error
    reader = csv.DictReader(text.splitlines())
    if missing := [name for name in NEEDED if name not in (reader.fieldnames or ())]:
        columns = ", ".join((*NEEDED, *MAY_BE))
        raise CannotBeRead(f"{path}: no column {' and no column '.join(missing)}\n\nhint: the columns are {columns}")
    for row in reader:
        yield reader.line_num, {name: (value or "").strip() for name, value in row.items() if isinstance(value, str)}


def _outcome(row: Mapping[str, str], clock: Clock, currency: str) -> Outcome:
    """ValueError with why a row makes no sense."""
    kind = row["kind"].lower()
    if kind != "expansion" and kind != "contraction":
        raise ValueError(f"`kind` is expansion or contraction, not `{row['kind']}`")
    amount = _amount(row.get("amount", ""))
    return Outcome(
        SOURCE,
        row["account_id"],
        "expansion" if kind == "expansion" else "contraction",
        _moment(row, "at", clock),
        row["id"],
        called=row.get("called") or None,
        tier=row.get("tier") or None,
        amount=amount,
        currency=None if amount is None else row.get("currency") or currency,
        known_at=_moment(row, "known_at", clock) if row.get("known_at") else None,
    )


def _amount(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"`amount` is a plain number, not `{text}`") from None


def _moment(row: Mapping[str, str], name: str, clock: Clock) -> datetime:
    found = moment(row[name], clock)
    if found is None:
        raise ValueError(f"`{name}` is a day or a moment, such as 2026-03-01, not `{row[name]}`")
    return found


__all__ = ["MAY_BE", "NEEDED", "CannotBeRead", "Imported", "import_outcomes"]
