"""Who hears of a source that brings too little, and when; and of a full answer that holds far too few records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from cli.doctor import _sources
from cli.events import _source
from cli.init import _made
from expansion.contract import EventRow, Expected, FactRecord
from expansion.usage.facts import add_facts
from expansion.usage.import_events import import_rows
from flows.alerting import Alert, alerts_of
from flows.opening import open_place
from jobs.how_many import too_few
from jobs.place import Place
from jobs.pulled import Pull
from jobs.sources import sources_now, wrong_now

SOURCE = "segment.calls"
MONDAY = date(2026, 1, 5)
WHO = Pull("salesforce.account", "facts", ("Name",))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    _made(tmp_path / "folder")
    monkeypatch.chdir(tmp_path / "folder")
    made = open_place()
    yield made
    made.close()


def at(day: int, hour: int = 6) -> datetime:
    """So many days after the first Monday."""
    return datetime(2026, 1, 5, hour, tzinfo=UTC) + timedelta(days=day)


def bring(place: Place, counts: dict[int, int], account: str | None = "acme") -> None:
    """So many events of each day, one a minute."""
    for day, count in counts.items():
        rows = [
            EventRow(f"{day}-{n}-{account}", "Login", at(day, 0) + timedelta(minutes=n), account, "ana", {})
            for n in range(count)
        ]
        import_rows(place.store, SOURCE, rows, (at(day, 0), at(day + 1, 0)))


def weeks(*last: int) -> dict[int, int]:
    """Four weeks of forty a working day, then these."""
    usual = {day: 40 if day % 7 < 5 else 0 for day in range(28)}
    return usual | {28 + n: count for n, count in enumerate(last)}


def told(place: Place, day: int) -> list[Alert]:
    found = alerts_of(place, [], at(day), at(day))
    return [one for one in found if one.event in ("expansion.source.wrong", "expansion.source.well")]


def test_an_outage_is_told_once_and_when_it_is_over(place: Place) -> None:
    bring(place, weeks(40, 2))
    assert told(place, 29) == []
    (begun,) = told(place, 30)
    assert (begun.event, begun.about) == ("expansion.source.wrong", f"source.{SOURCE}")
    assert begun.what == (
        f"too few events of {SOURCE} came on 2026-02-03: 2, where a Tuesday usually brings 40; "
        "what rests on it cannot be told, fires nothing and ends nothing."
    )
    assert told(place, 30) == []
    bring(place, {30: 40})
    (over,) = told(place, 31)
    assert over.event == "expansion.source.well"
    assert over.what.startswith("since 2026-02-03 00:00 it did not")
    assert told(place, 31) == []


def test_a_weekend_ends_no_outage(place: Place) -> None:
    bring(place, weeks(40, 40, 40, 40, 0, 0, 0))
    assert [one.event for one in told(place, 33)] == ["expansion.source.wrong"]
    assert told(place, 35) == []
    assert [hole.last for hole in wrong_now(place, at(35))] == [at(33, 0)]


def test_doctor_and_the_list_of_sources_say_it_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(place, weeks(40, 2))
    monkeypatch.setattr(Place, "now", lambda _: at(30))
    (finding,) = _sources(place)
    assert finding.ok and finding.mark == "warning"
    assert finding.what.startswith(f"too few events of {SOURCE} came on 2026-02-03")
    (one,) = sources_now(place, at(30))
    assert _source(one, at(30)) == {
        "source": SOURCE,
        "last judged": "2 on 2026-02-03",
        "usual": "40 on a Tuesday",
        "today": "0",
        "newest": "29 h ago",
        "unmatched": "0 of 2",
    }


def test_rows_of_nobody_are_counted_by_day_and_anew_when_they_are_read_again(place: Place) -> None:
    add_facts(place.store, "salesforce.account", [FactRecord("salesforce.account", "acme", {"Name": "Acme"})], at(0))
    bring(place, {1: 10, 2: 10})
    assert place.store.manifest().unmatched[SOURCE] == {"2026-01-06": "10 0", "2026-01-07": "10 0"}
    bring(place, {2: 30}, "nobody-knows")
    bring(place, {3: 5}, None)
    assert place.store.manifest().unmatched[SOURCE]["2026-01-07"] == "30 30"
    assert place.store.manifest().unmatched[SOURCE]["2026-01-08"] == "5 5"


def test_what_is_pushed_piece_by_piece_is_added(place: Place) -> None:
    for n in range(2):
        import_rows(place.store, SOURCE, [EventRow(f"e{n}", "Login", at(0), "acme", None, {})], None)
    assert place.store.manifest().unmatched[SOURCE] == {"2026-01-05": "2 0"}


def test_half_a_full_answer_is_not_taken_for_all_there_is(place: Place) -> None:
    said = [too_few(place, WHO, came, None, at(n)) for n, came in enumerate((250, 251, 250, 252, 120))]
    assert said[:4] == [None] * 4
    assert said[4] is not None and said[4].startswith(
        "salesforce.account facts: 120 records came, where 250 are usual; what came is stored, and nobody who is "
        "missing is taken to be gone"
    )


def test_fewer_records_become_usual_and_the_source_may_say_what_is_too_few(place: Place) -> None:
    counts = [250] * 8 + [120] * 6
    assert [too_few(place, WHO, came, None, at(n)) is None for n, came in enumerate(counts)] == (
        [True] * 8 + [False] * 4 + [True] * 2
    )
    other = Pull("hubspot.company", "facts", ("name",))
    mild = Expected(timedelta(days=1), at_least=Fraction(1, 10))
    assert [too_few(place, other, came, mild, at(n)) for n, came in enumerate(counts)] == [None] * 14
