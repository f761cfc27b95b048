"""Does something for several people of one account: those that a system knows, one after the other.

Who is unknown there or refused is left out and counted, and stops nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Generic, Protocol, TypeVar
from urllib.parse import unquote

from expansion.contract import Done, Failure, Piece, Refused, Reply
from expansion.fields import Person
from expansion.follow.inputs import TakeBack
from integrations.kit.declare import ActionBase
from integrations.kit.shapes import reading


class Known(Protocol):
    """A person as a system knows them."""

    @property
    def id(self) -> str: ...


K = TypeVar("K", bound=Known)


@dataclass(frozen=True)
class Found(Generic[K]):
    """The people of one piece, as far as a system knows them."""

    system: str
    known: tuple[K, ...]
    asked: int
    refused: int = 0  # known, and the system would not do it for them

    @property
    def remote_id(self) -> str:
        return ",".join(person.id for person in self.known)

    def notes(self) -> list[str]:
        """What people should know about who was left out; numbers, not names."""
        notes = []
        if self.refused:
            notes.append(
                f"{self.refused} of {self.asked} people {are(self.refused)} left out: {self.system} refuses it"
            )
        if missing := self.asked - len(self.known) - self.refused:
            notes.append(f"{missing} of {self.asked} people {are(missing)} not in {self.system}")
        return notes


def find_people(
    system: str, people: str | list[Person], look_up: Callable[[Person], K | None], known_by: str
) -> Found[K]:
    """The people whom the system knows. Raises Refused where there are none; `known_by` says how they could be."""
    assert not isinstance(people, str), "people are resolved before anything is delivered"
    if not people:
        raise Refused(f"{system}: the people group is empty for this account, so there is nobody to reach")
    known = [found for person in people if (found := look_up(person))]
    unique = tuple({person.id: person for person in known}.values())
    if not unique:
        raise Refused(f"{system} knows none of the {people_text(len(people))} of this account; {known_by}")
    return Found(system, unique, asked=len({person.user_id for person in people}))


def for_each(found: Found[K], act: Callable[[K], object]) -> tuple[Found[K], list[object]]:
    """Those for whom it was done, and what each call said.

    One who is refused stops no other; the refusal is raised where nobody is left. After a break, some may have it.
    """
    reached: list[K] = []
    said: list[object] = []
    refusal: Refused | None = None
    for person in found.known:
        try:
            said.append(act(person))
            reached.append(person)
        except Refused as refused:
            refusal = refusal or refused
        except Failure as failure:
            failure.maybe_done = failure.maybe_done or bool(reached)
            raise
    if refusal and not reached:
        raise refusal
    return replace(found, known=tuple(reached), refused=len(found.known) - len(reached)), said


def meant(asked: TakeBack) -> list[str]:
    """The ids that a step left in a system that calls people as the product does; of those alone who are named."""
    ids = asked.remote_id.split(",")
    mine = [one for one in ids if unquote(one) in asked.people] if asked.people else ids
    if not mine:
        raise Refused("none of these people got it by this step, so nothing is taken back from them")
    return mine


class ReachesPeople(ActionBase):
    """One piece after the other; each is several people of one account. The vendor's side writes `do`."""

    system: ClassVar[str]  # as people call it
    batch = 100  # not the vendor's number: how many pieces a task reports on together

    def do(self, piece: Piece) -> Done:
        """Raises a Failure where it was done for nobody, or nobody knows."""
        raise NotImplementedError

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        return [self._reply(piece) for piece in pieces]

    def _reply(self, piece: Piece) -> Reply:
        try:
            with reading(self.system, wrote=True):
                return self.do(piece)
        except Failure as failure:
            return failure


def people_text(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def are(count: int) -> str:
    return "is" if count == 1 else "are"
