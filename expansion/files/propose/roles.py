"""Which column of a table is the account, the person, the time and the rest, by its name and by what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from expansion.files.propose import names
from expansion.files.propose.forms import forms
from expansion.files.propose.looking import Seen, Table, as_text, look
from expansion.files.propose.proposals import Word, column

_NEARLY = 0.98  # of the ids of a table that has some twice by mistake
_DAY = timedelta(days=1)
_EVENTS_KNOWN = 200  # more different names than this are no names of events


@dataclass(frozen=True)
class Looked:
    """A table with what its columns say."""

    table: Table
    seen: tuple[Seen, ...]

    @property
    def columns(self) -> list[Seen]:
        """Columns that people filled, without what a connector adds."""
        return [one for one in self.seen if not one.is_inside and not names.is_technical(one.plain_name)]

    def named(
        self, wanted: tuple[str, ...], fits: Callable[[Seen], bool] = lambda one: True, *, inside: bool = True
    ) -> list[Seen]:
        """Columns of these names that say something, the best first; one inside an object comes after a column."""
        found = [one for one in self.seen if one.texts and one.plain_name in wanted and (inside or not one.is_inside)]
        return sorted(
            (one for one in found if fits(one)),
            key=lambda one: (wanted.index(one.plain_name), one.is_inside, -one.filled),
        )


def looked_at(table: Table) -> Looked:
    return Looked(table, tuple(look(table)))


def account(looked: Looked) -> list[Seen]:
    """What could be the account, the best first."""
    found = looked.named(
        names.ACCOUNT, lambda one: not one.is_time and not one.is_yes_no and not one.parts and not one.lists
    )
    found += [one for one in _groups(looked) if one not in found]
    return sorted(found, key=lambda one: one.filled < 0.5 * one.rows)


def _groups(looked: Looked) -> list[Seen]:
    """Groups as Amplitude and PostHog write them: `groups.company`, a text or a list with one."""
    return [
        one
        for one in looked.seen
        if len(one.way) >= 2
        and any(str(part).strip("$") in ("groups", "group") for part in one.way[:-1])
        and one.texts
        and not one.parts
        and not one.lists
    ]


def user(looked: Looked, taken: Iterable[Seen]) -> list[Seen]:
    """Who did it: one column, and where it is not always filled the one for somebody who has not said who it is."""
    known = {id(one) for one in taken}
    found = looked.named(names.USER, lambda one: id(one) not in known and not one.parts and not one.is_time)
    if not found:
        return []
    best = found[0]
    later = [one for one in found[1:] if one.plain_name in names.NOBODY_YET and one.filled > best.filled / 2]
    return [best, *later[:1]] if best.plain_name not in names.NOBODY_YET and not best.is_filled else [best]


def times(looked: Looked) -> list[Seen]:
    """Columns with the time of a row, the best first."""

    def fits(one: Seen) -> bool:
        return one.is_time and one.filled >= 0.9 * one.rows

    found = looked.named(names.TIME, fits)
    rest = [
        one
        for one in looked.columns
        if fits(one) and one not in found and one.plain_name not in names.RECEIVED + names.UPDATED
    ]
    return found + rest or looked.named(names.UPDATED, fits)


def clock(looked: Looked, day: Seen) -> Seen | None:
    """The column with the time of a day, where the day has a column of its own."""
    if not day.is_day:
        return None
    return next((one for one in looked.columns if one is not day and one.is_filled and one.is_all("clock")), None)


def identity(looked: Looked) -> list[Seen]:
    """Columns that no two rows share, the best first."""
    table = names.named_words(looked.table.name)
    own = (f"{names.singular(table[-1])}_id",) if table else ()

    def fits(one: Seen) -> bool:
        is_unique = one.is_filled and one.different >= _NEARLY * one.filled
        return is_unique and not one.is_time and isinstance(column(one), str)

    wanted = (*names.ID[:-2], *own, *names.ID[-2:])
    found = looked.named(tuple(dict.fromkeys(wanted)), fits)
    return found + [one for one in looked.columns if one not in found and _is_key(one) and fits(one)]


def _is_key(one: Seen) -> bool:
    """Whether it may number the rows: not somebody, or some account, who happens to be in each only once."""
    name = one.plain_name
    return name.endswith(("_id", "_uuid")) and name not in names.ACCOUNT + names.USER


def received(looked: Looked, time: Seen) -> Seen | None:
    """When a row arrived; a column that says so of times long before it happened is none."""
    found = looked.named(names.RECEIVED, lambda one: one.is_time and one.is_filled and one is not time)
    return next((one for one in found if arrives_after(looked.table, time, one)), None)


def arrives_after(table: Table, time: Seen, arrived: Seen) -> bool:
    """Whether nearly no row arrived long before it happened: such rows would be refused."""
    pairs = [
        (first, second)
        for row in list(table.rows)[:1_000]
        if (first := read_moment(value_at(row, time))) and (second := read_moment(value_at(row, arrived)))
    ]
    return bool(pairs) and sum(second >= first - _DAY for first, second in pairs) >= _NEARLY * len(pairs)


def value_at(row: object, seen: Seen) -> object:
    """What a row says at a way whose parts are no JSON inside a text."""
    for part in seen.way:
        try:
            row = row[part]  # type: ignore[index]  # what has no parts is caught
        except (KeyError, IndexError, TypeError):
            return None
    return row


def read_moment(value: object) -> datetime | None:
    """A moment that can be compared with others of its column; what is written in an unusual way is none."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    text = "" if value is None else as_text(value)
    found = forms(text)
    if found & {"bare day", "since 1970"}:
        return _by_number(text, is_day="bare day" in found)
    try:
        read = datetime.fromisoformat(text.removesuffix(" UTC").replace("/", "-"))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _by_number(text: str, *, is_day: bool) -> datetime | None:
    try:
        if is_day:
            return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC)
        whole = text.partition(".")[0]
        return datetime.fromtimestamp(int(whole) / 10 ** (len(whole) - 10), UTC)
    except (ValueError, OverflowError):
        return None


def event(looked: Looked, taken: Sequence[Seen]) -> list[Seen]:
    """Columns that name what happened, the best first."""
    known = {id(one) for one in taken}

    def fits(one: Seen) -> bool:
        few = 1 <= one.different <= min(_EVENTS_KNOWN, max(3, one.rows // 2))
        return id(one) not in known and one.is_filled and few and not (one.is_number or one.is_time or one.parts)

    found = looked.named(names.EVENT, fits, inside=False)
    return found or looked.named(names.PERHAPS_EVENT, lambda one: fits(one) and one.different > 1, inside=False)


def filters(looked: Looked, word: str = "leave_out") -> list[Word]:
    """Rows that are marked as deleted: they do not count, or end what was known (`deleted_when`)."""
    found: dict[str, object] = {}
    samples: tuple[str, ...] = ()
    for one in looked.seen:
        if one.is_inside:
            continue
        if names.DELETED.match(one.plain_name) and (one.is_yes_no or not one.texts):
            found[one.name] = True
        elif names.DELETED_AT.match(one.plain_name):
            found[one.name] = {"exists": True}
        else:
            continue
        samples += one.samples(2)
    return [Word(word, found, samples)] if found else []


def said_of(found: Sequence[Seen]) -> str:
    """Their names, for a sentence."""
    return ", ".join(one.name for one in found)
