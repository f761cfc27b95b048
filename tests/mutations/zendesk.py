"""What Zendesk would refuse, or answer otherwise."""

from __future__ import annotations

from tests.mutations.row import Mutation

_CLIENT, _TESTS = "integrations/zendesk/client.py", "integrations/test_zendesk.py::"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Zendesk, exports: at most 1,000 a page",
        _CLIENT,
        "PAGE = 1000",
        "PAGE = 1001",
        (f"{_TESTS}test_a_ticket_and_its_tags_are_events_of_the_moment_it_was_opened",),
    ),
    Mutation(
        "Zendesk, exports: organizations and users come to who asks for them",
        _CLIENT,
        '"include": "users,organizations"',
        '"include": "users"',
        (f"{_TESTS}test_a_ticket_and_its_tags_are_events_of_the_moment_it_was_opened",),
    ),
    Mutation(
        "Zendesk: an API token goes with the address and `/token`",
        _CLIENT,
        '(f"{settings.email}/token",',
        '(f"{settings.email}",',
        (f"{_TESTS}test_a_ticket_and_its_tags_are_events_of_the_moment_it_was_opened",),
    ),
)
