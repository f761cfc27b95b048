"""Matching a CRM's records to the product's accounts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from expansion.usage.forms.cells import as_id

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Matched:
    """Records by account id; and the accounts of which there are several."""

    once: Mapping[str, Mapping[str, Any]]
    twice: tuple[str, ...]


def one_each(
    system: str, key_field: str, rows: Iterable[tuple[Any, Mapping[str, Any]]], *, record: str, any_case: bool = False
) -> Matched:
    """The rows, given as (product account id, row), by account id; `record` names the field with a row's own id.

    Two CRM records for one product account say nothing sure, and a task might reach the wrong one: both are left out.
    One record that comes twice, because it moved to a later page while the pages were read, is one: as it came last.
    """
    by_key: dict[str, dict[Any, tuple[str, Mapping[str, Any]]]] = {}
    for account_id, row in rows:
        if not (account := as_id(account_id)):
            continue  # blanks are no id
        by_key.setdefault(account.casefold() if any_case else account, {})[row[record]] = (account, row)
    alone = {
        account: row for ((account, row), *others) in (several.values() for several in by_key.values()) if not others
    }
    twice = sorted({account for several in by_key.values() if len(several) > 1 for account, _ in several.values()})
    if not by_key:
        log.warning("%s: not one record has a product account id in %s", system, key_field)
    if twice:
        named = ", ".join(twice[:5]) + (", …" if len(twice) > 5 else "")
        log.warning("%s: left out, several records have the same %s: %s", system, key_field, named)
    return Matched(alone, tuple(twice))
