"""What Segment would refuse, or lose."""

from __future__ import annotations

from tests.mutations.row import Mutation

_CLIENT, _TESTS = "integrations/segment/client.py", "integrations/test_segment.py::"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Segment, Profile API: ids are in small letters",
        _CLIENT,
        "account.lower()",
        "account",
        (f"{_TESTS}test_an_account_is_found_by_its_id_in_small_letters_whatever_signs_it_has",),
    ),
    Mutation(
        "Segment, Profile API: where more is there, the cursor says so",
        _CLIENT,
        'return {"next": str(cursor["next"])} if more',
        'return {"next": str(cursor["next"])} if not more',
        (f"{_TESTS}test_traits_are_read_to_the_last_page",),
    ),
    Mutation(
        "Segment, HTTP API: a call has a user",
        _CLIENT,
        '            "userId": self.settings.sender,\n',
        "",
        (f"{_TESTS}test_what_is_set_is_set_back",),
    ),
    Mutation(
        "Segment, HTTP API: only the message's id keeps a call from counting twice",
        _CLIENT,
        '"messageId": f"expansion-{key}"',
        '"messageId": f"expansion-{id(traits)}-{key}"',
        (f"{_TESTS}test_a_call_that_is_sent_twice_is_one_for_segment",),
    ),
    Mutation(
        "Segment, HTTP API: 32 KB a call",
        _CLIENT,
        "MOST_BYTES = 32_000",
        "MOST_BYTES = 64_000",
        (f"{_TESTS}test_a_call_that_segment_would_drop_is_refused",),
    ),
)
