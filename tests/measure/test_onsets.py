"""Episodes at every setting at once are the episodes of a run at each setting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from expansion.decide.episodes import changes
from expansion.evaluate.logic import NO, YES
from expansion.evaluate.numbers import Array
from expansion.evaluate.results import Answers
from expansion.language.model.values import Span
from expansion.measure.levels import Levels
from expansion.measure.onsets import Episodes
from expansion.measure.played import ready
from expansion.measure.turned import PerSetting, Turned
from expansion.records.firing import LastEpisode, OpenEpisode

ZONE = ZoneInfo("Europe/London")
MOMENTS = [datetime(2026, 3, 1, 23, tzinfo=UTC) + timedelta(days=n) for n in range(60)]
SETTINGS, ACCOUNTS = 4, 12
IDS = [f"a{n:02}" for n in range(ACCOUNTS)]


def answers(rng: np.random.Generator) -> PerSetting:
    """Drawn: how many settings each account meets, or may meet."""
    sure = rng.integers(0, SETTINGS + 1, ACCOUNTS)
    perhaps = np.minimum(SETTINGS, sure + rng.integers(0, 2, ACCOUNTS))
    around = np.tile(np.array([NO, 1, YES], dtype=np.int8), (ACCOUNTS, 1))
    return PerSetting(Levels(sure, perhaps), around, SETTINGS)


def found(turned: list[Turned], quiet_for: Span | None, alone: Array | None = None) -> set[tuple[int, str, int]]:
    episodes = Episodes(SETTINGS, ready(MOMENTS, quiet_for, ZONE))
    for place, one in enumerate(turned):
        episodes.play(place, IDS, one, None if alone is None else alone[place])
    onsets = episodes.result()
    each = zip(onsets.moment.tolist(), onsets.subject.tolist(), onsets.setting.tolist(), strict=True)
    return {(moment, str(onsets.subjects[subject]), setting) for moment, subject, setting in each}


def run_alone(turned: list[Turned], setting: int, quiet_for: Span | None) -> set[tuple[int, str, int]]:
    """The same with the functions of a run, at one setting."""
    still_open: dict[str, OpenEpisode] = {}
    last: dict[str, LastEpisode] = {}
    begun = set()
    for place, (at, one) in enumerate(zip(MOMENTS, turned, strict=True)):
        fires, holds = (each.answers(np.arange(ACCOUNTS))[:, setting] for each in (one.fires, one.holds))
        said = Answers(
            "t",
            at,
            frozenset(i for i, each in zip(IDS, fires, strict=True) if each == YES),
            frozenset(i for i, each in zip(IDS, holds, strict=True) if each == NO),
            {i: "" for i, each in zip(IDS, fires, strict=True) if each == 1},
        )
        changed = changes(said, still_open, last, quiet_for, ZONE)  # type: ignore[arg-type]
        for new in changed.begins:
            still_open[new.account_id] = OpenEpisode(0, new.episode, at, "acting", "", at)
            last[new.account_id] = LastEpisode(new.episode, at, None, "acting")
            if place:
                begun.add((place, new.account_id, setting))
        for over in changed.ends:
            del still_open[over.account_id]
    return begun


@pytest.mark.parametrize("quiet_for", [None, Span(3, "days"), Span(1, "months"), Span(36, "hours")])
def test_every_setting_has_the_episodes_that_a_run_would_have(quiet_for: Span | None) -> None:
    rng = np.random.default_rng(3)
    turned = [Turned(answers(rng), answers(rng)) for _ in MOMENTS]
    alone = set().union(*(run_alone(turned, setting, quiet_for) for setting in range(SETTINGS)))
    assert found(turned, quiet_for) == alone
    assert len(alone) > 50, "too few firings to tell anything"


def steady(sure: int) -> Turned:
    levels = np.full(ACCOUNTS, sure)
    around = np.tile(np.array([NO, 1, YES], dtype=np.int8), (ACCOUNTS, 1))
    each = PerSetting(Levels(levels, levels), around, SETTINGS)
    return Turned(each, each)


def test_what_is_true_on_the_first_day_counts_nowhere() -> None:
    assert not found([steady(4) for _ in MOMENTS], None)


def test_who_is_left_alone_fires_once_nothing_stands_in_the_way() -> None:
    turned = [steady(0), *(steady(4) for _ in MOMENTS[1:])]
    alone = np.zeros((len(MOMENTS), ACCOUNTS), dtype=bool)
    alone[:10, 0] = True
    fired = found(turned, None, alone)
    assert {moment for moment, account, _ in fired if account == "a00"} == {10}
    assert {moment for moment, account, _ in fired if account == "a01"} == {1}


def test_who_was_left_alone_until_it_was_over_never_fires() -> None:
    turned = [steady(0), *(steady(4) for _ in range(5)), *(steady(0) for _ in MOMENTS[6:])]
    alone = np.zeros((len(MOMENTS), ACCOUNTS), dtype=bool)
    alone[:8, 0] = True
    assert not {moment for moment, account, _ in found(turned, None, alone) if account == "a00"}
