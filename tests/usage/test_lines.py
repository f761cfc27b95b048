"""Lines that are taken apart in SQL mean what they mean line by line, however odd they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expansion.contract import TryLater
from expansion.event_lines import Column, EventLines, PlainLine
from expansion.usage.import_events import import_rows
from expansion.usage.lines import import_lines as lines_module
from expansion.usage.storage.store import UsageStore
from integrations.mixpanel.export import lines_in
from tests.usage.builders import stored, utc

SOURCE = "mixpanel.export"
DAY = utc(2026, 3, 1)
COVERED = (DAY, utc(2026, 3, 4))
NUMBERS = count()
AT = int(DAY.timestamp()) + 3600
USERS = {"ben": "globex"}


import_lines = partial(lines_module.import_lines, few=0)  # as many lines are read


def line(event: Any = "Login", **given: Any) -> dict[str, Any]:
    """One with an id of its own."""
    at = {"time": AT, "distinct_id": "ana", "mp_processing_time_ms": AT * 1000, "company": "acme"}
    at["$insert_id"] = f"n{next(NUMBERS)}"
    return {"event": event, "properties": {**at, **given}}


def lines(*blocks: bytes, zone: str = "UTC") -> EventLines:
    days = (date(2026, 3, 1), date(2026, 3, 4))
    return lines_in(lambda: iter(blocks), lambda read, bad: None, "company", ZoneInfo(zone), *days)


def all_of(store: UsageStore) -> tuple[Any, ...]:
    """All that a store says after a pull; how its events lie in files is no matter."""
    manifest = store.manifest()
    con, segments = store.connect(), manifest.segments
    names = sorted({name for segment in segments for name in segment.properties})
    relation = store.events_of(segments, names)
    rows = sorted(con.execute(f"SELECT * FROM {relation}").fetchall(), key=repr) if relation else []
    listed = sorted(path.read_text() for path in store.root.glob("rejects/*"))
    said = [sorted(_without_line(one) for one in text.splitlines()) for text in listed]
    return names, rows, manifest.covered, manifest.unmatched, said


def _without_line(text: str) -> str:
    return json.dumps({**json.loads(text), "line": None})


def both(folder: Path, *blocks: bytes, zone: str = "UTC") -> tuple[UsageStore, UsageStore]:
    """The same lines, line by line and at once: with what both say of the import."""
    one, other = (UsageStore(folder / name) for name in ("one", "other"))
    slow = import_rows(one, SOURCE, lines(*blocks, zone=zone).events(), COVERED, users=USERS)
    fast = import_lines(other, SOURCE, lines(*blocks, zone=zone), COVERED, users=USERS)
    told = [(x.stored, x.duplicates, x.rejects, x.new_rejects) for x in (slow, fast)]
    assert told[0] == told[1]
    assert all_of(one) == all_of(other)
    return one, other


def read_at_once(store: UsageStore, *blocks: bytes) -> int:
    """How many lines the source had to read by itself."""
    some, asked = lines(*blocks), [0]

    def rows(one: bytes) -> Any:
        asked[0] += 1
        return some.rows(one)

    import_lines(store, SOURCE, replace(some, rows=rows), COVERED, users=USERS)
    return asked[0]


# --- usual lines ------------------------------------------------------------------------------------------------------


USUAL = [
    line(),
    line(company=["acme"]),
    line(company=17),
    line(distinct_id="$device:1", **{"$device_id": "1", "$user_id": None}),
    line("Größe geändert", **{"$insert_id": "i2", "feature": "größer", "nested": {"a": [1, 2.5, {"b": None}]}}),
    line(text='with "quotes"\nand \u2028 signs', none=None, yes=True, number=1.10, big=12345678901234567890123, e=1e5),
    line("It's", time=AT + 1, **{"$insert_id": "it's"}),
    line(company=" acme ", rows=0, **{"$user_id": "ana", "$device_id": "d"}),
    line(company="5.0"),
    line(text="a nanny, information, infinity"),
]


def test_usual_lines_are_read_at_once(store: UsageStore) -> None:
    block = b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in USUAL)
    assert read_at_once(store, block) == 0


def test_usual_lines_mean_the_same(tmp_path: Path) -> None:
    for place, coded in enumerate((True, False)):
        block = b"\n".join(json.dumps(one, ensure_ascii=coded).encode() for one in USUAL)
        both(tmp_path / str(place), block)


def test_few_lines_are_read_by_the_source(store: UsageStore) -> None:
    block = b"\n".join(json.dumps(one).encode() for one in USUAL)
    done = lines_module.import_lines(
        store, SOURCE, replace(lines(block), plain=replace(plain_of(), ids=never)), COVERED
    )
    assert (done.stored, len(USUAL)) == (len(USUAL), len(stored(store)))


def plain_of() -> PlainLine:
    plain = lines().plain
    assert plain is not None
    return plain


def never(event: Column, time: Column, insert: Column, device: Column, user: Column) -> Column:
    raise AssertionError("asked for ids of many lines")


def test_blocks_are_one_after_the_other(tmp_path: Path) -> None:
    blocks = [json.dumps(line(**{"$insert_id": f"i{n}", f"only {n}": n})).encode() + b"\n" for n in range(3)]
    store, _ = both(tmp_path, *blocks)
    assert len(stored(store)) == 3


def test_more_names_than_have_columns_are_kept_together(tmp_path: Path) -> None:
    rows = [json.dumps(line(**{"$insert_id": f"i{n}", f"p{n}": n, "common": n})).encode() for n in range(320)]
    one, other = (UsageStore(tmp_path / name) for name in ("one", "other"))
    import_rows(one, SOURCE, lines(b"\n".join(rows)).events(), COVERED)
    import_lines(other, SOURCE, lines(b"\n".join(rows)), COVERED)
    asked = ["common", "p7", "p319", "time"]
    found = [
        sorted(s.connect().execute(f"SELECT * FROM {s.events_of(s.manifest().segments, asked)}").fetchall(), key=repr)
        for s in (one, other)
    ]
    assert found[0] == found[1]
    assert [segment.rest for segment in other.manifest().segments] == [True]


# --- odd ones ---------------------------------------------------------------------------------------------------------

NO_TEXT = [b'{"event": "a\xff", "properties": {"time": 1}}', json.dumps(line()).encode("utf-16")]
ODD = [
    b"",
    b"   \r",
    b"{}",
    b"[1]",
    b"no JSON",
    b"{'event': 1}",
    b'{"event": "a", "properties": 5}',
    b'{"event": "a", "properties": {}}',
    b'{"event": "a", "properties": {"time": 1}} more',
    b'{"event": "a", "properties": {"time": 1,}}',
    b'\xef\xbb\xbf{"event": "a", "properties": {"time": 1, "company": "acme"}}',
    json.dumps(line()).encode().replace(b"ana", b"\\ud800"),
    json.dumps(line()).encode().replace(b"ana", b"a\\u0000b"),
    json.dumps(line()).encode().replace(b'"acme"', b"nan"),
    json.dumps(line()).encode().replace(b'"acme"', b"NaN"),
    json.dumps(line(x=1)).encode().replace(b'"x": 1', b'"x": -Infinity'),
    json.dumps(line(x=1)).encode().replace(b'"x": 1', b'"x": -inf'),
    json.dumps(line(x=1)).encode().replace(b'"x": 1', b'"x": 1, "x": 2'),
    json.dumps(line(x=1)).encode().replace(b'"x": 1', b'"x": 1, "time": 7'),
    json.dumps(line()).encode().replace(b'"event"', b'"event": "other", "event"'),
    json.dumps({**line(), "more": 1}).encode(),
    json.dumps({"properties": line()["properties"], "event": "Login"}).encode(),
    json.dumps(line(x=1)).encode().replace(b'"x": 1', b'"x": ' + b"[" * 2000 + b"]" * 2000),
    *(json.dumps(one).encode() for one in (
        line(None), line(5), line(""), line("\\N"), line("a\\b"),
        line(time=None), line(time="2026-03-01T10:00:00Z"), line(time=AT * 1000), line(time=AT + 0.5), line(time=-1),
        line(time=True), line(time=20260301), line(time=10**19), line(time=AT + 9 * 86_400), line(time=0),
        line(distinct_id=None), line(distinct_id=""), line(distinct_id=17), line(distinct_id="17.0"),
        line(distinct_id="ben", company=None), line(distinct_id="$device:7", company=""),
        line(company=None), line(company=[]), line(company=["a", "b"]), line(company=[""]), line(company=[17]),
        line(company=True), line(company=1.5), line(company=5.0), line(company={"id": 1}), line(company="NULL"),
        line(company=["a\\b"]), line(company="\u00a0acme\u00a0"),
        line(mp_processing_time_ms=None), line(mp_processing_time_ms="x"), line(mp_processing_time_ms=AT * 1000.0),
        line(**{"$insert_id": None}), line(**{"$insert_id": ""}), line(**{"$insert_id": 5}),
        line(**{"$insert_id": 'a"b'}),
        line(**{"$device_id": 5}), line(**{"$user_id": ["u"]}), line(**{"": "empty name"}), line(**{"a/b~c": "signs"}),
    )),
]  # fmt: skip


def test_odd_lines_mean_the_same_among_usual_ones(tmp_path: Path) -> None:
    usual = [json.dumps(line(**{"$insert_id": f"u{n}"})).encode() for n in range(3)]
    both(tmp_path, b"\n".join([usual[0], *ODD, *ODD[-9:], usual[1], usual[2], usual[2]]))


def test_what_is_no_text_costs_its_block_no_more_than_time(tmp_path: Path) -> None:
    usual = json.dumps(line()).encode()
    both(tmp_path, b"\n".join([usual, *NO_TEXT, usual]))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
IDS = (
    st.sampled_from(["ana", "ben", "17", "17.0", " x ", "", "NULL", "é", "'", '"', "a\\b"])
    | st.text(max_size=5)
    | VALUES
)
LINES = st.builds(
    lambda event, known, more: {"event": event, "properties": {**more, **known}},
    st.sampled_from(["Login", "It's", "ü"]) | VALUES,
    st.fixed_dictionaries(
        {"time": st.integers(AT, AT + 99) | VALUES, "company": IDS},
        optional={
            "distinct_id": IDS, "$insert_id": IDS, "$device_id": IDS, "$user_id": IDS,
            "mp_processing_time_ms": st.integers(AT * 1000, (AT + 999) * 1000) | VALUES,
        },
    ),
    st.dictionaries(st.text(max_size=6), VALUES, max_size=4),
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=25), st.booleans(), st.sampled_from(["UTC", "America/New_York"]))
def test_whatever_lines_say_it_means_the_same(
    tmp_path_factory: pytest.TempPathFactory, some: list[Any], coded: bool, zone: str
) -> None:
    texts = [json.dumps(one, ensure_ascii=coded).encode("utf-8", "surrogatepass") for one in some]
    both(tmp_path_factory.mktemp("lines"), b"\n".join(texts), zone=zone)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "America/St_Johns", "UTC"])
def test_times_of_a_zone_mean_the_same_when_its_clocks_are_changed(tmp_path: Path, zone: str) -> None:
    begins = int(datetime(2026, 3, 7, 22, tzinfo=UTC).timestamp())
    times = [*range(begins, begins + 8 * 3600, 600), begins - 10**8, begins + 10**8, begins * 1000]
    block = b"\n".join(json.dumps(line(time=at, **{"$insert_id": str(at)})).encode() for at in times)
    some: Callable[[], EventLines] = lambda: lines_in(  # noqa: E731
        lambda: iter([block]), lambda read, bad: None, "company", ZoneInfo(zone), date(2026, 3, 6), date(2026, 3, 9)
    )
    one, other = UsageStore(tmp_path / "one"), UsageStore(tmp_path / "other")
    import_rows(one, SOURCE, some().events(), None)
    import_lines(other, SOURCE, some(), None)
    assert all_of(one) == all_of(other)


# --- what breaks, and what comes again --------------------------------------------------------------------------------


def test_what_came_before_a_break_is_kept_and_known_for_no_time(store: UsageStore) -> None:
    def breaking() -> Iterator[bytes]:
        yield json.dumps(line()).encode() + b"\n" + json.dumps(line(company=["a", "b"])).encode() + b"\n"
        raise TryLater("the source is gone")

    with pytest.raises(TryLater, match="the source is gone"):
        import_lines(store, SOURCE, replace(lines(), blocks=breaking), COVERED)
    assert len(stored(store)) == 3
    assert store.manifest().covered == {}
    assert not list((store.root / "scratch").glob("*/*"))


def test_lines_that_come_again_are_stored_once(store: UsageStore) -> None:
    block = b"\n".join(json.dumps(one).encode() for one in USUAL)
    first = import_lines(store, SOURCE, lines(block), COVERED)
    again = import_lines(store, SOURCE, lines(block, block), COVERED)
    assert (again.stored, again.duplicates) == (0, 2 * (first.stored + first.duplicates))


def test_what_is_stored_under_a_former_id_is_not_stored_again(store: UsageStore) -> None:
    block = json.dumps(line()).encode()
    (row,) = lines(block).events()
    import_rows(store, SOURCE, [replace(row, event_id=row.former_id, former_id=None)], COVERED)
    done = import_lines(store, SOURCE, lines(block), COVERED)
    assert (done.stored, done.duplicates, len(stored(store))) == (0, 1, 1)


def test_the_folder_is_emptied_into_the_store_when_it_is_full(tmp_path: Path) -> None:
    blocks = [json.dumps(line(**{"$insert_id": f"i{n}"})).encode() + b"\n" for n in range(4)]
    store = UsageStore(tmp_path / "one")
    done = import_lines(store, SOURCE, lines(*blocks), COVERED, most_at_once=1)
    assert (done.stored, len(store.manifest().segments)) == (4, 4)
    assert store.manifest().covered == {SOURCE: (COVERED,)}
