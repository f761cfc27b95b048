"""What is said in the threads of messages while their episodes go on."""

from __future__ import annotations

from datetime import datetime

from expansion.calendar.hours import Calendar
from expansion.contract import ActionWords
from expansion.follow.cleared import UPDATES
from expansion.follow.threads import Thread, updates
from expansion.records.ledger import StepRecord
from jobs.place import Place


def update_threads(place: Place, now: datetime) -> int:
    """A step for each thread in which something is to be said; how many are new."""
    telling = {name: words for name, words in place.catalog.actions.items() if UPDATES in words.offers}
    messages = [one for one in place.ledger.messages_with_clocks(telling) if (one.input or {}).get(UPDATES)]
    if not messages:
        return 0
    calendar = Calendar(place.definitions.workspace.policy.working_hours, place.definitions.zone)
    threads = _threads(place, messages, telling)
    return len(place.ledger.add_following([step for one in threads for step in updates(one, calendar.length)], now))


def _threads(place: Place, messages: list[StepRecord], telling: dict[str, ActionWords]) -> list[Thread]:
    ledger = place.ledger
    tasks = ledger.steps_with_clocks({one.firing_id for one in messages})
    clocks, following = ledger.clocks_of(one.key for one in tasks), ledger.following(one.key for one in messages)
    return [
        Thread(
            one,
            following.get(one.key, ()),
            [(task, clocks[task.key]) for task in tasks if task.firing_id == one.firing_id],
            telling[one.action].followed_by,
        )
        for one in messages
    ]
