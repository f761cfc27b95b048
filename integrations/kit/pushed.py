"""How a pushed event is read: ids as text, times, accounts, and what stands in for an id that is missing."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from pydantic import SecretStr

from expansion.contract import Arrived, Aside, CohortPush, EventRow, FactRecord, NoAccess
from expansion.usage.forms.cells import as_id, is_nothing
from expansion.usage.forms.moment_forms import FIRST, LAST
from expansion.usage.forms.moments import moment, why_not

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIME_FROM = "time_from"  # the property that says so where an event has the time of its arrival
ARRIVAL = "arrival"


class NotARow(Exception):
    """One row makes no sense; the message says why, without anything of what was sent."""


# --- rows -------------------------------------------------------------------------------------------------------------


def each(source: str, sent: Iterable[Any], read: Callable[[Mapping[str, Any]], Iterable[Arrived]]) -> Iterator[Arrived]:
    """The rows of what was sent, one after the other; one that makes no sense is set aside, and stops no other."""
    for one in sent:
        if not isinstance(one, dict):
            yield Aside(source, "it is no object", shown(one))
            continue
        try:
            rows = read(one)
            yield from rows if isinstance(rows, list) else list(rows)
        except NotARow as wrong:
            yield Aside(source, str(wrong), shown(one))
        except (TypeError, ValueError, AttributeError, KeyError, OverflowError, RecursionError):
            yield Aside(source, "a part of it is of another kind than its library sends", shown(one))


def shown(one: Any) -> str:
    """A row as it came, for the list of what was set aside."""
    return json.dumps(one, default=str, ensure_ascii=False)[:1000]


def an_object(value: Any, what: str) -> Mapping[str, Any]:
    """A part that is an object, or is left out."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise NotARow(f"its {what} are no object")
    return value


# --- ids --------------------------------------------------------------------------------------------------------------


def one_id(value: Any, what: str) -> str | None:
    """An id as text: 17 and "17" are one, and a list of one is that one. None where there is none."""
    if value is None or (isinstance(value, str) and _is_plain(value)):
        return value
    found = ids(value, what)
    if len(found) > 1:
        raise NotARow(f"its {what} is a list of several")
    return found[0] if found else None


def ids(value: Any, what: str) -> list[str]:
    """The ids of a value or of a list, as text, each once."""
    if isinstance(value, str) and _is_plain(value):
        return [value]
    many = value if isinstance(value, list) else [value]
    given = [one for one in many if not is_nothing(one)]
    if any(isinstance(one, bool | dict | list) for one in given):
        raise NotARow(f"its {what} is no id")
    return list(dict.fromkeys(as_id(one) for one in given))


def _is_plain(text: str) -> bool:
    """Whether it is an id as it stands: nearly all are. Longer than any word for nothing, no blank at its ends."""
    return len(text) > 4 and "!" <= text[0] <= "~" and "!" <= text[-1] <= "~" and text[-2:] != ".0"


def made_id(system: str, event: Mapping[str, Any]) -> str:
    """An id made of the whole event, where its sender gives none: two that are equal in all count once."""
    text = json.dumps(event, sort_keys=True, default=str)
    return f"{system}:made-{blake2b(text.encode('utf-8', 'replace'), digest_size=12).hexdigest()}"


def accounts_of(
    account: str | None, properties: Mapping[str, Any], groups: Mapping[str, Any], said: Any = None
) -> list[str]:
    """The accounts of an event: of the property or the kind of group that facts.yaml names, else of its only group.

    `said` is an account that the call names by itself, such as `context.groupId`.
    """
    if account is not None and account in properties:
        return ids(properties[account], "account")
    if account is not None and account in groups:
        return ids(groups[account], "account")
    if found := ids(said, "account"):
        return found
    known = {kind: value for kind, value in groups.items() if not is_nothing(value)}
    if account is None and len(known) > 1:
        raise NotARow(
            "it has several kinds of groups; name the one that is the account in facts.yaml: `account: company`"
        )
    return ids(next(iter(known.values())), "account") if account is None and known else []


