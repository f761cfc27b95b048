"""What a history is asked to be. The same answers make the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sandbox.company.behaviours import NAMES

FORMS = ("parquet", "jsonl")
FACTS = ("changes", "daily", "weekly")


@dataclass(frozen=True)
class Asked:
    """How large, how long, and what is done to the accounts."""

    accounts: int = 1000
    days: int = 400
    seed: int = 7
    until: date = date(2026, 10, 1)  # the first day that is not told any more
    form: str = "parquet"  # of the events
    facts: str = "changes"  # when a row of an account's facts is written
    bad_share: float = 0.0005  # of the events, rows that no import can take
    treated_lift: float | None = None  # being acted on raises the chance to buy by this, for 90 days
    holdout: float = 0.2  # of the accounts: never acted on
    acted_on: tuple[str, ...] = NAMES[:2]

    def __post_init__(self) -> None:
        _within("--accounts", self.accounts, 10, 1_000_000)
        _within("--days", self.days, 60, 4_000)
        _within("--bad", self.bad_share, 0, 0.5)
        _within("--holdout", self.holdout, 0, 0.9)
        _one_of("--events", [self.form], FORMS)
        _one_of("--facts", [self.facts], FACTS)
        _one_of("--act-on", self.acted_on, NAMES)

    @property
    def first(self) -> date:
        return self.until - timedelta(days=self.days)


def _within(option: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{option} is {value:g}; it goes from {least:g} to {most:g}")


def _one_of(option: str, said: list[str] | tuple[str, ...], known: tuple[str, ...]) -> None:
    for one in said:
        if one not in known:
            raise ValueError(f"{option} does not know {one}; it knows {', '.join(known)}")
