"""The examples of Heap's own webhook specification are taken, as Heap would sign them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from expansion.contract import Aside, FactRecord
from integrations.heap.segments import Segments
from tests.web.serve.receiver import Receiver
from tests.web.serve.test_webhooks import SECRET, hashed, opened, post

SPEC = Path(__file__).parents[3] / "../shared/specs/heap/webhook_spec.yaml"


def examples() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip("Heap's specification is not here")
    [path] = yaml.safe_load(SPEC.read_text(encoding="utf-8"))["paths"].values()
    found = path["post"]["requestBody"]["content"]["application/json"]["examples"]
    return {name: example["value"] for name, example in found.items()}


def test_each_example_is_taken_person_by_person(tmp_path: Path) -> None:
    for name, example in examples().items():
        heap = opened(tmp_path / name, Segments, webhook_secret=SECRET)
        raw = json.dumps(example).encode()
        assert post(heap, "/heap/segments", raw, hashed(raw)) == 200
        assert told(heap) == [
            (person["id"], {example["data"]["segment"]["name"]: is_in})
            for part, is_in in (("remove", False), ("add", True))
            for person in example["data"].get(part, [])
        ]
        assert told(heap), f"{name} names nobody"


def told(heap: Receiver) -> list[tuple[str | None, Any]]:
    assert not [row for row in heap.rows if isinstance(row, Aside)]
    return [(row.user_id, row.values) for row in heap.rows if isinstance(row, FactRecord)]
