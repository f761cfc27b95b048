"""A small part of SOQL, honestly: what it does not know, or what does not exist, is an error as Salesforce words it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sandbox.salesforce.refusals import SoqlError

Record = dict[str, Any]
Test = Callable[[Record], bool]

_TOKENS = re.compile(
    r"\s*(?:(?P<string>'(?:[^'\\]|\\.)*')"
    r"|(?P<datetime>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))"
    r"|(?P<date>\d{4}-\d\d-\d\d)"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_][\w.]*)"
    r"|(?P<mark><=|>=|!=|<>|[=<>(),]))"
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_MARKS = {"=", "!=", "<>", "<", "<=", ">", ">="}
_WORDS = {"FROM", "WHERE", "GROUP", "ORDER", "LIMIT", "AND", "OR"}
_DAYS = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}  # of the date literals; others are refused in words


class Id(str):
    """A record's id: the first 15 characters say all, and a capital is another letter."""


@dataclass(frozen=True)
class Item:
    """One thing selected: a path, or a function of one with its alias."""

    path: str | None
    function: str | None = None
    alias: str | None = None


@dataclass(frozen=True)
class Literal:
    """What a field is compared with: the kind of thing that was written, and its value."""

    kind: str  # string, number, boolean, date, datetime, day, null
    value: Any


@dataclass
class Query:
    """A query read, not yet held against a schema."""

    items: list[Item]
    sobject: str
    paths: list[tuple[str, bool]] = field(default_factory=list)  # every field named, and whether it is filtered by
    literals: list[tuple[str, Literal]] = field(default_factory=list)  # what fields are compared with
    where: Callable[[Callable[[Record, str], Any]], Test] | None = None
    group_by: str | None = None
    order_by: Item | None = None
    descending: bool = False
    limit: int | None = None


