"""What a step set is taken back from some of its people alone, where the system calls them as the product does."""

from __future__ import annotations

import pytest

from expansion.contract import Refused
from expansion.follow.inputs import TakeBack
from expansion.steps.reaching import people_fields
from integrations import catalog
from integrations.kit.people import meant


def taken(remote_id: str, *people: str) -> list[str]:
    return meant(TakeBack(step="0" * 64, remote_id=remote_id, made={}, people=list(people)))


def test_of_those_who_are_named_and_of_all_where_nobody_is() -> None:
    assert taken("ana,ben%2C2,cem", "ben,2") == ["ben%2C2"]
    assert taken("ana,ben") == ["ana", "ben"]


def test_who_did_not_get_it_has_nothing_taken_back() -> None:
    with pytest.raises(Refused, match="none of these people got it"):
        taken("ana,ben", "cem")


def test_nudges_inside_the_product_are_taken_back_from_some_alone() -> None:
    words = catalog().actions.values()
    assert {one.name for one in words if "leavers" in one.offers and people_fields(one.input_model)} >= {
        "appcues.add_to_segment", "appcues.set_user_property", "gainsight_px.add_to_segment",
        "intercom.enrol_in_series", "pendo.add_to_segment",
    }  # fmt: skip
