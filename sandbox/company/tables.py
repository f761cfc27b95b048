"""The other tables of a block, as a CRM, a help desk and a directory of people give them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.company import words
from sandbox.company.accounts import INDUSTRIES, PLANS, SEGMENTS
from sandbox.company.arrays import NEVER, Ints
from sandbox.company.behaviours import NAMES, TIERS
from sandbox.company.log import DAY
from sandbox.company.people import DEPARTMENTS, ROLES
from sandbox.company.world import World

_STAGES = ("Opened", "Proposal", "Negotiation")
_CURRENCY = "USD"


def tables(world: World, block: int) -> dict[str, Any]:
    """By the name of its file; one without rows is left out."""
    made = {
        "facts": _facts(world),
        "people": _people(world, block),
        "tickets": _tickets(world, block),
        "opportunities": _opportunities(world),
        "outcomes": _outcomes(world),
        "account_merges": _account_merges(world),
        "user_merges": _user_merges(world, block),
        "treated": _treated(world),
        "truth_decisions": _decisions(world),
    }
    return {name: table for name, table in made.items() if table is not None and len(table)}


def _account(world: World, account: Ints, day: Ints) -> Any:
    return words.account_ids(world.accounts, account, day * DAY)


def _facts(world: World) -> Any:
    rows, of, first = world.told.facts.columns(), world.accounts, world.asked.first
    account, day = rows["account"], rows["day"]
    gone = rows["churned"].astype(np.bool_)
    parent = of.parent[account]
    return pa.table(
        {
            "account_id": _account(world, account, day),
            "day": words.days(first, day),
            "account_name": words.account_name(of.number[account], rows["rebranded"]),
            "status": words.picked(("customer", "churned"), rows["churned"]),
            "plan": words.picked(PLANS, np.where(gone, -1, rows["plan"])),
            "seats_bought": pa.array(np.where(gone, 0, rows["seats_bought"])),
            "seats_used": pa.array(rows["seats_used"]),
            "arr": pa.array(rows["arr"]),
            "segment": words.picked(SEGMENTS, rows["segment"]),
            "industry": words.picked(INDUSTRIES, of.industry[account]),
            "owner_email": _owner(of.owner[account]),
            "parent_account": _account(world, parent, day),
            "created": words.days(first, of.created[account]),
            "open_deals": pa.array(rows["open_deals"]),
            "last_deal_closed": words.days(first, rows["last_deal_closed"]),
            "api_calls_28d": pa.array(rows["api_calls"]),
            "api_calls_included": pa.array(rows["included"]),
            "is_internal": pa.array(of.internal[account]),
        }
    )


def _owner(owner: Ints) -> Any:
    return pc.binary_join_element_wise(words.ids("owner", owner), "seller.example", "@")


def _people(world: World, block: int) -> Any:
    rows = world.told.people.columns()
    person = words.person_ids(block, rows["person"], np.zeros(len(rows["person"]), dtype=np.bool_))
    return pa.table(
        {
            "user_id": person,
            "account_id": _account(world, rows["account"], rows["day"]),
            "day": words.days(world.asked.first, rows["day"]),
            "role": words.picked(ROLES, np.where(rows["bot"], -1, rows["role"])),
            "department": words.picked(DEPARTMENTS, np.where(rows["bot"], -1, rows["department"])),
            "email": pc.binary_join_element_wise(person, "customer.example", "@"),
            "is_bot": pa.array(rows["bot"]),
        }
    )


def _tickets(world: World, block: int) -> Any:
    """A row for what became of it: opened, answered. What is not answered by the end has one row."""
    of = world.tickets
    if not len(of.account):
        return None
    number = np.arange(len(of.account))
    both = np.concatenate([number, number[of.answered < world.asked.days]])
    answered = np.arange(len(both)) >= len(number)
    day = np.where(answered, of.answered[both], of.opened[both])
    second = day * DAY + 9 * 3600 + (both * 977) % 25_000 + np.where(answered, 3 * 3600, 0)
    return pa.table(
        {
            "ticket_id": words.ids(f"t{block}-", both),
            "status": words.picked(("Opened", "Answered"), answered.astype(np.int64)),
            "at": words.spoken(world.asked.first, second),
            "account_id": words.account_ids(world.accounts, of.account[both], second),
            "user_id": words.person_ids(block, of.person[both], np.zeros(len(both), dtype=np.bool_)),
            "priority": words.picked(("normal", "urgent"), of.urgent[both]),
        }
    )


def _deal_ids(world: World, account: Ints, number: Ints) -> Any:
    return pc.binary_join_element_wise(
        words.ids("deal-", world.accounts.number[account]), pc.cast(pa.array(number), pa.string()), "-"
    )


def _at(world: World, account: Ints, day: Ints) -> Ints:
    """When on its day: the same whenever it is asked."""
    second: Ints = day * DAY + 10 * 3600 + (world.accounts.number[account] * 37 + day * 101) % 25_000
    return second


def _opportunities(world: World) -> Any:
    """A row for each stage that a deal came to."""
    rows = world.told.deals.columns()
    if not rows:
        return None
    third = (rows["planned"] - rows["opened"]) / 3
    reached = [rows["opened"] + np.rint(third * step).astype(np.int64) for step in range(len(_STAGES))]
    until = np.where(rows["closed"] == NEVER, world.asked.days - 1, rows["closed"])
    parts = [(np.flatnonzero(day <= until), day, np.full(len(day), place)) for place, day in enumerate(reached)]
    ended = np.flatnonzero(rows["closed"] != NEVER)
    parts.append((ended, rows["closed"], np.where(rows["won"], len(_STAGES), len(_STAGES) + 1)))
    deal = np.concatenate([which for which, _, _ in parts])
    day = np.concatenate([days[which] for which, days, _ in parts])
    stage = np.concatenate([stages[which] for which, _, stages in parts])
    account = rows["account"][deal]
    second = _at(world, account, day) + np.minimum(stage, len(_STAGES)) * 60  # one stage after the other, also of a day
    return pa.table(
        {
            "deal_id": _deal_ids(world, account, rows["number"][deal]),
            "stage": words.picked((*_STAGES, "Won", "Lost"), stage),
            "at": words.spoken(world.asked.first, second),
            "account_id": words.account_ids(world.accounts, account, second),
            "tier": words.picked(TIERS, rows["tier"][deal]),
            "amount": pa.array(rows["amount"][deal]),
            "currency": pa.array([_CURRENCY] * len(deal)),
        }
    )


def _outcomes(world: World) -> Any:
    """Known in the CRM up to a day after it became so."""
    rows = world.told.outcomes.columns()
    if not rows:
        return None
    account, won = rows["account"], rows["kind"] == 0
    second = _at(world, account, rows["day"]) + np.where(won, len(_STAGES) * 60, 0)
    lost = pc.binary_join_element_wise(
        words.ids("change-", world.accounts.number[account]), pc.cast(pa.array(rows["day"]), pa.string()), "-"
    )
    deal = _deal_ids(world, account, rows["number"])
    return pa.table(
        {
            "outcome_id": pc.if_else(pa.array(won), deal, lost),
            "account_id": words.account_ids(world.accounts, account, second),
            "kind": words.picked(("expansion", "contraction"), rows["kind"]),
            "at": words.spoken(world.asked.first, second),
            "known_at": words.spoken(world.asked.first, second + (world.accounts.number[account] * 53) % DAY),
            "tier": words.picked(TIERS, rows["tier"]),
            "amount": pa.array(rows["amount"]),
            "currency": pa.array([_CURRENCY] * len(account)),
        }
    )


def _account_merges(world: World) -> Any:
    """Renamed: by its former id until that day."""
    rows = world.told.account_merges.columns()
    if not rows:
        return None
    before = rows["day"] * DAY - 1
    return pa.table(
        {
            "former": words.account_ids(world.accounts, rows["former"], before),
            "id": _account(world, rows["account"], rows["day"]),
            "at": words.days(world.asked.first, rows["day"]),
        }
    )


def _user_merges(world: World, block: int) -> Any:
    rows = world.told.user_merges.columns()
    if not rows:
        return None
    anonymous, named = (
        words.person_ids(block, rows["person"], np.full(len(rows["person"]), flag)) for flag in (True, False)
    )
    return pa.table({"former": anonymous, "id": named, "at": words.days(world.asked.first, rows["day"])})


def _treated(world: World) -> Any:
    rows = world.told.treated.columns()
    if not rows:
        return None
    return pa.table(
        {
            "account_id": _account(world, rows["account"], rows["day"]),
            "day": words.days(world.asked.first, rows["day"]),
            "behaviour": words.picked(NAMES, rows["behaviour"]),
            "arm": words.picked(("treated", "held_out"), rows["held_out"].astype(np.int64)),
        }
    )


def _decisions(world: World) -> Any:
    """What no team would have: why somebody decided to buy."""
    rows = world.told.deals.columns()
    if not rows:
        return None
    first = world.asked.first
    return pa.table(
        {
            "deal_id": _deal_ids(world, rows["account"], rows["number"]),
            "account_id": _account(world, rows["account"], rows["opened"]),
            "decided": words.days(first, rows["opened"]),
            "closed": words.days(first, rows["closed"]),
            "won": pa.array(rows["won"] & (rows["closed"] != NEVER)),
            "tier": words.picked(TIERS, rows["tier"]),
            "because_of": words.picked(NAMES, rows["cause"]),
        }
    )
