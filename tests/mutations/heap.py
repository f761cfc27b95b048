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
)
