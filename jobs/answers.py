"""What people answer by the buttons of messages: written down once, shown below the message, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import integrations
from expansion.contract import Disposition, Failure
from expansion.follow.answers import line, lines, shows, to_show
from expansion.language.model.mistakes import Mistakes
from expansion.records.dispositions import Answered, DispositionRecord
from expansion.records.firing import NewStep
from jobs.deliver import Pieces, deliver_some
from jobs.place import Place


def take_answers(place: Place, said: Iterable[Disposition], now: datetime) -> list[Answered]:
    """Write down what was said, and plan the steps that show it. Nothing is sent here: who clicks waits for this."""
    answered = [place.ledger.dispose(one, now) for one in said]
    for one in answered:
        if one.what == "new" and one.record is not None:
            with suppress(Mistakes):  # in somebody's YAML: the answer stands, and is shown with the next one
                place.ledger.add_following(_steps(place, one.record), now)
    return answered


def show_answers(place: Place, now: Callable[[], datetime]) -> None:
    """Send what shows answers, and nothing else that is due."""
    words = place.catalog.actions.values()
    showing = {name for one in words if one.answered_by for name in (one.answered_by, one.followed_by)}
    pieces = Pieces(place, now())
    for due in place.ledger.due_actions(now()):
        if due.action in showing:
            deliver_some(place, pieces, due.action, due.playbook, now, lambda: False)


def name_people(place: Place) -> int:
    """Ask each system whose the ids are that it told answers of; how many answers have a name now."""
    return sum(_name(place, source) for source in place.ledger.answer_sources())


def answer_rows(said: Iterable[DispositionRecord], zone: ZoneInfo) -> list[dict[str, str]]:
    """One row an answer: of which account, what, by whom, when."""
    return [
        {
            "at": f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}",
            "account": one.account_id,
            "trigger": one.trigger,
            "answer": line(one, zone),
        }
        for one in said
    ]


def _steps(place: Place, new: DispositionRecord) -> list[NewStep]:
    ledger = place.ledger
    shown = lines(ledger.dispositions([new.firing_id]), place.definitions.zone)
    return [
        shows(message, new, words, shown, ledger.share(message.action, message.remote_id or "") - 1)
        for message, words in to_show(ledger.messages_of(new.firing_id), place.catalog.actions)
    ]


def _name(place: Place, source: str) -> int:
    """An id that the system does not know stays as it is: it is asked again when somebody answers again."""
    system = source.partition(".")[0]
    connected = place.systems.connect(system) if system in integrations.NAMES else None  # else it was said by hand
    if connected is None or connected.address_of is None:
        return 0
    found = {}
    for who in place.ledger.nameless(source):
        try:
            email = connected.address_of(who)
        except Failure:
            continue  # the answer stands under the id; a name is not worth an error
        if email:
            found[who] = email
    return place.ledger.name_them(source, found)
