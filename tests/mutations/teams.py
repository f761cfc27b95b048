"""What Microsoft Teams would refuse."""

from __future__ import annotations

from tests.mutations.row import Mutation

_CODE, _TESTS = "integrations/teams/card.py", "integrations/test_teams.py"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Microsoft Teams: 28 KB a message",
        _CODE,
        "MOST = 24_000",
        "MOST = 96_000",
        (f"{_TESTS}::test_a_long_text_is_cut_to_what_teams_takes",),
    ),
    Mutation(
        "Microsoft Teams: a card says what it is",
        _CODE,
        '"contentType": "application/vnd.microsoft.card.adaptive"',
        '"contentType": "application/json"',
        (f"{_TESTS}::TestPostMessage::test_it_works",),
    ),
)
