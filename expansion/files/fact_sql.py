"""SQL from the rows of a file to what they say of accounts and people, each with its moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from expansion.files.columns import Columns, names_in, one_cell
from expansion.files.filters import fits_any, left_out
from expansion.files.items import only_item, several_accounts
from expansion.files.maps import Column, FactMap
from expansion.files.noting import BROKEN, SKIPPED
from expansion.files.values import value_sql
from expansion.usage.facts import naive
from expansion.usage.forms.cells import id_sql
from expansion.usage.forms.clock import Clock
from expansion.usage.forms.duck import quote, quote_list
from expansion.usage.forms.moment_sql import why_not_sql
from expansion.usage.forms.properties import column_of
from expansion.usage.storage.marks import mark

MEMBER = "@id"  # what is kept of a person of whom nothing is known but the account
_FIRST, _LAST = "TIMESTAMP '1900-01-01'", "TIMESTAMP '2200-01-01'"
_NEVER = "TIMESTAMP '2200-01-01'"


@dataclass(frozen=True)
class FactSql:
    """Of the rows of files of one layout. `kinds` are those of the fields, as far as facts.yaml says them; `now` is
    since when it is so, where no row says it.
    """

    columns: Columns
    mapping: FactMap
    clock: Clock
    now: datetime
    kinds: Mapping[str, str]

    def fields(self, asked: frozenset[str] = frozenset()) -> dict[str, Column]:
        """The columns that are facts. What says whose it is, and since when, is none, unless facts.yaml asks for it."""
        mapping = self.mapping
        if isinstance(mapping.fields, dict):
            return dict(mapping.fields)
        if mapping.fields is not None:
            return {name: name for name in mapping.fields}
        keys = [mapping.account, mapping.user, mapping.at, mapping.until, mapping.known_at]
        named = {name for key in keys for column in _listed(key) for name in names_in(column)}
        named |= {*mapping.only, *mapping.leave_out, *mapping.deleted_when}
        named = {name.strip().lower() for name in named}
        given = self.columns.of_the_table
        return {name: name for name in given if name.strip().lower() not in named or name in asked}

    def checked(self, fields: Mapping[str, Column]) -> str:
        """SQL for account_id, user_id, since, until, known and a column for each field; with file, line, `reason`,
        `said` and `shown` as for events.
        """
        given = ", ".join(f"{sql} AS {name}" for name, sql in (self._whose() | self._values(fields)).items())
        empty = self.columns.nothing
        account, user = (id_sql(f"raw_{name}", empty) for name in ("account", "user"))
        moment = f"TIMESTAMP {quote(str(naive(self.now)))}"
        since = "since_said" if self.mapping.at is not None else moment
        # A dated value counts as known since its date: a check of any moment in the file's past may see it.
        known = f"coalesce(known_said, {since})" if self.mapping.known_at is not None else since
        shown = f"coalesce(text, {self.columns.as_json})"
        return (
            f"SELECT *, {since} AS since, {self._until()} AS until, {known} AS known, {shown} AS shown, "
            f"coalesce(said_user, '') AS user_id, {self._reason()} AS reason, {self._said()} AS said FROM "
            f"(SELECT *, {account} AS account_id, {user} AS said_user FROM "
            f"(SELECT *, {given} FROM {self.columns.relation}))"
        )

    def words(self, fields: Mapping[str, Column]) -> str:
        """SQL that tells which words of the good rows were taken for an empty cell; always true."""
        texts = [self.columns.text(column) for column in fields.values() if self.columns.has(column)]
        if not texts or not self.columns.nothing:
            return "true"
        nothing = quote_list(self.columns.nothing)
        some = " OR ".join(f"{text} IN ({nothing})" for text in texts)
        said = f"list_filter([{', '.join(texts)}], lambda word: word IN ({nothing}))"
        return f"CASE WHEN coalesce({some}, false) THEN worded({said}) ELSE true END"

    def _whose(self) -> dict[str, str]:
        mapping = self.mapping
        dates = {"since": mapping.at, "until": mapping.until, "known": mapping.known_at}
        cells = {name: one_cell(column, "join") for name, column in dates.items()}
        return {
            "raw_account": only_item(self.columns.text(one_cell(mapping.account, "first_of"))),
            "raw_user": self.columns.text(one_cell(mapping.user, "first_of")),
            "skipped": left_out(self.columns, mapping),
            **{f"{name}_text": self.columns.said(cell) for name, cell in cells.items()},
            **{f"{name}_said": self.columns.moment(cell, self.clock) for name, cell in cells.items()},
        }

    def _until(self) -> str:
        """When a value ended. Tables that keep a history write a day that never comes for what still holds."""
        return f"CASE WHEN until_said < {_NEVER} THEN until_said END"

    def _values(self, fields: Mapping[str, Column]) -> dict[str, str]:
        if self.mapping.name is not None:
            assert self.mapping.value is not None, "the two go together"
            return {"field": self.columns.said(self.mapping.name), "value": self._value("", self.mapping.value)}
        if not fields:
            return {column_of(MEMBER): self.columns.said(one_cell(self.mapping.user, "first_of"))}
        return {column_of(name): self._value(name, column) for name, column in fields.items()}

    def _value(self, name: str, column: Column) -> str:
        if not self.columns.has(column):
            return quote(mark("no field"))
        value = value_sql(self.columns, column, self.mapping, self.clock, self.kinds.get(name))
        if not self.mapping.deleted_when:
            return value
        gone = fits_any(self.columns, self.mapping, self.mapping.deleted_when)
        return f"CASE WHEN {gone} THEN {quote(mark('gone'))} ELSE {value} END"

    def _reason(self) -> str:
        return f"CASE {' '.join(self._reasons())} END"

    def _reasons(self) -> Iterator[str]:
        mapping = self.mapping
        yield f"WHEN broken IS NOT NULL THEN {quote(BROKEN)} || broken"
        yield f"WHEN skipped THEN {quote(SKIPPED)}"
        yield several_accounts("raw_account")
        yield "WHEN coalesce(account_id, '') = '' THEN 'no account'"
        if mapping.user is not None:
            yield "WHEN coalesce(said_user, '') = '' THEN 'no user'"
        if mapping.name is not None:
            yield "WHEN coalesce(field, '') = '' THEN 'no name of a field'"
        if mapping.at is not None:
            yield "WHEN since_text IS NULL THEN 'no date since when it is so'"
        for name, column in (("since", mapping.at), ("until", mapping.until), ("known", mapping.known_at)):
            if column is not None:
                what = {"since": "the date", "until": "the date of the end", "known": "the date of knowing"}[name]
                wrong = why_not_sql(f"{name}_text", f"{name}_said", what, self.clock)
                outside = f"{quote(f'{what} lies outside 1900 to 2200')}"
                unread = f"{name}_text IS NOT NULL AND {name}_said IS NULL"
                never = " AND until_text NOT LIKE '9999%'" if name == "until" else ""
                yield f"WHEN {unread}{never} THEN {wrong}"
                if name == "until":
                    continue
                yield f"WHEN {name}_said NOT BETWEEN {_FIRST} AND {_LAST} THEN {outside}"
        if mapping.until is not None:
            yield "WHEN until_said < since_said THEN 'it ended before it began'"

    def _said(self) -> str:
        """What could not be read, for a row with a reason."""
        parts = (
            f"WHEN {name}_text IS NOT NULL AND {name}_said IS NULL THEN {name}_text"
            for name in ("since", "until", "known")
        )
        return f"CASE {' '.join(parts)} END"


def _listed(column: Column | list[Column] | None) -> list[Column]:
    return column if isinstance(column, list) else [] if column is None else [column]
