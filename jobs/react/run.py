"""One run that reacts, as the ledger keeps it: an hour of micro-batches by the same definitions.

An hour, and not a batch: `expansion ledger --runs` stays a list that people read. Each decision has the moment at which
it was taken; the run only says by what and in which hour.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event

from expansion.decide.decide import Decisions
from expansion.decide.history import OfNow
from expansion.evaluate.results import Answers
from expansion.language.model.models import Trigger
from expansion.react.asking import Asking
from expansion.records.firing import AGAIN
from expansion.records.ledger import FiringFilter, RunStatus
from expansion.usage.identity.former_ids import FormerIds
from jobs.decide import Evaluated, decide_all, record, until_written
from jobs.definitions import Definitions
from jobs.kinds import headline_of
from jobs.place import Place
from jobs.react.sending import Sending
from jobs.react.told import Told

LASTS = timedelta(hours=1)
_FEW = 500  # accounts that a query names one by one


@dataclass
class ReactRun:
    """Made with `begin`; `finish` ends it."""

    place: Place
    definitions: Definitions
    id: int
    begun: datetime
    told: Told
    sending: Sending
    headline: str = ""  # how it ended
    over: Event = field(default_factory=Event)
    _seeded: set[str] = field(default_factory=set)

    @classmethod
    def begin(cls, place: Place, definitions: Definitions) -> ReactRun:
        """Write down that it begins; nothing at all where a clock must be wrong."""
        place.definitions = definitions
        said, now = place.begin(), place.now()
        run_id = place.ledger.start_run(
            "react",
            as_of=now,
            now=now,
            git_revision=definitions.revision,
            definitions_hash=definitions.hash,
            watermark=place.stored.watermark,
            holder=place.holder.name,
        )
        place.begun(run_id)
        place.systems.actions(definitions)  # connected before threads ask for them
        told = Told()
        if said:
            told.notice(said)
        return cls(place, definitions, run_id, now, told, Sending(place, now, told))

    def triggers(self) -> list[Trigger]:
        """Those that react. A live one waits for its first whole run: what is true already by then is old news, and a
        run over a few accounts cannot tell it from what is new."""
        known = reacting(self.definitions)
        waiting = [one.trigger for one in known if not self._may_act(one)]
        for name in waiting:
            self.told.notice(f"{name} reacts after its first run over all accounts (`expansion run`)")
        return [one for one in known if one.trigger not in waiting]

    def decide(
        self, answers: Mapping[str, Answers], asking: Asking, accounts: Collection[str], ids: FormerIds
    ) -> Decisions | None:
        """Decide about what has changed, as a run does, write it down and have it sent; None where nothing has."""
        history = OfNow(self.place.ledger, ids)
        news = {name: each for name, each in answers.items() if _is_news(each, history, accounts)}
        if not news:
            return None
        evaluated = Evaluated(self.definitions, news, asking, len(accounts), {})

        def once() -> Decisions:
            # Not `ran_as`: a trigger counts as having run when all accounts were asked.
            decisions = replace(decide_all(self.place, evaluated, asking.as_of), ran_as={})
            if decisions.firings or decisions.cleared or decisions.again:
                record(self.place, self.id, decisions, self.place.now(), asking.as_of)
            return decisions

        decisions = until_written(once)
        self.told.has_decided(asking.as_of, decisions)
        self.sending.start(_playbooks(decisions))
        return decisions

    def finish(self) -> None:
        """What is not sent by then stays due."""
        ledger, report = self.place.ledger, self.told.report
        try:
            self.sending.close()
            firings, steps = ledger.firings(FiringFilter(run_id=self.id)), ledger.steps_of_run(self.id)
            self.headline = headline_of("react", report, firings, steps)
            status: RunStatus = "failed" if report.problems else "completed"
            ledger.finish_run(self.id, status, self.place.now(), report.summary())
        finally:
            self.over.set()
            self.place.close()

    def _may_act(self, trigger: Trigger) -> bool:
        if trigger.status != "live" or trigger.trigger in self._seeded:
            return True
        if self.place.ledger.was_live(trigger.trigger):
            self._seeded.add(trigger.trigger)
            return True
        return False


def reacting(definitions: Definitions) -> list[Trigger]:
    """The triggers that react to events: live ones and those that are watched."""
    every = definitions.workspace.triggers
    return [one for _, one in sorted(every.items()) if one.check == "on_event" and one.status != "draft"]


def _playbooks(decisions: Decisions) -> Sequence[str]:
    firings = [*decisions.firings, *(each.firing for each in decisions.again)]
    return [one.playbook for one in firings if one.playbook and one.steps]


def _is_news(answers: Answers, history: OfNow, accounts: Collection[str]) -> bool:
    """Whether an episode of these accounts may begin or end, or be decided about again."""
    if not answers.yes and not answers.cleared:
        return False
    known = history.open_episodes(answers.trigger, accounts if len(accounts) <= _FEW else None)
    return (
        bool(answers.yes - known.keys())
        or any(one in answers.cleared for one in known)
        or any(known[one].decision in AGAIN for one in answers.yes & known.keys())
    )
