"""What accounts came to buy more of, or less: what was told, and what follows from what is stored, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, tzinfo
from decimal import Decimal

from expansion.evaluate.relations import StoreRelations
from expansion.language.model.outcomes import OutcomeEvent
from expansion.measure.counted import Apart, Counted, counted, named
from expansion.measure.outcomes import Reading, derived, first_known
from expansion.records.outcomes import Kind, OutcomeRecord
from expansion.text.many import many
from expansion.text.money import money_text
from jobs.definitions import Definitions
from jobs.place import Place

_FILES = "files."  # what people import counts, whether policy.yaml names it or not


def collect(place: Place, until: datetime, definitions: Definitions | None = None) -> list[OutcomeRecord]:
    """The outcomes that count, as they were known at a moment, by the ids that accounts have then; the oldest first.
    `definitions`: whose policy says what counts, if not that of the place. Nothing is written."""
    return list(collected(place, until, definitions).outcomes)


def collected(place: Place, until: datetime, definitions: Definitions | None = None) -> Counted:
    """The same, with those that count nowhere, and why."""
    workspace = (definitions or place.definitions).workspace
    stored = StoreRelations.of(place.store, until, with_pushed=place.looking)
    reading = Reading(stored, until, workspace.facts, workspace.policy, (definitions or place.definitions).zone)
    rules = workspace.policy.outcomes
    told = named(_told(place, until, stored), rules, outcome_sources(place))
    every = [*told, *derived(reading, rules)]
    return counted(every, workspace.policy, first_known(reading, [one.account_id for one in every]), until)


def outcome_sources(place: Place) -> set[str]:
    """The sources of systems that tell outcomes."""
    return {
        name
        for name, words in place.catalog.sources.items()
        if "outcomes" in words.gives and not name.startswith(_FILES)
    }


def unread(place: Place) -> str | None:
    """What of the rules is not read, as a sentence."""
    by_event = [one.event for one in place.definitions.workspace.policy.outcomes if isinstance(one, OutcomeEvent)]
    if place.settings.engine_url is None or not by_event:
        return None
    return (
        "events that are in the warehouse alone are not read for outcomes; import those of "
        f"{', '.join(by_event)} from its table, or name a fact"
    )


def _told(place: Place, until: datetime, stored: StoreRelations) -> Iterator[OutcomeRecord]:
    if not place.has_ledger:
        return
    for one in place.ledger.outcomes(until):
        yield replace(one, account_id=stored.ids.account(one.account_id))


def headline(found: Counted, currency: str) -> str:
    """`12 expansions, $14,400 a year; 3 contractions, $900 a year; 2 count nowhere`."""
    parts = [_sum(found, "expansion", currency), _sum(found, "contraction", currency)]
    said = "; ".join(part for part in parts if part) or "no outcomes"
    return said + (f"; {len(found.apart):,} {_COUNTS[len(found.apart) == 1]} nowhere" if found.apart else "")


_COUNTS = {True: "counts", False: "count"}


def _sum(found: Counted, kind: Kind, currency: str) -> str:
    mine = [one for one in found.outcomes if one.kind == kind]
    told = [one.amount for one in mine if one.amount is not None]
    if not mine:
        return ""
    silent = f" ({many(len(mine) - len(told), 'other')} without an amount)" if 0 < len(told) < len(mine) else ""
    return many(len(mine), kind) + (f", {money_text(sum(told, Decimal()), currency)} a year{silent}" if told else "")


def outcome_rows(outcomes: Iterable[OutcomeRecord], zone: tzinfo) -> list[dict[str, str]]:
    """One row per outcome: of which account, what, how much a year, who says so."""
    return [
        {
            "on": f"{one.at.astimezone(zone):%Y-%m-%d}",
            "account": one.account_id,
            "what": one.kind,
            "tier": one.tier or "",
            "worth": money_text(one.amount, one.currency or "") if one.amount is not None else "",
            "from": one.source + (f" ({one.called})" if one.called else ""),
            "id": one.remote_id,
            "why": one.reason or "",
        }
        for one in outcomes
    ]


def apart_rows(apart: Iterable[Apart], zone: tzinfo) -> list[dict[str, str]]:
    """One row per outcome that counts nowhere, and why."""
    each = list(apart)
    rows = outcome_rows((one.outcome for one in each), zone)
    return [{**row, "why": one.why} for row, one in zip(rows, each, strict=True)]
