"""Takes a person out of the usage store: a pseudonym for the id, nothing for what tells who it was.

Counts stay what they were. The pseudonym is made of chance, one for each id that the person had, the same everywhere:
how many people did something, and in which order, does not change. Files are written anew beside the old ones, and the
manifest names either all of the new ones or none: a reader sees the store as it was or as it is. Old files go once
nobody reads them any more.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from expansion.private_files import replace_file, settle
from expansion.usage.facts import facts_sql
from expansion.usage.forms.duck import PARQUET, one, quote, quote_list
from expansion.usage.forms.properties import REST, column_of
from expansion.usage.identity.former_ids import Said
from expansion.usage.identity.merges import merges_said, save_merges
from expansion.usage.pushed_cohorts import told_sql
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.batch import PLACE
from expansion.usage.storage.forgotten import ForgottenPeople, forgotten_people
from expansion.usage.storage.manifest import FactFile, Segment
from expansion.usage.storage.store import UsageStore

_DISTINCT = 6
_ADDRESS = "[^\\s@\"',;:|{}()<>=/\\\\]+@[^\\s@\"',;:|{}()<>=/\\\\]+"


@dataclass(frozen=True)
class Person:
    """What the store knows somebody by."""

    ids: tuple[str, ...]
    emails: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """What may stand inside longer texts, the longest first."""
        return tuple(sorted({*self.emails, *self.names, *self.ids}, key=len, reverse=True))


@dataclass(frozen=True)
class Rewritten:
    """What was written anew."""

    events: int = 0
    facts: int = 0
    files: int = 0


def known_as(store: UsageStore, text: str) -> Person | None:
    """The person with this user id, or this e-mail address; None where the store knows nobody by it."""
    con, manifest = store.connect(), store.manifest()
    facts = f"(SELECT * FROM {facts_sql(store, manifest)} WHERE user_id <> '')"
    same = f"lower(value) = {quote(text.strip().lower())} AND {_is_email('value')}"
    ids = [user for (user,) in con.execute(f"SELECT DISTINCT user_id FROM {facts} WHERE {same}").fetchall()]
    people, pushed = _people(store, manifest.segments), told_sql(store, manifest)
    alike = f"lower(user_id) = {quote(text.strip().lower())}" if "@" in text else f"user_id = {quote(text)}"
    for relation in (people, facts, pushed):
        if relation:
            ids += [
                user for (user,) in con.execute(f"SELECT DISTINCT user_id FROM {relation} WHERE {alike}").fetchall()
            ]
    ids = _with_other_ids(merges_said(store, manifest), ids, text)
    if not ids:
        return None
    mine = f"FROM {facts} WHERE user_id IN ({quote_list(ids)})"
    said = con.execute(f"SELECT DISTINCT value {mine} AND value IS NOT NULL AND {_is_email('value')}").fetchall()
    names = con.execute(f"SELECT DISTINCT value {mine} AND field = 'name' AND value IS NOT NULL").fetchall()
    where = [account for (account,) in con.execute(f"SELECT DISTINCT account_id {mine}").fetchall()]
    if people:
        was_in = f"SELECT DISTINCT account_id FROM {people} WHERE user_id IN ({quote_list(ids)})"
        where += [account for (account,) in con.execute(was_in).fetchall()]
    emails = [email for (email,) in said] + [each for each in (*ids, text.strip()) if "@" in each]
    plain = [name for (name,) in names if "@" not in name]
    return Person(*(tuple(dict.fromkeys(each)) for each in (ids, emails, plain, where)))


def _with_other_ids(merges: Sequence[Said], ids: Sequence[str], text: str) -> list[str]:
    """A person's ids, and all that they ever had beside them; `text` may be one that nothing else is stored of."""
    pairs = [(one.former_id, one.id) for one in merges if one.of == "user"]
    known = dict.fromkeys([*ids, *(each for pair in pairs for each in pair if each == text)])
    while more := [each for pair in pairs if known.keys() & {*pair} for each in pair if each not in known]:
        known |= dict.fromkeys(more)
    return list(known)


def _people(store: UsageStore, segments: Iterable[Segment]) -> str | None:
    files = [segment.people_file for segment in segments]
    return store.files(files) if files else None


