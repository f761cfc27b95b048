"""What is declared of a system for tests that go through all: chaos, canaries, rights, shared limits, whole runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from expansion.records.ledger import StepRecord
from integrations import integration
from integrations.kit.declare import Connected
from integrations.kit.world import World
from sandbox.kit.stand_in import StandIn

Record = dict[str, Any]
Mark = tuple[str, str]  # what the stand-in calls it, which one


@dataclass(frozen=True)
class About:
    """Whom a step of chaos is about."""

    account: str
    place: int  # of the account among all
    people: list[dict[str, str]]  # one or two of the account
    crowd: bool = False  # everything goes to one place


@dataclass(frozen=True)
class Work:
    """One action in chaos: inputs that the system takes and refuses, and what its stand-in counts once it is done."""

    good: Callable[[About], Record]
    bad: Callable[[About], Record]
    marks: Callable[[StepRecord], list[Mark]]
    sets_again: bool = False  # a field set twice is harmless, and counted each time


@dataclass(frozen=True)
class Shared:
    """What two workers do in turn under one allowance, and how long the limit of their system makes it take."""

    start: Callable[[Any, Any], Any]  # the stand-ins, made with `stand_ins`, in the time of a clock
    turns: int
    turn: Callable[[Connected, int], object]
    seconds: tuple[float, float]  # at least, and less than
    settings: Mapping[str, Any] = field(default_factory=dict)  # beside those that face the stand-in
    heard: int = 0  # how many calls are refused all the same


def _nothing(*_: Any) -> None:
    """Most need none."""


@dataclass(frozen=True)
class System:
    """All that is known here of one system."""

    stand_in: type[StandIn]
    sample: Callable[[], Record]  # for tests of the system itself
    connect: Callable[[Any], Connected]  # to the stand-ins of a test
    in_world: Callable[[], Record]  # its part of tests/world.py
    canaries: Mapping[str, str]  # a secret that can be found again for each setting that is one
    work: Mapping[str, Work] = field(default_factory=dict)  # by action; those that follow another one excepted
    shared: Shared | None = None
    reads: str | None = None  # part of the path of a call that a pull makes; None: nothing is pulled from it
    account_id: Callable[[str], str] | None = (
        None  # what it calls an account of tests/world.py; None: it has no accounts
    )
    least: Callable[[Any], None] = _nothing  # takes from a test's stand-ins every right that is not declared
    arrange: Callable[[Any, Mapping[str, Any]], None] = _nothing  # a stand-in as the plan of a chaos run says
    hurry: Callable[[], None] = _nothing  # makes time that the product gives the system short, for chaos
    cannot_be_asked: bool = False  # every call to it does something: doctor looks at the settings alone
    in_chaos: Callable[[], Record] | None = None  # its part of the sample there, where it is another one

    @property
    def name(self) -> str:
        return self.stand_in.name

    def connected(self, url: str, world: World, **more: Any) -> Connected:
        """The product's system in this world, with the settings that its stand-in declares."""
        one = integration(self.name)
        fields, prefix = one.settings_model.model_fields, one.settings_model.model_config["env_prefix"]
        given = {name.removeprefix(prefix).lower(): value for name, value in self.stand_in.environment(url).items()}
        # A setting in some systems, a constant in others.
        given |= {"timeout": world.timeout} if world.timeout and "timeout" in fields else {}
        return one.connect(one.settings_model(_env_file=None, **(given | more)), world)  # type: ignore[call-arg]


def step_key(what: str) -> Callable[[StepRecord], list[Mark]]:
    """Counted by our key, once for a step."""
    return lambda step: [(what, step.key)]
