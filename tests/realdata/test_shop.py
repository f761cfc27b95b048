"""Half a year of a shop: who came, put things into the cart, and did not buy; held against plain loops."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from expansion.evaluate.engine import Vocabulary
from expansion.explain.evaluator import evaluator
from expansion.files.maps import EventMap
from expansion.usage.storage.store import UsageStore
from tests.evaluate.worlds import trigger, vocabulary
from tests.usage.builders import import_events

FILE = Path(__file__).parents[2] / "../shared/data/retentioneering_ecom/ecom.csv.gz"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.no_cover,  # the same wherever these data are not
    pytest.mark.skipif(not FILE.is_file(), reason="the shop's events are not beside the checkout, in ../shared/data"),
]

# No column is an id, and a person may do the same twice in a second: such a repeat counts once.
MAP = EventMap(
    id=["user_id", "session_id", "event", "timestamp"],
    event="event",
    time="timestamp",
    account="user_id",
    user="session_id",
    properties=["platform", "acquisition_channel"],
)
ZONE = ZoneInfo("America/New_York")
TRIGGERS = {
    "left-a-cart": [
        {"event": "add_to_cart", "over": "14 days", "at_least": 1},
        {"event": "purchase", "over": "14 days", "at_most": 0},
    ],
    "fading": [{"event": "any event", "over": "28 days", "fell_at_least": "50%", "from_at_least": 20}],
    "many-visits-by-phone": [
        {"event": "any event", "where": {"platform": "mobile"}, "over": "1 month", "count": "people", "at_least": 3},
        {"event": "product_view", "over": "1 month", "at_least": 5, "on_at_least": "3 days"},
    ],
}
MOMENTS = [datetime(2024, 3, 11, 3, 30, tzinfo=UTC), datetime(2024, 5, 31, 12, tzinfo=UTC)]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    with gzip.open(FILE, "rt", encoding="utf-8") as file:
        return list({tuple(row[name] for name in MAP.id): row for row in csv.DictReader(file)}.values())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> UsageStore:
    made = UsageStore(tmp_path_factory.mktemp("shop") / "usage")
    assert import_events(made, FILE, MAP).rejects == {}
    return made


def expected(rows: list[dict[str, Any]], as_of: datetime) -> dict[str, set[str]]:
    """The triggers written as loops over the rows."""
    today = as_of.astimezone(ZONE).date()
    by_user: dict[str, list[tuple[date, dict[str, Any]]]] = defaultdict(list)
    for row in rows:
        at = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
        if at <= as_of:
            by_user[row["user_id"]].append((at.astimezone(ZONE).date(), row))
    found: dict[str, set[str]] = {name: set() for name in TRIGGERS}
    month_ago = today.replace(month=today.month - 1, day=min(today.day, 29 if today.month == 3 else 30))
    for user, did in by_user.items():
        fortnight = [row["event"] for day, row in did if day > today - timedelta(days=14)]
        if "add_to_cart" in fortnight and "purchase" not in fortnight:
            found["left-a-cart"].add(user)
        now = sum(day > today - timedelta(days=28) for day, _ in did)
        was = sum(today - timedelta(days=56) < day <= today - timedelta(days=28) for day, _ in did)
        if was >= 20 and 2 * (was - now) >= was:
            found["fading"].add(user)
        month = [(day, row) for day, row in did if day > month_ago]
        views = [day for day, row in month if row["event"] == "product_view"]
        sessions = {row["session_id"] for _, row in month if row["platform"] == "mobile"}
        if len(sessions) >= 3 and len(views) >= 5 and len(set(views)) >= 3:
            found["many-visits-by-phone"].add(user)
    return found


@pytest.mark.parametrize("as_of", MOMENTS, ids=lambda moment: f"{moment:%Y-%m-%d}")
def test_the_same_people_are_named(store: UsageStore, rows: list[dict[str, Any]], as_of: datetime) -> None:
    words: Vocabulary = vocabulary(str(ZONE))
    asked = [trigger(name, when=when) for name, when in TRIGGERS.items()]
    answers = evaluator(store, words, as_of).answers(asked)
    wanted = expected(rows, as_of)
    assert {name: set(found.yes) for name, found in answers.items()} == wanted
    assert all(wanted.values())
    assert not any(found.unknown for found in answers.values() if found.trigger != "fading")


def test_where_the_source_was_silent_absence_is_not_told(store: UsageStore) -> None:
    long_after = datetime(2024, 9, 1, tzinfo=UTC)
    quiet = trigger("quiet", when=[{"event": "purchase", "over": "14 days", "at_most": 0}])
    found = evaluator(store, vocabulary(), long_after).answers([quiet])["quiet"]
    assert (found.yes, len(found.unknown), found.cleared) == (frozenset(), found.asked, frozenset())
