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
    Mutation(
        "Segment, webhook: of a batch only the first event is signed",
        "integrations/segment/webhook.py",
        "first_of_list(call.raw) if is_list else call.raw",
        "call.raw",
        ("web/serve/test_webhooks.py::test_of_a_list_only_the_first_is_signed_so_it_needs_a_secret_header",),
    ),
    Mutation(
        "Segment, webhook: the others of a batch are anybody's",
        "integrations/segment/webhook.py",
        "if is_list and self._header is None:",
        "if is_list and not self._secret:",
        ("web/serve/test_webhooks.py::test_of_a_list_only_the_first_is_signed_so_it_needs_a_secret_header",),
    ),
)
