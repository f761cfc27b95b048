"""From the ledger to the outside: claim, send, write down what became of it. Every step once, or shown as unsure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from expansion.contract import Failure, Piece, Refused, TryLater
from expansion.deliver.judging import Judge, Problem
from expansion.deliver.office import Office, ToPiece
from expansion.ledger import verdicts
from expansion.records.ledger import ClaimedStep, Verdict

_STOPPED = "the run was stopped before it was sent"
_BUSY_IN_A_ROW = 3  # so many calls that all end in "later": the system is down, not one record locked


@dataclass(frozen=True)
class DeliveryReport:
    """What one round of deliveries did. Go on while it claimed something and there is no problem."""

    action: str
    claimed: int = 0
    verdicts: tuple[Verdict, ...] = ()
    lost: tuple[str, ...] = ()  # keys that another process took over meanwhile; nothing was changed for them
    problem: Problem | None = None
    errors: tuple[Exception, ...] = ()  # of the program, not of the other system: to be logged and mended

    def count(self, state: str) -> int:
        """How many steps became `done`, `refused`, `due` (again later) or `unsure`."""
        return sum(verdict.state == state for verdict in self.verdicts)


def deliver(
    office: Office,
    action_name: str,
    limit: int = 200,
    *,
    playbook: str | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> DeliveryReport:
    """Claim up to `limit` due steps of an action and deliver them in the action's batches.

    Once `stopping` says so, the batches that are left go back untouched.
    """
    action = office.actions.get(action_name)
    if action is None:
        return DeliveryReport(action_name, problem=_not_connected(action_name))
    claimed = office.ledger.claim(action_name, limit, office.holder, office.now(), office.lease, playbook=playbook)
    round_ = _Round(office, office.judge(action), stopping)
    for batch in in_batches(claimed, action.batch):
        round_.take(batch)
    return round_.report(len(claimed))


def in_batches(steps: Sequence[ClaimedStep], size: int) -> Iterator[Sequence[ClaimedStep]]:
    """The steps in the order given, at most `size` at a time."""
    return (steps[start : start + size] for start in range(0, len(steps), size))


def to_pieces(
    steps: Sequence[ClaimedStep], to_piece: ToPiece, judge: Judge
) -> tuple[list[tuple[ClaimedStep, Piece]], list[Verdict]]:
    """The steps that can be sent, and verdicts on those that cannot: one bad step stops no other."""
    good: list[tuple[ClaimedStep, Piece]] = []
    bad: list[Verdict] = []
    for step in steps:
        try:
            good.append((step, to_piece(step)))
        except Failure as failure:
            bad.append(judge.not_sent(step, failure))
        except ValidationError as error:  # its text quotes the input, which may hold personal data
            where = ", ".join(".".join(str(part) for part in each["loc"]) for each in error.errors())
            bad.append(judge.not_sent(step, Refused(f"the input of {step.action} is not valid any more: {where}")))
        except Exception as error:  # recorded; nothing was sent, so it may be tried again
            bad.append(judge.not_sent(step, TryLater(judge.record(error))))
    return good, bad


@dataclass
class _Round:
    office: Office
    judge: Judge
    stopping: Callable[[], bool]
    verdicts: list[Verdict] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    busy: int = 0

    def take(self, batch: Sequence[ClaimedStep]) -> None:
        """Deliver a batch; once there is a problem, give it back untouched."""
        if self.judge.problem:
            self._write(self._hold(batch, self.judge.problem))
            return
        if self.stopping():
            self._write([verdicts.released(step.key, self.judge.now(), _STOPPED, counts=False) for step in batch])
            return
        good, bad = to_pieces(batch, self.office.to_piece, self.judge)
        begun = self.judge.now()
        keys = [step.key for step, _ in good]
        kept = self.office.ledger.start_sending(keys, self.office.holder, begun, self.office.lease)
        self.lost += [step.key for step, _ in good if step.key not in kept]
        sent = self.judge.deliver([pair for pair in good if pair[0].key in kept], self._ours(begun)) if kept else []
        self._write(bad + sent)
        self._notice_busy(sent)

    def _ours(self, begun: datetime) -> Callable[[], bool]:
        until = begun + self.office.lease * 2 / 3
        return lambda: self.judge.now() < until

    def report(self, claimed: int) -> DeliveryReport:
        judge = self.judge
        found = (tuple(self.verdicts), tuple(self.lost), judge.problem, tuple(judge.errors))
        return DeliveryReport(judge.action.name, claimed, *found)

    def _write(self, found: Sequence[Verdict]) -> None:
        counted = self.office.ledger.resolve(found, self.office.holder, self.judge.now())
        self.verdicts += [verdict for verdict in found if verdict.key in counted]
        self.lost += [verdict.key for verdict in found if verdict.key not in counted]

    def _hold(self, batch: Sequence[ClaimedStep], problem: Problem) -> list[Verdict]:
        """Settings may be mended at any moment; a busy system gets a pause; a budget says when it has calls again."""
        pause = self.office.patience.first if problem.whose == "their system" else problem.wait
        again, reason = self.judge.now() + pause, f"not tried: {problem.sentence}"
        return [verdicts.released(step.key, again, reason, counts=False) for step in batch]

    def _notice_busy(self, sent: Sequence[Verdict]) -> None:
        if not sent or self.judge.problem:
            return
        self.busy = self.busy + 1 if all(verdict.state == "due" for verdict in sent) else 0
        if self.busy >= _BUSY_IN_A_ROW:
            self.judge.problem = Problem(self.judge.action.name, "their system", sent[-1].reason or "busy")


def _not_connected(action_name: str) -> Problem:
    system = action_name.partition(".")[0]
    sentence = f"{system} is not connected, and steps wait for {action_name}; `expansion doctor` says what is missing"
    return Problem(action_name, "settings", sentence)
