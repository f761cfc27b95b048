"""What Beacon would refuse, or do twice."""

from __future__ import annotations

from tests.mutations.row import Mutation

_CODE, _TESTS = "tests/example/beacon/integration", "example/beacon"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Beacon, notes: only an external id keeps one from being made twice",
        f"{_CODE}/actions.py",
        '{"external_id": draft.piece.key, **draft.record}',
        "{**draft.record}",
        (f"{_TESTS}/test_notes.py::TestPostNote::test_a_connection_cut_after_the_work_does_not_do_it_twice",),
    ),
    Mutation(
        "Beacon, notes: 5,000 characters",
        f"{_CODE}/actions.py",
        "TITLE, TEXT = 120, 5000",
        "TITLE, TEXT = 120, 9000",
        (f"{_TESTS}/test_notes.py::test_a_long_text_arrives_short",),
    ),
    Mutation(
        "Beacon, accounts: 100 a page",
        f"{_CODE}/client.py",
        "PAGE = 100",
        "PAGE = 200",
        (f"{_TESTS}/test_accounts.py::test_two_accounts_there_for_one_of_ours_are_said_to_be",),
    ),
)
