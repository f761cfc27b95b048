"""The events of a block as columns of numbers; their words come when they are written."""

from __future__ import annotations

import numpy as np

from sandbox.company.arrays import Floats, Ints
from sandbox.company.people import DEPARTMENTS

FEATURES = tuple(f"feature {letter}" for letter in "abcdefghijklmnopqrst")
INTEGRATIONS = ("Slack", "Jira", "GitHub", "Salesforce", "HubSpot", "Zoom", "Figma", "Notion")
LABELS = (*FEATURES, *INTEGRATIONS, *DEPARTMENTS)
PROPERTY = ("feature",) * len(FEATURES) + ("integration",) * len(INTEGRATIONS) + ("department",) * len(DEPARTMENTS)
EVENTS = (
    "Session Started", "Dashboard Viewed", "Report Exported", "Feature Used", "Integration Connected",
    "Paywall Viewed", "Pricing Page Viewed", "Member Joined", "Team Created", "API Calls Made", "Invite Blocked",
    "Invoice Downloaded", "Webinar Joined", "Error Shown", "Setup Failed", "Theme Changed",
)  # fmt: skip
KIND = {name: place for place, name in enumerate(EVENTS)}
DAY = 86_400
_COLUMNS = ("second", "kind", "account", "person", "label", "calls")
_TYPES = (np.int64, np.int8, np.int32, np.int32, np.int16, np.int64)


class Log:
    """Collects; a second counts from midnight of the first day. -1 stands for nothing, everywhere."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._parts: list[tuple[np.ndarray[tuple[int], np.dtype[np.generic]], ...]] = []

    def add(
        self,
        day: int,
        event: str,
        account: Ints,
        person: Ints | None = None,
        *,
        label: Ints | None = None,
        calls: Ints | None = None,
        hour: tuple[float, float] = (7.0, 20.0),
    ) -> None:
        """One event for each account given, at hours when people work."""
        n = len(account)
        if not n:
            return
        nothing = np.full(n, -1, dtype=np.int64)
        values = (
            day * DAY + self._seconds(n, hour),
            np.full(n, KIND[event]),
            account,
            nothing if person is None else person,
            nothing if label is None else label,
            nothing if calls is None else calls,
        )
        self._parts.append(tuple(one.astype(kind) for one, kind in zip(values, _TYPES, strict=True)))

    def _seconds(self, n: int, hour: tuple[float, float]) -> Ints:
        """More of them in the middle of the hours than at their ends."""
        middle: Floats = (self._rng.random(n) + self._rng.random(n)) / 2
        return ((hour[0] + middle * (hour[1] - hour[0])) * 3600).astype(np.int64)

    def columns(self) -> dict[str, Ints]:
        """All of it, in the order of time."""
        columns = {name: np.concatenate([part[n] for part in self._parts]) for n, name in enumerate(_COLUMNS)}
        order = np.argsort(columns["second"], kind="stable")
        return {name: values[order] for name, values in columns.items()}
