"""The headers in which vendors say how long to wait: each has its own, and in its own unit."""

from __future__ import annotations

from tests.mutations.row import Mutation

_TESTS = ("integrations/test_said.py::test_each_vendors_own_header_is_the_one_that_is_read",)

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "HubSpot: the interval is in X-HubSpot-RateLimit-Interval-Milliseconds",
        "integrations/hubspot/meanings.py",
        '"X-HubSpot-RateLimit-Interval-Milliseconds"',
        '"X-HubSpot-RateLimit-Interval"',
        _TESTS,
    ),
    Mutation(
        "HubSpot: the interval is in milliseconds",
        "integrations/kit/waits.py",
        "interval / 1000",
        "interval",
        _TESTS,
    ),
    Mutation(
        "Intercom: the end of the window is in X-RateLimit-Reset, and there is no Retry-After",
        "integrations/intercom/meanings.py",
        '"X-RateLimit-Reset"',
        '"Retry-After"',
        _TESTS,
    ),
    Mutation(
        "RFC 9110: Retry-After is the header's name",
        "integrations/kit/said.py",
        'name: str = "Retry-After"',
        'name: str = "X-Retry-After"',
        _TESTS,
    ),
)
