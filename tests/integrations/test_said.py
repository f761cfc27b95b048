"""What vendors say about time and numbers: read where it is what it seems to be, and harmless where it is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.contract import TryLater
from expansion.waiting import LONGEST_WAIT
from integrations.hubspot import meanings as _hubspot_errors
from integrations.intercom import meanings as _intercom
from integrations.intercom.settings import WINDOW
from integrations.kit import said as _said
from integrations.mixpanel.meanings import meaning as of_mixpanel
from integrations.slack import client as _slack_api

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DATE = "Mon, 02 Mar 2026 12:00:00 GMT"
NO_WAIT = ["", "soon", "-5", "nan", "NaN", "-inf", "0x10", "Mon, 99 Mar 2026 12:00:00 GMT", "²", "{}", "1;2", "−5"]
TOO_LONG = ["inf", "1e999", "9" * 400, "9" * 5000, "1764450000000", "Fri, 31 Dec 9999 23:59:59 GMT"]
Headers = dict[str, str]


def slack(headers: Headers) -> Any:
    return _slack_api.meaning(429, {"error": "ratelimited"}, headers, "#sales", wrote=True)


def hubspot(headers: Headers) -> Any:
    return _hubspot_errors.of_reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}, headers, wrote=True)


def hubspot_moving(headers: Headers) -> Any:
    return _hubspot_errors.of_reply(477, {}, headers, wrote=True)


def intercom(headers: Headers) -> Any:
    reply = httpx.Response(429, headers=[(k.encode(), v.encode("utf-8", "replace")) for k, v in headers.items()])
    return _intercom.MEANINGS.read(_intercom.told(reply), "tagging", wrote=True, now=NOW)


READERS: list[tuple[str, Callable[[Headers], Any]]] = [
    ("Retry-After", slack),
    ("Retry-After", hubspot),
    ("Retry-After", hubspot_moving),
    ("X-HubSpot-RateLimit-Interval-Milliseconds", hubspot),
    ("X-RateLimit-Reset", intercom),
]


@pytest.mark.parametrize(("name", "read"), READERS)
@pytest.mark.parametrize("text", [*NO_WAIT, *TOO_LONG])
def test_no_header_makes_a_wait_that_is_none(name: str, read: Callable[[Headers], Any], text: str) -> None:
    failure = read({name: text, "Date": DATE})
    assert isinstance(failure, TryLater)
    assert failure.wait is None or 0 <= failure.wait <= LONGEST_WAIT


@given(st.sampled_from(READERS), st.one_of(st.text(max_size=40), st.floats().map(str), st.integers().map(str)))
def test_whatever_a_header_holds(reader: tuple[str, Callable[[Headers], Any]], text: str) -> None:
    name, read = reader
    failure = read({name: "".join(c for c in text if c.isprintable() and c < "\ud800"), "Date": DATE})
    assert failure.wait is None or 0 <= failure.wait <= LONGEST_WAIT


def test_a_wait_is_seconds_or_a_date_by_the_replys_own_clock() -> None:
    assert _said.wait({"Retry-After": "30"}) == 30
    assert _said.wait({"retry-after": "1.5"}) == 1.5
    later = {"Retry-After": "Mon, 02 Mar 2026 12:05:00 GMT", "Date": DATE}
    assert _said.wait(later) == 300
    assert _said.wait(later | {"Date": "Mon, 02 Mar 2026 12:09:00 GMT"}) == 0
    assert _said.wait({"Retry-After": later["Retry-After"]}) is None, "whose clock it is measured by is not said"
    assert slack(later).wait == 300


def test_each_vendors_own_header_is_the_one_that_is_read() -> None:
    assert slack({"Retry-After": "7"}).wait == 7
    assert hubspot({"X-HubSpot-RateLimit-Interval-Milliseconds": "3000"}).wait == 3
    assert hubspot({"Retry-After": "2", "X-HubSpot-RateLimit-Interval-Milliseconds": "3000"}).wait == 2
    assert hubspot_moving({"Retry-After": "86"}).wait == 86
    assert intercom({"X-RateLimit-Reset": str(NOW.timestamp() + 4)}).wait == 4


def test_a_longer_wait_is_the_longest_and_is_said() -> None:
    failure = slack({"Retry-After": "9999999999"})
    assert failure.wait == LONGEST_WAIT
    assert "asked again after six" in str(failure)
    assert intercom({"X-RateLimit-Reset": "9" * 400}).wait == WINDOW


def test_counters_of_thousands_of_digits_are_no_counters() -> None:
    many = "9" * 5000
    body = f"{many}/5 queries running concurrently and {many}/60 queries running in the last hour"
    assert of_mixpanel(429, body, "the test").wait is None  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["2026-01-31T08:15:00.000+0000", "2026-01-31T08:15:00Z", "2026-01-31T08:15:00"])
def test_a_moment_is_read_in_every_spelling(text: str) -> None:
    assert _said.moment(text) == datetime(2026, 1, 31, 8, 15, tzinfo=UTC)


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.datetimes().map(lambda at: at.isoformat())))
def test_whatever_a_moment_holds_it_can_be_told_in_utc(text: Any) -> None:
    found = _said.moment(text)
    assert found is None or 1900 <= found.astimezone(UTC).year <= 2200


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "31.1.2026", 5, None, []])
def test_what_is_no_moment_of_a_record_is_none(text: Any) -> None:
    assert _said.moment(text) is None


@pytest.mark.parametrize(("value", "count"), [(5, 5), ("5", 5), (0, 0)])
def test_a_count_is_read(value: Any, count: int) -> None:
    assert _said.whole(value) == count


@pytest.mark.parametrize("value", [-1, 1.5, "1.5", "²", "9" * 5000, None, True, "x", [], float("inf")])
def test_what_is_no_count_is_none(value: Any) -> None:
    assert _said.whole(value) is None
