"""From a reply to a verdict: is the step done, refused, to be tried again, or does nobody know?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from expansion.contract import Action, Done, Failure, NoAccess, NotItsTurn, Piece, Refused, Reply, TryLater
from expansion.deliver.sending import only_while
from expansion.ledger import verdicts
from expansion.records.ledger import ClaimedStep, Verdict
from expansion.waiting import LONGEST_TURN, bounded

R = TypeVar("R")

Sent = Sequence[tuple[ClaimedStep, Piece]]


@dataclass(frozen=True)
class Patience:
    """How long a step that certainly did not happen is tried again: for most of a day, then it is refused."""

    tries: int = 12
    first: timedelta = timedelta(minutes=1)  # doubles with every try
    longest: timedelta = timedelta(hours=6)
    # How long a system may still carry out a call that broke off. Until then "it is not there" proves nothing.
    settle: timedelta = timedelta(minutes=2)

    def wait(self, tries: int, said: float | None = None) -> timedelta:
        """How long to leave it, never less than the other system asked for, as far as that is bounded."""
        own = min(self.first * (1 << min(tries - 1, 20)), self.longest)
        return max(own, timedelta(seconds=bounded(said) or 0))


@dataclass(frozen=True)
class Problem:
    """What keeps an action from being done for the rest of a run, and who has to do something about it.

    "our limit": nobody has to. Our own budget is used up, and after `wait` there are calls again.
    """

    action: str
    whose: Literal["settings", "their system", "our limit"]
    sentence: str
    wait: timedelta = timedelta()


@dataclass
class Judge:
    """Judges the replies of one action, and remembers problems and unexpected errors on the way."""

    action: Action
    patience: Patience
    now: Callable[[], datetime]
    problem: Problem | None = None
    errors: list[Exception] = field(default_factory=list)

    def deliver(self, claimed: Sent, ours: Callable[[], bool] = lambda: True) -> list[Verdict]:
        """Send the pieces and say what became of each step. No call goes out once `ours` says no.

        What may have happened at an earlier attempt is looked up first, unless it may be repeated.
        """
        with only_while(ours):
            sent, known = self._look_first(claimed)
            return known + (self._send(sent) if sent else [])

    def _send(self, sent: Sent) -> list[Verdict]:
        replies = self._ask(self.action.deliver, sent, maybe_done=True)
        doubtful: list[tuple[ClaimedStep, Piece]] = []
        why: dict[str, Failure] = {}
        judged: list[Verdict] = []
        for (step, piece), reply in zip(sent, replies, strict=True):
            if isinstance(reply, Failure) and self._has_to_be_looked_up(reply):
                doubtful.append((step, piece))
                why[step.key] = reply
            else:
                judged.append(self._judge(step, reply))
        return judged + self.look_up(doubtful, why, absent=self.not_yet)

    def _look_first(self, claimed: Sent) -> tuple[Sent, list[Verdict]]:
        """What is still to be sent, the earlier doubt taken away; and verdicts on the rest."""
        doubted = [pair for pair in claimed if pair[0].maybe_done and not self.action.repeatable]
        if not doubted:
            return claimed, []
        why = TryLater("an attempt before this one may have been applied")
        answers = {step.key: found for (step, _), found in zip(doubted, self._find(doubted), strict=True)}
        sent: list[tuple[ClaimedStep, Piece]] = []
        known: list[Verdict] = []
        for step, piece in claimed:
            if step.key not in answers:
                sent.append((step, piece))
            elif (found := answers[step.key]) is None:
                sent.append((replace(step, maybe_done=False), piece))
            else:
                known.append(self._after_look_up(step, why, found, self.not_yet))
        return sent, known

    def look_up(
        self, sent: Sent, why: Mapping[str, Failure], absent: Callable[[ClaimedStep, Failure], Verdict]
    ) -> list[Verdict]:
        """Ask the system whether steps that may have happened did. `why` says what left it open, by key."""
        found = zip(sent, self._find(sent), strict=True)
        return [self._after_look_up(step, why[step.key], answer, absent) for (step, _), answer in found]

    def not_sent(self, step: ClaimedStep, failure: Failure) -> Verdict:
        """A failure that certainly changed nothing outside."""
        match failure:
            case NoAccess():
                return self._no_access(step, failure)
            case Refused():
                return self._never(step, str(failure))
            case NotItsTurn():
                return self._not_its_turn(step, failure)
            case _:
                return self._later(step, failure, maybe_done=False)

    def not_yet(self, step: ClaimedStep, failure: Failure) -> Verdict:
        """It may have been sent and is not there: what broke off a moment ago may still be carried out.

        So it is due once that time is over, and is then looked up again before it is sent again.
        """
        return self._absent(step, failure, self._after_settling(step, failure))

    def cut_short(self, step: ClaimedStep, failure: Failure) -> Verdict:
        """The same where our own process ended: no system was busy, so nothing but its settling is waited for."""
        return self._absent(step, failure, self.now() + self.patience.settle)

    def _absent(self, step: ClaimedStep, failure: Failure, again: datetime) -> Verdict:
        self._notice_no_access(failure)
        if step.tries >= self.patience.tries:
            return verdicts.unsure(step.key, f"given up after {step.tries} tries: {failure}", again)
        reason = f"{failure}; it is not there yet, and is looked up once more before it is sent again"
        counts = not isinstance(failure, NoAccess)
        return verdicts.released(step.key, again, reason, maybe_done=True, counts=counts)

    def at_once(self, step: ClaimedStep, failure: Failure, *, maybe_done: bool = False) -> Verdict:
        """Back to due without a wait: nothing of it is on its way any more. Not for ever."""
        step = replace(step, maybe_done=maybe_done)
        if step.tries >= self.patience.tries:
            return self._later(step, failure, maybe_done=maybe_done)
        return verdicts.released(step.key, self.now(), str(failure), maybe_done=maybe_done)

    def record(self, error: Exception) -> str:
        """Keep an error that nobody expected. Its text may hold anything, so the ledger gets only its kind."""
        self.errors.append(error)
        return f"{self.action.name} broke off with {type(error).__name__}; the run's log has the details"

    def _has_to_be_looked_up(self, failure: Failure) -> bool:
        return failure.maybe_done and (not self.action.repeatable or isinstance(failure, Refused))

    def _judge(self, step: ClaimedStep, reply: Reply) -> Verdict:
        match reply:
            case Done():
                return verdicts.done(step.key, reply)
            case NoAccess():
                return self._no_access(step, reply)
            case Failure(maybe_done=True):
                return self._later(step, reply, maybe_done=True)
            case _:
                return self.not_sent(step, reply)

    def _no_access(self, step: ClaimedStep, failure: NoAccess) -> Verdict:
        self._notice_no_access(failure)
        return verdicts.released(step.key, self.now(), str(failure), maybe_done=failure.maybe_done, counts=False)

    def _notice_no_access(self, failure: Failure) -> None:
        if isinstance(failure, NoAccess):
            self.problem = Problem(self.action.name, "settings", str(failure))

    def _not_its_turn(self, step: ClaimedStep, failure: NotItsTurn) -> Verdict:
        """Due again when there are calls again. Nothing was sent, so it is no try; the rest of the action waits too."""
        wait = timedelta(seconds=bounded(failure.wait, LONGEST_TURN) or 0)
        if wait:
            self.problem = Problem(self.action.name, "our limit", str(failure), wait)
        return verdicts.released(step.key, self.now() + wait, str(failure), counts=False)

    def _later(self, step: ClaimedStep, failure: Failure, *, maybe_done: bool) -> Verdict:
        """Try again after a while, or give up."""
        if step.tries >= self.patience.tries:
            return self._never(step, f"given up after {step.tries} tries: {failure}", maybe_done=maybe_done)
        return verdicts.released(step.key, self._after(step, failure), str(failure), maybe_done=maybe_done)

    def _never(self, step: ClaimedStep, reason: str, *, maybe_done: bool = False) -> Verdict:
        """It will not be tried again. Refused means that it did not happen, so one earlier doubt makes it unsure."""
        if maybe_done or step.maybe_done:
            return verdicts.unsure(step.key, f"{reason}; an attempt before that may have been applied")
        return verdicts.refused(step.key, reason)

    def _after_look_up(
        self,
        step: ClaimedStep,
        why: Failure,
        found: Done | Failure | None,
        absent: Callable[[ClaimedStep, Failure], Verdict],
    ) -> Verdict:
        match found:
            case Done():
                return verdicts.done(step.key, found)
            case None:
                return absent(step, why)
            case TryLater() | NoAccess():
                self._notice_no_access(found)
                return verdicts.unsure(step.key, f"{why}; {found}", self._after_settling(step, found))
            case _:
                return verdicts.unsure(step.key, f"{why}; {found}")

    def _after(self, step: ClaimedStep, failure: Failure) -> datetime:
        said = failure.wait if isinstance(failure, TryLater) else None
        return self.now() + self.patience.wait(step.tries, said)

    def _after_settling(self, step: ClaimedStep, failure: Failure) -> datetime:
        return max(self.now() + self.patience.settle, self._after(step, failure))

    def _find(self, sent: Sent) -> Sequence[Done | Failure | None]:
        return self._ask(self.action.find, sent, maybe_done=False) if sent else []

    def _ask(
        self, question: Callable[[Sequence[Piece]], Sequence[R]], sent: Sent, *, maybe_done: bool
    ) -> Sequence[R | TryLater]:
        """One answer per piece. An integration that breaks off has answered nothing, and what it did is not known."""
        try:
            answers = question([piece for _, piece in sent])
            if len(answers) != len(sent):
                raise ValueError(f"{self.action.name} gave {len(answers)} answers for {len(sent)} pieces")
            return answers
        except Exception as error:  # recorded, and every piece is accounted for; else one fault would stop a whole run
            sentence = self.record(error)
            return [TryLater(sentence, maybe_done=maybe_done) for _ in sent]
