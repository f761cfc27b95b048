"""A backtest finds what was planted in the made-up company, and nothing in its decoys."""

from __future__ import annotations

import pytest

from cli.demo_history import PLAYED, History
from expansion.measure.scores import Score
from jobs.backtest import backtest, triggers_of
from jobs.outcomes import collect
from jobs.place import Place
from jobs.settings import Settings

pytestmark = pytest.mark.long  # a minute


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Score]:
    """The quarter that the demo plays."""
    history = History(tmp_path_factory.mktemp("company") / "company")
    history.make()
    given = {"playbooks": history.playbooks, "home": history.folder / ".expansion"}
    place = Place(Settings(_env_file=None, **given), looking=True)  # type: ignore[call-arg, arg-type]
    try:
        now, definitions = place.clock.seen(), place.definitions
        triggers = triggers_of(definitions, PLAYED)
        tested = backtest(place, definitions, triggers, collect(place, now), *history.days, now)
    finally:
        place.close()
    return {one.trigger: one for one in tested.scores}


def precision(score: Score) -> float:
    return len(score.hits) / len(score.settled)


def by_lot(score: Score) -> float:
    return score.base.came / score.base.asked


def test_full_seats_are_found_to_be_worth_many_times_a_draw(scores: dict[str, Score]) -> None:
    found = scores["seats-nearly-used"]
    assert len(found.settled) >= 10
    assert precision(found) > 4 * by_lot(found), "six times was planted, for as long as it holds"


def test_a_decoy_is_worth_no_more_than_a_draw(scores: dict[str, Score]) -> None:
    decoy = scores["pricing-page"]
    assert len(decoy.settled) > 100
    assert precision(decoy) < 2 * by_lot(decoy)
    assert precision(decoy) < min(precision(scores[name]) for name in PLAYED if name != "pricing-page")
