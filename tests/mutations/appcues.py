"""What Appcues would refuse, or do more than was meant."""

from __future__ import annotations

from tests.mutations.row import Mutation

_CLIENT = "integrations/appcues/client.py"
_TESTS = "integrations/test_appcues.py::"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Appcues, profiles: who is unknown would be made by the call that sets a property",
        _CLIENT,
        "        except Gone:\n            return None",
        "        except Gone:\n            return Profile(id_, {})",
        (f"{_TESTS}test_a_profile_is_never_made_for_an_unknown_id_and_it_is_said_how_many_those_are",),
    ),
    Mutation(
        "Appcues, segments: ids go under user_ids",
        _CLIENT,
        '{"user_ids": list(some)}',
        '{"users": list(some)}',
        (f"{_TESTS}test_those_who_were_put_into_a_segment_are_taken_out",),
    ),
    Mutation(
        "Appcues: 60 calls a second for the whole account",
        "integrations/appcues/settings.py",
        "LIMIT = Limit(50, 1,",
        "LIMIT = Limit(500, 1,",
        ("integrations/test_shared_limits.py::test_together_they_stay_within_the_limit_and_use_it",),
    ),
    Mutation(
        "Appcues, ids in remote ids: one may hold a comma",
        _CLIENT,
        'quote(id_, safe="")',
        'quote(id_, safe=",")',
        (f"{_TESTS}test_those_who_were_put_into_a_segment_are_taken_out",),
    ),
)
