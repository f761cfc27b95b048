"""What Heap would refuse."""

from __future__ import annotations

from tests.mutations.row import Mutation

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Heap, Add Account Properties: values are texts or numbers",
        "integrations/heap/client.py",
        "{name: _written(value) for name, value in properties.items()}",
        "dict(properties)",
        ("integrations/test_heap.py::test_what_is_set_is_set_back_as_texts_and_numbers",),
    ),
    Mutation(
        "Heap, Add Account Properties: an environment is named in each call",
        "integrations/heap/client.py",
        '            "app_id": self.settings.app_id,\n',
        "",
        ("integrations/test_heap.py::test_what_is_set_is_set_back_as_texts_and_numbers",),
    ),
    Mutation(
        "Heap, segment webhook: a call is a minute old at most",
        "integrations/heap/segments.py",
        "PAST, FUTURE = 60.0, 1.0",
        "PAST, FUTURE = 3600.0, 1.0",
        ("web/serve/test_webhooks.py::test_a_call_is_taken_for_a_minute_and_not_from_the_future",),
    ),
    Mutation(
        "Heap, segment webhook: the moment is signed, too",
        "integrations/heap/segments.py",
        'message = stamp.encode("utf-8", "replace") + call.raw',
        "message = call.raw",
        ("web/serve/test_webhooks.py::test_who_comes_and_who_leaves_is_a_field_of_the_person",),
    ),
)