# --- people and accounts ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """Facts that a call tells: of which source, since when, and when it arrived."""

    source: str
    at: datetime
    arrived: datetime

    def person(self, user: str | None, accounts: Sequence[str], values: Mapping[str, Any]) -> Iterator[FactRecord]:
        """What is known of a person, and to which accounts they belong from now on; where the call names none, it is
        about the account that is known of them."""
        if user is None:
            raise NotARow("it is about a person, and names none")
        for account in accounts:
            yield self._of(account, {**values, "account": account}, user)
        if not accounts and values:
            yield self._of("", values, user)

    def account(self, account: str, values: Mapping[str, Any]) -> Iterator[FactRecord]:
        """What is known of an account."""
        if values:
            yield self._of(account, values, None)

    def cohort(self, name: str, *, joined: Iterable[Arrived] = (), left: Iterable[Arrived] = ()) -> CohortPush:
        """Who came into a cohort and who left it: the people whom these rows are about."""
        came, went = (
            frozenset(row.user_id for row in some if isinstance(row, FactRecord) and row.user_id)
            for some in (joined, left)
        )
        return CohortPush(self.source, name, self.at, self.arrived, came, went)

    def _of(self, account: str, values: Mapping[str, Any], user: str | None) -> FactRecord:
        remote = account if user is None else None
        return FactRecord(self.source, account, values, remote, user, self.at, self.arrived)


@dataclass(frozen=True)
class Events:
    """Makes the rows of events of one call: of which source, and when it arrived."""

    source: str
    arrived: datetime

    def rows(
        self, event_id: str, event: str, user: str | None, properties: Mapping[str, Any], time: Any, accounts: list[str]
    ) -> list[EventRow]:
        """An event, once for each account that it belongs to; with an id for each of several."""
        at, by_arrival = when(time, self.arrived)
        told = {**properties, TIME_FROM: ARRIVAL} if by_arrival else properties
        if len(accounts) > 1:
            return [self._row(f"{event_id}@{one}", event, at, one, user, told) for one in accounts]
        return [self._row(event_id, event, at, accounts[0] if accounts else None, user, told)]

    def _row(
        self, event_id: str, event: str, at: datetime, account: str | None, user: str | None, told: Mapping[str, Any]
    ) -> EventRow:
        # Made past the dataclass, which sets its fields one by one: that took half of all the reading (measured).
        row = object.__new__(EventRow)
        row.__dict__.update(
            event_id=event_id, event=event, time=at, account_id=account, user_id=user, properties=told,
            received_at=self.arrived, former_id=None, source=self.source,
        )  # fmt: skip
        return row


# --- times ------------------------------------------------------------------------------------------------------------


def when(value: Any, arrived: datetime) -> tuple[datetime, bool]:
    """When an event happened, and whether that is only the time of its arrival: it said none, or one in the future, as
    devices do whose clock is ahead."""
    found = _moment(value)
    if found is None:
        if not is_nothing(value):
            raise NotARow(why_not(value, "its time") or "its time cannot be read")
        return arrived, True
    return (arrived, True) if found > arrived + timedelta(days=1) else (found, False)


def _moment(value: Any) -> datetime | None:
    """Numbers first, as a year of four digits is a number, too. The usual ones are read here: it is asked a hundred
    times a call, and the reader of all forms takes ten times as long (measured)."""
    if isinstance(value, bool | list | dict):
        raise NotARow("its time is no time")
    if isinstance(value, int | float) and 10**9 <= value < 10**14:  # seconds or milliseconds of this age
        seconds = value if value < 10**11 else value / 1000
        return _EPOCH + timedelta(seconds=seconds)
    if isinstance(value, str) and len(value) > 19 and value[10] == "T":
        with suppress(ValueError):
            at = datetime.fromisoformat(value)
            if at.tzinfo is not None and FIRST.year < at.year < LAST.year:
                return at
    found = moment(value)
    return found if found is not None and FIRST <= found <= LAST else None


# --- keys -------------------------------------------------------------------------------------------------------------


def keys_of(secret: SecretStr | None) -> tuple[str, ...]:
    """The keys of a setting, separated by commas."""
    text = secret.get_secret_value() if secret is not None else ""
    return tuple(key for part in text.split(",") if (key := part.strip()))


def must_be_one_of(keys: tuple[str, ...], given: Any, whose: str, setting: str) -> None:
    """NoAccess unless a key that was given is one of ours, compared in constant time."""
    text = given.encode("utf-8", "replace") if isinstance(given, str) else b""
    # Each is compared, so that the time it takes does not tell which one was close.
    fits = [hmac.compare_digest(text, key.encode()) for key in keys]
    if not text or not any(fits):
        raise NoAccess(f"{whose}: the key is not one of {setting}; give the library one of those")


def basic_user(headers: Mapping[str, str]) -> str | None:
    """The user name of HTTP Basic; None where there is none, or it cannot be read."""
    return None if (given := _basic(headers)) is None else given[0]


def basic_password(headers: Mapping[str, str]) -> str | None:
    """The password of HTTP Basic; None where there is none, or it cannot be read."""
    return None if (given := _basic(headers)) is None else given[1]


def _basic(headers: Mapping[str, str]) -> tuple[str, str] | None:
    kind, _, packed = headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, password = b64decode(packed.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError:
        return None
    return user, password
