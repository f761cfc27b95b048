"""Events and a run in another process at the same time: each account once, each message once, on both databases."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.databases import new_postgres
from tests.react.other import runs
from tests.react.town import Town, a_town, until

ACCOUNTS = [f"acct-{n}" for n in range(8)]
SECONDS = 12.0


@pytest.fixture(params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    url = new_postgres(request.getfixturevalue("postgres")) if request.param == "postgresql" else None
    with a_town(tmp_path, monkeypatch, url) as made:
        yield made


def test_an_event_and_a_run_never_both_act(town: Town) -> None:
    chance = Random(7)
    other = multiprocessing.get_context("spawn").Process(target=runs, args=(town.folder, town.ledger, SECONDS))
    reacting = town.reacting()
    reacting.once()
    reacting.start()
    other.start()
    events = [town.event(account) for account in ACCOUNTS for _ in range(4)]
    chance.shuffle(events)
    for event in events:
        reacting.on_stored(town.push(event))
        time.sleep(chance.uniform(0, 2 * SECONDS / 3 / len(events)))
    other.join(120)
    assert other.exitcode == 0
    until(lambda: len(town.messages()) == len(ACCOUNTS), 60)
    reacting.stop()
    assert town.warned == []
    assert Counter(one.account_id for one in town.firings()) == dict.fromkeys(ACCOUNTS, 1)
    assert set(town.messages().values()) == {1}
    assert {step.state for step in town.steps()} == {"done"}
