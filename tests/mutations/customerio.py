"""What Customer.io would refuse."""

from __future__ import annotations

from tests.mutations.row import Mutation

_CLIENT, _TESTS = "integrations/customerio/client.py", "integrations/test_customerio.py::"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Customer.io, Track v2: an object has a type",
        _CLIENT,
        '"object_type_id": self._settings.object_type_id, ',
        "",
        (f"{_TESTS}test_what_is_set_is_set_back_and_the_rest_stays",),
    ),
    Mutation(
        "Customer.io, Track v2: one entity has an address of its own",
        _CLIENT,
        "/api/v2/entity",
        "/api/v1/entity",
        (f"{_TESTS}test_what_is_set_is_set_back_and_the_rest_stays",),
    ),
    Mutation(
        "Customer.io: the account of the EU is at another host",
        "integrations/customerio/settings.py",
        '"eu": "https://track-eu.customer.io"',
        '"eu": "https://track.customer.io"',
        (f"{_TESTS}test_each_region_has_its_host",),
    ),
)
