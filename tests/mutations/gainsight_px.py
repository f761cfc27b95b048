"""What Gainsight PX would refuse, or answer otherwise."""

from __future__ import annotations

from tests.mutations.row import Mutation

_API = "integrations/gainsight_px/client.py"
_TESTS = "integrations/test_gainsight_px.py::"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Gainsight PX, update_membership: add and remove are both required",
        _API,
        '{"add": [_members(segment, people, at)], "remove": []}',
        '{"add": [_members(segment, people, at)]}',
        (f"{_TESTS}TestAddToSegment::test_it_works",),
    ),
    Mutation(
        "Gainsight PX, update_membership: its reply holds nothing",
        _API,
        "again=True, silent=True",
        "again=True",
        (f"{_TESTS}TestAddToSegment::test_it_works",),
    ),
    Mutation(
        "Gainsight PX, events: without a date only the last day is looked at",
        _API,
        ";date>={int(since.timestamp() * 1000)}",
        "",
        (f"{_TESTS}test_who_matched_in_the_days_that_are_asked_for_counts",),
    ),
)
