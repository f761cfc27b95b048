"""What is stored of facts, for queries: changes with a value a row, and statements with a column for each field.

Of one source, field, account and person that statement holds at a moment, as it was known at another, which is the
newest of those that began by the first and were known by the second: the one with the largest `since`; of those the
last known; of those the last said. It holds no longer once its `until` has come, or once a newer snapshot of all there
is does not have it. A pulled change was said when it was seen, and has no end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from expansion.usage.forms.duck import quote, quote_list
from expansion.usage.forms.properties import column_of
from expansion.usage.storage.manifest import FactFile, FactKind, Manifest
from expansion.usage.storage.marks import ended_sql, mark
from expansion.usage.storage.store import UsageStore

NOBODY = ""  # of no account: that a snapshot held all there was, or whether a cohort is there
CHANGES = "source, field, account_id, user_id, value, since, seen_at, until, said"
STATEMENT = "account_id, user_id, since, until, known, said"  # and the fields
NEWEST = "since, seen_at, said, value NULLS FIRST"  # the last of a key in this order is the newest

_ORDER = "since, seen_at, said, value IS NOT NULL, value"  # the same, for aggregates

Field = tuple[str, str]  # source and field
_LONG: tuple[FactKind, FactKind] = ("changes", "named")
_NOTHING = (
    "(SELECT NULL::VARCHAR AS source, NULL::VARCHAR AS field, NULL::VARCHAR AS account_id, NULL::VARCHAR AS user_id, "
    "NULL::VARCHAR AS value, NULL::TIMESTAMP AS since, NULL::TIMESTAMP AS seen_at, NULL::TIMESTAMP AS until, "
    "NULL::TIMESTAMP AS said WHERE false)"
)


@dataclass(frozen=True)
class Layout:
    """Statements that are laid out alike, of accounts or of people."""

    relation: str  # SQL with STATEMENT and a column for each field, see properties.column_of
    source: str
    fields: tuple[str, ...]
    of_people: bool = False
    complete: bool = False  # rows of NOBODY say of which moments all there is was told
    ends: bool = False

    def rows(self) -> str:
        """SQL for those of somebody."""
        return f"(SELECT * FROM {self.relation} WHERE account_id <> '{NOBODY}')" if self.complete else self.relation

    def changes(self, name: str) -> str:
        """SQL for what is said of a field, as CHANGES."""
        return (
            f"SELECT {quote(self.source)} AS source, {quote(name)} AS field, account_id, user_id, "
            f"{column_of(name)} AS value, since, known AS seen_at, until, said FROM {self.rows()}"
        )


@dataclass(frozen=True)
class FactRelations:
    """All that is stored of facts. `pulled` and `named` are SQL with CHANGES: what pulls found, and statements of long
    tables."""

    pulled: str
    layouts: tuple[Layout, ...] = ()
    named: str | None = None

    def changes(self, wanted: Collection[Field] | None = None) -> str:
        """SQL for all that was said of these fields, or of every one: a value a row, as CHANGES."""
        of_wide = [
            layout.changes(name)
            for layout in self.layouts
            for name in layout.fields
            if wanted is None or (layout.source, name) in wanted
        ]
        return self._together("true" if wanted is None else fields_are(wanted), of_wide)

    def of_fields(self, names: Collection[str]) -> str:
        """SQL for all that any source said of fields of these names."""
        of_wide = [layout.changes(name) for layout in self.layouts for name in layout.fields if name in names]
        return self._together(f"field IN ({quote_list(names)})", of_wide)

    def ever_of_fields(self, names: Collection[str]) -> str:
        """The same under the ids that everything came with: also what is no longer read because of a merge."""
        return self.of_fields(names)

    def of_rows(self) -> str:
        """SQL for all that has a value a row."""
        return self._together("true", ())

    def _together(self, where: str, of_wide: Iterable[str]) -> str:
        long = [f"SELECT {CHANGES} FROM {some} WHERE {where}" for some in (self.pulled, self.named) if some]
        return f"({' UNION ALL '.join([*long, *of_wide])})"

    def told(self, source: str | None = None) -> str:
        """SQL for (account_id, user_id, seen_at): of whom anything was said, by any source or by one."""
        where = "" if source is None else f" WHERE source = {quote(source)}"
        parts = [f"SELECT account_id, user_id, seen_at FROM {self.of_rows()}{where}"]
        parts += [
            f"SELECT account_id, user_id, known FROM {layout.rows()}"
            for layout in self.layouts
            if source in (None, layout.source)
        ]
        return f"({' UNION ALL '.join(parts)})"

    def people(self) -> str | None:
        """SQL for (source, account_id, user_id, since, known, said): each statement that names a person's account."""
        said = "date_trunc('milliseconds', said) AS said"  # see statements.py: of one import
        columns = f"account_id, user_id, since, known, {said}"
        parts = [
            f"SELECT {quote(layout.source)} AS source, {columns} FROM {layout.rows()}"
            for layout in self.layouts
            if layout.of_people
        ]
        if self.named:
            seen = f"source, account_id, user_id, since, seen_at AS known, {said}"
            parts.append(f"SELECT {seen} FROM {self.named} WHERE user_id <> ''")
        return f"({' UNION ALL '.join(parts)})" if parts else None

    def people_of(self, account_id: str) -> str:
        """SQL for (user_id): of whom anything was said in an account, by each id that they were told under."""
        return f"SELECT user_id FROM {self.told()} WHERE account_id = {quote(account_id)}"

    @property
    def as_told(self) -> str:
        """SQL with CHANGES: what pulls found, under the ids it was told with."""
        return self.pulled

    def belonging(self, pairs: str) -> str:
        """SQL for (source, account_id, user_id, there, joined) of pairs that were `as_told`, under the ids of now."""
        return pairs

    def state(self, changes: str, by: datetime) -> str:
        """SQL for (source, field, account_id, user_id, value, since): what of these CHANGES holds at a moment, as it
        is known then, with marks for what does not any more.
        """
        moment = stored(by)
        newest = f"max_by(struct_pack(value, until, since, seen_at, said), ({_ORDER}))"
        picked = (
            f"SELECT source, field, account_id, user_id, {newest} AS one FROM {changes} "
            f"WHERE since <= {moment} AND seen_at <= {moment} GROUP BY ALL"
        )
        value = f"CASE WHEN one.until <= {moment} THEN {ended_sql('one.until')} ELSE one.value END"
        joined = ""
        if snapshots := self.snapshots():
            last = f"max((since, known, said)) FILTER (since <= {moment} AND known <= {moment})"
            whole = f"SELECT source, field, of_people, {last} AS last FROM ({snapshots}) GROUP BY ALL"
            joined = (
                f" LEFT JOIN ({whole}) AS whole "
                "ON whole.source = picked.source AND whole.field = picked.field "
                "AND whole.of_people = (picked.user_id <> '')"
            )
            gone = "coalesce((one.since, one.seen_at, one.said) < whole.last, false)"
            value = f"CASE WHEN {gone} THEN {quote(mark('gone'))} ELSE {value} END"
        return (
            f"(SELECT picked.source, picked.field, account_id, user_id, {value} AS value, one.since AS since "
            f"FROM ({picked}) AS picked{joined})"
        )

    def snapshots(self) -> str:
        """SQL for (source, field, of_people, since, known, said) of each snapshot of all there is; '' without any."""
        return " UNION ALL ".join(
            f"SELECT {quote(layout.source)} AS source, unnest([{quote_list(layout.fields)}]) AS field, "
            f"{layout.of_people} AS of_people, since, known, said FROM {layout.relation} WHERE account_id = '{NOBODY}'"
            for layout in self.layouts
            if layout.complete
        )


