"""What Gainsight's sources promise as all sources do, and what is their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytest

from expansion.contract import NotThere, Refused
from integrations.kit.declare import SourceBase
from jobs.pull import Pull
from sandbox.gainsight.answers import ANSWERS
from sandbox.gainsight.app import Gainsight
from sandbox.gainsight.fields import item
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock
from tests.integrations.replies import Row
from tests.integrations.source_contract import Differs, Limited, Lost, SourceCase, SourceContract, world
from tests.systems.gainsight import company, company_id, connect, cta, sample

Start = Callable[..., StandIns]
_UNANNOUNCED = {
    "test_an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole": "no reply announces a number",
}


class CompanyPages:
    """`{"data": {"records": […]}}`; a reply without a row is another one."""

    path = "query/Company"

    def rows(self, body: bytes) -> list[Row] | None:
        data = json.loads(body).get("data")
        return list(data["records"]) if isinstance(data, dict) and data.get("records") else None

    def with_rows(self, body: bytes, rows: Sequence[Row], more: int) -> bytes:
        return json.dumps(json.loads(body) | {"data": {"records": list(rows)}}).encode()


class CtaPages:
    """`{"data": […]}`."""

    path = "cta/list"

    def rows(self, body: bytes) -> list[Row] | None:
        data = json.loads(body).get("data")
        return list(data) if isinstance(data, list) else None

    def with_rows(self, body: bytes, rows: Sequence[Row], more: int) -> bytes:
        return json.dumps(json.loads(body) | {"data": list(rows)}).encode()


def source_case(start: Start, name: str, pull: Pull, **more: Any) -> SourceCase:
    """Five companies, with an open risk on each of the first three."""
    clock = FakeClock()
    there = start(lambda state: Gainsight(state, clock.monotonic), sample=sample(5))
    stand_in, state = there.get(Gainsight), there.state
    for number in range(3):
        state.put("gainsight.ctas", cta(number, number)["Gsid"], cta(number, number))
    second = state.get("gainsight.companies", company_id(1)) or {}

    def of_this(**changes: Any) -> SourceBase:
        return connect(there, world(clock), **changes).sources[name]

    def empty() -> None:
        for one in state.all("gainsight.companies"):
            state.delete("gainsight.companies", one["Gsid"])

    given: dict[str, Any] = {
        "stand_ins": there,
        "vendor": "gainsight",
        "clock": clock,
        "connect": of_this,
        "pull": pull,
        "pages": CompanyPages(),
        "holds": 5,
        "differs": Differs(
            lambda: state.delete("gainsight.companies", company_id(1)),
            lambda: state.put("gainsight.companies", company_id(1), second),
        ),
        "answers": ANSWERS,
        "lock_out": lambda: setattr(stand_in, "key", "another"),
        "locked_out": "GAINSIGHT_ACCESS_KEY",
        "forbid": lambda: stand_in.may.discard("Company"),
        "forbidden": "an administrator has to allow it",
        "limited": Limited(lambda: of_this(calls_per_minute=3), 3, 60, "gainsight/"),
        "empty": empty,
    }
    return SourceCase(**(given | more))


class TestCompany(SourceContract):
    source = "gainsight.company"
    exempt: ClassVar = _UNANNOUNCED

    @pytest.fixture
    def case(self, stand_ins: Start, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.gainsight.client.PAGE", 2)
        pull = Pull(self.source, "facts", ("Name", "CurrentScore", "owner_email"))
        found = source_case(stand_ins, self.source, pull, kinds={"CurrentScore": "number"})
        gone = found.stand_ins.get(Gainsight).companies.gone
        found.lost = Lost(lambda: gone.add("CurrentScore"), "CurrentScore", "no field `CurrentScore`")
        return found


class TestCtas(SourceContract):
    source = "gainsight.ctas"
    exempt: ClassVar = _UNANNOUNCED

    @pytest.fixture
    def case(self, stand_ins: Start, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.gainsight.client.PAGE", 3)
        monkeypatch.setattr("integrations.gainsight.client.CTAS", 2)
        pull = Pull(self.source, "facts", ("open", "open_risk"))
        found = source_case(stand_ins, self.source, pull, kinds={"open_risk": "number"}, pages=CtaPages())
        types = found.stand_ins.get(Gainsight).cockpit.picklists["CTA_TYPE"]
        found.lost = Lost(lambda: types.remove("Risk"), "open_risk", "cannot be counted as `open_risk`")
        return found


# --- what is their own ------------------------------------------------------------------------------------------------


@pytest.fixture
def there(stand_ins: Start) -> StandIns:
    found: StandIns = stand_ins(Gainsight, sample=sample())
    return found


def facts(there: StandIns, name: str, *fields: str) -> dict[str, Any]:
    return {record.account_id: dict(record.values) for record in connect(there).sources[name].facts(fields)}


def test_days_picklists_and_lookups_come_as_people_read_them(there: StandIns) -> None:
    known = company(0, "acct-0", "Company 0", RenewalDate=1_772_841_600_000, Stage=item("Stage", "Will Churn"))
    there.state.put("gainsight.companies", known["Gsid"], known)
    found = facts(there, "gainsight.company", "Renewal Date", "stage", "Csm__gr.Email", "owner_email")
    assert found["acct-0"] == {
        "Renewal Date": "2026-03-07",
        "stage": "Will Churn",
        "Csm__gr.Email": "ana@seller.example",
        "owner_email": "ana@seller.example",
    }


def test_a_record_says_since_when_it_is_so_and_what_the_company_is_called_there(there: StandIns) -> None:
    record = next(iter(connect(there).sources["gainsight.company"].facts(["Name"])))
    assert record.at is not None
    assert (record.at.isoformat(), record.remote_id) == ("2025-12-29T09:20:00+00:00", company_id(0))


def test_a_field_that_is_misspelt_is_named_with_the_one_that_may_be_meant(there: StandIns) -> None:
    with pytest.raises(NotThere, match="did you mean `CurrentScore`") as raised:
        facts(there, "gainsight.company", "CurentScore", "Name")
    assert raised.value.names == ("CurentScore",)


def test_a_field_for_the_account_id_that_is_not_there_is_named(there: StandIns) -> None:
    with pytest.raises(Refused, match="GAINSIGHT_ACCOUNT_KEY_FIELD names it"):
        list(connect(there, account_key_field="nope").sources["gainsight.company"].facts(["Name"]))


def test_two_companies_for_one_account_are_said_to_be(there: StandIns) -> None:
    twin = company(7, "acct-1", "Twin")
    there.state.put("gainsight.companies", twin["Gsid"], twin)
    records = list(connect(there).sources["gainsight.company"].facts(["Name"]))
    assert [record.account_id for record in records if record.is_twice] == ["acct-1"]


def test_open_ctas_are_counted_by_type_and_none_is_zero(there: StandIns) -> None:
    for number, more in enumerate([{}, {"type": "Opportunity"}, {"status": "Closed Success", "IsClosed": True}]):
        made = cta(number, 0, **more)
        there.state.put("gainsight.ctas", made["Gsid"], made)
    assert facts(there, "gainsight.ctas", "open", "open_risk", "open_opportunity") == {
        "acct-0": {"open": 2, "open_risk": 1, "open_opportunity": 1},
        "acct-1": {"open": 0, "open_risk": 0, "open_opportunity": 0},
        "acct-2": {"open": 0, "open_risk": 0, "open_opportunity": 0},
    }


def test_a_type_that_is_not_there_is_not_zero(there: StandIns) -> None:
    with pytest.raises(NotThere, match="there is open, open_risk, open_opportunity"):
        facts(there, "gainsight.ctas", "open_upsell")


@pytest.mark.parametrize("way", range(3))
def test_each_way_of_saying_that_nothing_is_there_ends_a_list(there: StandIns, way: int) -> None:
    for _ in range(way):
        there.state.next_id("gainsight.nothing")
    assert len(facts(there, "gainsight.company", "Name")) == 3
