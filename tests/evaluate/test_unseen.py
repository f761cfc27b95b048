"""Unknown is not no: of an event that never came, or a property that it never had, zero is no answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expansion.contract import EventRow
from expansion.evaluate.engine import Vocabulary
from expansion.evaluate.results import Evidence
from expansion.explain.evaluator import build_rollups, evaluator
from expansion.language.model.models import Facts
from expansion.react.resident import Resident
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.store import UsageStore
from tests.evaluate.pushing import take
from tests.evaluate.stores import fill
from tests.evaluate.words import Definition, change, event, trigger, vocabulary

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
EVER = [(NOW - timedelta(days=400), NOW + timedelta(days=1))]
FACTS = {"role": {"from": "mixpanel.profile", "field": "role", "kind": "text", "who": "users"}}


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


CAME = [
    event("acme", "Report Opened", ago(200), "ana", format="pdf", rows=3),
    event("acme", "Cancel Requested", ago(2), "ana"),
    event("acme", "Session Started", ago(1), "ben"),
]


def words(**more: Any) -> Vocabulary:
    return vocabulary(facts={"events": [{"from": "files.events", "account": "a", **more}], "facts": FACTS})


def asked(
    folder: Path, condition: Definition, came: list[Definition] | None = None, now: datetime = NOW, **more: Any
) -> str:
    store = fill(folder, [CAME if came is None else came], [change("acme", "arr", "1", ago(300))], EVER)
    return _answer(store, condition, now, **more)


def _answer(store: UsageStore, condition: Definition, now: datetime = NOW, **more: Any) -> str:
    found = evaluator(store, words(**more), now).answers([trigger(when=[condition])])["t"]
    return "yes" if "acme" in found.yes else found.unknown.get("acme", "no")


MISSPELT = "no event called `Cancel Reqested` has ever come; there is `Cancel Requested`"
NO_PLAN = "no `Cancel Requested` has ever had a `plan`"


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"event": "Cancel Reqested", "over": "7 days", "at_most": 0}, MISSPELT),
        ({"event": "Cancel Reqested", "over": "7 days", "at_least": 1}, MISSPELT),
        ({"event": "cancel_requested", "over": "7 days", "is": 0}, "no event called `cancel_requested` has ever come; "
         "there is `Cancel Requested`"),
        ({"event": "Zebra", "over": "7 days", "is": 0}, "no event called `Zebra` has ever come"),
        ({"event": "Cancel Reqested", "first_within": "7 days"}, MISSPELT),
        ({"event": "Cancel Reqested", "stopped_for": "7 days"}, MISSPELT),
        ({"event": "Cancel Reqested", "came_back_after": "7 days", "over": "7 days"}, MISSPELT),
        ({"sequence": ["Session Started", "Cancel Reqested"], "within": "7 days"}, MISSPELT),
        ({"event": ["Cancel Reqested", "Cancel Requested"], "over": "7 days", "at_most": 1}, MISSPELT),
        ({"event": ["Cancel Reqested", "Cancel Requested"], "over": "7 days", "at_most": 0}, "no"),
        ({"event": ["Cancel Reqested", "Cancel Requested"], "over": "7 days", "at_least": 1}, "yes"),
        ({"event": "Cancel Requested", "where": {"plan": "Team"}, "over": "7 days", "at_most": 0}, NO_PLAN),
        ({"event": "Cancel Requested", "where": {"plan": {"is_not": "Team"}}, "over": "7 days", "at_most": 0}, NO_PLAN),
        ({"event": "Cancel Requested", "where": {"plan": {"exists": False}}, "over": "7 days", "at_least": 1}, NO_PLAN),
        ({"event": "Cancel Requested", "over": "7 days", "distinct": "plan", "at_most": 3}, NO_PLAN),
        ({"event": "Cancel Requested", "over": "7 days", "sum": "plan", "at_most": 3}, NO_PLAN),
        ({"event": "Cancel Requested", "over": "7 days", "max": "plan", "exists": False}, NO_PLAN),
        ({"event": "Cancel Requested", "over": "7 days", "latest": "plan", "exists": False}, NO_PLAN),
        ({"event": "Report Opened", "where": {"formt": "pdf"}, "over": "7 days", "at_most": 0},
         "no `Report Opened` has ever had a `formt`; there is `format`"),
        ({"event": "Report Opened", "over": "7 days", "distinct": "role", "at_most": 0},
         "no `Report Opened` has ever had a `role`: `role` is known of people, not of events"),
        ({"event": "Report Opened", "where": {"user.role": "admin"}, "over": "7 days", "at_most": 0},
         "no `Report Opened` has ever had a `user.role`: `role` is known of people, not of events"),
        ({"event": "any event", "where": {"plan": "Team"}, "over": "7 days", "at_most": 0},
         "no event has ever had a `plan`"),
        ({"event": "any event", "where": {"format": "pdf"}, "over": "7 days", "at_most": 0}, "yes"),
        # Seen once, ever: zero is a count.
        ({"event": "Report Opened", "over": "7 days", "at_most": 0}, "yes"),
        ({"event": "Report Opened", "where": {"format": "csv"}, "over": "7 days", "at_most": 0}, "yes"),
        ({"event": "Report Opened", "where": {"format": {"exists": False}}, "over": "7 days", "at_least": 1}, "no"),
        ({"sequence": ["Session Started", "Cancel Requested"], "not_between": "Cancel Reqested", "within": "7 days"},
         "no"),
        ({"sequence": ["Cancel Requested", "Session Started"], "not_between": "Cancel Reqested", "within": "7 days"},
         MISSPELT),
    ],
)  # fmt: skip
def test_what_never_came_cannot_be_told(tmp_path: Path, condition: Definition, said: str) -> None:
    assert asked(tmp_path, condition) == said


def test_what_never_came_keeps_an_unless_from_being_certain(tmp_path: Path) -> None:
    store = fill(tmp_path, [CAME], [], EVER)
    missed = {"event": "Cancel Reqested", "over": "7 days", "at_least": 1}
    asks = trigger(when=[{"event": "Session Started", "over": "7 days", "at_least": 1}], unless=[missed])
    assert evaluator(store, words(), NOW).answers([asks])["t"].unknown == {"acme": MISSPELT}


def test_an_event_that_is_said_to_be_real_may_never_have_come(tmp_path: Path) -> None:
    condition = {"event": "Plan Cancelled", "where": {"reason": "price"}, "over": "7 days", "at_most": 0}
    assert asked(tmp_path, condition, names=["Plan Cancelled"]) == "yes"


def test_a_property_that_is_said_to_be_real_may_never_have_been_there(tmp_path: Path) -> None:
    condition = {"event": "Cancel Requested", "where": {"plan": "Team"}, "over": "7 days", "at_most": 0}
    assert asked(tmp_path, condition, properties=["plan"]) == "yes"


def test_only_what_had_arrived_counts(tmp_path: Path) -> None:
    late = [*CAME, event("acme", "Export", ago(9), "ana", seen=ago(1))]
    condition = {"event": "Export", "over": "1 day", "at_most": 0}
    for key, days, said in (("then", 5, "no event called `Export` has ever come"), ("now", 0, "yes")):
        assert asked(tmp_path / key, condition, late, ago(days)) == said


def test_a_store_without_events_says_that_none_were_stored(tmp_path: Path) -> None:
    store = fill(tmp_path, [], [change("acme", "arr", "1", ago(9))], [])
    said = _answer(store, {"event": "Export", "over": "7 days", "at_most": 0})
    assert said == "no events of files.events were stored by then"


def test_a_store_of_an_earlier_version_is_asked_itself_and_gets_its_files_once(tmp_path: Path) -> None:
    store = fill(tmp_path, [CAME], [], EVER)
    before = store.manifest()
    old = tuple(replace(segment, names_file="") for segment in before.segments)
    manifests.save(tmp_path, replace(before, segments=old))
    condition = {"event": "Cancel Reqested", "over": "7 days", "at_most": 0}
    assert _answer(store, condition) == MISSPELT
    build_rollups(store, words(), [trigger(when=[condition])])
    assert all(segment.names_file for segment in store.manifest().segments)
    assert _answer(store, condition) == MISSPELT


def test_properties_beyond_those_with_a_column_of_their_own_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expansion.usage.storage.batch.MOST", 1)
    condition = {"event": "Report Opened", "where": {"rows": 4}, "over": "7 days", "at_most": 0}
    assert asked(tmp_path, condition) == "yes"


def test_an_explanation_says_what_has_to_come_first(tmp_path: Path) -> None:
    lines = _explained(tmp_path, {"event": "Cancel Reqested", "over": "7 days", "at_most": 0}).lines
    assert (lines[0].seen, lines[0].cause) == ("0 or more times", MISSPELT)
    assert lines[0].flips == "once there is an event called `Cancel Reqested`"


def test_time_alone_makes_nothing_known_of_it(tmp_path: Path) -> None:
    later = [*CAME, event("acme", "Export", NOW + timedelta(days=3), "ana")]
    lines = _explained(tmp_path, {"event": "Export", "over": "7 days", "at_most": 0}, later).lines
    assert lines[0].flips == "once there is an event called `Export`"


def _explained(folder: Path, condition: Definition, came: list[Definition] = CAME) -> Evidence:
    store = fill(folder, [came], [change("acme", "arr", "1", ago(300))], EVER)
    return evaluator(store, words(), NOW).explain(trigger(when=[condition]), "acme", flips=True)


def test_an_event_that_comes_in_makes_its_name_known_at_once(tmp_path: Path) -> None:
    store = fill(tmp_path, [CAME], [], EVER)
    never = trigger("never", when=[{"event": "Export", "where": {"size": "large"}, "over": "7 days", "at_most": 0}])
    resident = Resident.of(store, words(), [never], NOW)
    assert "acme" in resident.answer("acme", "ana", NOW)["never"].unknown
    row = EventRow("e1", "Export", NOW.isoformat(), "acme", "ana", {"size": "small"})
    assert "acme" in take(resident, row, NOW + timedelta(minutes=1))["never"].yes


def test_words_about_real_names_are_lists() -> None:
    with pytest.raises(ValueError, match="names"):
        Facts.model_validate({"events": [{"from": "files.events", "account": "a", "names": "Plan Cancelled"}]})
