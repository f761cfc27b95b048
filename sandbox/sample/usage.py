"""The events of one account of the sample, as Mixpanel would have received them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.sample.stories import PREMIUM, Shape

DAYS = 120  # how far back the events reach
_PAYWALLED = ("single sign-on", "audit log", "forecasting", "white label")


@dataclass(frozen=True)
class Person:
    """Somebody with a seat; `joined` days ago, None: before the sample begins."""

    user_id: str
    name: str
    email: str
    role: str
    department: str
    joined: int | None


@dataclass
class Log:
    """Collects one account's events; a day is counted back from `as_of`."""

    account_id: str
    as_of: datetime
    rng: random.Random
    prefix: str
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        midnight = self.as_of.replace(hour=0, minute=0, second=0, microsecond=0)
        self._midnight = int(midnight.timestamp())
        self._so_far = int(self.as_of.timestamp()) - self._midnight

    def add(self, day: int, event: str, user: str, **properties: Any) -> None:
        """One event at an hour when people work; today, before the moment of the sample."""
        second = (
            int(28_800 + self.rng.random() * 32_000) if day else int(self._so_far * (0.3 + 0.6 * self.rng.random()))
        )
        self.events.append(
            {
                "event": event,
                "distinct_id": user,
                "time": self._midnight - day * 86_400 + second,
                "insert_id": f"{self.prefix}-{len(self.events):05x}",
                "properties": {"company_id": self.account_id, **properties},
            }
        )


def write(log: Log, shape: Shape, people: list[Person]) -> None:
    """Everything that happened in the account."""
    for person in people:
        _sessions(log, person, shape.plan)
        if person.joined is not None:
            log.add(person.joined, "Member Joined", person.user_id, department=person.department)
    _metered(log, shape, people)
    _premium(log, shape, people)
    _single(log, shape, people)


def _sessions(log: Log, person: Person, plan: str) -> None:
    """At least one session a week, so that whoever has a seat counts in every window of four weeks."""
    rng, last = log.rng, person.joined if person.joined is not None else DAYS - 1
    anchor = rng.randrange(5)
    today = log.as_of.weekday()
    for day in range(last, -1, -1):
        weekday = (today - day) % 7
        if day != person.joined and weekday != anchor and (weekday > 4 or rng.random() > 0.08):
            continue
        log.add(day, "Session Started", person.user_id, plan=plan)
        if rng.random() < 0.3:
            log.add(day, "Report Viewed", person.user_id, department=person.department)


def _metered(log: Log, shape: Shape, people: list[Person]) -> None:
    """What limits are about: files by people, calls by programs, with no person behind them."""
    used = shape.storage[1] - shape.storage[0]
    for n, day in enumerate(shape.upload_days if used else ()):
        person = people[n % len(people)]
        log.add(day, "Files Uploaded", person.user_id, gb=round(used / len(shape.upload_days), 2))
    for day in range(DAYS - 1, -1, -1):
        if day % 14 == 3 and day > 28:
            log.add(day, "Files Uploaded", people[0].user_id, gb=0.5)
        calls = shape.api[0] if day >= 28 else shape.api[1]
        if calls:
            log.add(day, "API Calls Made", "", calls=calls + (shape.api_spike if day == 2 else 0))


def api_calls(shape: Shape) -> int:
    """The calls of the last four weeks, as the group profile shows them."""
    return shape.api[1] * 28 + shape.api_spike


def _premium(log: Log, shape: Shape, people: list[Person]) -> None:
    features = PREMIUM[: shape.premium_features]
    for uses, offset in zip(shape.premium, (28, 0), strict=True):
        for n in range(uses):
            day = offset + 1 + (n * 27) // max(uses, 1)
            person = people[n % min(shape.premium_people, len(people))]
            log.add(day, "Premium Feature Used", person.user_id, feature=features[n % len(features)])


def _single(log: Log, shape: Shape, people: list[Person]) -> None:
    def user(n: int) -> str:
        return people[n % len(people)].user_id

    for n, (day, who) in enumerate(shape.paywall):
        log.add(day, "Paywall Viewed", user(who), feature=_PAYWALLED[n % len(_PAYWALLED)], plan=shape.plan)
    for day, who, topic in shape.support:
        log.add(day, "Support Question Asked", user(who), topic=topic)
    for day, who, use_case in shape.boards:
        log.add(day, "Board Created", user(who), use_case=use_case)
    for n, (day, who) in enumerate(shape.shares):
        log.add(day, ("Board Shared", "Comment Added")[n % 2], user(who), across_teams=True)
