"""Open opportunities in Salesforce: how many, of which type and stage, how much of them, and when the next one closes.

What of them is expansion, the org's own values of Type say: `open_opportunities_existing_customer_upgrade`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from expansion.contract import Wanted
from integrations.kit.counted import counted_as
from integrations.kit.shapes import reads
from integrations.salesforce.accounts import value_at
from integrations.salesforce.fields import Field, find
from integrations.salesforce.money import Money
from integrations.salesforce.open_records import OpenRecords, Row, Told, values_of

OPEN, AMOUNT = "open_opportunities", "open_amount"


@reads("Salesforce")
class OpportunitySource(OpenRecords):
    """`open_opportunities`, `open_opportunities_new_customer`, …: those of one Type; `open_amount`; `open_stages` and
    `open_types`; `next_close_date`: the earliest one, which may lie behind."""

    name = "salesforce.opportunity"
    title = "Open opportunities of an account in Salesforce: number, by type, amount, stages, next close date"
    sobject, plural = "Opportunity", "opportunities"

    def told(self, wanted: Wanted) -> Mapping[str, Told]:
        known = self._client.fields(self.sobject)
        names = dict.fromkeys(counted_as(OPEN, one) for one in values_of(known.get("Type")))
        found = {
            OPEN: Told("number", (), len),
            **{name: Told("number", ("Type",), partial(_count, name)) for name in names},
            "open_stages": Told("list", ("StageName",), partial(_values, "StageName")),
            "open_types": Told("list", ("Type",), partial(_values, "Type")),
            "next_close_date": Told("date", ("CloseDate",), _next_close),
        }
        found = {name: told for name, told in found.items() if all(one in known for one in told.columns)}
        return found | (self._amount(wanted) if "Amount" in known else {})

    def _amount(self, wanted: Wanted) -> dict[str, Told]:
        field, money = find(self._client, self.sobject, "Amount"), Money(self._client, wanted.currency)
        columns = (field.path, *([field.currency_path] if field.currency_path else []))
        return {AMOUNT: Told("currency", columns, partial(_sum, field, money), money.say)}


def _count(name: str, rows: Sequence[Row]) -> int:
    return sum(counted_as(OPEN, str(row["Type"])) == name for row in rows)


def _values(column: str, rows: Sequence[Row]) -> list[str]:
    return sorted({str(row[column]) for row in rows if row[column] is not None})


def _next_close(rows: Sequence[Row]) -> str | None:
    return min((str(row["CloseDate"]) for row in rows if row["CloseDate"]), default=None)


def _sum(field: Field, money: Money, rows: Sequence[Row]) -> Any:
    """In the policy's currency. What one of them does not say, or says in a currency without a rate, nobody can add."""
    each = [_amount_of(row, field, money) for row in rows]
    unknown = [one for one in each if not isinstance(one, Decimal)]
    return unknown[0] if unknown else str(sum(each, Decimal(0)))


def _amount_of(row: Row, field: Field, money: Money) -> Any:
    """A number; nothing where it says none; or the amount with its currency, where that has no rate."""
    code = value_at(row, field.currency_path) if field.currency_path else None
    value = money.of(field, row[field.path], code)
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return value
