"""An outside system in memory, that does as it is told and counts what was really applied."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from expansion.contract import AccountRef, Done, Failure, NoAccess, Piece, Refused, Reply, TryLater
from expansion.records.ledger import ClaimedStep


class Note(BaseModel):
    text: str


class Killed(BaseException):
    """The process is gone: nothing in it runs on. The test then counts its holder as dead."""


def to_piece(step: ClaimedStep) -> Piece:
    account = AccountRef(step.account_id, step.account_name)
    return Piece(step.key, account, Note(**step.input), step.fired_at, step.trigger, step.playbook)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Vendor:
    """One action. `faults` are taken in turn, one per piece; when none is left, everything works.

    A fault is what the caller hears (ok, later, wait, refused, no_access, broken, killed, and `maybe_` forms), with
    "!" at the end where it was applied.
    """

    def __init__(self, name: str, *, repeatable: bool = False, findable: bool = True, batch: int = 10) -> None:
        self.name, self.repeatable, self.findable, self.batch = name, repeatable, findable, batch
        self.faults: list[str] = []
        self.look_ups: list[Failure | Exception] = []  # failures of the next look-ups
        self.applied: Counter[str] = Counter()
        self.calls: list[list[str]] = []

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        self.calls.append([piece.account.account_id for piece in pieces])
        return [self._one(piece) for piece in pieces]

    def find(self, pieces: Sequence[Piece]) -> list[Done | Failure | None]:
        if not self.findable:
            return [Refused(f"{self.name} cannot be looked up") for _ in pieces]
        if self.look_ups:
            failure = self.look_ups.pop(0)
            if not isinstance(failure, Failure):
                raise failure
            return [failure for _ in pieces]
        return [Done(piece.key[:6], already=True) if self.applied[piece.key] else None for piece in pieces]

    def _one(self, piece: Piece) -> Reply:
        fault = self.faults.pop(0) if self.faults else "ok!"
        if fault.endswith("!"):
            self._apply(piece.key)
        return self._say(fault.rstrip("!"), piece)

    def _apply(self, key: str) -> None:
        self.applied[key] = 1 if self.repeatable else self.applied[key] + 1

    def _say(self, word: str, piece: Piece) -> Reply:
        match word:
            case "ok":
                return Done(piece.key[:6], f"https://{self.name}/{piece.key[:6]}")
            case "later" | "maybe_later":
                return TryLater(f"{self.name} is busy", maybe_done=word.startswith("maybe"))
            case "wait":
                return TryLater(f"{self.name} is busy", wait=7200)
            case "refused" | "maybe_refused":
                return Refused(f"{self.name} knows no such owner", maybe_done=word.startswith("maybe"))
            case "no_access" | "maybe_no_access":
                return NoAccess(f"{self.name}: the key has expired", maybe_done=word.startswith("maybe"))
            case "broken":
                raise KeyError("dana@acme.example")
            case "killed":
                raise Killed
            case _:
                raise AssertionError(word)
