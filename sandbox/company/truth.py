"""What was planted, and what came of it: for tests of what finds it again."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from sandbox.company.arrays import Floats
from sandbox.company.asked import Asked
from sandbox.company.behaviours import (
    BUYS_A_MONTH,
    DECOYS,
    LEAVES_A_MONTH,
    PLANTED,
    SHRINKS_A_MONTH,
    SIZE_POWER,
    UNUSED_SHARE,
    UNUSED_TIMES,
    WON,
)  # fmt: skip
from sandbox.company.season import A_YEAR, QUARTER_END


def truth(asked: Asked, cells: Floats, counted: Counter[str]) -> dict[str, Any]:
    return {
        "asked": {
            "accounts": asked.accounts,
            "days": asked.days,
            "seed": asked.seed,
            "first_day": asked.first.isoformat(),
            "last_day_before": asked.until.isoformat(),
        },
        "planted": [_planted(place, cells) for place in range(len(PLANTED))],
        "decoys": [{"trigger": one.name, "event": one.event, "kind": one.kind, "means": one.means} for one in DECOYS],
        "rates": {
            "decisions_a_month_with_nothing_planted": BUYS_A_MONTH,
            "won_of_decisions": WON,
            "chance_by_seats_to_the_power_of": SIZE_POWER,
            "quarter_end_times": QUARTER_END,
            "more_a_year_later": A_YEAR,
            "leaves_a_month": LEAVES_A_MONTH,
            "shrinks_a_month": SHRINKS_A_MONTH,
            "unused": {"below_share_of_seats": UNUSED_SHARE, "leaves_and_shrinks_times": UNUSED_TIMES},
        },
        "treated": None if asked.treated_lift is None else _treated(asked),
        "decisions": _decisions(cells),
        "written": dict(sorted(counted.items())),
    }


def _planted(place: int, cells: Floats) -> dict[str, Any]:
    """`expected_decisions`: what size, season and the other planted behaviours alone would have brought."""
    one, which = PLANTED[place], np.arange(cells.shape[1])
    with_it = (which >> place) & 1 == 1
    days, plain, decisions = cells[:, with_it]
    return {
        "trigger": one.name,
        "means": one.means,
        "times": one.times,
        "tier": one.tier,
        "account_days": int(days.sum()),
        "decisions": int(decisions.sum()),
        "expected_decisions": round(float((plain * _others(place, which[with_it])).sum()), 4),
    }


def _others(place: int, which: Any) -> Any:
    return np.prod(
        [np.where((which >> n) & 1 == 1, one.times, 1.0) for n, one in enumerate(PLANTED) if n != place], axis=0
    )


def _decisions(cells: Floats) -> dict[str, Any]:
    days, _, decisions = cells.sum(axis=1)
    return {"account_days": int(days), "decisions": int(decisions), "a_month": round(float(30 * decisions / days), 5)}


def _treated(asked: Asked) -> dict[str, Any]:
    return {"lift": asked.treated_lift, "holdout": asked.holdout, "for_days": 90, "behaviours": list(asked.acted_on)}