def known_facts(store: UsageStore, manifest: Manifest) -> FactRelations:
    """The facts of a store."""
    by_layout: dict[tuple[object, ...], list[FactFile]] = {}
    for file in manifest.facts:
        by_layout.setdefault(file.layout, []).append(file)
    wide = [files for files in by_layout.values() if files[0].kind == "wide"]
    layouts = tuple(
        Layout(
            store.files(file.file for file in files),
            files[0].source,
            files[0].fields,
            files[0].of_people,
            files[0].complete,
            any(file.ends for file in files),
        )
        for files in wide
    )
    pulled, named = (files_of(manifest, kind) for kind in _LONG)
    return FactRelations(
        _as_said(store.files(file.file for file in pulled)) if pulled else _NOTHING,
        layouts,
        store.files(file.file for file in named) if named else None,
    )


def pulled_only(changes: str) -> FactRelations:
    """The facts of a table of changes as pulls leave them."""
    return FactRelations(_as_said(changes))


def _as_said(changes: str) -> str:
    return f"(SELECT *, NULL::TIMESTAMP AS until, seen_at AS said FROM {changes})"


def files_of(manifest: Manifest, *kinds: FactKind) -> list[FactFile]:
    return [file for file in manifest.facts if file.kind in kinds]


def fields_are(wanted: Iterable[Field]) -> str:
    """What is asked of `source` and `field`."""
    pairs = [f"(source = {quote(source)} AND field = {quote(name)})" for source, name in sorted(wanted)]
    return f"({' OR '.join(pairs) or 'false'})"


def stored(moment: datetime) -> str:
    """A moment as an SQL literal."""
    naive = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return f"TIMESTAMP {quote(str(naive))}"
