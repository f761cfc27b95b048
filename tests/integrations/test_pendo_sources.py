"""What Pendo's sources promise as all sources do, and what is their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest

from expansion.contract import NotThere, Wanted
from integrations.kit.declare import SourceBase
from jobs.pull import Pull
from sandbox.pendo.answers import ANSWERS
from sandbox.pendo.app import Pendo
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock
from tests.integrations.replies import JsonPages
from tests.integrations.source_contract import NOW, Differs, Limited, Lost, SourceCase, SourceContract, world
from tests.systems.pendo import FIELDS, account, connect, visitor

Start = Callable[..., StandIns]
NAMES = ("acme", "globex", "initech", "hooli", "umbrella")
SAMPLE = {
    "pendo": {
        "fields": FIELDS,
        "accounts": [account(name, seats=number) for number, name in enumerate(NAMES)],
        "visitors": [visitor(f"ana-{name}", name) for name in NAMES],
        "segments": [{"id": "seg-1", "name": "Power users", "visitors": [f"ana-{name}" for name in NAMES]}],
    }
}


def of_accounts(page: Mapping[str, Any]) -> bool:
    """A page of rows, and not the number of all."""
    return not page["results"] or "count" not in page["results"][0]


PAGES = JsonPages("/api/v1/aggregation", "results", of=of_accounts)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    monkeypatch.setattr("integrations.pendo.client.PAGE", 2)
    return FakeClock()


@pytest.fixture
def there(stand_ins: Start, clock: FakeClock) -> StandIns:
    return stand_ins(lambda state: Pendo(state, clock.monotonic), sample=SAMPLE)


def case(there: StandIns, clock: FakeClock, pull: Pull, **more: Any) -> SourceCase:
    def of_this(**changes: Any) -> SourceBase:
        return connect(there, world(clock), **({"calls_per_second": 20} | changes)).sources[pull.source]

    given: dict[str, Any] = {
        "stand_ins": there,
        "vendor": "pendo",
        "clock": clock,
        "connect": of_this,
        "pull": pull,
        "pages": PAGES,
        "holds": len(NAMES),
        "answers": ANSWERS,
        "lock_out": lambda: setattr(there.get(Pendo), "key", "another"),
        "locked_out": "PENDO_INTEGRATION_KEY",
        "forbid": lambda: there.fault("pendo", "status", path="aggregation", status=403, times=99),
        "forbidden": "PENDO_REGION",
        "limited": Limited(lambda: of_this(calls_per_second=2), 2, 1, "/aggregation"),
        "empty": lambda: [there.state.delete("pendo.accounts", name) for name in NAMES],
    }
    return SourceCase(**(given | more))


class TestAccount(SourceContract):
    source = "pendo.account"

    @pytest.fixture
    def case(self, there: StandIns, clock: FakeClock) -> SourceCase:
        return case(
            there,
            clock,
            Pull(self.source, "facts", ("custom.plan", "custom.seats")),
            kinds={"custom.seats": "number"},
            differs=Differs(
                lambda: there.state.delete("pendo.accounts", "globex"),
                lambda: there.state.put("pendo.accounts", "globex", account("globex", seats=1)),
            ),
            lost=Lost(lambda: there.state.delete("pendo.fields", "custom.seats"), "custom.seats", "no field"),
        )


class TestSegment(SourceContract):
    source = "pendo.segment"
    exempt: ClassVar = {
        "test_where_nothing_is_there_it_is_said": "a segment may be empty: then nobody is in it",
        "test_where_nothing_is_there_any_more_nothing_is_taken_as_gone": "a segment may be empty: then all have left",
        "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "a segment has no fields",
    }

    @pytest.fixture
    def case(self, there: StandIns, clock: FakeClock) -> SourceCase:
        segment = SAMPLE["pendo"]["segments"][0]

        def without_one() -> None:
            visitors = [one for one in segment["visitors"] if one != "ana-globex"]
            there.state.put("pendo.segments", "seg-1", segment | {"visitors": visitors})

        return case(
            there,
            clock,
            Pull(self.source, "cohort", ("Power users",)),
            differs=Differs(without_one, lambda: there.state.put("pendo.segments", "seg-1", segment)),
        )


# --- what is their own ------------------------------------------------------------------------------------------------


def test_fields_are_named_by_where_they_come_from_and_a_moment_is_one(there: StandIns, clock: FakeClock) -> None:
    source = connect(there, world(clock)).sources["pendo.account"]
    [acme] = [one for one in source.facts(["plan", "custom.vip", "auto.lastvisit"]) if one.account_id == "acme"]
    assert acme.values == {"plan": "team", "custom.vip": None, "auto.lastvisit": "2026-03-02T00:00:00+00:00"}
    with pytest.raises(NotThere, match=r"no field `agent.plan` of accounts; it has auto.lastvisit, custom.nudge"):
        list(source.facts(["agent.plan", "plan"]))


def test_a_field_that_has_changed_its_type_is_named_by_doctor_and_by_every_pull(
    there: StandIns, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    there.state.put("pendo.fields", "custom.seats", {"group": "custom", "name": "seats", "type": "boolean"})
    source = connect(there, world(clock)).sources["pendo.account"]
    asked = Wanted({"custom.seats": frozenset({"number"}), "plan": frozenset({"text"})}, NOW)
    [finding] = source.contradictions(asked)
    assert (finding.what, finding.ok) == ("`custom.seats` is a checkbox there, and a number in facts.yaml", False)
    assert len(list(source.wanted(asked))) == len(NAMES)
    assert "Pendo: `custom.seats` is a checkbox there" in caplog.text
    there.get(Pendo).key = "another"
    [untold] = source.contradictions(asked)
    assert "PENDO_INTEGRATION_KEY" in str(untold.remedy)


def test_a_visitor_of_two_accounts_is_in_the_segment_for_the_one_that_its_rules_mean(
    there: StandIns, clock: FakeClock
) -> None:
    there.state.put("pendo.visitors", "bo", visitor("bo", "acme", "hooli"))
    there.state.put("pendo.visitors", "cy", visitor("cy"))
    segment = {"id": "seg-9", "name": "At limit", "visitors": ["bo", "cy"], "accounts": ["hooli"]}
    there.state.put("pendo.segments", "seg-9", segment)
    source = connect(there, world(clock)).sources["pendo.segment"]
    assert source.cohort("At limit").account_ids == {"hooli"}
    assert source.cohort("seg-9").account_ids == {"hooli"}


def test_a_segment_that_is_not_there_or_there_twice_is_named(there: StandIns, clock: FakeClock) -> None:
    source = connect(there, world(clock)).sources["pendo.segment"]
    with pytest.raises(NotThere, match="Pendo has no segment called `Nobody`"):
        source.cohort("Nobody")
    there.state.put("pendo.segments", "seg-8", {"id": "seg-8", "name": "Power users"})
    with pytest.raises(NotThere, match="2 segments called `Power users`; write the id"):
        source.cohort("Power users")
