"""Worlds in which accounts and people had other ids, and what they come to where every row is renamed beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from expansion.contract import Merge
from expansion.usage.identity.former_ids import Said
from tests.evaluate.oracle import Oracle, Who
from tests.evaluate.words import Definition
from tests.evaluate.worlds import ACCOUNTS, USERS, World

SOURCE = "crm.account"
_FORMER = {
    "account": [f"{name}-{number}" for name in ACCOUNTS[:4] for number in (1, 2, 3)],
    "user": [f"{name}-{number}" for name in USERS[1:] for number in (1, 2)],
}
Places = dict[str, tuple[str, int]]  # by former id: the id of now, and whose record counts first


@dataclass(frozen=True)
class Merged:
    """A world as it was told, and the merges that are known of it."""

    world: World
    merges: list[Merge]

    def oracle(self) -> Oracle:
        """Of the renamed world; who belongs elsewhere by the id of now is not asked about where a former one is."""
        world = self.renamed()
        made = world.oracle()
        stay = made.stored.users() - _left(world)
        made.stored.users = lambda: stay  # type: ignore[method-assign]  # of this one
        return made

    def renamed(self) -> World:
        """The same world where all had come under the ids of now, and of several records the first one counts."""
        accounts, users = (places(self.merges, of, self.world.as_of) for of in ("account", "user"))

        def now(row: Definition) -> Definition:
            account, by_account = accounts.get(row["account"], (row["account"], 0))
            user, by_user = users.get(row["user"], (row["user"], 0))
            return {**row, "account": account, "user": user, "place": (by_user, by_account)}

        batches = [[now(one) for one in batch] for batch in self.world.batches]
        return replace(
            self.world, batches=batches, changes=_first([now(one) for one in self.world.changes], self.world)
        )


def _left(world: World) -> set[Who]:
    """People of whom something is known in other accounts under an id that counts before the ones they have here."""
    best: dict[Who, int] = {}
    for one in world.changes:
        if one["user"] and max(one["since"], one["seen"]) <= world.as_of:
            who = Who(one["account"], one["user"])
            best[who] = min(one["place"][0], best.get(who, one["place"][0]))
    return {who for who, place in best.items() if any(p < place for o, p in best.items() if o.user == who.user)}


def _first(changes: list[Definition], world: World) -> list[Definition]:
    """Without what is said of a record that is former when there is one that counts before it."""

    def same(one: Definition) -> tuple[Any, ...]:
        return one["source"], one["field"], one["account"], one["user"]

    def is_over(one: Definition) -> bool:
        return any(
            same(other) == same(one) and other["place"] < one["place"] and other["since"] <= one["since"]
            for other in changes
            if other["seen"] <= world.as_of
        )

    return [one for one in changes if not is_over(one)]


def places(merges: Sequence[Merge], of: str, as_of: datetime) -> Places:
    """By hand: the merges in the order in which they became known, each drawn into what was there before."""
    now: dict[str, Merge] = {}
    known = [one for one in merges if one.of == of and max(one.at, one.known_at or one.at) <= as_of]
    for one in sorted(known, key=lambda each: (each.known_at or each.at, each.at, each.former_id, each.id)):
        leads_back = one.id
        while leads_back in now and leads_back != one.former_id:
            leads_back = now[leads_back].id
        if leads_back == one.former_id:
            now.pop(one.id, None)
        now[one.former_id] = one

    def walk(id_: str) -> list[str]:
        return [now[id_].id, *walk(now[id_].id)] if id_ in now else []

    found: Places = {}
    for end in {walk(id_)[-1] for id_ in now}:
        mine = sorted(
            (id_ for id_ in now if walk(id_)[-1] == end),
            key=lambda id_: (len(walk(id_)), -now[id_].at.timestamp(), id_),
        )
        found |= {id_: (end, place) for place, id_ in enumerate(mine, start=1)}
    return found


def a_merged_world(rnd: Random, world: World) -> Merged:
    """Some of what was told in the world came under ids that were given up later, earlier ones of those among them."""
    merges = [*_merges(rnd, "account", world.as_of), *_merges(rnd, "user", world.as_of)]
    told_under = {of: _told_under(rnd, [one for one in merges if one.of == of]) for of in ("account", "user")}

    def told(row: Definition) -> Definition:
        return {**row, "account": told_under["account"](row["account"]), "user": told_under["user"](row["user"])}

    batches = [[told(one) for one in batch] for batch in world.batches]
    return Merged(replace(world, batches=batches, changes=[told(one) for one in world.changes]), merges)


def _merges(rnd: Random, of: Any, as_of: datetime) -> list[Merge]:
    names = [*ACCOUNTS] if of == "account" else [*USERS[1:]]
    found = []
    for former in rnd.sample(_FORMER[of], rnd.choice([0, 1, 3, 5])):
        at = as_of - timedelta(days=rnd.choice([0, 1, 5, 30, 200]), hours=rnd.randint(0, 5))
        known = at + rnd.choice([timedelta(), timedelta(hours=1), timedelta(days=3)])
        others = [one for one in [former.rpartition("-")[0], *_FORMER[of], *names] if one != former]
        into = rnd.choice([others[0], others[0], rnd.choice(others)])
        found.append(Merge(SOURCE, of, former, into, at, known))
    return found


def _told_under(rnd: Random, merges: Sequence[Merge]) -> Callable[[str], str]:
    into: dict[str, list[str]] = {}
    for one in merges:
        into.setdefault(one.id, []).append(one.former_id)

    def told(id_: str) -> str:
        while id_ in into and rnd.random() < 0.5:
            id_ = rnd.choice(into[id_])
        return id_

    return told


def as_said(one: Merge) -> Said:
    """As the store keeps it."""
    at, known = (moment.astimezone(UTC).replace(tzinfo=None) for moment in (one.at, one.known_at or one.at))
    return Said(one.source, one.of, one.former_id, one.id, at, known, known)


__all__ = ["Merged", "a_merged_world", "as_said", "places"]
