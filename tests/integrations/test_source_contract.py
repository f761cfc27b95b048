"""Every source keeps the contract: none can be added without a case, and what one does not promise is listed here."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic_settings import BaseSettings

import integrations
from integrations.kit.declare import Connected, Integration
from tests.integrations.source_contract import SourceContract
from tests.integrations.test_files_contract import FileContract
from tests.integrations.test_tables_contract import TableContract
from tests.warehouse.test_source_contract import WarehouseContract

CONTRACTS: tuple[type, ...] = (SourceContract, FileContract, TableContract, WarehouseContract)

# What a source does not promise; the reason stands beside its case.
EXEMPT = {
    "amplitude.cohort": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "a_page_that_names_itself_as_the_next_is_not_read_for_ever",
        "an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
        "where_nothing_is_there_it_is_said",
    ],
    "amplitude.export": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "a_page_that_names_itself_as_the_next_is_not_read_for_ever",
        "an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole",
        "the_limit_is_kept",
        "what_a_whole_answer_no_longer_holds_is_no_longer_known",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
    ],
    "gainsight.company": ["an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole"],
    "gainsight_px.segment": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
        "where_nothing_is_there_it_is_said",
    ],
    "gainsight.ctas": ["an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole"],
    "hubspot.merged": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "what_a_whole_answer_no_longer_holds_is_no_longer_known",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
        "where_nothing_is_there_it_is_said",
    ],
    "salesforce.case": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "what_a_whole_answer_no_longer_holds_is_no_longer_known",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
    ],
    "salesforce.merged": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "what_a_whole_answer_no_longer_holds_is_no_longer_known",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
        "where_nothing_is_there_it_is_said",
    ],
    "salesforce.won_opportunity": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "what_a_whole_answer_no_longer_holds_is_no_longer_known",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
    ],
    "segment.profile": [
        "a_page_that_names_itself_as_the_next_is_not_read_for_ever",
        "a_record_that_comes_again_with_the_next_page_changes_nothing",
        "an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole",
        "an_empty_page_in_the_middle_is_not_the_end",
    ],
    "hubspot.tickets": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "an_empty_page_in_the_middle_is_not_the_end",
        "what_a_whole_answer_no_longer_holds_is_no_longer_known",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
    ],
    "hubspot.won_deals": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "what_a_whole_answer_no_longer_holds_is_no_longer_known",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
    ],
    "hubspot.company": ["an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole"],
    "mixpanel.cohort": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
        "where_nothing_is_there_it_is_said",
    ],
    "mixpanel.export": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "a_page_that_names_itself_as_the_next_is_not_read_for_ever",
        "an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole",
        "what_a_whole_answer_no_longer_holds_is_no_longer_known",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
    ],
    "pendo.segment": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
        "where_nothing_is_there_it_is_said",
    ],
    "intercom.conversations": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "what_a_whole_answer_no_longer_holds_is_no_longer_known",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
    ],
    "zendesk.organization": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole",
    ],
    "zendesk.tickets": [
        "a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read",
        "an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole",
        "what_a_whole_answer_no_longer_holds_is_no_longer_known",
        "where_nothing_is_there_any_more_nothing_is_taken_as_gone",
    ],
}


def all_below(kind: type) -> set[type]:
    return {kind} | {one for each in kind.__subclasses__() for one in all_below(each)}


def held(kind: type) -> set[type]:
    """The cases of a contract, in all files that have some."""
    for file in Path(__file__).parent.glob("test_*.py"):
        import_module(f"tests.integrations.{file.stem}")
    return all_below(kind) - {kind}


def has_cases() -> set[str]:
    return {vars(case)["source"] for kind in CONTRACTS for case in held(kind)}


def read_from() -> set[str]:
    """What is read: every source; a warehouse also as the place of the events; and a system that nothing is done in,
    and that sends nothing, by its name.
    """
    every = [integrations.integration(name) for name in integrations.NAMES]
    silent = {one.name for one in every if not (one.sources or one.actions or one.inbound)}
    return silent | {"warehouse"} | {name for one in every for name in one.sources}


def test_everything_that_is_read_has_a_case() -> None:
    assert has_cases() == read_from()


def test_a_system_that_is_read_and_has_no_case_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Integration("lake", "Lake", BaseSettings, lambda settings, world: Connected())
    monkeypatch.setitem(sys.modules, "lake", SimpleNamespace(INTEGRATION=lake))
    monkeypatch.setitem(integrations.NAMES, "lake", "lake")
    assert read_from() - has_cases() == {"lake"}


def test_a_promise_of_sources_that_a_warehouse_does_not_make_has_a_reason() -> None:
    promises = {name for name in vars(SourceContract) if name.startswith("test_")}
    assert promises - vars(WarehouseContract).keys() == WarehouseContract.exempt.keys()
    assert all(len(reason) > 10 for reason in WarehouseContract.exempt.values())


def test_what_a_source_does_not_promise_is_listed_and_has_a_reason() -> None:
    cases = {vars(case)["source"]: vars(case)["exempt"] for case in held(SourceContract) if "exempt" in vars(case)}
    assert {source: sorted(name.removeprefix("test_") for name in exempt) for source, exempt in cases.items()} == EXEMPT
    for exempt in cases.values():
        assert all(len(reason) > 10 for reason in exempt.values())
        assert exempt.keys() <= vars(SourceContract).keys(), "there is such a promise"


def test_what_a_source_keeps_of_half_an_answer_goes_by_what_it_gives() -> None:
    """Events are stored as they come; of facts, people and cohorts half an answer would look like gaps."""
    for name in integrations.NAMES:
        for source in integrations.integration(name).sources.values():
            assert source.keeps == ("what was read" if source.gives == {"events"} else "nothing"), source.name
            assert source.full <= source.gives
