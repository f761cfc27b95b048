"""What waits for a person: listed, let go with the facts of today, or declined."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from expansion.decide.decide import Released
from expansion.evaluate.results import Answers
from expansion.evaluate.subjects import Subject
from expansion.records.firing import HELD, NewFiring, subject_of
from expansion.records.ledger import FiringFilter, FiringRecord
from jobs.decide import Evaluated, Now, decide_all, evaluate, until_written
from jobs.place import Place

NOT_TRUE = (
    "its trigger is no longer true, so nothing is sent; it ends by itself, or waits until the trigger is true again"
)
NO_TRIGGER = "there is no such trigger any more, or it is a draft, so nothing is sent"
DECIDED = "somebody else has decided about it meanwhile"


@dataclass(frozen=True)
class Outcome:
    """What became of what a person let go: what is decided now, and what stays as it was, each with the reason."""

    decided: tuple[NewFiring, ...]
    left: tuple[tuple[FiringRecord, str], ...] = ()


def waiting(place: Place, trigger: str | None = None, account: str | None = None) -> list[FiringRecord]:
    """What waits for a person, the most valuable first."""
    held = FiringFilter(trigger=trigger, account_id=account, decisions=tuple(sorted(HELD)), open_only=True)
    return sorted(place.ledger.firings(held), key=lambda one: (one.priority is None, -(one.priority or 0), one.id))


def with_joined(place: Place, firings: Sequence[FiringRecord]) -> list[FiringRecord]:
    """These, and what is joined with them: the account's conversation is approved as a whole."""
    accounts = {one.account_id for one in firings if one.decision == "approval"}
    ids = {one.id for one in firings}
    return [
        one for one in waiting(place) if one.id in ids or (one.decision == "approval" and one.account_id in accounts)
    ]


def approve(place: Place, firings: Collection[FiringRecord], by: str, as_of: datetime, now: Now) -> Outcome:
    """Let them go: decided again as of now, with everything but what held them, and their steps written.

    The attention budget, suppressions and pauses still hold. Where the trigger is not certainly true now, nothing is
    sent and it stays as it is.
    """
    known, ids = place.definitions.workspace.triggers, place.ids(as_of)
    firings = [replace(one, account_id=ids.account(one.account_id), user_id=ids.user(one.user_id)) for one in firings]
    live = [one for one in firings if one.trigger in known and known[one.trigger].status != "draft"]
    names = sorted({one.trigger for one in live})
    evaluated = (
        _only(evaluate(place, place.definitions, [known[name] for name in names], as_of), live) if live else None
    )
    released = {(one.trigger, one.account_id): by for one in live}
    with _run(place, as_of, now) as run_id:
        decided = until_written(lambda: _decide(place, run_id, evaluated, as_of, released, now)) if evaluated else ()
    done = {(one.trigger, one.subject) for one in decided}
    left = [(one, _why_left(one, evaluated)) for one in firings if (one.trigger, _subject(one)) not in done]
    return Outcome(decided, tuple(left))


def decline(place: Place, firings: Iterable[FiringRecord], by: str, now: Now) -> int:
    """Say no to them; how many still waited. Their episodes go on, and nothing is sent in them."""
    with _run(place, now(), now) as run_id:
        return len(place.ledger.decline([one.id for one in firings], by, run_id, now()))


def signed(by: str, note: str) -> str:
    """`dana`, or `dana: looked at all of them`."""
    return f"{by}: {note}" if note else by


def _decide(
    place: Place, run_id: int, evaluated: Evaluated, as_of: datetime, released: Released, now: Now
) -> tuple[NewFiring, ...]:
    decisions = decide_all(place, evaluated, as_of, released)
    # Only what was held: what is new is for the next run to find.
    place.ledger.record(
        run_id,
        (),
        (),
        now(),
        again=decisions.again,
        based_on=decisions.based_on,
        moved=decisions.moved,
        superseded=decisions.superseded,
    )
    return tuple(each.firing for each in decisions.again)


@contextmanager
def _run(place: Place, as_of: datetime, now: Now) -> Iterator[int]:
    """A run of its own in the ledger: who decided what, and when, is told by it."""
    place.begin()
    run_id = place.ledger.start_run(
        "approval", as_of=as_of, now=now(), git_revision=place.files.revision, holder=place.holder.name
    )
    place.begun(run_id)
    try:
        yield run_id
    except BaseException:
        place.ledger.finish_run(run_id, "failed", now())
        raise
    place.ledger.finish_run(run_id, "completed", now())


def _only(evaluated: Evaluated, firings: Iterable[FiringRecord]) -> Evaluated:
    """The answers about these alone."""
    wanted: dict[str, set[Subject]] = {}
    for one in firings:
        wanted.setdefault(one.trigger, set()).add(_subject(one))
    return replace(evaluated, answers={name: _answers(evaluated.answers[name], some) for name, some in wanted.items()})


def _answers(answers: Answers, wanted: Collection[Subject]) -> Answers:
    unknown = {each: answers.unknown[each] for each in wanted if each in answers.unknown}
    yes = frozenset(each for each in wanted if each in answers.yes)
    return replace(answers, yes=yes, cleared=frozenset(), unknown=unknown)


def _why_left(firing: FiringRecord, evaluated: Evaluated | None) -> str:
    answers = evaluated.answers.get(firing.trigger) if evaluated else None
    if answers is None:
        return NO_TRIGGER
    subject = _subject(firing)
    if subject in answers.unknown:
        return f"it cannot be told whether its trigger is still true ({answers.unknown[subject]}), so nothing is sent"
    return DECIDED if subject in answers.yes else NOT_TRUE


def _subject(firing: FiringRecord) -> Subject:
    return subject_of(firing.account_id, firing.user_id)
