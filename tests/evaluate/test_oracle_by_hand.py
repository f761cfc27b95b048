"""The oracle itself, on examples that can be checked by hand: what each word means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from tests.evaluate.oracle.stored import At, Who
from tests.evaluate.words import Definition, change, event
from tests.evaluate.worlds import World

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
EVER = (NOW - timedelta(days=400), NOW)


def ago(days: float = 0, hours: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


def did(*days: float, name: str = "export", user: str = "ana", account: str = "acme", **more: Any) -> list[Definition]:
    return [event(account, name, ago(day), user, **more) for day in days]


def world(*events: list[Definition], changes: list[Definition] | None = None, spans: Any = (EVER,)) -> World:
    known = changes or [change("acme", "arr", "1", ago(300))]
    return World("UTC", NOW, [[one for some in events for one in some]], known, list(spans))


def answer(stored: World, condition: Definition, user: str | None = None, account: str = "acme") -> str:
    return stored.oracle().fires({"when": [condition]}, account, user)


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ({"average": "rows", "is": 4}, "yes"),
        ({"average": "rows", "more_than": 4}, "no"),
        ({"max": "rows", "is": 7}, "yes"),
        ({"max": "feature", "at_least": 0}, "cannot tell"),
        ({"max": "feature", "exists": False}, "yes"),
    ],
)
def test_the_mean_and_the_largest_of_a_property(condition: Definition, wanted: str) -> None:
    stored = world(did(1, rows=7), did(2, rows="4"), did(3, rows=1), did(4))
    assert answer(stored, {"event": "export", "over": "7 days", **condition}) == wanted


def test_the_mean_with_a_value_that_cannot_be_read_is_unknown() -> None:
    stored = world(did(1, rows=7), did(2, rows="many"))
    assert answer(stored, {"event": "export", "over": "7 days", "average": "rows", "at_least": 1}) == "cannot tell"


def test_among_the_top() -> None:
    """Four accounts: three, two, two, none."""
    busy = [did(*range(count), account=name) for name, count in [("acme", 3), ("b", 2), ("c", 2)]]
    stored = world(*busy, changes=[change("d", "plan", "Team", ago(90)), change("acme", "plan", "Team", ago(90))])

    def top(share: str, account: str, **more: Any) -> str:
        return answer(stored, {"event": "export", "over": "7 days", "among_top": share, **more}, account=account)

    assert [top("25%", name) for name in ("acme", "b", "c", "d")] == ["yes", "no", "no", "no"]
    assert [top("25.1%", name) for name in ("acme", "b", "c", "d")] == ["yes", "yes", "yes", "no"]
    assert [top("50%", name, of="plan") for name in ("acme", "b", "d")] == ["yes", "cannot tell", "no"]
    assert [top("50%", name, from_at_least=3) for name in ("acme", "b")] == ["yes", "no"]


def test_in_some_of_the_last_weeks() -> None:
    stored = world(did(0, 6.4, 7.6, 22))  # the last week has two, the one before one, then none, then one
    weeks = {"event": "export", "at_least": 1}
    assert answer(stored, {**weeks, "in_at_least": "3 of the last 4 weeks"}) == "yes"
    assert answer(stored, {**weeks, "in_at_least": "3 of the last 3 weeks"}) == "no"
    grew = {"event": "export", "grew_at_least": "100%", "in_at_least": "1 of the last 1 weeks"}
    assert answer(stored, grew) == "yes"


def test_first_stopped_and_came_back() -> None:
    first = {"event": "export", "first_within": "14 days"}
    assert [answer(world(did(day)), first) for day in (13, 14)] == ["yes", "no"]
    assert answer(world(did(1, 300)), first) == "no"
    stopped = {"event": "export", "stopped_for": "14 days"}
    assert [answer(world(did(day)), stopped) for day in (13, 14)] == ["no", "yes"]
    often = {**stopped, "over": "7 days", "at_least": 2}
    assert [answer(world(did(*days)), often) for days in ([14, 20], [14, 21])] == ["yes", "no"]
    back = {"event": "export", "came_back_after": "30 days", "over": "7 days"}
    assert [answer(world(did(*days)), back) for days in ([6, 37], [6, 36], [6], [37])] == ["yes", "no", "no", "no"]


def test_what_was_ever_before_is_only_known_from_where_it_begins() -> None:
    first = {"event": "export", "first_within": "14 days"}
    for begins, wanted in ((15, "yes"), (14, "yes"), (13, "cannot tell")):
        assert answer(world(did(5), spans=[(ago(begins), NOW)]), first) == wanted
    back = {"event": "export", "came_back_after": "2 days", "over": "1 day"}
    assert answer(world(did(0), spans=[(ago(2), NOW)]), back) == "cannot tell"
    assert answer(world(did(0), spans=[(ago(3), NOW)]), back) == "no"


def test_a_walk_is_strictly_one_after_another_and_in_time() -> None:
    def walked(*hours: float, **more: Any) -> str:
        names = ["export", "paywall", "print"]
        steps = [did(hour / 24, name=name) for name, hour in zip(names, hours, strict=True)]
        return answer(world(*steps), {"sequence": names, "within": "3 hours", **more})

    assert walked(3.5, 2, 0.5, over="24 hours") == "yes"
    assert walked(3.6, 2, 0.5, over="24 hours") == "no"
    assert walked(3.5, 2, 0.5) == "no"  # the first is not inside the window
    assert walked(2, 2, 0.5) == "no"


def test_by_whom_and_with_what_between() -> None:
    stored = world(did(3), did(2, name="paywall", user="ben"), did(1, name="print"), did(0.5, name="paywall"))
    walk = {"sequence": ["export", "paywall"], "within": "7 days"}
    assert answer(stored, walk) == answer(stored, {**walk, "same_user": True}) == "yes"
    assert answer(stored, {**walk, "same_user": True, "not_between": "print"}) == "no"
    assert answer(stored, {**walk, "not_between": "print"}) == "yes"
    assert answer(stored, {**walk, "same_user": True, "by_at_least": "2 people"}) == "no"
    assert [answer(stored, walk, user) for user in ("ana", "ben")] == ["yes", "no"]


def test_what_is_made_of_facts() -> None:
    used = [change("acme", "seats_used", "30", ago(100)), change("acme", "seats_used", "44", ago(3))]
    rest = [change("acme", "plan", " Team ", ago(100)), change("acme", "seats_bought", "50", ago(100))]
    known = world(changes=[*used, *rest]).oracle().known
    wanted = {"seats_limit": 50, "seats_left": 6, "days_to_full": 3, "exports_over": -4}
    wanted |= {"seats_headroom": Fraction(12, 100), "usage_less_discount": None}
    assert {name: known.fact(name, Who("acme"), At()) for name in wanted} == wanted


def test_a_user_is_asked_about_their_own_events_and_the_accounts_facts() -> None:
    stored = world(
        did(1), did(1, user="ben", name="print"), changes=[change("acme", "role", "admin", ago(9), user="eve")]
    )
    assert {who.user for who in stored.oracle().users()} == {"ana", "ben", "eve"}
    exports = {"event": "export", "over": "7 days", "at_least": 1}
    assert [answer(stored, exports, user) for user in ("ana", "ben")] == ["yes", "no"]
    assert [answer(stored, {"fact": "role", "is": "admin"}, user) for user in ("ana", "eve")] == ["cannot tell", "yes"]
    assert answer(stored, {"fact": "exporters", "is": 1}, "ben") == "yes"