def forget_in_store(
    store: UsageStore, person: Person, pseudonyms: Mapping[str, str], listed: ForgottenPeople
) -> Rewritten:
    """Write every file anew that names the person. `pseudonyms` has one for each id and each e-mail address."""
    with manifests.writing(store.root):
        manifest, con = store.manifest(), store.connect()
        work = _Rewriting(store, con, person, pseudonyms, listed)
        segments = [work.segment(segment) for segment in manifest.segments]
        facts = [work.facts(file) for file in manifest.facts]
        merges = work.merges(merges_said(store, manifest))
        if work.files:
            manifest = replace(manifest, segments=tuple(segments), facts=tuple(facts))
            manifests.save(store.root, manifest)
        if merges is not None:
            save_merges(store, manifest, merges)
        return Rewritten(work.events, work.changed, work.files)


@dataclass
class _Rewriting:
    store: UsageStore
    con: duckdb.DuckDBPyConnection
    person: Person
    pseudonyms: Mapping[str, str]
    listed: ForgottenPeople
    events: int = 0
    changed: int = 0
    files: int = 0

    def segment(self, segment: Segment) -> Segment:
        """The same where nothing in it names the person."""
        relation = self.store.files([segment.file])
        columns = [*map(column_of, segment.properties), *([REST] if segment.rest else [])]
        found = one(self.con, f"SELECT count(*) FROM {relation} WHERE {self._names_in(columns)}")
        if not found:
            return segment
        name = uuid.uuid4().hex[:16]
        path = self.store.root / "events" / f"{name}.parquet"
        self.other_event_ids(relation)
        kept = [f"coalesce(o.instead, e.event_id) AS event_id, event, ts, seen_at, account_id, {self.user()}"]
        kept += [f"{self.text(column, is_json=column == REST)} AS {column}" for column in columns]
        rows = f"SELECT {', '.join(kept)} FROM {relation} AS e LEFT JOIN ids_instead AS o ON e.event_id = o.event_id"
        self.con.execute(f"COPY ({rows}) TO {quote(str(path))} {PARQUET}")
        self.events += found
        self.files += 1
        again = self.store.described(self.con, name, path, segment.rows)
        return self.store.with_names(self.con, segment.written_anew(again))

    def facts(self, file: FactFile) -> FactFile:
        """The same where nothing in it names the person."""
        relation, wide = self.store.files([file.file]), file.kind == "wide"
        columns = list(map(column_of, file.fields)) if wide else ["value"]
        mine = f"user_id IN ({quote_list(self.person.ids)})"
        found = one(
            self.con, f"SELECT count(*) FROM {relation} WHERE {' OR '.join([mine, *map(self._in_text, columns)])}"
        )
        if not found:
            return file
        path = self.store.root / "facts" / f"{uuid.uuid4().hex[:16]}.parquet"
        without = ", ".join(f"{self._fact(column, mine)} AS {column}" for column in columns)
        rows = f"SELECT * REPLACE ({self.user()}, {without}) FROM {relation}"
        order = " ORDER BY account_id, since" if wide else ""
        self.con.execute(f"COPY ({rows}{order}) TO {quote(str(path))} (FORMAT parquet, COMPRESSION zstd)")
        settle(path)
        self.changed += found
        self.files += 1
        return replace(file, file=f"facts/{path.name}")

    def merges(self, said: Sequence[Said]) -> list[Said] | None:
        """The merges with the pseudonyms in place of the person's ids; None where none names them."""
        instead = {each: self.pseudonyms[each] for each in self.person.ids}
        changed = [one.with_people(lambda id_: instead.get(id_, id_)) for one in said]
        if changed == list(said):
            return None
        self.files += 1
        return changed

    def _fact(self, column: str, mine: str) -> str:
        """Who it was goes; what the person did or may do stays, and with it the answers to triggers about people."""
        telling = quote_list([*self.person.emails, *self.person.names]) or "NULL"
        gone = f"{mine} AND ({column} IN ({telling}) OR {_is_email(column)})"
        return f"CASE WHEN {gone} THEN NULL ELSE {self.text(column)} END"

    # --- SQL ----------------------------------------------------------------------------------------------------------

    def _names_in(self, columns: Sequence[str]) -> str:
        places = [f"user_id IN ({quote_list(self.person.ids)})", self._has_email("event_id")]
        return " OR ".join([*places, *(self._in_text(column) for column in columns)])

    def _in_text(self, column: str) -> str:
        """Whether a text is an id or a name, or holds an address."""
        exact = quote_list([*self.person.ids, *self.person.names])
        if column == REST:
            coded = [json.dumps(each, ensure_ascii=False) for each in (*self.person.ids, *self.person.names)]
            inside = [f"contains({column}, {quote(each)})" for each in coded]
            return "(" + " OR ".join([self._has_email(column), *inside]) + ")"
        inside = [f"contains({column}, {quote(each)})" for each in self._inside]
        return " OR ".join([f"({column} IN ({exact})", *inside, f"{self._has_email(column)})"])

    @property
    def _inside(self) -> list[str]:
        """Ids that are looked for inside longer texts; a short one stands in too many words."""
        return [each for each in self.person.ids if len(each) >= _DISTINCT and "@" not in each]

    def _has_email(self, column: str) -> str:
        each = [f"contains(lower({column}), {quote(email.lower())})" for email in self.person.emails]
        return f"({' OR '.join(each)})" if each else "false"

    def user(self) -> str:
        return f"{_case('user_id', {each: self.pseudonyms[each] for each in self.person.ids})} AS user_id"

    def text(self, column: str, *, is_json: bool = False) -> str:
        """SQL for a column of texts, or of JSON, without the person."""
        sql = column
        for email in sorted(self.person.emails, key=len, reverse=True):
            pattern, instead = _literally(email), quote(self.pseudonyms[email])
            sql = f"regexp_replace({sql}, {quote(pattern)}, {instead}, 'gi')"
        for each in self._inside:
            around = f"(^|[^[:alnum:]_]){_literally(each)}($|[^[:alnum:]_])"
            instead = quote("\\1" + self.pseudonyms[each] + "\\2")
            sql = f"regexp_replace({sql}, {quote(around)}, {instead}, 'g')"
        exact = {each: self.pseudonyms[each] for each in self.person.ids if "@" not in each}
        exact |= dict.fromkeys(self.person.names, self.pseudonyms[self.person.ids[0]])
        if not is_json:
            return _case(column, exact, otherwise=sql)
        for each, instead in exact.items():
            coded, other = (json.dumps(text, ensure_ascii=False) for text in (each, instead))
            sql = f"replace({sql}, {quote(coded)}, {quote(other)})"
        return sql

    def other_event_ids(self, relation: str) -> None:
        """Ids of events that are made of who the person was, and what stands for them."""
        made = f"user_id IN ({quote_list(self.person.ids)}) AND contains(event_id, user_id)"
        rows = self.con.execute(f"SELECT event_id FROM {relation} WHERE ({made}) OR {self._has_email('event_id')}")
        ids = [event_id for (event_id,) in rows.fetchall()]
        table = pa.table(
            [pa.array(ids, pa.string()), pa.array([self.listed.other_id(each) for each in ids], pa.string())],
            ["event_id", "instead"],
        )
        self.con.register("ids_instead", table)


