"""One action and the product's own judging around it, without a ledger: what a run, and the runs after it, would do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from expansion.contract import Failure, Piece, TryLater
from expansion.deliver.judging import Judge, Patience
from expansion.records.ledger import ClaimedStep, Verdict
from integrations.kit.declare import ActionBase

_MOST = 8  # deliveries and look-ups; what is still open then stays unsure


@dataclass
class Desk:
    """Delivers pieces until each is done, refused, or unsure for good.

    Every delivery is made by a fresh connection, as if by another process, at the time that the verdict before it
    said. `passes` is told how many seconds go by, so that a slow stand-in comes to its end meanwhile.
    """

    connect: Callable[[], ActionBase]
    passes: Callable[[float], None]
    now: datetime = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    _open: dict[str, tuple[ClaimedStep, Piece]] = field(default_factory=dict)

    def take(self, pieces: Sequence[Piece]) -> Desk:
        self._open |= {piece.key: (_step(piece), piece) for piece in pieces}
        return self

    def settle(self, split: Sequence[int] = ()) -> dict[str, Verdict]:
        """Rounds until nothing is open; the first ones take as many pieces as `split` says, later ones all."""
        sizes = list(split)
        for _ in range(_MOST + len(sizes)):
            waiting = {key: pair for key, pair in self._open.items() if self._is_open(key)}
            if not waiting:
                break
            size = sizes.pop(0) if sizes else len(waiting)
            self._round(dict(list(waiting.items())[:size]))
        return self.verdicts

    def _round(self, pairs: dict[str, tuple[ClaimedStep, Piece]]) -> None:
        self._wait(pairs)
        judge = Judge(self.connect(), Patience(), lambda: self.now)
        steps = {key: (replace(step, tries=step.tries + 1), piece) for key, (step, piece) in pairs.items()}
        doubted = {key: pair for key, pair in steps.items() if self._state(key) == "unsure"}
        due = [pair for key, pair in steps.items() if key not in doubted]
        why: dict[str, Failure] = {key: TryLater("it was unsure", maybe_done=True) for key in doubted}
        found = judge.look_up(list(doubted.values()), why, absent=judge.at_once) if doubted else []
        for verdict in [*found, *(judge.deliver(due) if due else [])]:
            step, piece = steps[verdict.key]
            doubt = step.maybe_done or (verdict.state == "due" and verdict.maybe_done)
            self._open[verdict.key] = replace(step, maybe_done=doubt), piece
            self.verdicts[verdict.key] = verdict
        assert not judge.errors, judge.errors

    def _wait(self, pairs: dict[str, tuple[ClaimedStep, Piece]]) -> None:
        until = max((v.not_before or self.now for key in pairs if (v := self.verdicts.get(key))), default=self.now)
        if until > self.now:
            self.passes((until - self.now) / timedelta(seconds=1))
            self.now = until

    def _state(self, key: str) -> str:
        return self.verdicts[key].state if key in self.verdicts else "due"

    def _is_open(self, key: str) -> bool:
        return self._state(key) == "due" or (self._state(key) == "unsure" and bool(self.verdicts[key].not_before))


def _step(piece: Piece) -> ClaimedStep:
    about = {"account_id": piece.account.account_id, "account_name": piece.account.name, "owner": None}
    when = {"fired_at": piece.fired_at, "not_before": piece.fired_at, "updated_at": piece.fired_at}
    what = {"trigger": piece.trigger, "playbook": piece.playbook, "step_id": "step", "integration": "", "action": ""}
    numbers = {"firing_id": 1, "run_id": 1, "episode": 1, "position": 0, "tries": 0}
    nothing = dict.fromkeys(
        ("claimed_by", "lease_until", "sending_since", "look_again_at", "remote_id", "link", "note", "reason")
    )
    plain = {"can_fail": False, "recipe": {}, "input": {}, "state": "claimed", "maybe_done": False}
    return ClaimedStep(key=piece.key, **about, **when, **what, **numbers, **nothing, **plain)  # type: ignore[arg-type]
