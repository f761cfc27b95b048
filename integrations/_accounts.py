"""Matching a CRM's records to the product's accounts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from expansion.usage.cells import as_id

log = logging.getLogger(__name__)


def one_each(
    system: str, key_field: str, rows: Iterable[tuple[Any, Mapping[str, Any]]]
) -> dict[str, Mapping[str, Any]]:
    """The rows, given as (product account id, row), by account id.

    Two CRM records for one product account say nothing sure, and a task might reach the wrong one: both are left out.
    """
    by_account: dict[str, list[Mapping[str, Any]]] = {}
    for account_id, row in rows:
        by_account.setdefault(as_id(account_id), []).append(row)
    shared = sorted(account for account, several in by_account.items() if len(several) > 1)
    if shared:
        named = ", ".join(shared[:5]) + (", …" if len(shared) > 5 else "")
        log.warning("%s: left out, several records have the same %s: %s", system, key_field, named)
    return {account: several[0] for account, several in by_account.items() if len(several) == 1}