def _is_email(column: str) -> str:
    return f"regexp_full_match({column}, '[^@\\s]+@[^@\\s]+\\.[^@\\s]+')"


def _case(column: str, instead: Mapping[str, str], otherwise: str | None = None) -> str:
    if not instead:
        return otherwise or column
    whens = " ".join(f"WHEN {quote(text)} THEN {quote(other)}" for text, other in instead.items())
    return f"CASE {column} {whens} ELSE {otherwise or column} END"


def _literally(text: str) -> str:
    """As a pattern that fits just this text."""
    return "".join(letter if letter.isalnum() or letter in "@_" else f"\\{letter}" for letter in text)


# --- what comes in later ----------------------------------------------------------------------------------------------


def facts_without_forgotten(
    store: UsageStore, con: duckdb.DuckDBPyConnection, rows: str, columns: Sequence[str], also: Sequence[str] = ()
) -> str:
    """SQL for statements about accounts and people without those who were forgotten, and what names them in `columns`.

    Ids are looked for in the query, and addresses once each: nobody goes through all cells one by one.
    """
    listed = forgotten_people(store.root)
    if not listed:
        return rows
    parts = " UNION ALL ".join(
        f"SELECT unnest(regexp_extract_all({column}, {quote(_ADDRESS)})) AS found FROM ({rows})" for column in columns
    )
    said = con.execute(f"SELECT DISTINCT found FROM ({parts or 'SELECT NULL AS found'})").fetchall()
    emails = {each: other for (each,) in said if each and (other := listed.pseudonym(each))}
    con.execute("CREATE OR REPLACE TEMP TABLE forgotten_keys (keyed VARCHAR, instead VARCHAR)")
    con.executemany("INSERT INTO forgotten_keys VALUES (?, ?)", list(listed.pseudonyms.items()))
    work = _Rewriting(store, con, Person(("",), tuple(emails)), {"": "", **emails}, listed)
    instead = {
        column: f"(SELECT instead FROM forgotten_keys WHERE keyed = {_keyed_sql(listed.key, column)})"
        for column in columns
    }
    kept = ["account_id", "user_id", "since", "until", "known", *also]
    kept += [f"coalesce({instead[column]}, {work.text(column)}) AS {column}" for column in columns]
    return (
        f"SELECT {', '.join(kept)} FROM ({rows}) "
        f"WHERE user_id = '' OR {_keyed_sql(listed.key, 'user_id')} NOT IN (SELECT keyed FROM forgotten_keys)"
    )


