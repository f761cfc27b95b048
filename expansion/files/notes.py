"""What a person should know after an import: what facts.yaml asks for and files do not give, what could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from expansion.evaluate.untold import meant
from expansion.files.columns import Columns
from expansion.files.maps import AnyMap, FactMap
from expansion.files.noting import Noted
from expansion.language.check.kinds import CALLED
from expansion.language.model.models import Facts, SourcedFact

_REMEDY = {
    "number": "; `decimal: comma` in the map reads 1.234,50",
    "money": "; `decimal: comma` in the map reads 1.234,50",
    "yes_no": "; `yes:` and `no:` in the map say which words mean what",
    "date": "; `dates: day first` or `dates: month first` in the map reads 3/1/2025",
}


@dataclass
class Notes:
    """Collects the columns of the files, each layout once, and compares them with facts.yaml."""

    mapping: AnyMap
    facts: Facts | None
    unreadable: Sequence[tuple[str, int, str]] = ()  # fields, how many values cannot be read as their kind, and one
    asked: list[str] = field(default_factory=list)  # what conditions ask of events, and no file of the table brings
    _layouts: dict[tuple[str, ...], Columns] = field(default_factory=dict)

    @property
    def wanted(self) -> dict[str, SourcedFact]:
        """The facts that facts.yaml takes from this table's source."""
        if self.facts is None or not isinstance(self.mapping, FactMap):
            return {}
        facts = self.facts.facts.items()
        return {name: one for name, one in facts if isinstance(one, SourcedFact) and one.from_ == self.mapping.source}

    @property
    def kinds(self) -> dict[str, str]:
        """Of the fields that facts.yaml asks for, their kinds."""
        return {fact.field: fact.kind for fact in self.wanted.values()}

    def look(self, columns: Columns) -> None:
        """Remember which columns a file had."""
        self._layouts.setdefault(columns.names, columns)

    def sentences(self, noted: Noted) -> list[str]:
        """All there is to say, each once."""
        return list(dict.fromkeys([*self._missing(), *self._unread(), *self._words(noted), *self.asked]))

    def _missing(self) -> Iterator[str]:
        if not isinstance(self.mapping, FactMap) or self.mapping.name is not None:
            return
        named = self.mapping.fields
        for columns in self._layouts.values():
            given = set(columns.names if named is None else named)
            for name in named or ():
                source = named[name] if isinstance(named, dict) else name
                if not columns.has(source) and isinstance(source, str):
                    near = meant(source, columns.names)
                    yield f"there is no column `{source}`, which the map gives under `fields`{near}"
            for name, fact in self.wanted.items():
                if fact.field not in given:
                    yield self._unasked(name, fact, columns)

    def _unasked(self, name: str, fact: SourcedFact, columns: Columns) -> str:
        where = f"the fact `{name}` is the field `{fact.field}` of {fact.from_}"
        if fact.field in columns.names:
            return f"{where}: the file has it, and the map leaves it out of `fields`"
        return f"{where}, which this file does not give{meant(fact.field, columns.names)}"

    def _unread(self) -> Iterator[str]:
        for name, count, example in self.unreadable:
            kind = self.kinds[name]
            many = f"{count:,} values of `{name}` are" if count > 1 else f"a value of `{name}` is"
            yield f"{many} not known, for `{example}` cannot be read as {CALLED[kind]}{_REMEDY.get(kind, '')}"

    def _words(self, noted: Noted) -> Iterator[str]:
        if noted.nothing:
            words = ", ".join(f"`{word}` ({count:,})" for word, count in noted.nothing.most_common())
            yield f"cells that say nothing, taken as empty: {words}; `empty:` in the map says which texts do"
