"""After a crash: find out what became of the steps that a dead process had in its hands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from expansion.contract import Action, TryLater
from expansion.deliver.deliver import in_batches, to_pieces
from expansion.deliver.judging import Judge, Problem
from expansion.deliver.office import Office
from expansion.ledger import verdicts
from expansion.records.ledger import ClaimedStep, Verdict

_NOT_SENT = "its run stopped before it was sent"
_HALFWAY = "its run stopped while it was being sent"


@dataclass(frozen=True)
class RecoveryReport:
    """What became of steps that were left behind, and of unsure ones that were looked up once more."""

    verdicts: tuple[Verdict, ...] = ()
    left: tuple[str, ...] = ()  # keys that stay as they are: their system is not connected
    problems: tuple[Problem, ...] = ()
    errors: tuple[Exception, ...] = ()

    def count(self, state: str) -> int:
        """How many steps became `done`, `due` again, `refused` or `unsure`."""
        return sum(verdict.state == state for verdict in self.verdicts)


def recover(office: Office, alive: Callable[[str], bool]) -> RecoveryReport:
    """Settle what dead holders left claimed, then look up unsure steps whose system could not be asked before.

    What was not being sent yet is due again. What was: a repeatable action is due again; another is looked up. If it
    is not there, it is due after a while, and looked up again before it is sent. What cannot be looked up is unsure.
    """
    ledger, crew = office.ledger, _Crew(office)
    for name, steps in _by_action(ledger.abandoned(office.now(), alive)).items():
        crew.take_over(name, steps)
    for name, action in office.actions.items():
        if not action.repeatable:
            unsure = ledger.claim_unsure(name, office.holder, office.now(), office.lease)
            crew.look_up(name, unsure, "it was unsure")
    return crew.report()


@dataclass
class _Crew:
    office: Office
    verdicts: list[Verdict] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    judges: list[Judge] = field(default_factory=list)

    def take_over(self, name: str, steps: Sequence[ClaimedStep]) -> None:
        """All abandoned steps of one action."""
        office, known = self.office, name in self.office.actions
        self.left += [step.key for step in steps if step.sending_since and not known]
        ours = [step for step in steps if known or not step.sending_since]
        taken = office.ledger.take_over(ours, office.holder, office.now(), office.lease)
        unsent = [verdicts.released(s.key, office.now(), _NOT_SENT, counts=False) for s in taken if not s.sending_since]
        self._write(unsent)
        if known:
            self._settle(name, [step for step in taken if step.sending_since])

    def look_up(self, name: str, steps: Sequence[ClaimedStep], reason: str, *, just_now: bool = False) -> None:
        """Ask the system about each of these steps, which are in our hands. `just_now`: one may still be on its way."""
        action = self.office.actions[name]
        judge = self._judge(action)
        for batch in in_batches(steps, action.batch):
            good, bad = to_pieces(batch, self.office.to_piece, judge)
            why = {step.key: TryLater(reason, maybe_done=True) for step, _ in good}
            absent = judge.cut_short if just_now else judge.at_once
            self._write([_doubted(verdict) for verdict in bad] + judge.look_up(good, why, absent=absent))

    def report(self) -> RecoveryReport:
        problems = tuple(judge.problem for judge in self.judges if judge.problem)
        errors = tuple(error for judge in self.judges for error in judge.errors)
        return RecoveryReport(tuple(self.verdicts), tuple(self.left), problems, errors)

    def _settle(self, name: str, steps: Sequence[ClaimedStep]) -> None:
        action = self.office.actions[name]
        if not action.repeatable:
            self.look_up(name, steps, _HALFWAY, just_now=True)
            return
        judge, failure = self._judge(action), TryLater(_HALFWAY, maybe_done=True)
        self._write([judge.at_once(step, failure, maybe_done=True) for step in steps])

    def _judge(self, action: Action) -> Judge:
        self.judges.append(self.office.judge(action))
        return self.judges[-1]

    def _write(self, found: Sequence[Verdict]) -> None:
        counted = self.office.ledger.resolve(found, self.office.holder, self.office.now())
        self.verdicts += [verdict for verdict in found if verdict.key in counted]


def _doubted(verdict: Verdict) -> Verdict:
    """A step that was sent and cannot be made into a piece any more cannot be looked up either."""
    return verdicts.unsure(verdict.key, f"it may have been sent, and cannot be looked up: {verdict.reason}")


def _by_action(steps: Iterable[ClaimedStep]) -> dict[str, list[ClaimedStep]]:
    found: dict[str, list[ClaimedStep]] = defaultdict(list)
    for step in steps:
        found[step.action].append(step)
    return found
