"""Sample data: 160 customers of Tessera, a fictional workspace for reports and boards, over 120 days.

The same seed makes the same customers. Each stand-in says what its system knows of them (`sample.py` beside it), and
takes that part with `load`; `accounts` says which story was planted where, so that tests and the demo can ask whether
it was found. All of it together is made in `sandbox.all`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.sample import names as names
from sandbox.sample.stories import STORIES, Shape, Story, ordinary, shape
from sandbox.sample.usage import Person

AS_OF = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday morning
_PRICE = {"Free": 0, "Team": 240, "Business": 480, "Enterprise": 900}  # a seat and year
_ROLES = ("admin", "editor", "editor", "editor", "viewer")
_ORDINARY = Story("ordinary", 0, {})

Record = dict[str, Any]


@dataclass(frozen=True)
class Account:
    """One customer, before each system describes it in its own words."""

    number: int
    name: str
    story: Story
    shape: Shape
    people: list[Person]
    seller: str | None  # e-mail
    parent: int | None

    @property
    def id(self) -> str:
        return f"ac-{1000 + self.number}"

    @property
    def domain(self) -> str:
        return self.name.lower().replace(" ", "-") + ".example"

    @property
    def arr(self) -> int:
        if self.shape.arr is not None:
            return self.shape.arr
        return _PRICE[self.shape.plan] * (self.shape.seats_bought or self.shape.people)


def customers(chance: random.Random, count: int) -> list[Account]:
    """So many customers, the planted ones first."""
    return list(_customers(chance, count))


def told(customer: Account) -> Record:
    """What was planted where, for tests and the demo."""
    story = customer.story
    return {
        "id": customer.id,
        "name": customer.name,
        "story": story.name,
        "fires": list(story.fires),
        "unknown": list(story.unknown),
        "held": story.held,
    }


# --- who there is -----------------------------------------------------------------------------------------------------


def _customers(rng: random.Random, count: int) -> Iterator[Account]:
    planted = [story for story in STORIES for _ in range(story.count)][:count]
    stories = planted + [_ORDINARY] * (count - len(planted))
    first: dict[str, int] = {}
    for number, (story, name) in enumerate(zip(stories, names.companies(rng, count), strict=True)):
        has = ordinary(rng) if story is _ORDINARY else shape(_paying(story), rng)
        first.setdefault(story.name, number)
        seller = {"nobody": None, "left": names.SELLERS[-1][0]}.get(has.owner, rng.choice(names.SELLERS[:6])[0])
        people = list(_people(rng, number, name, has))
        yield Account(number, name, story, has, people, seller, first.get(has.parent or ""))


def _paying(story: Story) -> Story:
    """A planted account pays and is well unless its story says otherwise: chance must not hide it."""
    calm: dict[str, object] = {"plan": "Team", "health": "green", "joins": (), "paywall": (), "support": ()}
    calm |= {"premium": (0, 0), "api": (0, 0), "boards": (), "shares": ()}
    needs = max([int(str(story.changes.get("people", 0))), 8])
    room: dict[str, object] = {"people": needs, "seats_bought": needs * 2 + 4}
    return Story(story.name, story.count, {**calm, **room, **story.changes}, story.fires, story.unknown, story.held)


def _people(rng: random.Random, number: int, company: str, has: Shape) -> Iterator[Person]:
    joined: list[int | None] = [*([None] * has.people), *has.joins]
    home = rng.choice(("Design", "Product"))
    domain = company.lower().replace(" ", "-") + ".example"
    for n, (name, since) in enumerate(zip(names.people(rng, len(joined)), joined, strict=True)):
        department = home if since is None else has.join_departments[(n - has.people) % len(has.join_departments)]
        role = "admin" if n == 0 else rng.choice(_ROLES)
        email = f"{name.lower().replace(' ', '.')}@{domain}"
        yield Person(f"u-{number:03}{n:03}", name, email, role, department, since)
