"""What a brake holds together is not explained one by one: it has to trip before that, not after hours of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from expansion.decide.decide import decide
from expansion.decide.drafts import EXPLAINED, NOT_EXPLAINED
from expansion.evaluate.results import Evidence
from expansion.evaluate.subjects import Subject
from expansion.language.model.models import Trigger
from tests.decide.fakes import FakeEvaluator, FakeHistory, answers, catalog, folder, policy, run, trigger

NAMES = [f"a{n:03}" for n in range(200)]


@dataclass
class Counting(FakeEvaluator):
    """Notes whom it was asked to explain."""

    explained: list[Subject] = field(default_factory=list)

    def explain(self, trigger: Trigger, subject: Subject) -> Evidence:
        self.explained.append(subject)
        return super().explain(trigger, subject)


@pytest.mark.parametrize(
    ("changes", "rules", "decision"),
    [
        ({}, {"flood": {"at_most": "100 accounts"}}, "flood"),
        ({"hold_if_more_than": "100 accounts"}, {}, "flood"),
        ({"first_run": "quiet"}, {}, "quiet"),
        ({"status": "watching"}, {"flood": {"at_most": "100 accounts"}}, "watching"),
    ],
)
def test_only_the_most_valuable_of_what_is_held_together_are_explained(
    changes: dict[str, str], rules: dict[str, Any], decision: str
) -> None:
    asked = Counting({name: {"arr": Decimal(1000 * (n + 1))} for n, name in enumerate(NAMES)})
    one = trigger(**changes)
    told = {one.trigger: answers(yes=NAMES)}
    made = decide(told, folder(one, policy=policy(**rules)), asked, FakeHistory(), run(), catalog()).firings
    assert [firing.decision for firing in made] == [decision] * 200
    assert sorted(map(str, asked.explained)) == NAMES[-EXPLAINED:]
    first, last = made[0], made[-1]
    assert (first.account_id, last.account_id) == ("a199", "a000")
    assert first.evidence["lines"]
    assert not any(NOT_EXPLAINED in note for note in first.evidence["notes"])
    assert last.evidence["notes"][:1] == [
        "one of many held together, of which the 25 most valuable were explained; "
        "`expansion explain seat-limit a000` shows why it is true"
    ]


def test_what_acts_is_explained_however_much_it_is() -> None:
    asked = Counting({name: {"arr": Decimal(1000)} for name in NAMES})
    told = {"seat-limit": answers(yes=NAMES)}
    made = decide(told, folder(trigger(), policy=policy()), asked, FakeHistory(), run(), catalog()).firings
    assert {firing.decision for firing in made} == {"acting"}
    assert len(asked.explained) == 200
    assert all(firing.evidence["lines"] for firing in made)
