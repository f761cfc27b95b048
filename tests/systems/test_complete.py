"""A system of the product has its place in all that goes through every system, or this says where it is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest

import integrations
from integrations.kit.declare import Integration
from integrations.kit.settings import secret_names
from sandbox.all import STAND_INS
from sandbox.kit.stand_in import StandIn
from tests.chaos.plan import ACTIONS
from tests.systems import NO_API, settings_of_ours, system
from tests.systems.declare import System

NAMES = [name for name in integrations.NAMES if name not in NO_API]


def missing(one: Integration, found: System, kinds: Sequence[type[StandIn]] = STAND_INS) -> Iterator[str]:
    """What has to be written yet, as whoever adds a system wants to read it."""
    kind, makes = found.stand_in, [name for name, action in one.actions.items() if not action.follows]
    if kind not in kinds:
        yield "sandbox/all.py: its stand-in"
    if kind.title != one.title:
        yield f"{kind.__name__}.title: {one.title}"
    known = {
        f"{one.settings_model.model_config['env_prefix']}{name}".upper() for name in one.settings_model.model_fields
    }
    if strange := sorted(kind.environment("").keys() - known):
        yield f"{kind.__name__}.environment: no settings of the product: {', '.join(strange)}"
    if makes and not kind.colour:
        yield f"{kind.__name__}.colour, for the inbox"
    if makes and not kind.answers:
        yield f"{kind.__name__}.answers, for chaos and the contract"
    yield from (f"SYSTEM.work, for chaos: {name}" for name in makes if name not in found.work)
    secrets = sorted(set(secret_names(one.settings_model)) - found.canaries.keys())
    yield from (f"SYSTEM.canaries: {name}" for name in secrets)
    if one.sources and not found.reads:
        yield "SYSTEM.reads, for canaries"
    if one.limits and not found.shared:
        yield "SYSTEM.shared: two workers under its limits"
    if not found.in_world():
        yield "SYSTEM.in_world, for whole runs"


@pytest.mark.parametrize("name", NAMES)
def test_a_system_is_declared_for_all_that_goes_through_every_system(name: str) -> None:
    assert list(missing(integrations.integration(name), system(name))) == []


def test_there_is_a_stand_in_for_each_system_and_no_other() -> None:
    assert sorted(kind.name for kind in STAND_INS) == sorted(NAMES)


def test_chaos_does_all_that_is_declared() -> None:
    makes = {name for name, words in integrations.catalog().actions.items() if not words.follows}
    assert set(ACTIONS) == makes


def test_settings_of_every_system_are_taken_out_of_the_environment_of_tests() -> None:
    assert "" not in settings_of_ours()
    for name in NAMES:
        assert f"{name.upper()}_BASE_URL".startswith(settings_of_ours())


# --- the test can fail ------------------------------------------------------------------------------------------------


class Elsewhere(system("slack").stand_in):  # type: ignore[misc]
    """A stand-in that was copied, and of which little was declared."""

    title = "Elsewhere"
    answers = None
    colour = None
    more_settings: ClassVar = {"SLACK_CHANEL": "sales"}


@pytest.mark.parametrize(
    ("name", "left_out", "said"),
    [
        (
            "slack",
            {"work": {}},
            ["SYSTEM.work, for chaos: slack.post_message", "SYSTEM.work, for chaos: slack.message_owner"],
        ),
        ("slack", {"canaries": {}}, ["SYSTEM.canaries: SLACK_BOT_TOKEN"]),
        ("slack", {"shared": None}, ["SYSTEM.shared: two workers under its limits"]),
        ("slack", {"in_world": dict}, ["SYSTEM.in_world, for whole runs"]),
        ("mixpanel", {"reads": None}, ["SYSTEM.reads, for canaries"]),
        (
            "slack",
            {"stand_in": Elsewhere},
            [
                "sandbox/all.py: its stand-in",
                "Elsewhere.title: Slack",
                "Elsewhere.environment: no settings of the product: SLACK_CHANEL",
                "Elsewhere.colour, for the inbox",
                "Elsewhere.answers, for chaos and the contract",
            ],
        ),
    ],
)
def test_what_is_left_out_is_named(name: str, left_out: dict[str, Any], said: list[str]) -> None:
    assert list(missing(integrations.integration(name), replace(system(name), **left_out))) == said


def test_a_system_without_a_module_here_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"tests\.systems\.thirteenth"):
        system("thirteenth")