def _keyed_sql(key: bytes, text: str) -> str:
    """SQL for what `forgotten.keyed` makes of a text: an HMAC is a hash of a hash (RFC 2104)."""
    inner, outer = ("".join(f"\\x{byte ^ pad:02x}" for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
    meant = f"encode(CASE WHEN contains({text}, '@') THEN lower(trim({text})) ELSE {text} END)"
    return f"sha256('{outer}'::BLOB || unhex(sha256('{inner}'::BLOB || {meant})))"


def without_forgotten(
    store: UsageStore,
    con: duckdb.DuckDBPyConnection,
    events: str,
    properties: Sequence[str] | None,
    *,
    of_files: bool = False,
) -> str:
    """SQL for a batch of events from a file, its forgotten people under their pseudonyms. The same where there is none.

    `properties` as in `UsageStore.add_events`. Ids and addresses are looked at once each, not once per event.
    """
    listed = forgotten_people(store.root)
    if not listed:
        return events
    columns = ["properties"] if properties is None else list(map(column_of, properties))
    users = [user for (user,) in con.execute(f"SELECT DISTINCT user_id FROM ({events})").fetchall()]
    texts = [
        f"SELECT unnest(regexp_extract_all({column}, {quote(_ADDRESS)})) AS found FROM ({events})" for column in columns
    ]
    said = con.execute(f"SELECT DISTINCT found FROM ({' UNION ALL '.join(texts)})").fetchall() if texts else []
    pseudonyms = {each: other for each in (*users, *(each for (each,) in said)) if (other := listed.pseudonym(each))}
    if not pseudonyms:
        return events
    ids = tuple(user for user in users if user in pseudonyms)
    person = Person(ids or ("",), tuple(each for each in pseudonyms if "@" in each))
    work = _Rewriting(store, con, person, {"": "", **pseudonyms}, listed)
    work.other_event_ids(f"({events})")
    kept = [f"coalesce(o.instead, e.event_id) AS event_id, event, ts, seen_at, account_id, {work.user()}"]
    kept += [f"{work.text(column, is_json=properties is None)} AS {column}" for column in columns]
    kept += [PLACE] if of_files else []
    return f"SELECT {', '.join(kept)} FROM ({events}) AS e LEFT JOIN ids_instead AS o ON e.event_id = o.event_id"


# --- files beside the store -------------------------------------------------------------------------------------------


def forget_in_rejects(store: UsageStore, person: Person) -> int:
    """Rows that could not be read are kept beside the store as they came; how many lost their text."""
    changed = 0
    with manifests.writing(store.root):
        for path in sorted((store.root / "rejects").glob("*.jsonl")):
            lines = [_without_row(line, person) for line in path.read_text(encoding="utf-8").splitlines()]
            count = sum(was_changed for _, was_changed in lines)
            if count:
                _replace(path, (line for line, _ in lines))
                changed += count
    return changed


def _without_row(line: str, person: Person) -> tuple[str, bool]:
    low = line.casefold()
    if not any(text.casefold() in low for text in person.texts):
        return line, False
    return json.dumps({**json.loads(line), "row": "a person in it was forgotten"}), True


def _replace(path: Path, lines: Iterator[str]) -> None:
    replace_file(path, "".join(f"{line}\n" for line in lines).encode())


__all__ = ["Person", "Rewritten", "forget_in_rejects", "forget_in_store", "known_as", "without_forgotten"]
