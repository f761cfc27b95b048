"""SQL that takes plain lines apart; see event_lines.py. Of any other line it says no id, so that it is left over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from expansion.event_lines import PlainLine
from expansion.usage.forms.duck import quote, quote_list

# What DuckDB takes for JSON and Python does not: a comma before a bracket, words for what is no number in any capitals,
# and brackets in brackets without end. A number beyond what a double holds (1e400), and a name that stands twice in an
# object within a property, stay as they are written.
_COMMA = r",\s*[}\]]"
_NO_NUMBER = r"[:,\[]\s*-?(?:[nN][aA][nN]|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?)\s*[,}\]]"
_DEEP, _LONG = 400, 1000  # brackets that open; bytes within which there cannot be so many that also close


@dataclass(frozen=True)
class LineSql:
    """Of a relation with a column `row`, the text of a line each."""

    plain: PlainLine
    with_former: bool  # whether former ids are asked for, too

    def pulled(self, relation: str) -> str:
        """SQL for the texts of each line: what `import_events` checks, with the names of its properties."""
        plain, known_by, formerly = self.plain, self._texts(self.plain.known_by), self._texts(self.plain.formerly)
        former = f"CASE WHEN good THEN former_ids({formerly}) END" if self.with_former else "NULL::VARCHAR"
        return (
            f"SELECT row, CASE WHEN good THEN ids({known_by}) END AS id, {self._text(plain.event)} AS event, "
            f"{self._time} AS time, {self._account} AS account, {self._user} AS user, {self._text(plain.received_at)} "
            f"AS received_at, {self._at(plain.properties)} AS properties, {former} AS former_id, "
            f"keys[2] AS names FROM (SELECT row, v, keys, coalesce({self._good}, false) AS good "
            f"FROM ({self._taken(relation)}))"
        )

    def _taken(self, relation: str) -> str:
        """The values as JSON, in `v`, where a text has its quotes; in `keys` the names of it and of properties."""
        values = f"CAST(TRY(json_extract(row, [{quote_list(self._places)}])) AS VARCHAR[])"
        keys = f"TRY(json_keys(row, ['', {quote(self.plain.properties)}]))"
        return f"SELECT row, {values} AS v, {keys} AS keys FROM {relation}"

    @cached_property
    def _places(self) -> tuple[str, ...]:
        one = self.plain
        named = (
            one.event,
            one.time,
            one.received_at,
            one.account,
            one.user,
            one.properties,
            *one.known_by,
            *one.formerly,
        )
        return tuple(dict.fromkeys(named))

    def _at(self, pointer: str) -> str:
        return f"v[{self._places.index(pointer) + 1}]"

    # --- what it says -------------------------------------------------------------------------------------------------

    def _text(self, pointer: str) -> str:
        """The text of a value that is one, or of a whole number: nothing in it is written with a backslash."""
        value = self._at(pointer)
        return f"CASE WHEN {value} <> 'null' THEN replace({value}, '\"', '') END"

    def _texts(self, pointers: Iterable[str]) -> str:
        return ", ".join(map(self._text, pointers))

    @property
    def _time(self) -> str:
        time = self._at(self.plain.time)
        if not self.plain.offsets:
            return time
        number, before = f"CAST({time} AS BIGINT)", [(None, None), *self.plain.offsets]
        cases = (
            f"WHEN {number} < {start} THEN " + ("NULL" if offset is None else f"CAST({number} - {offset} AS VARCHAR)")
            for (_, offset), (start, _) in zip(before, self.plain.offsets, strict=False)
        )
        return f"CASE WHEN good THEN CASE {' '.join(cases)} END END"

    @property
    def _account(self) -> str:
        value = self._at(self.plain.account)
        return f"CASE WHEN starts_with({value}, '[') THEN {value}[3:-3] ELSE {self._text(self.plain.account)} END"

    @property
    def _user(self) -> str:
        said = self._text(self.plain.user)
        return f"CASE WHEN NOT starts_with({said}, {quote(self.plain.nobody)}) THEN {said} END"

    # --- whether it is plain ------------------------------------------------------------------------------------------

    @property
    def _good(self) -> str:
        one, account = self.plain, self._at(self.plain.account)
        texts = dict.fromkeys(
            pointer for pointer in (one.event, one.user, *one.known_by, *one.formerly) if pointer != one.time
        )
        several = f'regexp_full_match({account}, \'\\["[^"\\\\]*"\\]\')'
        parts = [
            "v IS NOT NULL",
            _is_whole(self._at(one.time)),
            f"({_is_nothing(self._at(one.received_at))} OR {_is_whole(self._at(one.received_at))})",
            f"({_is_text(account)} OR {_is_whole(account)} OR {several})",
            f"starts_with({self._at(one.properties)}, '{{')",
            *(_is_text(self._at(pointer)) for pointer in texts),
            f"keys[1] = [{quote_list(one.keys)}]",
            f"NOT ({_is_doubtful('row')})",
        ]
        return " AND ".join(parts)


def _is_nothing(value: str) -> str:
    return f"coalesce({value} = 'null', true)"


def _is_text(value: str) -> str:
    return f"coalesce({value} = 'null' OR (starts_with({value}, '\"') AND NOT contains({value}, '\\')), true)"


def _is_whole(value: str) -> str:
    return f"coalesce(regexp_full_match({value}, '[0-9]{{1,18}}'), false)"


def _is_doubtful(row: str) -> str:
    """What is rare is looked for before the pattern that tells for certain, which takes three times as long."""
    low = f"lower({row})"
    opened = f"strlen({row}) - strlen(replace(replace({row}, '{{', ''), '[', ''))"
    cases = {
        f"contains({low}, 'nan') OR contains({low}, 'inf')": _matches(row, _NO_NUMBER),
        f"strlen({row}) > {_LONG}": f"{opened} > {_DEEP}",
    }
    told = (f"CASE WHEN {seldom} THEN {certain} ELSE false END" for seldom, certain in cases.items())
    return " OR ".join([_matches(row, _COMMA), *told])


def _matches(text: str, pattern: str) -> str:
    return f"regexp_matches({text}, {quote(pattern)})"


__all__ = ["LineSql"]
