"""A map for a table of things that happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from expansion.files.propose import names, roles
from expansion.files.propose.how_read import reading_words, zone_comment
from expansion.files.propose.looking import Seen, plain_name
from expansion.files.propose.proposals import Proposal, Word, column, columns_word
from expansion.files.propose.roles import Looked
from expansion.text.many import many

_RARE = timedelta(days=2)  # longer silences count as holes where nothing is said
_LONGEST = timedelta(days=180)  # after a longer one nobody would notice that a table stopped
_NO_ACCOUNT = (
    "no column looks like the account, and an event without one takes that of its user: import the people first",
    "(a table with a user and an account, `source: files.people`). Or write `account: COLUMN` where there is one",
)


def propose_events(looked: Looked, time: Seen, linked: Word | None = None) -> Proposal:
    """The map of a table whose rows happened at `time`. `linked`: the user, where another table says its account."""
    accounts = roles.account(looked)
    people = roles.user(looked, accounts[:1]) if linked is None else []
    ids = roles.identity(looked)
    happened = roles.event(looked, [*accounts[:1], *people])
    clock = roles.clock(looked, time)
    arrived = roles.received(looked, time)
    used = [one for one in (*accounts[:1], *people, *ids[:1], *happened[:1], time, clock, arrived) if one]
    words = [_id(looked, ids, used), event_word(looked, happened), time_word(looked, time, clock)]
    words += _account(accounts, linked)
    words += [linked] if linked else ([columns_word("user", people)] if people else [])
    words += [columns_word("received_at", [arrived])] if arrived else []
    words += _update(looked, ids) + roles.filters(looked) + reading_words(looked)
    silent, complete = silence_words(looked, time)
    kept, shown = _properties(looked, used, linked)
    words += [*silent, *kept]
    notes = () if accounts or linked else _notes(looked, used)
    return Proposal(
        "events", looked.table.name, tuple(words), notes, (*zone_comment([time]), *complete, *shown), _known()
    )


def _known() -> dict[str, Any]:
    return {"events": [{"from": "files.events", "account": "account_id"}]}


def _notes(looked: Looked, used: Sequence[Seen]) -> tuple[str, ...]:
    """What to do where there is no account."""
    shared = [one.name for one in looked.columns if one not in used and _may_be_shared(one)]
    perhaps = (f"such as {', '.join(shared[:6])}",) if shared else ()
    return (*_NO_ACCOUNT, *perhaps)


def _may_be_shared(one: Seen) -> bool:
    """Whether many rows name the same few dozens or thousands: what an account's name would do."""
    return 5 <= one.different <= one.filled / 2 and not (one.is_number or one.is_time or one.is_yes_no or one.parts)


def _id(looked: Looked, ids: Sequence[Seen], used: Sequence[Seen]) -> Word:
    if not ids:
        return made_id(looked, used)
    best = ids[0]
    found = columns_word("id", [best])
    if shared := best.filled - best.different:
        found = found.but(
            f"{many(shared, 'row')} with the id of another one: the import shows those that say something else"
        )
    return found


def made_id(looked: Looked, used: Sequence[Seen]) -> Word:
    """An id from what the rows say, without what a connector writes anew."""
    doubt = "no column is different in each row: rows are told apart by what they say, and two alike count as two"
    technical = any(names.is_technical(one.plain_name) for one in looked.seen)
    if not technical:
        return Word("id", {"made_from": "row"}, doubts=(doubt,))
    parts = [one for one in looked.columns if one in used or one.plain_name.endswith("_id")]
    named = [name for one in parts if isinstance(name := column(one), str)] or [looked.table.columns[0]]
    return Word("id", {"made_from": named}, doubts=(doubt,))


def event_word(looked: Looked, happened: Sequence[Seen]) -> Word:
    """The column that names what happened, or one name for all rows."""
    name = names.constant_event(looked.table.name)
    if not happened:
        return Word("event", {"always": name}, doubts=("no column names what happened: each row is one of these",))
    best, others = happened[0], happened[1:]
    found = columns_word("event", [best])
    if best.plain_name not in names.EVENT or best.plain_name == "feature_name":
        found = found.but(f"or is each row the same kind of thing? Then: event: {{always: {name}}}")
    if others:
        found = found.but(f"other columns that could name it: {roles.said_of(others)}")
    return found


