"""Proposes a map for a table by looking at its rows: events or facts, and which column is what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from expansion.files.propose import names, roles
from expansion.files.propose.events import propose_events
from expansion.files.propose.facts import propose_facts, propose_long
from expansion.files.propose.looking import Seen, Table
from expansion.files.propose.proposals import Proposal, Word, column
from expansion.files.propose.ready import matching
from expansion.files.propose.ready_fit import fitted
from expansion.files.propose.roles import Looked, looked_at

# A time of this name belongs to something that happened, whatever else a table has.
_HAPPENED = (
    "event_time", "event_timestamp", "timestamp", "occurred_at", "happened_at", "original_timestamp", "derived_tstamp",
    "collector_tstamp", "ts", "time", "submitted_at", "opened_at", "event_at", "event_date", "usage_date",
)  # fmt: skip
_EVENTS = re.compile(
    r"(?:^|_)(?:events?|activit(?:y|ies)|tracks|pages|screens|logs?|clicks|usage|tickets|charges)(?:_|$)"
)
_STATES = re.compile(
    r"(?:^|_)(?:seats?|plan|tier|arr|mrr|acv|score|balance|limit|status|health|owner|segment|stage|licen[cs]es|quota)(?:_|$)"
)
_WIDEST_LONG = 15  # columns: a wider table with a name and a value is something else


def propose(tables: Sequence[Table]) -> tuple[list[Proposal], list[str]]:
    """A map for each table, in their order, and behind them maps of people that others need.

    And a sentence for each table without one: without rows, or in which nothing could be an account or a time.
    """
    looked = [looked_at(table) for table in tables]
    found, beside, sentences = [], [], []
    for one in looked:
        link = _link(one, [other for other in looked if other is not one])
        proposal = _proposed(one, link[0] if link else None)
        if proposal is None:
            sentences.append(_nothing(one.table))
            continue
        found.append(_as_read(proposal, one.table))
        if link and not proposal.ready and link[1] not in beside:
            beside.append(link[1])
    return found + beside, sentences


def _as_read(proposal: Proposal, table: Table) -> Proposal:
    """With the words by which the table could be read."""
    if not table.read:
        return proposal
    return replace(proposal, words=(Word("read", dict(table.read)), *proposal.words))


def _nothing(table: Table) -> str:
    if not table.rows:
        return f"{table.name}: holds no row; a map is proposed by what rows say"
    return (
        f"{table.name}: no column looks like an account, and none like a time; it has: {', '.join(table.columns)}"
        "\n\nhint: docs/import.md shows a map for each kind of table"
    )


def _proposed(looked: Looked, linked: Word | None) -> Proposal | None:
    if not looked.table.rows:
        return None
    if ready := matching(looked.table):
        return fitted(ready, looked)
    if (long := _long(looked)) and (proposal := propose_long(looked, *long)):
        return proposal
    times, whose = roles.times(looked), roles.account(looked)
    if times and _is_events(looked, times):
        return propose_events(looked, times[0], linked)
    if (span := _span(looked)) and whose:
        return propose_facts(looked, whose, [], span)
    if alone := _accounts_alone(looked, whose):
        return propose_facts(looked, alone, [], [])
    if person := _people(looked, whose):
        return propose_facts(looked, whose, person, [])
    if times and whose and _is_daily(looked, times[0], whose[0]):
        return propose_facts(looked, whose, [], times[:1])
    if times:
        return propose_events(looked, times[0], linked)
    if whose:
        return propose_facts(looked, whose, [], [])
    return None


def _long(looked: Looked) -> tuple[Seen, Seen] | None:
    """The columns of a table with one value a row."""

    def flat(one: Seen) -> bool:
        return not one.is_inside and one.is_filled and one.different <= max(1, one.rows // 2)

    name = looked.named(names.FIELD_NAME, flat, inside=False)
    value = looked.named(names.FIELD_VALUE, lambda one: not one.parts, inside=False)
    if not name or not value or len(looked.table.columns) > _WIDEST_LONG:
        return None
    return None if looked.named(names.EVENT, inside=False) else (name[0], value[0])


def _is_events(looked: Looked, times: Sequence[Seen]) -> bool:
    named = bool(looked.named(names.EVENT, lambda one: one.is_filled and not one.is_number, inside=False))
    return named or times[0].plain_name in _HAPPENED or bool(_EVENTS.search(looked.table.name.lower()))


def _span(looked: Looked) -> list[Seen]:
    """Since when and until when a row holds."""
    flat = {one.plain_name: one for one in looked.seen if not one.is_inside}
    for first, second in names.SPANS:
        since, until = flat.get(first), flat.get(second)
        if since and until and since.is_time and (until.is_time or not until.texts):
            return [since, until]
    return []


def _core(looked: Looked) -> str:
    return "_".join(names.named_words(looked.table.name))


def _is_one_a_row(one: Seen) -> bool:
    return one.is_filled and one.different >= 0.98 * one.filled


def _accounts_alone(looked: Looked, whose: Sequence[Seen]) -> list[Seen]:
    """The account, where each row is one."""
    unique = [one for one in whose if _is_one_a_row(one) and not one.is_inside]
    if names.OF_ACCOUNTS.search(_core(looked)):
        own = [one for one in roles.identity(looked) if one.plain_name == "id"]
        first = [*[one for one in unique if one.plain_name.endswith("_id")], *own]
        unique = first or unique
    elif names.OF_PEOPLE.search(_core(looked)):
        return []
    return unique


def _people(looked: Looked, whose: Sequence[Seen]) -> list[Seen]:
    """The person, where each row is one."""
    unique = [one for one in roles.user(looked, whose[:1]) if _is_one_a_row(one)]
    if names.OF_PEOPLE.search(_core(looked)):
        return roles.identity(looked)[:1] or unique[:1]
    return unique[:1] if whose and not roles.identity(looked) else []


def _is_daily(looked: Looked, time: Seen, whose: Seen) -> bool:
    """Whether each account has one row a day that says how things stand, such as its seats."""
    if not time.is_day or not any(_STATES.search(one.plain_name) for one in looked.columns):
        return False
    keys = [(roles.value_at(row, whose), roles.value_at(row, time)) for row in looked.table.rows]
    return len(set(keys)) >= 0.98 * len(keys) and time.different > 1


def _link(looked: Looked, others: Sequence[Looked]) -> tuple[Word, Proposal] | None:
    """The account of a table that names only something of an account, such as its subscription, by another table."""
    if roles.account(looked) or roles.user(looked, []):
        return None
    for one in looked.columns:
        if not one.plain_name.endswith("_id") or not one.is_filled:
            continue
        for other in others:
            whose = roles.account(other)
            same = [two for two in other.columns if _is_key_of(other, two, one.plain_name) and _is_one_a_row(two)]
            if whose and same and _share_texts(one, same[0]):
                said = f"its account stands in {other.table.name}: import that first, by the map of people below"
                return Word("user", column(one), one.samples(), said=said), _as_people(other, same[0], whose[0])
    return None


def _is_key_of(looked: Looked, one: Seen, name: str) -> bool:
    """Whether a column is what another table calls so: `charge_id`, or the `id` of charges."""
    words = names.named_words(looked.table.name)
    return one.plain_name == name or (
        one.plain_name == "id" and name == f"{names.singular(words[-1])}_id" if words else False
    )


def _share_texts(one: Seen, two: Seen) -> bool:
    return sum(text in two.texts for text in one.texts) >= 0.5 * one.different


def _as_people(looked: Looked, person: Seen, whose: Seen) -> Proposal:
    """Whose each is, as the people of their account: so that events which name only them find it."""
    content: dict[str, Any] = {
        "source": "files.people",
        "account": column(whose),
        "user": column(person),
    }
    seen = {"account": whose, "user": person}
    words = [Word(word, value, seen[word].samples() if word in seen else ()) for word, value in content.items()]
    words.append(Word("fields", [], said="nothing but whose they are"))
    note = f"whose each {person.name} is: it stands for a person of the account"
    return Proposal("facts", f"{looked.table.name}_as_people", tuple(words), (note,))
