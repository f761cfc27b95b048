"""`expansion accounts`: the accounts that are known."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from cli.accounts import names, once_called
from cli.beginning import how_to_begin, must_be_ours
from cli.engine import engine_option
from cli.options import MOMENT
from cli.output import as_json, many, say, table

if TYPE_CHECKING:
    from expansion.explain.evaluator import StoreEvaluator
    from expansion.records.ledger import FiringRecord
    from expansion.usage.identity.former_ids import FormerIds
    from jobs.place import Place


@click.command("accounts")
@click.argument("text", required=False)
@click.option("--limit", default=50, type=click.IntRange(min=1), show_default=True, help="At most so many.")
@click.option("--as-of", type=MOMENT, help="What was known at a moment in the past.")
@engine_option
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(text: str | None, limit: int, as_of: datetime | None, engine: str | None, json_: bool) -> None:
    """The accounts that something is stored of, by name: id, owner, yearly value. TEXT: only those with it in the name,
    the id or the owner's address.

    Every command takes the id, or the name where only one account has it.
    """
    from flows.opening import open_place
    from jobs.clock import moment

    place = open_place(looking=True, engine=engine)
    try:
        must_be_ours(place)
        at = moment(as_of)
        evaluator = place.evaluator(place.definitions, at)
        known = names(evaluator)
        empty = how_to_begin(place, at, len(known))
        ids = place.ids(at)
        rows = _rows(place, evaluator, known, text, ids)
        before = once_called(evaluator, ids, known, text) if text and not rows else None
    finally:
        place.close()
    if json_:
        as_json(rows[:limit])
        return
    table([_shown(row) for row in rows[:limit]])
    if empty:
        say(empty)
    elif not rows:
        say(f"none of {many(len(known), 'account')} has `{text}` in its name, its id or its owner's address")
        if before:
            say(f"\nhint: {before}")
    elif len(rows) > limit:
        say(f"\n{len(rows) - limit:,} more: write a part of the name, or --limit {len(rows)}")


def _rows(
    place: Place, evaluator: StoreEvaluator, known: dict[str, str | None], text: str | None, ids: FormerIds
) -> list[dict[str, Any]]:
    """By name; those without one at the end."""
    words = place.definitions.workspace.policy.account
    owners, values = (_values(evaluator, fact, list(known)) for fact in (words.owner, words.value))
    fires = {one.account_id for one in _open(place)}
    found = [
        {
            "account_id": one,
            "account_name": name,
            "owner": owners.get(one),
            "value": values.get(one),
            "currency": place.definitions.workspace.policy.currency if values.get(one) is not None else None,
            "firing": one in fires,
            "former_ids": ids.of_account(one)[1:],
        }
        for one, name in known.items()
    ]
    wanted = [row for row in found if text is None or _has(row, text)]
    return sorted(wanted, key=lambda row: (row["account_name"] is None, row["account_name"] or "", row["account_id"]))


def _values(evaluator: StoreEvaluator, fact: str | None, ids: list[str]) -> dict[str, Any]:
    """What is known of a fact, money to the cent."""
    from decimal import Decimal
    from fractions import Fraction

    from expansion.text.money import to_cents

    if fact is None or not ids:
        return {}
    found = evaluator.fact(fact, ids)
    values = {one: found[one].value for one in ids}
    return {
        one: to_cents(Fraction(value)) if isinstance(value, (int, Fraction, Decimal)) else value
        for one, value in values.items()
        if value is not None
    }


def _open(place: Place) -> list[FiringRecord]:
    from expansion.records.ledger import FiringFilter

    return place.ledger.firings(FiringFilter(decisions=("acting",), open_only=True))


def _has(row: dict[str, Any], text: str) -> bool:
    wanted = " ".join(text.split()).casefold()
    texts = [*(str(row[name] or "") for name in ("account_name", "account_id", "owner")), *row["former_ids"]]
    return any(wanted in one.casefold() for one in texts)


def _shown(row: dict[str, Any]) -> dict[str, str]:
    from expansion.text.money import money_text

    value = row["value"]
    return {
        "account": row["account_name"] or "",
        "id": row["account_id"],
        "owner": row["owner"] or "",
        "value": money_text(value, row["currency"]) if row["currency"] and value is not None else "",
        "firing": "yes" if row["firing"] else "",
        "was": ", ".join(row["former_ids"]),
    }
