"""How many records a source of facts answers with, against its last answers: half of them is no end of the others."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from expansion.contract import Expected
from expansion.evaluate.expecting import LIKE_IT, Bounds, Usual
from expansion.text.many import many
from jobs.place import Place
from jobs.pulled import Pull


def too_few(place: Place, pull: Pull, came: int, expected: Expected | None, now: datetime) -> str | None:
    """Why a full answer is not taken for one: it holds far fewer than the last ones. What came is noted, so that fewer
    are usual once as many answers said so."""
    cursor = f"records:{pull.title}"
    before = [int(count) for count in (place.ledger.cursor(cursor) or "").split()]
    kept = [*before, came][-LIKE_IT:]
    place.ledger.set_cursor(cursor, " ".join(map(str, kept)), now)
    usual, bounds = Usual.of(before), Bounds.of(expected) if expected else Bounds()
    if usual is None or not usual.is_less(came, bounds):
        return None
    return (
        f"{pull.title}: {many(came, 'record')} came, where {_whole(usual.events)} are usual; what came is stored, and "
        f"nobody who is missing is taken to be gone. Look at the rights and filters of that system; if so few are "
        f"right, {LIKE_IT // 2} such answers, one after the other, make them usual"
    )


def _whole(number: Fraction) -> str:
    return f"{round(number):,}"


__all__ = ["too_few"]
