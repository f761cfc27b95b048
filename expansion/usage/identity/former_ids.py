"""Which id an account, or a person, has now, as it is known at a moment: merges followed to their end.

A merge counts from its `at` on, once it is known. Of merges that contradict each other the one known last counts: of
two that give a former id to different ones, and of those that would lead in a circle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

Of = Literal["account", "user", "part"]
PART: Of = "part"  # of an account: one person of it, see parted.py


@dataclass(frozen=True)
class Said:
    """A merge as it is stored, its moments in UTC without saying so. Into itself: the id stands for itself again."""

    source: str
    of: Of
    former_id: str
    id: str
    at: datetime
    known_at: datetime
    said: datetime  # when it was pulled or imported: of those known at one moment the one said last counts
    user_id: str = ""  # of a part: the person whose doing counts for the account `id`

    def with_people(self, called: Callable[[str], str]) -> Said:
        """The same with other ids for people."""
        if self.of == "user":
            return replace(self, former_id=called(self.former_id), id=called(self.id))
        return replace(self, user_id=called(self.user_id)) if self.user_id else self

    @property
    def order(self) -> tuple[datetime, datetime, datetime, str, str, str]:
        """The last counts."""
        return self.known_at, self.at, self.said, self.former_id, self.id, self.source


@dataclass(frozen=True)
class Former:
    """What a former id stands for. What is known of a lower `place` counts first; who has the id of now is 0."""

    id: str
    place: int
    at: datetime  # since when, as stored


@dataclass(frozen=True)
class FormerIds:
    """Former ids of accounts and of people, each with the id that it stands for."""

    accounts: Mapping[str, Former] = field(default_factory=dict)
    users: Mapping[str, Former] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.accounts or self.users)

    def account(self, account_id: str) -> str:
        """The id that an account has now."""
        former = self.accounts.get(account_id)
        return former.id if former else account_id

    def user(self, user_id: str) -> str:
        """The id that a person has now."""
        former = self.users.get(user_id)
        return former.id if former else user_id

    def of_account(self, account_id: str) -> list[str]:
        """An account's id, and those that it had, the last one first."""
        return [account_id, *self._had[0].get(account_id, ())]

    def of_user(self, user_id: str) -> list[str]:
        """The same of a person."""
        return [user_id, *self._had[1].get(user_id, ())]

    def of_accounts(self, account_ids: Iterable[str]) -> list[str]:
        """All the ids that these accounts have, or had."""
        return [each for account_id in account_ids for each in self.of_account(account_id)]

    @cached_property
    def _had(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        return _by_id(self.accounts), _by_id(self.users)


NOBODY = FormerIds()


def former_ids(said: Iterable[Said], by: datetime) -> FormerIds:
    """As it is known at a moment."""
    moment = naive(by)
    known = sorted((one for one in said if one.at <= moment and one.known_at <= moment), key=lambda one: one.order)
    accounts, users = (_followed(_standing([one for one in known if one.of == of])) for of in ("account", "user"))
    return FormerIds(accounts, users)


def contradicted(said: Iterable[Said]) -> list[tuple[Said, Said]]:
    """The merges that do not count because of a later one, each with that one."""
    found: list[tuple[Said, Said]] = []
    ordered = sorted(said, key=lambda one: one.order)
    for of in ("account", "user"):
        _standing([one for one in ordered if one.of == of], found)
    return found


def _standing(ordered: Sequence[Said], against: list[tuple[Said, Said]] | None = None) -> dict[str, Said]:
    """Those that count, by former id; `against` takes up those that do not."""
    standing: dict[str, Said] = {}
    for one in ordered:
        gone = [standing.pop(one.former_id, None)]
        if one.id != one.former_id:
            if one.former_id in _chain(standing, one.id):
                gone.append(standing.pop(one.id, None))
            standing[one.former_id] = one
        if against is not None:
            against += [(was, one) for was in gone if was is not None and was.id != one.id]
    return standing


def _chain(standing: Mapping[str, Said], id_: str) -> Iterator[str]:
    """The ids to which an id leads."""
    while id_ in standing:
        id_ = standing[id_].id
        yield id_


def _followed(standing: Mapping[str, Said]) -> dict[str, Former]:
    together: dict[str, list[tuple[int, Said]]] = {}
    for former_id, one in standing.items():
        chain = list(_chain(standing, former_id))
        together.setdefault(chain[-1], []).append((len(chain), one))
    return {
        one.former_id: Former(id_, place, one.at)
        for id_, some in together.items()
        for place, (_, one) in enumerate(sorted(some, key=_last_first), start=1)
    }


def _last_first(one: tuple[int, Said]) -> tuple[int, float, str]:
    """Nearest to who has the id now; of those that are as near the one that was merged last."""
    steps, said = one
    return steps, -said.at.replace(tzinfo=UTC).timestamp(), said.former_id


def _by_id(formers: Mapping[str, Former]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for former_id, former in sorted(formers.items(), key=lambda one: (one[1].id, one[1].place)):
        found.setdefault(former.id, []).append(former_id)
    return found


def naive(moment: datetime) -> datetime:
    """A moment as it is stored."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
