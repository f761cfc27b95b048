"""Deals that were won in Salesforce: what an account came to buy more of, or less, by the org's own Type.

A deal counts from the beginning of its close date, which has no time of day: what fired on that very day is not taken
for its cause. It is known since its stage last changed, where the org tells when that was.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from expansion.contract import Outcome
from expansion.text.many import many
from expansion.usage.forms.cells import as_id
from integrations.kit.declare import SourceBase
from integrations.kit.said import moment
from integrations.kit.shapes import reads
from integrations.salesforce.accounts import value_at
from integrations.salesforce.fields import Field, account_key, find
from integrations.salesforce.meanings import SYSTEM
from integrations.salesforce.money import Money
from integrations.salesforce.open_records import Row, visible
from integrations.salesforce.values import moment_text

if TYPE_CHECKING:
    from integrations.salesforce.client import Client

log = logging.getLogger(__name__)
_NEEDED = ("AccountId", "CloseDate", "IsWon", "SystemModstamp")
_STAGED = "LastStageChangeDate"  # object reference, "Opportunity": since API version 52.0


@reads("Salesforce")
class WonOpportunitySource(SourceBase):
    """By `IsWon`. `called` is the deal's Type; a negative amount is a contraction. Of what has changed since: a deal
    that was opened again, lost or deleted is told as gone."""

    name = "salesforce.won_opportunity"
    title = "Won opportunities in Salesforce, called by their Type"
    gives = frozenset({"outcomes"})

    def __init__(self, client: Client, key_field: str, amount_field: str) -> None:
        self._client, self._key_field, self._amount_field = client, key_field, amount_field

    def outcomes(self, since: datetime | None, currency: str) -> Iterator[Outcome]:
        """Nothing is given before all is read."""
        known = visible(self._client, "Opportunity", "opportunities", _NEEDED)
        account = f"Account.{account_key(self._client, self._key_field)}"
        amount, money = find(self._client, "Opportunity", self._amount_field), Money(self._client, currency)
        more = [name for name in ("Type", _STAGED) if name in known]
        codes = [amount.currency_path] if amount.currency_path else []
        rows = self._rows(["Id", "IsDeleted", *_NEEDED, account, amount.path, *more, *codes], since)
        told = [(as_id(value_at(row, account) or ""), row) for row in rows.values()]
        self._say(told, since)
        yield from (self._outcome(whose, row, amount, money, currency) for whose, row in told if whose)
        money.say()

    def _rows(self, columns: list[str], since: datetime | None) -> Mapping[str, Row]:
        """All that were won; or all that changed, also those in the recycle bin. One that comes twice is one."""
        which = f"SystemModstamp >= {moment_text(since)}" if since else "IsWon = true"
        named = ", ".join(dict.fromkeys(columns))
        soql = f"SELECT {named} FROM Opportunity WHERE {which} AND AccountId != null"  # noqa: S608
        return {str(row["Id"]): row for row in self._client.query(soql, deleted=since is not None)}

    def _outcome(self, account: str, row: Row, amount: Field, money: Money, currency: str) -> Outcome:
        worth, code = _worth(row, amount, money, currency)
        return Outcome(
            self.name,
            account,
            "contraction" if worth is not None and worth < 0 else "expansion",
            datetime.combine(date.fromisoformat(str(row["CloseDate"])), time(), UTC),
            str(row["Id"]),
            called=row.get("Type"),
            amount=None if worth is None else abs(worth),
            currency=code,
            known_at=moment(row.get(_STAGED)),
            is_gone=row["IsDeleted"] is True or row["IsWon"] is not True,
        )

    def _say(self, told: list[tuple[str, Row]], since: datetime | None) -> None:
        if since is None and not any(account for account, _ in told):
            log.warning("%s: not one opportunity was won on an account with a product account id", SYSTEM)
        elif nobody := sum(not account for account, _ in told):
            log.warning("%s: %s left out, of accounts without a product account id", SYSTEM, many(nobody, "deal"))


def _worth(row: Row, amount: Field, money: Money, currency: str) -> tuple[Decimal | None, str | None]:
    """In the policy's currency; or in the deal's own, where the org tells no rate."""
    value, code = row[amount.path], value_at(row, amount.currency_path) if amount.currency_path else None
    if value is None:
        return None, None
    try:
        return Decimal(str(money.of(amount, value, code))), currency
    except InvalidOperation:
        return Decimal(str(value)), str(code)