def parse(text: str) -> Query:
    """Read a query; SoqlError with Salesforce's code where it cannot be read."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKENS.match(text, at)
            if not found:
                raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{text[at:].strip()[:10]}'")
            self.tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
            at = found.end()
        self.at = 0
        self.paths: list[tuple[str, bool]] = []
        self.literals: list[tuple[str, Literal]] = []

    def query(self) -> Query:
        self._expect("SELECT")
        items = [self._item()]
        while self._take(","):
            items.append(self._item())
        self._expect("FROM")
        query = Query(items, self._name(), self.paths, self.literals)
        if self._take("WHERE"):
            query.where = self._either()
        if self._take("GROUP"):
            self._expect("BY")
            query.group_by = self._field()
        if self._take("ORDER"):
            self._expect("BY")
            query.order_by = self._item()
            query.descending = self._take("DESC") or (self._take("ASC") and False)
        if self._take("LIMIT"):
            query.limit = self._count()
        if self.at < len(self.tokens):
            raise self._unexpected()
        return query

    def _item(self) -> Item:
        name = self._name()
        if not self._take("("):
            self.paths.append((name, False))
            return Item(name)
        path = None if self._peek() == ")" else self._field()
        self._expect(")")
        has_alias = self.at < len(self.tokens) and self._kind() == "name" and self._peek().upper() not in _WORDS
        return Item(path, name.upper(), self._name() if has_alias else None)

    def _either(self) -> Any:
        """Conditions joined by one of the two words: where they mix, Salesforce wants parentheses."""
        parts = [self._one()]
        word = self._peek().upper()
        while word in ("AND", "OR") and self._take(word):
            parts.append(self._one())
        if self._peek().upper() in ("AND", "OR"):
            raise self._unexpected()
        how = any if word == "OR" else all
        return lambda get: _joined(how, [p(get) for p in parts])

    def _one(self) -> Any:
        if self._take("("):
            inside = self._either()
            self._expect(")")
            return inside
        if self._take("NOT"):
            negated = self._one()
            return lambda get: (lambda test: lambda record: not test(record))(negated(get))
        path = self._field(filtered=True)
        test = self._comparison(path)
        return lambda get: lambda record: test(get(record, path))

    def _comparison(self, path: str) -> Callable[[Any], bool]:
        if self._take("LIKE"):
            wanted_text = self._literal(path)
            pattern = _like(str(wanted_text))
            return lambda seen: seen is not None and bool(pattern.fullmatch(str(seen)))
        negated = self._take("NOT")
        if negated or self._peek().upper() == "IN":
            self._expect("IN")
            wanted = self._list(path)
            return lambda seen: any(_compare(seen, "=", one) for one in wanted) != negated
        mark = self._next()
        if mark not in _MARKS:
            self.at -= 1
            raise self._unexpected()
        value = self._literal(path)
        return lambda seen: _compare(seen, mark, value)

    def _list(self, path: str) -> list[Any]:
        self._expect("(")
        values = [self._literal(path)]
        while self._take(","):
            values.append(self._literal(path))
        self._expect(")")
        return values

    def _literal(self, path: str) -> Any:
        literal = self._value()
        self.literals.append((path, literal))
        return literal.value

    def _count(self) -> int:
        literal = self._value()
        if literal.kind != "number" or literal.value < 0 or literal.value % 1:
            self.at -= 1
            raise self._unexpected()
        return int(literal.value)

    def _value(self) -> Literal:
        if self.at >= len(self.tokens):
            raise self._unexpected()
        kind, text = self.tokens[self.at]
        self.at += 1
        try:
            match kind:
                case "string":
                    return Literal(kind, re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1]))
                case "datetime":
                    return Literal(kind, datetime.fromisoformat(text.replace("Z", "+00:00")))
                case "date":
                    return Literal(kind, date.fromisoformat(text))
                case "number":
                    return Literal(kind, float(text))
        except ValueError:
            raise SoqlError("MALFORMED_QUERY", f"line 1:1 no viable alternative at character '{text[0]}'") from None
        if text.lower() in ("true", "false", "null"):
            value = {"true": True, "false": False, "null": None}[text.lower()]
            return Literal("null" if value is None else "boolean", value)
        if text.upper() in _DAYS:
            return Literal("day", datetime.now(UTC).date() + timedelta(days=_DAYS[text.upper()]))
        self.at -= 1
        raise self._unexpected()

    def _field(self, filtered: bool = False) -> str:
        name = self._name()
        self.paths.append((name, filtered))
        return name

    def _name(self) -> str:
        if self.at >= len(self.tokens) or self._kind() != "name" or self._peek().upper() in _WORDS:
            raise self._unexpected()
        return self._next()

    def _kind(self) -> str:
        return self.tokens[self.at][0]

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][1] if self.at <= len(self.tokens) else ""

    def _take(self, word: str) -> bool:
        if self._peek().upper() != word:
            return False
        self.at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._unexpected()

    def _unexpected(self) -> SoqlError:
        return SoqlError("MALFORMED_QUERY", f"unexpected token: '{self._peek() or '<EOF>'}'")


def _joined(how: Callable[[Any], bool], tests: list[Test]) -> Test:
    return lambda record: how(test(record) for test in tests)


def _like(pattern: str) -> re.Pattern[str]:
    """SOQL's LIKE: `%` and `_`, without regard to case."""
    return re.compile(re.escape(pattern).replace("%", ".*").replace("_", "."), re.IGNORECASE | re.DOTALL)


def _compare(seen: Any, mark: str, wanted: Any) -> bool:
    if wanted is None or seen is None:
        same = seen is None and wanted is None
        return same if mark == "=" else (not same if mark in ("!=", "<>") else False)
    left, right = _alike(seen, wanted)
    match mark:
        case "=":
            return bool(left == right)
        case "!=" | "<>":
            return bool(left != right)
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
    return bool(left >= right)


def _alike(seen: Any, wanted: Any) -> tuple[Any, Any]:
    """Both as one kind; that the literal fits the field has been seen before."""
    if isinstance(seen, Id):
        return seen[:15], str(wanted)[:15]
    if isinstance(wanted, datetime):
        return datetime.fromisoformat(re.sub(r"\+0000$|Z$", "+00:00", str(seen))), wanted
    if isinstance(wanted, date):  # beside a moment: of a date literal such as TODAY
        return str(seen)[:10], wanted.isoformat()
    if isinstance(wanted, float):
        return float(seen), wanted
    if isinstance(wanted, str):
        return str(seen).casefold(), wanted.casefold()
    return seen, wanted
