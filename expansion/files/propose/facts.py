"""A map for a table of what is known of accounts or of people, and the lines of facts.yaml for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from expansion.files.propose import names, roles
from expansion.files.propose.how_read import reading_words, zone_comment
from expansion.files.propose.kinds import kind_of
from expansion.files.propose.looking import Seen, plain_name
from expansion.files.propose.proposals import Proposal, Word, column, columns_word
from expansion.files.propose.roles import Looked

_NOT_WRITTEN = "`at:` is left out: the values count from the import on"


def propose_long(looked: Looked, name: Seen, value: Seen) -> Proposal | None:
    """The map of a table with one value a row: whose, which field, and what it became. None where no column could say
    whose."""
    whose = _whose(looked, [name, value])
    if not whose:
        return None
    at = _at(looked, dated=True)
    words = [columns_word("account", whose[:1])]
    words += [columns_word("at", at[:1])] if at else []
    words += [columns_word("name", [name]), columns_word("value", [value])]
    words += roles.filters(looked, "deleted_when") + reading_words(looked)
    fields = [(text, Counter[str]()) for text in list(name.texts)[:40]]
    for row in looked.table.rows:
        for text, texts in fields:
            if str(row.get(name.name)) == text and row.get(value.name) not in (None, ""):
                texts[str(row[value.name])] += 1
    known = {text: Seen((text,), len(looked.table.rows), texts=texts) for text, texts in fields}
    return Proposal(
        "facts", looked.table.name, tuple(words), (), zone_comment(at[:1]), vocabulary("files.accounts", known)
    )


def propose_facts(looked: Looked, whose: Sequence[Seen], person: Sequence[Seen], span: Sequence[Seen]) -> Proposal:
    """The map of a table with one account (or person) a row; `span`: since when and until when it is so."""
    source = "files.people" if person else "files.accounts"
    at = list(span[:1]) or _at(looked)
    words = [Word("source", source)] if person else []
    words += [_account(whose) if whose else no_account(looked, person)]
    words += [columns_word("user", person[:1])] if person else []
    words += [columns_word("at", at[:1])] if at else []
    words += [columns_word("until", span[1:])] if len(span) > 1 else []
    keys = [*whose[:1], *person[:1], *at[:1]]
    used = [*keys, *span]
    fields = told_fields(looked, used)
    words += _several(looked, keys, fields)
    words += roles.filters(looked, "deleted_when") + reading_words(looked)
    words += fields_word(fields)
    return Proposal(
        "facts",
        looked.table.name,
        tuple(words),
        () if at else _since_the_import(looked),
        zone_comment(at[:1]),
        vocabulary(source, {one.name: one for one in fields}),
    )


def _account(whose: Sequence[Seen]) -> Word:
    found = columns_word("account", whose[:1])
    others = [one for one in whose[1:6] if one.plain_name not in names.ADDRESS]
    return found.but(f"other columns that could be the account: {roles.said_of(others)}") if others else found


def no_account(looked: Looked, person: Sequence[Seen]) -> Word:
    """People of whom no column says whose they are: the domain of their address is the best that there is."""
    doubt = "no column says whose people these are: write the one that holds the account"
    address = looked.named(names.ADDRESS, lambda one: one.is_all("email"))
    if not address:
        return columns_word("account", person[:1]).but(doubt)
    cell = {"from": column(address[0]), "after": "@"}
    return Word("account", cell, address[0].samples(), doubts=(doubt, "everybody with an address there is one account"))


def _whose(looked: Looked, taken: Sequence[Seen]) -> list[Seen]:
    found = roles.account(looked)
    ends = [one for one in looked.columns if one.plain_name.endswith("_id") and one not in taken and one.is_filled]
    return found or sorted(ends, key=lambda one: -one.different) or [one for one in looked.columns if one not in taken]


def _at(looked: Looked, *, dated: bool = False) -> list[Seen]:
    """Since when the values are so: when the row was last written, and of a history any time that it has."""

    def fits(one: Seen) -> bool:
        return one.is_time and one.is_filled

    found = looked.named(names.UPDATED, fits, inside=False)
    return found or ([one for one in roles.times(looked) if fits(one)] if dated else [])


def _since_the_import(looked: Looked) -> tuple[str, ...]:
    dated = [one.name for one in looked.columns if one.is_time and one.is_filled]
    if not dated:
        return (_NOT_WRITTEN,)
    return (f"{_NOT_WRITTEN}. For the time before, say since when they are so: at: {' | '.join(dated[:4])}",)


def _several(looked: Looked, keys: Sequence[Seen], fields: Sequence[Seen]) -> list[Word]:
    """A rule for several rows of one account, where there are."""
    met: dict[tuple[str, ...], dict[tuple[str, ...], Any]] = {}
    for row in looked.table.rows:
        met.setdefault(_said(row, keys), {})[_said(row, fields)] = row
    several = [list(rows.values()) for rows in met.values() if len(rows) > 1]
    if not several:
        return []
    ties, rule, best = min(
        ((_ties(several, one), rule, one) for rule, one in _rules(looked, keys)), key=lambda found: found[0]
    )
    doubts = [
        f"{len(several):,} of {len(met):,} have several rows that say different things: which one counts?",
        "also: {largest: COLUMN}, {smallest: COLUMN}, sum",
    ]
    if ties:
        doubts.append(f"{ties:,} of them have the same {best.name} twice, and neither row will count")
    return [Word("several_rows", {rule: str(column(best))}, doubts=tuple(doubts))]


def _said(row: Mapping[str, Any], columns: Sequence[Seen]) -> tuple[str, ...]:
    return tuple(str(roles.value_at(row, one)) for one in columns)


def _ties(several: Sequence[Sequence[Mapping[str, Any]]], by: Seen) -> int:
    """For how many accounts a column does not tell rows apart."""
    return sum(len({str(roles.value_at(row, by)) for row in rows}) < len(rows) for rows in several)


def _rules(looked: Looked, keys: Sequence[Seen]) -> list[tuple[str, Seen]]:
    """Rules that come to mind, the likeliest first."""
    flat = [one for one in looked.columns if one not in keys and isinstance(column(one), str)]
    times = [one for one in [*_at(looked), *roles.times(looked)] if one in flat]
    numbers = [one for one in flat if one.is_number and not one.is_time]
    money = [one for one in numbers if names.MONEY.search(one.plain_name)]
    found = [("newest", one) for one in times] + [("largest", one) for one in [*money, *numbers]]
    return found or [("largest", one) for one in flat or looked.columns]


def told_fields(looked: Looked, used: Sequence[Seen]) -> list[Seen]:
    """What is told: columns, and in place of an object what is inside it."""
    taken = {(one.way, one.key) for one in used}
    found = []
    for one in looked.seen:
        technical = names.is_technical(plain_name(str(one.way[0])))
        deleted = names.DELETED.match(one.plain_name) or names.DELETED_AT.match(one.plain_name)
        if (one.way, one.key) in taken or technical or deleted or one.parts or _in_a_list(one):
            continue
        found.append(one)
    return found


def _in_a_list(one: Seen) -> bool:
    return any(isinstance(part, int) for part in one.way)


def fields_word(fields: Sequence[Seen]) -> list[Word]:
    """The word with the fields; none where there is none."""
    named = {one.name: column(one) for one in fields}
    if not named:
        return []
    parts = tuple(Word(one.name, column(one), one.samples()) for one in fields)
    plain = all(name == value for name, value in named.items())
    return [Word("fields", list(named) if plain else named, parts=parts)]


def vocabulary(source: str, fields: dict[str, Seen]) -> dict[str, Any]:
    """The facts of facts.yaml."""
    facts: dict[str, Any] = {}
    for field, seen in fields.items():
        name = plain_name(field).replace("property_", "", 1) or "value"
        while name in facts:
            name += "_2"
        facts[name] = {"from": source, "field": field, "kind": kind_of(seen)}
        if source == "files.people":
            facts[name]["who"] = "users"
    return {"facts": facts}
