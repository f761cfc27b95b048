"""Outcomes that follow from what is stored, as it was known at a moment: events, and changes of facts.

Accounts go by the ids that they have at that moment. An event is known once it has arrived; a change of a fact once
both values have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Context, Decimal
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any

from expansion.evaluate.fact_values import limit_meant, read_value
from expansion.evaluate.relations import StoreRelations
from expansion.language.model.models import Facts, SourcedFact
from expansion.language.model.outcomes import OutcomeDefinition, OutcomeEvent, OutcomeFact
from expansion.language.model.policy import Policy
from expansion.records.outcomes import Kind, OutcomeRecord
from expansion.usage.forms.properties import column_of
from expansion.usage.storage.atoms import atom_of
from expansion.usage.storage.fact_relations import NEWEST, stored
from expansion.usage.storage.rollup import Column, with_numbers

_EXACT = Context(prec=200)  # more digits than any amount that is read


@dataclass(frozen=True)
class Reading:
    """What is stored, as it was known at a moment."""

    source: StoreRelations
    until: datetime
    facts: Facts
    policy: Policy
    zone: tzinfo = UTC

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.source.con.execute(query).fetchall()


def derived(reading: Reading, rules: Iterable[OutcomeDefinition]) -> Iterator[OutcomeRecord]:
    """All that events and facts say by these rules; of an event that two of them take, what the first says."""
    seen: set[tuple[str, str]] = set()
    for rule in rules:
        for one in _by(reading, rule):
            if one.key not in seen:
                seen.add(one.key)
                yield one


def _by(reading: Reading, rule: OutcomeDefinition) -> Iterator[OutcomeRecord]:
    match rule:
        case OutcomeEvent():
            return _of_event(reading, rule)
        case OutcomeFact():
            return _of_fact(reading, rule)
    return iter(())


# --- events -----------------------------------------------------------------------------------------------------------


def _of_event(reading: Reading, rule: OutcomeEvent) -> Iterator[OutcomeRecord]:
    column = Column(atom_of((rule.event,), rule.where))
    properties = sorted({*column.properties, *([rule.amount] if rule.amount else [])})
    events = reading.source.events(properties)
    if events is None:
        return
    amount = column_of(rule.amount) if rule.amount else "NULL"
    until = stored(reading.until)
    rows = reading.rows(
        f"SELECT event_id, account_id, ts, seen_at, {amount} FROM {with_numbers(events, [column])} "
        f"WHERE {column.atom.sql()} AND account_id <> '' AND ts <= {until} AND seen_at <= {until} ORDER BY ts, event_id"
    )
    for event_id, account, ts, seen_at, text in rows:
        worth = _amount(text, rule.is_)
        yield OutcomeRecord(
            account,
            rule.is_,
            ts.replace(tzinfo=UTC),
            rule.tier,
            worth,
            reading.policy.currency if worth is not None else None,
            f"event {rule.event}",
            event_id,
            max(ts, seen_at).replace(tzinfo=UTC),
        )


def _amount(text: str | None, kind: Kind) -> Decimal | None:
    """What a property says, of what they buy less of without its sign; None where it is no amount."""
    value = read_value(text, "money")
    if not isinstance(value, Fraction) or (value < 0 and kind == "expansion"):
        return None
    return _decimal(abs(value))


def _decimal(value: Fraction) -> Decimal:
    return _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


# --- facts ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Value:
    """What a fact was of one account since a moment."""

    value: Fraction
    since: datetime
    known_at: datetime


def _of_fact(reading: Reading, rule: OutcomeFact) -> Iterator[OutcomeRecord]:
    definition = reading.facts.facts[rule.fact]
    assert isinstance(definition, SourcedFact), "expansion check refuses others"
    for account, values in _histories(reading, rule.fact, definition):
        for before, after in pairwise(values):
            kind = _moved(rule, before.value, after.value)
            if kind is not None:
                money = definition.kind == "money"
                yield OutcomeRecord(
                    account,
                    kind,
                    after.since,
                    rule.tier,
                    _decimal(abs(after.value - before.value)) if money else None,
                    reading.policy.currency if money else None,
                    f"fact {rule.fact}",
                    f"{account} {after.since:%Y-%m-%dT%H:%M:%S.%f}",
                    max(before.known_at, after.known_at),
                )


def _moved(rule: OutcomeFact, before: Fraction, after: Fraction) -> Kind | None:
    """From nothing every rise is one: who paid nothing pays now."""
    if rule.rises is not None and after > before and after - before >= rule.rises.value * abs(before):
        return "expansion"
    if rule.falls is not None and after < before and before - after >= rule.falls.value * abs(before):
        return "contraction"
    return None


def _histories(reading: Reading, fact: str, definition: SourcedFact) -> Iterator[tuple[str, list[_Value]]]:
    """By account the values that it had one after another, without those that say nothing: what is not known for a
    while is no change."""
    until, changes = stored(reading.until), reading.source.facts.changes({(definition.from_, definition.field)})
    rows = reading.rows(
        f"SELECT account_id, value, since, seen_at FROM {changes} WHERE user_id = '' AND account_id <> '' "
        f"AND seen_at <= {until} AND since <= {until} ORDER BY account_id, {NEWEST}"
    )
    read: dict[str | None, Fraction | None] = {}
    for account, some in groupby(rows, key=lambda row: row[0]):
        last = {row[2]: row for row in some}  # of those of one moment the one said last counts
        values = []
        for _, text, since, seen_at in last.values():
            if text not in read:
                read[text] = _number(reading, fact, definition, text)
            if (value := read[text]) is not None:
                values.append(_Value(value, since.replace(tzinfo=UTC), max(since, seen_at).replace(tzinfo=UTC)))
        yield account, values


def _number(reading: Reading, fact: str, definition: SourcedFact, text: str | None) -> Fraction | None:
    value = limit_meant(text, read_value(text, definition.kind, reading.zone), fact, reading.facts)
    return value if isinstance(value, Fraction) else None


# --- since when accounts are known ------------------------------------------------------------------------------------


def first_known(reading: Reading, accounts: Sequence[str]) -> dict[str, datetime]:
    """Since when anything is known of these accounts: their first event, or the first value of a fact, by its own
    moment and not by that of its arrival."""
    if not accounts:
        return {}
    until, facts = stored(reading.until), reading.source.facts
    told = f"seen_at <= {until} AND since <= {until}"
    parts = [f"SELECT account_id, since AS began FROM {facts.of_rows()} WHERE {told}"]
    parts += [
        f"SELECT account_id, since AS began FROM {layout.rows()} WHERE known <= {until} AND since <= {until}"
        for layout in facts.layouts
    ]
    if events := reading.source.events():
        parts.append(f"SELECT account_id, ts AS began FROM {events} WHERE ts <= {until} AND seen_at <= {until}")
    every = f"({' UNION ALL '.join(parts)}) SEMI JOIN (SELECT unnest($1) AS account_id) USING (account_id)"
    query = f"SELECT account_id, min(began) FROM {every} GROUP BY account_id"
    rows = reading.source.con.execute(query, [sorted(set(accounts))]).fetchall()
    return {account: began.replace(tzinfo=UTC) for account, began in rows}


__all__ = ["Reading", "derived", "first_known"]
