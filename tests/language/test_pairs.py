"""Two mistakes at once: each is told as if it were alone, in one file and in two.

EXPANSION_PAIRS=100000 tries every pair (an hour); as a rule some hundreds are drawn, others with each change of the
lists.
"""

from __future__ import annotations

import itertools
import os
import random

import pytest

from expansion.language.model.mistakes import Mistake, Mistakes
from expansion.language.workspace import load
from expansion.language.yaml.files import Folder as OnDisk
from tests.language import slips, slips_of_conditions, slips_of_habit
from tests.language.conftest import CATALOG, FILES, Folder
from tests.language.slips import Slip

pytestmark = (
    pytest.mark.no_cover
)  # counting doubles the time, and test_mistakes.py reaches the same lines by one slip each

_ALL = [
    *slips.TRIGGERS,
    *slips.LATER,
    *slips.PLAYBOOKS,
    *slips.SHARED,
    *slips.CASES,
    *slips_of_conditions.ALL,
    *slips_of_habit.ALL,
]
_PAIRS = int(os.environ.get("EXPANSION_PAIRS", "150"))

# Behind these something cannot be told: of what nobody knows, no kind and no inputs are known either, and what is not
# YAML is read no further.
_BLINDING = {
    *("a fact that nobody knows", "an action nobody offers", "no value", "an item of nothing"),
    *("a condition without a dash", "a count that exists", "a sequence that is no list", "a misspelt trigger"),
}


def _told(folder: Folder, files: dict[str, str]) -> tuple[Mistake, ...]:
    for name, text in files.items():
        folder.write(name, text)
    try:
        load(OnDisk(folder.root), CATALOG)
    except Mistakes as error:
        return error.mistakes
    finally:
        for name in files:
            folder.write(name, FILES[name])
    return ()


def _both(one: Slip, other: Slip) -> dict[str, str] | None:
    """The files with both mistakes; None where they would stand in the same words."""
    files = dict(FILES)
    spans = [(FILES[name].index(old), FILES[name].index(old) + len(old)) for _, name, old, _ in (one, other)]
    if one[1] == other[1] and spans[0][0] < spans[1][1] and spans[1][0] < spans[0][1]:
        return None
    for _, name, old, new in sorted((one, other), key=lambda slip: -FILES[slip[1]].index(slip[2])):
        begin = FILES[name].index(old)
        files[name] = files[name][:begin] + new + files[name][begin + len(old) :]
    return {name: files[name] for name in {one[1], other[1]}}


@pytest.mark.parametrize("where", ["in one file", "in two files"])
def test_of_two_mistakes_both_are_told(folder: Folder, where: str) -> None:
    known: dict[str, str] = {}

    def alone(slip: Slip) -> str:
        if slip[0] not in known:
            [mistake] = _told(folder, {slip[1]: FILES[slip[1]].replace(slip[2], slip[3], 1)})
            known[slip[0]] = mistake.message
        return known[slip[0]]

    every = itertools.combinations([slip for slip in _ALL if slip[0] not in _BLINDING], 2)
    pairs = [pair for pair in every if (pair[0][1] == pair[1][1]) == (where == "in one file")]
    random.Random(len(_ALL)).shuffle(pairs)
    tried, hidden = 0, []
    for one, other in pairs:
        files = _both(one, other)
        if files is None:
            continue
        said = [mistake.message for mistake in _told(folder, files)]
        if any(one.endswith("is written twice") for one in said):
            continue  # of the two only one is there
        hidden += [
            (slip[0], "behind", behind[0], said)
            for slip, behind in ((one, other), (other, one))
            if alone(slip) not in said
        ]
        tried += 1
        if tried == _PAIRS:
            break
    assert tried, "there are pairs"
    assert not hidden, "\n".join(map(str, hidden))


def test_a_misspelt_word_hides_no_name_anywhere(folder: Folder) -> None:
    """Once one unknown word hid the wrong names of the whole folder, and one wrong value the next one beside it."""
    folder.change("triggers/seat-limit.yaml", "check: daily", "chek: daily")
    folder.change("triggers/seat-limit.yaml", "fact: open_expansion_deal", "fact: open_expansion_dael")
    folder.change("triggers/habit.yaml", "trigger: seat-limit", "trigger: seat-limits")
    folder.change(
        "triggers/paywall-hits.yaml", "    at_least: 3\n    over: 14 days", "    at_least: twice\n    over: 9"
    )
    folder.change("seat-expansion.yaml", "do: slack.post_message", "do: slack.post_mesage")
    folder.change("seat-expansion.yaml", "{{ reasons }}", "{{ raisins }}")
    folder.change("shared/facts.yaml", "kind: percent", "kind: share")
    assert [(one.file.split("/", 1)[1], one.line) for one in folder.mistakes()] == [
        ("seat-expansion.yaml", 5),
        ("seat-expansion.yaml", 16),
        ("shared/facts.yaml", 11),
        ("triggers/habit.yaml", 22),
        ("triggers/paywall-hits.yaml", 8),
        ("triggers/paywall-hits.yaml", 9),
        ("triggers/seat-limit.yaml", 5),
        ("triggers/seat-limit.yaml", 18),
    ]
