"""An episode lasts from a firing until the trigger is certainly over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from expansion.decide.episodes import Candidate, changes, quiet_until
from expansion.evaluate.subjects import Subject, UserOf
from expansion.language.model.values import Span
from expansion.records.firing import Cleared, LastEpisode, OpenEpisode
from tests.decide.fakes import NOW, answers, still_open

LONDON = ZoneInfo("Europe/London")
MONTH = Span(30, "days")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def episode(number: int = 1, fired: datetime = NOW, cleared: datetime | None = None) -> LastEpisode:
    return LastEpisode(number, fired, cleared, "acting")


def opened(*subjects: Subject) -> dict[Subject, OpenEpisode]:
    return {each: still_open() for each in subjects}


def test_a_first_yes_begins_the_first_episode() -> None:
    assert changes(answers(yes=["b", "a"]), {}, {}, None, LONDON).begins == (Candidate("a", 1), Candidate("b", 1))


def test_a_yes_in_an_open_episode_changes_nothing() -> None:
    changed = changes(answers(yes=["a"]), opened("a"), {"a": episode()}, None, LONDON)
    assert (changed.begins, changed.ends, changed.cooling) == ((), (), ())


def test_only_an_open_episode_ends() -> None:
    changed = changes(answers(cleared=["a", "b"]), opened("b"), {"b": episode()}, None, LONDON)
    assert changed.ends == (Cleared("seat-limit", "b"),)


def test_each_person_has_an_episode_of_their_own() -> None:
    ana, bo, cy, dee = (UserOf("a", user) for user in ("ana", "bo", "cy", "dee"))
    before = {ana: episode(2, NOW - timedelta(days=60), NOW), bo: episode(), cy: episode(), dee: episode(1, NOW, NOW)}
    told = answers(yes=[dee, ana, bo, UserOf("A", "eve")], cleared=[cy])
    changed = changes(told, opened(bo, cy), before, MONTH, LONDON)
    assert changed.begins == (Candidate("A", 1, "eve"), Candidate("a", 3, "ana"))
    assert changed.ends == (Cleared("seat-limit", "a", "cy"),)
    assert [(wait.account_id, wait.user_id) for wait in changed.cooling] == [("a", "dee")]


def test_an_episode_of_the_account_is_none_of_its_people() -> None:
    """A trigger that asked about accounts until yesterday."""
    changed = changes(answers(yes=[UserOf("a", "ana")]), opened("a"), {"a": episode()}, MONTH, LONDON)
    assert changed.begins == (Candidate("a", 1, "ana"),)
    assert (changed.ends, changed.cooling) == ((), ())


def test_cannot_tell_neither_begins_nor_ends() -> None:
    told = answers(yes=["new"], cleared=["open"], unknown={"new": "late", "open": "late"})
    changed = changes(told, opened("open"), {"open": episode()}, None, LONDON)
    assert (changed.begins, changed.ends) == ((), ())


def test_an_account_that_is_still_true_does_not_end() -> None:
    told = answers(yes=["a"], cleared=["a"])
    assert changes(told, opened("a"), {"a": episode()}, None, LONDON).ends == ()


def test_a_second_episode_counts_on() -> None:
    before = episode(4, NOW - timedelta(days=3), NOW - timedelta(days=1))
    assert changes(answers(yes=["a"]), {}, {"a": before}, None, LONDON).begins == (Candidate("a", 5),)


def test_the_cooldown_counts_from_the_firing_and_says_until_when() -> None:
    fired = utc(2026, 2, 10, 9)
    before = episode(1, fired, utc(2026, 3, 2, 9))  # cleared only yesterday
    changed = changes(answers(yes=["a"]), {}, {"a": before}, MONTH, LONDON)
    assert changed.begins == ()
    assert changed.cooling[0].until == utc(2026, 3, 12, 0)
    assert (changed.cooling[0].trigger, changed.cooling[0].account_id) == ("seat-limit", "a")


def _fires(at: datetime, fired: datetime, quiet_for: Span) -> bool:
    before = {"a": episode(1, fired, fired + timedelta(minutes=1))}
    return bool(changes(answers(yes=["a"], as_of=at), {}, before, quiet_for, LONDON).begins)


def test_a_cooldown_in_days_is_over_when_that_day_begins_in_the_policys_zone() -> None:
    fired = utc(2026, 3, 20, 23, 30)  # 23:30 in London, still winter time
    over = utc(2026, 4, 18, 23, 0)  # midnight of 19 April in summer time: 30 days on the calendar
    assert not _fires(over - timedelta(microseconds=1), fired, MONTH)
    assert _fires(over, fired, MONTH)


def test_a_daily_run_that_starts_a_second_earlier_loses_no_day() -> None:
    assert _fires(utc(2026, 3, 10, 8, 59, 59), utc(2026, 3, 9, 9, 0, 0), Span(1, "days"))


def test_a_cooldown_in_hours_is_exact_over_a_change_of_clocks() -> None:
    fired = utc(2026, 3, 28, 12)
    assert not _fires(fired + timedelta(hours=24, microseconds=-1), fired, Span(24, "hours"))
    assert _fires(fired + timedelta(hours=24), fired, Span(24, "hours"))


def test_nothing_is_quiet_without_an_earlier_firing_or_a_cooldown() -> None:
    assert quiet_until(None, MONTH, LONDON) is None
    assert quiet_until(episode(), None, LONDON) is None


def test_a_run_over_an_earlier_day_does_not_fire_within_the_cooldown_of_a_later_firing() -> None:
    assert not _fires(NOW - timedelta(days=10), NOW, MONTH)


days = st.lists(st.sampled_from(["yes", "cleared", "unknown", "no"]), min_size=1, max_size=60)
quiets = st.one_of(st.none(), st.builds(Span, st.integers(1, 20), st.sampled_from(["days", "hours", "weeks"])))


@given(days, quiets)
def test_never_two_open_and_never_two_within_the_cooldown(said: list[str], quiet_for: Span | None) -> None:
    ledger: list[LastEpisode] = []
    for day, word in enumerate(said):
        at = utc(2026, 3, 1, 9) + timedelta(days=day)
        told = answers(
            yes=["a"] * (word == "yes"),
            cleared=["a"] * (word == "cleared"),
            unknown={"a": "late"} if word == "unknown" else {},
            as_of=at,
        )
        still = opened("a") if ledger and ledger[-1].cleared_at is None else {}
        changed = changes(told, still, {"a": ledger[-1]} if ledger else {}, quiet_for, LONDON)
        if changed.ends:
            assert still and word == "cleared"
            ledger[-1] = LastEpisode(ledger[-1].episode, ledger[-1].fired_at, at, "acting")
        for begun in changed.begins:
            assert not still and word == "yes"
            ledger.append(LastEpisode(begun.episode, at, None, "acting"))
    assert [each.episode for each in ledger] == list(range(1, len(ledger) + 1))
    assert sum(each.cleared_at is None for each in ledger) <= 1
    for earlier, later in pairwise(ledger):
        assert quiet_for is None or later.fired_at >= quiet_until(earlier, quiet_for, LONDON)  # type: ignore[operator]
