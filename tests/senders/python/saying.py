"""What each library is told to send, once; and what it says to that. Runs beside the library, without the product."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Protocol

PERSON, ACCOUNT = "ana-lopez", 17
AT = datetime(2026, 3, 2, 10, tzinfo=timezone.utc)  # noqa: UP017  as the libraries' users write it
IN_NEW_YORK = datetime(2026, 3, 2, 5, tzinfo=timezone(timedelta(hours=-5)))
VALUES: Mapping[str, Any] = {"number": 3, "decimal": Decimal("1.10"), "list": ["pdf", "csv"], "null": None}


class Library(Protocol):
    """One library, told to send to one host."""

    def user(self, person: str, traits: Mapping[str, Any]) -> None: ...

    def account(self, person: Any, account: int, traits: Mapping[str, Any]) -> None: ...

    def event(self, person: Any, event: str, properties: Mapping[str, Any], at: datetime) -> None: ...

    def close(self) -> None: ...


def main(made: Callable[[str, str], Library]) -> None:
    """`script.py HOST KEY PART`: send a part, and print which kinds of call the library itself refused."""
    warnings.simplefilter("ignore")
    host, key, part = sys.argv[1:]
    library, refused = made(host, key), {}
    for kind, call in _calls(library, part).items():
        try:
            call()
        except Exception as error:
            refused[kind] = type(error).__name__
    library.close()
    print(json.dumps({"refused": refused}))


def _calls(library: Library, part: str) -> dict[str, Callable[[], None]]:
    if part == "retry":
        return {"retry": lambda: library.event(PERSON, "sent: retry", {}, AT)}
    return {
        "user": lambda: library.user(PERSON, {"role": "admin"}),
        "account": lambda: library.account(PERSON, ACCOUNT, {"plan": "Team"}),
        "event": lambda: library.event(PERSON, "sent: event", {}, AT),
        **{kind: _of_value(library, kind) for kind in VALUES},
        "time zone": lambda: library.event(PERSON, "sent: time zone", {}, IN_NEW_YORK),
        "number as person": lambda: _number(library),
    }


def _number(library: Library) -> None:
    library.account(5, ACCOUNT, {"plan": "Team"})
    library.event(5, "sent: number as person", {}, AT)


def _of_value(library: Library, kind: str) -> Callable[[], None]:
    return lambda: library.event(PERSON, f"sent: {kind}", {"value": VALUES[kind]}, AT)