def time_word(looked: Looked, time: Seen, clock: Seen | None) -> Word:
    """When it happened; `clock` has the time of the day."""
    found = columns_word("time", [time])
    if clock:
        found = Word("time", [column(time), column(clock)], (*time.samples(2), *clock.samples(1)))
    others = [one for one in roles.times(looked) if one is not time and not one.is_inside]
    return found.but(f"other times of a row: {roles.said_of(others[:6])}") if others else found


def _account(accounts: Sequence[Seen], linked: Word | None) -> list[Word]:
    if not accounts or linked:
        return []
    found = columns_word("account", accounts[:1])
    empty = accounts[0].rows - accounts[0].filled
    if empty:
        found = found.but(f"{empty:,} of {accounts[0].rows:,} rows have none")
    if len(accounts) > 1:
        found = found.but(f"other columns that could be the account: {roles.said_of(accounts[1:6])}")
    return [found]


def _update(looked: Looked, ids: Sequence[Seen]) -> list[Word]:
    """Whether rows of this table are written again when something of them changes."""
    if not ids:
        return []
    changing = [one for one in looked.columns if one.plain_name in names.UPDATED or names.CHANGES.match(one.plain_name)]
    deleted = [one for one in looked.columns if names.DELETED.match(one.plain_name)]
    if not changing and not deleted:
        return []
    said = f"its rows change ({roles.said_of([*changing, *deleted][:3])}): the newest of an id counts"
    return [Word("update", True, said=said)]


def silence_words(looked: Looked, time: Seen) -> tuple[list[Word], tuple[Word, ...]]:
    """Of a rare table: the longest silence that is usual; and, as a comment, the word for a table that is complete."""
    moments = sorted(
        {found for row in looked.table.rows if (found := roles.read_moment(roles.value_at(row, time))) is not None}
    )
    silences = sorted(later - earlier for earlier, later in pairwise(moments))
    if len(silences) < 5 or sum(silence > _RARE for silence in silences) < 0.02 * len(silences):
        return [], ()
    complete = Word(
        "covers", {"until": "import"}, said="if it holds all that happened until it is imported: no row is none"
    )
    if not looked.table.is_whole or silences[-1] > _LONGEST:
        return [], (complete,)
    longest = silences[-1].days
    said = f"the longest time between two rows: {longest} days"
    return [Word("late_after", f"{longest * 2} days", said=said)], (complete,)


def _properties(looked: Looked, used: Sequence[Seen], linked: Word | None) -> tuple[list[Word], tuple[Word, ...]]:
    """The properties: every other column, or one by one where something has to be taken out of one."""
    taken = {one.way for one in used if one.key is None} | ({(linked.value,)} if linked else set())
    columns = [one for one in looked.columns if one.way not in taken and not names.DELETED.match(one.plain_name)]
    inside = [] if looked.table.is_json else _inside(looked, taken)
    cents = [one for one in columns if names.CENTS.search(one.plain_name)]
    if not inside and not cents:
        shown = tuple(columns_word(one.name, [one]) for one in columns if one.texts)
        return [], (Word("properties", None, said="left out: every column can be asked for in `where`", parts=shown),)
    named: dict[str, Any] = {}
    parts = []
    for one in [*(one for one in columns if one.lists or not one.parts), *inside]:
        if not one.texts:
            continue
        name = _free_name(named, one)
        named[name] = {"from": column(one), "as": "money", "divide_by": 100} if one in cents else column(one)
        parts.append(Word(name, named[name], one.samples()))
    return [Word("properties", named, parts=tuple(parts))], ()


def _inside(looked: Looked, taken: set[Any]) -> list[Seen]:
    """What stands inside objects of columns, one way each; lists are kept as they are."""
    return [
        one
        for one in looked.seen
        if one.is_inside
        and one.texts
        and not one.parts
        and one.way not in taken
        and not any(isinstance(part, int) for part in one.way)
    ]


def _free_name(named: dict[str, Any], one: Seen) -> str:
    last = one.key or next(str(part) for part in reversed(one.way) if isinstance(part, str))
    for name in (last, one.name, plain_name(one.name)):
        if name not in named:
            return name
    return f"{one.name} {len(named)}"
