"""Words of the language that this release does not carry out: refused with a sentence, never accepted and ignored."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Later:
    """A word still to come, and what to write until then."""

    word: str
    instead: str | None = None

    @property
    def message(self) -> str:
        return f"`{self.word}` is part of the language, but this release does not carry it out yet"


def _table(words: dict[str, str | None]) -> dict[str, Later]:
    return {word: Later(word, instead) for word, instead in words.items()}


_RATIO = "until then, use `ratio: [seats_used, seats_bought]` and compare it with a percentage"

# Keys, wherever they stand; a key that its model knows never gets here.
KEYS = _table(
    {
        "sequence": "until then, give one `event` condition per step: all of them must be true, in any order",
        "within": "until then, count each event `over:` the same window",
        "same_user": None,
        "not_between": None,
        "in_at_least": "until then, use `on_at_least: 3 days` with `over:`, which counts days instead of weeks",
        "first_within": "until then, compare a date fact with `newer_than: 14 days`",
        "stopped_for": "until then, use `at_most: 0` with `over:`, and a second condition over a longer window",
        "came_back_after": None,
        "among_top": "until then, compare with a number of your own, such as `at_least: 1_000`",
        "of": "`of` goes with `among_top`, which is not carried out yet either",
        "average": "until then, use `sum` of the property, or count `times`",
        "max": "until then, use `latest` of the property, or `where: {property: {at_least: …}}`",
        "who": "triggers are about accounts; ask for several people with `by_at_least: 2 people`",
        "difference": _RATIO,
        "headroom": _RATIO,
        "days_to_limit": _RATIO,
        "limit_of": "until then, keep the limit of each account as a fact with `from:` and `field:`",
        "trigger_state": None,
        "budgets": "until then, `hold_if_more_than` and `flood` keep a run small",
        "attention": "until then, `hold_if_more_than` and `flood` keep a run small",
        "attention_budget": "until then, `hold_if_more_than` and `flood` keep a run small",
        "attention_budgets": "until then, `hold_if_more_than` and `flood` keep a run small",
        "approval": "until then, keep the trigger on `status: watching`, and set it to `live` when you approve",
        "approvals": "until then, keep the trigger on `status: watching`, and set it to `live` when you approve",
        "quiet_hours": "until then, `working_hours` says when due dates fall",
        "sla": None,
        "escalate": None,
    }
)

# Values of a key.
VALUES = {
    ("check", "on_event"): Later("on_event", "until then, `check: hourly` is the soonest"),
    ("count", "average"): KEYS["average"],
    ("count", "max"): KEYS["max"],
}
