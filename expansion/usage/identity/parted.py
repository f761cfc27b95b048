"""Accounts that were split: whose events count for another account, and since when.

What came before stays where it was. Who belongs where is not said here: that is a fact of people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import pairwise

from expansion.usage.identity.former_ids import PART, FormerIds, Said, naive

_FOR_EVER = datetime(9999, 1, 1)


@dataclass(frozen=True)
class Part:
    """What a person does in an account counts for another one, from a moment on, until another one."""

    account_id: str
    user_id: str
    begins: datetime
    ends: datetime
    id: str


@dataclass(frozen=True)
class Parted:
    """All of them, under the ids of now; of one person in one account no two at one moment."""

    parts: tuple[Part, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)

    def account(self, account_id: str, user_id: str, at: datetime) -> str:
        """For whom it counts what a person does in an account at a moment."""
        moment = naive(at)
        mine = self._of.get((account_id, user_id), ())
        return next((one.id for one in mine if one.begins <= moment < one.ends), account_id)

    def from_which(self, account_ids: Iterable[str]) -> list[str]:
        """The accounts of which a part counts for one of these."""
        wanted = set(account_ids)
        return sorted({one.account_id for one in self.parts if one.id in wanted})

    @cached_property
    def _of(self) -> dict[tuple[str, str], list[Part]]:
        found: dict[tuple[str, str], list[Part]] = {}
        for one in self.parts:
            found.setdefault((one.account_id, one.user_id), []).append(one)
        return found


WHOLE = Parted()


def parted(said: Iterable[Said], by: datetime, ids: FormerIds) -> Parted:
    """As it is known at a moment, by the ids of then."""
    moment = naive(by)
    known = sorted((one for one in said if one.of == PART and one.known_at <= moment), key=lambda one: one.order)
    together: dict[tuple[str, str], dict[datetime, Said]] = {}
    for one in known:
        together.setdefault((ids.account(one.former_id), ids.user(one.user_id)), {})[one.at] = one
    return Parted(
        tuple(
            replace(part, id=ids.account(part.id))
            for (account, user), by_moment in sorted(together.items())
            for part in _in_turn(account, user, [by_moment[at] for at in sorted(by_moment)])
            if ids.account(part.id) != account
        )
    )


def _in_turn(account: str, user: str, said: Sequence[Said]) -> Iterator[Part]:
    """Each until the next one."""
    for one, after in pairwise([*said, None]):
        assert one is not None, "only the last has nothing after it"
        yield Part(account, user, one.at, after.at if after else _FOR_EVER, one.id)


__all__ = ["WHOLE", "Part", "Parted", "parted"]
