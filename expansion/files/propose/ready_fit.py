"""A ready map, made to fit the table that is there: its spelling, and nothing of what it has not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from expansion.files.propose import roles
from expansion.files.propose.events import event_word, made_id, silence_words, time_word
from expansion.files.propose.facts import fields_word, no_account, told_fields, vocabulary
from expansion.files.propose.looking import Seen
from expansion.files.propose.proposals import Proposal, Word, column
from expansion.files.propose.ready import Ready
from expansion.files.propose.roles import Looked

_GONE = object()  # what the table has not
_NO_COLUMNS = ("source", "table", "zone", "dates", "decimal", "complete", "update", "late_after", "covers", "empty")


def fitted(ready: Ready, looked: Looked) -> Proposal:
    """The ready map in the spelling of this table, each line with what its rows say."""
    fit = _Fit(looked)
    words = [fit.word(word, value, ready.said.get(word, "")) for word, value in ready.content[ready.kind].items()]
    missing = [word.word for word in words if word.value is _GONE]
    kept, left_out = _sound(words, ready, looked, fit)
    gone = [word for word in missing if word not in {one.word for one in (*kept, *left_out)}]
    notes = [f"{ready.title} ({ready.name})"]
    notes += [f"`{word}` of the ready map is left out: this table has not its columns" for word in gone]
    content = {word.word: word.value for word in kept}
    facts = None
    if ready.kind == "facts" and "name" not in content:
        used = [one for word, value in content.items() if word != "fields" and (one := fit.seen(value))]
        fields = told_fields(looked, used)
        if "fields" not in content:
            kept += fields_word(fields)
        named = content.get("fields", [one.name for one in fields])
        cells = named if isinstance(named, Mapping) else {name: name for name in named}
        told = {name: one for name, cell in cells.items() if (one := fit.seen(cell))}
        facts = vocabulary(content.get("source", "files.accounts"), told)
    elif ready.kind == "events":
        kept, left_out = _with_silences(kept, left_out, looked, fit)
        facts = {"events": [{"from": "files.events", "account": "account_id"}]}
    return Proposal(ready.kind, looked.table.name, tuple(kept), tuple(notes), tuple(left_out), facts, ready.name)  # type: ignore[arg-type]


def _with_silences(words: list[Word], left_out: list[Word], looked: Looked, fit: _Fit) -> tuple[list[Word], list[Word]]:
    """With what has to be said of a table in which rows are rare."""
    time = next((fit.seen(word.value) for word in words if word.word == "time"), None)
    silent, complete = silence_words(looked, time) if time else ([], ())
    return [*words, *silent], [*left_out, *complete]


def _sound(words: Sequence[Word], ready: Ready, looked: Looked, fit: _Fit) -> tuple[list[Word], list[Word]]:
    """Without what these rows speak against, and with another column where the one that is meant says nothing.

    And the words that can only stand in the map as comments.
    """
    found: list[Word] = []
    left_out: list[Word] = []
    for word in words:
        seen = fit.seen(word.value)
        if word.word == "received_at" and not _arrives(words, looked, fit, seen):
            continue
        if word.word == "account" and (seen is None or not seen.texts):
            word, is_there = _account(word, ready, looked, fit)
            (found if is_there else left_out).append(word)
        elif ready.kind == "events" and _says_nothing(word, seen):
            found.append(_instead(word, words, looked, fit))
        elif word.value is not _GONE:
            found.append(word)
    return found, left_out


def _says_nothing(word: Word, seen: Seen | None) -> bool:
    """Whether rows could not be stored by this word: its columns are not there, the time is in no row, or the id is
    empty in some.
    """
    if word.word not in ("id", "event", "time"):
        return False
    if word.word == "time" and isinstance(word.value, str) and not (seen and seen.texts):
        return True
    return word.value is _GONE or (word.word == "id" and isinstance(word.value, str) and not (seen and seen.is_filled))


def _instead(word: Word, words: Sequence[Word], looked: Looked, fit: _Fit) -> Word:
    """What the rows themselves say in place of a word of the ready map that says nothing of them."""
    used = [seen for one in words if (seen := fit.seen(one.value)) and seen.texts]
    match word.word:
        case "id":
            return made_id(looked, used)
        case "event":
            return event_word(looked, roles.event(looked, used))
    times = roles.times(looked)
    return time_word(looked, times[0], None) if times else word


def _arrives(words: Sequence[Word], looked: Looked, fit: _Fit, arrived: Seen | None) -> bool:
    time = next((fit.seen(word.value) for word in words if word.word == "time"), None)
    return bool(time and arrived and roles.arrives_after(looked.table, time, arrived))


def _account(word: Word, ready: Ready, looked: Looked, fit: _Fit) -> tuple[Word, bool]:
    """The account where no row says what the ready map names, and whether it can stand in the map."""
    others = roles.account(looked)
    if others:
        doubts = [f"other columns that could be the account: {roles.said_of(others[1:6])}"] if others[1:] else []
        return Word("account", column(others[0]), others[0].samples(), doubts=tuple(doubts)), True
    said = "none of these rows says it: write the column or the property that holds the account"
    value = ready.content[ready.kind]["account"]
    if fit.can_read(value):
        return Word("account", value, said=word.said, doubts=(said,)), True
    if ready.kind == "events":
        return Word("account", value, said=said), False
    return no_account(
        looked, [seen for name in ("user",) if (seen := fit.seen(ready.content["facts"].get(name)))]
    ), True


class _Fit:
    """Columns of a ready map as this table spells them."""

    def __init__(self, looked: Looked) -> None:
        self.columns = {name.lower(): name for name in looked.table.columns}
        self.seen_by_name = {one.name: one for one in looked.seen}
        self.is_json = looked.table.is_json

    def word(self, word: str, value: Any, said: str) -> Word:
        if word in _NO_COLUMNS:
            return Word(word, value, said=said)
        found = self._keys(value) if word in ("only", "leave_out", "deleted_when") else self._value(word, value)
        seen = self.seen(found)
        parts: tuple[Word, ...] = ()
        if word in ("fields", "properties") and found is not _GONE:
            named = found if isinstance(found, Mapping) else {one: one for one in found}
            parts = tuple(self._part(name, one) for name, one in named.items())
        return Word(word, found, seen.samples() if seen else (), said=said, parts=parts)

    def _part(self, name: str, value: Any) -> Word:
        seen = self.seen(value)
        return Word(name, value, seen.samples() if seen else ())

    def _keys(self, tests: Mapping[str, Any]) -> Any:
        """Filters, of the columns that are there."""
        found = {self.columns[name.lower()]: test for name, test in tests.items() if name.lower() in self.columns}
        return found or _GONE

    def _value(self, word: str, value: Any) -> Any:
        match value:
            case str():
                # The account may be anywhere in an object: it is asked for again where no row has it.
                return self._column(value, keep=word == "account")
            case []:
                return value
            case list():
                # Of several the table has some: an account is kept unseen only where it is the one choice.
                each = (self._value("cell" if word == "account" else word, one) for one in value)
                kept = [one for one in each if one is not _GONE]
                is_one = len(kept) == 1 and word not in ("fields", "properties", "made_from")
                return kept[0] if is_one else kept or _GONE
            case {"always": _}:
                return value
            case {"first_of": [*several]}:
                found = self._value(word, several)
                return {"first_of": found} if isinstance(found, list) else found
            case {"path": [first, *rest]}:
                found = self._column(str(first), keep=word == "account")
                return value if found is _GONE and word == "account" else {"path": [found, *rest]}
            case dict() if word in ("properties", "fields"):
                named = {name: self._value("cell", one) for name, one in value.items()}
                return {name: one for name, one in named.items() if one is not _GONE} or _GONE
            case dict():
                parts = {part: self._part_of_cell(part, one) for part, one in value.items()}
                return _GONE if any(one is _GONE for one in parts.values()) else parts
        return value

    def _part_of_cell(self, part: str, value: Any) -> Any:
        columns = ("from", "join", "made_from", "newest", "largest", "smallest")
        if part not in columns or value == "row":
            return value
        found = self._value("made_from" if part == "made_from" else "cell", value)
        return [found] if part == "made_from" and isinstance(found, str) else found

    def _column(self, name: str, *, keep: bool) -> Any:
        if name.lower() in self.columns:
            return self.columns[name.lower()]
        first, dot, rest = name.partition(".")
        if dot and first.lower() in self.columns:
            return f"{self.columns[first.lower()]}.{rest}"
        return name if keep else _GONE

    def can_read(self, value: Any) -> bool:
        """Whether a file with these columns can be read by it: of JSON any, of a table where the columns are there."""
        match value:
            case str():
                return self.is_json or self._column(value, keep=False) is not _GONE
            case {"from": str(name)} | {"path": [str(name), *_]}:
                return self.can_read(name)
            case {"first_of": [*several]}:
                return all(map(self.can_read, several))
        return self.is_json

    def seen(self, value: Any) -> Seen | None:
        """What the rows say in a column of the map."""
        match value:
            case str():
                return self.seen_by_name.get(value)
            case [first, *_]:
                return self.seen(first)
            case {"path": [*parts]}:
                return self.seen_by_name.get(".".join(map(str, parts)))
            case {"from": str(name), "key": str(key)}:
                return self.seen_by_name.get(f"{name}[{key}]")
            case {"from": str(name)}:
                return self.seen_by_name.get(name)
            case {"first_of": [first, *_]}:
                return self.seen(first)
        return None
