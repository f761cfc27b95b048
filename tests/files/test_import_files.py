"""Files into the store: every format, every word of a map, and everything that can be wrong with a row or a file."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expansion.files.maps import EventMap
from expansion.usage.forms.failures import ImportFailed
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import MAP, at, files_of, ids, import_events, lines, properties, report, row, stored

GOOD = [row("1"), row("2", "2026-03-01T11:00:00Z"), row("3", "2026-03-02T00:00:00Z", user="ben")]


# --- formats ----------------------------------------------------------------------------------------------------------


def csv_file(path: Path, rows: list[dict[str, Any]], separator: str = ",") -> Path:
    heading = separator.join(rows[0])
    body = "\n".join(separator.join(str(value) for value in one.values()) for one in rows)
    text = f"{heading}\n{body}\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def parquet_file(path: Path, rows: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


MAKERS = {
    "events.jsonl": lines,
    "events.json": lines,
    "events.ndjson": lines,
    "events.jsonl.gz": lines,
    "events.JSON.GZ": lambda path, rows: path.write_bytes(
        gzip.compress("".join(json.dumps(one) + "\n" for one in rows).encode())
    ),
    "events.csv": csv_file,
    "events.csv.gz": csv_file,
    "events.parquet": parquet_file,
}


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_every_format_gives_the_same_events(store: UsageStore, tmp_path: Path, name: str) -> None:
    MAKERS[name](tmp_path / name, GOOD)
    result = import_events(store, tmp_path / name, MAP)
    assert (result.source, result.stored, result.duplicates, result.rejects) == (name, 3, 0, {})
    assert result.report is None
    assert stored(store) == [
        ("1", "export", at(2026, 3, 1, 10), at(2026, 3, 1, 10), "acme", "ana"),
        ("2", "export", at(2026, 3, 1, 11), at(2026, 3, 1, 11), "acme", "ana"),
        ("3", "export", at(2026, 3, 2), at(2026, 3, 2), "acme", "ben"),
    ]


def test_wildcards_in_a_name_stand_for_themselves(store: UsageStore, tmp_path: Path) -> None:
    lines(tmp_path / "events 1.jsonl", [row("other")])
    lines(tmp_path / "events [1]*?.jsonl", [row("mine")])
    import_events(store, tmp_path / "events [1]*?.jsonl", MAP)
    assert ids(store) == ["mine"]


def test_a_csv_may_use_semicolons_quotes_and_line_breaks(store: UsageStore, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text('\ufeffid;event;time;account;user;note\n1;"a;b";2026-03-01;acme;ana;"two\nlines, ""quoted"""\n')
    assert import_events(store, path, MAP).stored == 1
    assert stored(store, "event") == ["a;b"]
    assert properties(store)[0]["note"] == 'two\nlines, "quoted"'


def test_a_csv_with_semicolons_and_one_bad_row_keeps_its_good_rows(store: UsageStore, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("id;event;time;account;user\n1;a;2026-03-01;acme;\n2;b;soon;acme;\n")
    result = import_events(store, path, MAP)
    assert (result.stored, len(report(result)), report(result)[0]["line"]) == (1, 1, 3)


def test_an_empty_file_of_json_lines_holds_nothing(store: UsageStore, tmp_path: Path) -> None:
    assert import_events(store, lines(tmp_path / "events.jsonl", []), MAP).stored == 0


def test_a_csv_of_a_heading_alone_holds_nothing(store: UsageStore, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("id,event,time,account,user\n")
    assert import_events(store, tmp_path / "events.csv", MAP).stored == 0


def test_blank_lines_are_no_rows(store: UsageStore, tmp_path: Path) -> None:
    path = lines(tmp_path / "events.jsonl", ["", row("1"), "  ", row("2"), "", ""])
    result = import_events(store, path, MAP)
    assert (result.stored, result.rejects, result.report) == (2, {}, None)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(store: UsageStore, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(json.dumps(one).encode() for one in GOOD) + b"\r\n")
    assert import_events(store, path, MAP).stored == 3


# --- the map ----------------------------------------------------------------------------------------------------------


def test_an_id_of_several_columns_never_joins_two_events_into_one(store: UsageStore, tmp_path: Path) -> None:
    mapping = MAP.model_copy(update={"id": ["repo", "id"]})
    rows = [row("b|c", repo="a"), row("c", repo="a|b"), row("c", repo="a"), row("c", repo="a\\")]
    assert import_events(store, lines(tmp_path / "e.jsonl", rows), mapping).stored == 4
    assert "a|c" in ids(store)


def test_a_part_of_an_id_may_be_empty_and_not_all_of_them(store: UsageStore, tmp_path: Path) -> None:
    mapping = MAP.model_copy(update={"id": ["repo", "id"]})
    rows = [row("1"), row("1", repo="a"), row("", repo="a"), row(""), row("", repo="NULL")]
    result = import_events(store, lines(tmp_path / "e.jsonl", rows), mapping)
    assert (ids(store), result.rejects) == (["a|", "a|1", "|1"], {"no event id": 2})


@pytest.mark.parametrize(
    ("part", "text", "account"),
    [
        ({"before": "/"}, "acme/site", "acme"),
        ({"before": "/"}, "acme", "acme"),
        ({"after": "@"}, "ana@acme.example", "acme.example"),
        ({"after": "@"}, "ana", None),
        ({"before": "/"}, "/site", None),
    ],
)
def test_an_account_may_be_a_part_of_a_column(
    store: UsageStore, tmp_path: Path, part: dict[str, str], text: str, account: str | None
) -> None:
    mapping = EventMap.model_validate({**MAP.model_dump(), "account": {"from": "where", **part}})
    import_events(store, lines(tmp_path / "e.jsonl", [row(where=text), row("ok", where="a/b@c")]), mapping)
    assert stored(store, "account_id")[:-1] == ([account] if account else [])


def test_an_event_without_account_takes_its_users(store: UsageStore, tmp_path: Path) -> None:
    rows = [row("1", account=None), row("2", account="", user="ben"), row("3", account="own", user="ben")]
    rows.append(row("4", account=None, user="nobody"))
    result = import_events(store, lines(tmp_path / "e.jsonl", rows), MAP, users={"ana": "acme", "ben": "globex"})
    assert stored(store, "event_id, account_id") == [("1", "acme"), ("2", "globex"), ("3", "own")]
    assert result.rejects == {"no account, and none, or more than one, is known for its user": 1}


def test_a_map_without_account_takes_all_from_users(store: UsageStore, tmp_path: Path) -> None:
    mapping = EventMap(id="id", event="event", time="time", user="user")
    import_events(store, lines(tmp_path / "e.jsonl", GOOD), mapping, users={"ana": "acme"})
    assert stored(store, "account_id, user_id") == [("acme", "ana")] * 2


def test_a_map_without_user_leaves_it_open(store: UsageStore, tmp_path: Path) -> None:
    mapping = EventMap(id="id", event="event", time="time", account="account")
    import_events(store, lines(tmp_path / "e.jsonl", GOOD), mapping)
    assert set(stored(store, "user_id")) == {""}


def test_what_arrived_late_keeps_both_times(store: UsageStore, tmp_path: Path) -> None:
    mapping = MAP.model_copy(update={"received_at": "received"})
    rows = [row("late", received="2026-03-05T00:00:00Z"), row("none"), row("early", received="2026-03-01T09:40:00Z")]
    import_events(store, lines(tmp_path / "e.jsonl", rows), mapping)
    seen = dict(stored(store, "event_id, seen_at"))
    happened = at(2026, 3, 1, 10)
    assert seen == {"late": at(2026, 3, 5), "none": happened, "early": happened}  # nothing arrives before it happens


def test_only_the_named_properties_are_kept(store: UsageStore, tmp_path: Path) -> None:
    mapping = MAP.model_copy(update={"properties": ["feature", "a/b~c", "missing", "inner.size"]})
    rows = [row(feature="sso", rows=5, **{"a/b~c": 1.5, "inner": {"size": 7}})]
    import_events(store, lines(tmp_path / "e.jsonl", rows), mapping)
    assert properties(store) == [{"feature": "sso", "a/b~c": "1.5", "inner.size": "7"}]


def test_a_vendors_export_keeps_what_it_has_under_properties(store: UsageStore, tmp_path: Path) -> None:
    mapping = EventMap(id="properties.$insert_id", event="event", time="properties.time", account="properties.org")
    rows = [{"event": "Export", "properties": {"$insert_id": "x", "time": 1_772_359_200, "org": "acme", "rows": 5}}]
    import_events(store, lines(tmp_path / "e.jsonl", rows), mapping)
    assert stored(store, "event_id, ts, account_id") == [("x", at(2026, 3, 1, 10), "acme")]
    assert properties(store)[0]["rows"] == "5"


def test_a_name_with_a_dot_is_that_name_first(store: UsageStore, tmp_path: Path) -> None:
    mapping = MAP.model_copy(update={"user": "user.id"})
    import_events(store, lines(tmp_path / "e.jsonl", [row(**{"user.id": "flat", "user": {"id": "deep"}})]), mapping)
    assert stored(store, "user_id") == ["flat"]


def test_without_properties_every_column_is_kept(store: UsageStore, tmp_path: Path) -> None:
    for name in ("e.csv", "e.parquet", "e.jsonl"):
        fresh = UsageStore(tmp_path / name.replace(".", "-"))
        MAKERS[f"events.{name.split('.')[1]}"](tmp_path / name, [row(feature="sso")])
        import_events(fresh, tmp_path / name, MAP)
        assert properties(fresh) == [row(feature="sso")]


# --- times ------------------------------------------------------------------------------------------------------------

TIMES: list[tuple[Any, Any]] = [
    ("2026-03-01T10:00:00Z", at(2026, 3, 1, 10)),
    ("2026-03-01T10:00:00.123456+02:00", at(2026, 3, 1, 8, 0, 0, 123456)),
    ("2026-03-01 10:00:00", at(2026, 3, 1, 10)),
    ("2026-03-01", at(2026, 3, 1)),
    (1_772_359_200, at(2026, 3, 1, 10)),
    ("1772359200", at(2026, 3, 1, 10)),
    (1_772_359_200.5, at(2026, 3, 1, 10, 0, 0, 500000)),
    (1_772_359_200_123, at(2026, 3, 1, 10, 0, 0, 123000)),
    ("1772359200123", at(2026, 3, 1, 10, 0, 0, 123000)),
]


@pytest.mark.parametrize(("written", "moment"), TIMES)
def test_times_are_read_as_iso_or_epoch(store: UsageStore, tmp_path: Path, written: Any, moment: datetime) -> None:
    import_events(store, lines(tmp_path / "e.jsonl", [row(time=written)]), MAP)
    assert stored(store, "ts") == [moment]


def test_a_parquet_file_may_hold_real_times(store: UsageStore, tmp_path: Path) -> None:
    moments = [row("a", datetime(2026, 3, 1, 10)), row("b", datetime(2026, 3, 1, 10, 0, 0, 7))]
    parquet_file(tmp_path / "a.parquet", moments)
    parquet_file(tmp_path / "b.parquet", [row("c", date(2026, 3, 1))])
    nanoseconds = pa.array([1_772_359_200 * 10**9], pa.timestamp("ns", "UTC"))
    table = pa.Table.from_pylist([row("d")])
    pq.write_table(table.set_column(table.schema.get_field_index("time"), "time", nanoseconds), tmp_path / "d.parquet")
    for name in "abd":
        import_events(store, tmp_path / f"{name}.parquet", MAP)
    assert stored(store, "ts") == [
        at(2026, 3, 1, 10), at(2026, 3, 1, 10, 0, 0, 7), at(2026, 3, 1), at(2026, 3, 1, 10),
    ]  # fmt: skip


CANNOT_READ = (
    "the time cannot be read; write ISO 8601, such as 2025-03-01T10:00:00Z, or seconds, milliseconds, microseconds or "
    "nanoseconds since 1970"
)
SMALL = (
    "the time is a number that is no time; write seconds, milliseconds, microseconds or nanoseconds since 1970, or a "
    "day as 20250301"
)
OUTSIDE = "the time lies outside 1990 to 2100"
REJECTED: list[tuple[dict[str, Any], str]] = [
    ({"id": None}, "no event id"),
    ({"id": ""}, "no event id"),
    ({"event": None}, "no event name"),
    ({"event": ""}, "no event name"),
    ({"time": None}, "no time"),
    ({"time": "yesterday"}, CANNOT_READ),
    (
        {"time": "2026-13-01"},
        "the time is a day or an hour that does not exist; write ISO 8601, such as 2025-03-01T10:00:00Z",
    ),
    ({"time": {"at": 1}}, CANNOT_READ),
    ({"time": 10**30}, SMALL),
    ({"time": 5}, SMALL),
    ({"time": "infinity"}, CANNOT_READ),
    ({"time": "2190-01-01"}, OUTSIDE),
    ({"account": None}, "no account, and none, or more than one, is known for its user"),
    ({"received": "later"}, CANNOT_READ.replace("the time", "the time of arrival", 1)),
    ({"received": "infinity"}, CANNOT_READ.replace("the time", "the time of arrival", 1)),
    ({"received": "2190-01-01"}, OUTSIDE.replace("the time", "the time of arrival")),
]


@pytest.mark.parametrize(("wrong", "reason"), REJECTED)
def test_a_row_that_is_no_event_is_reported_with_its_line(
    store: UsageStore, tmp_path: Path, wrong: dict[str, Any], reason: str
) -> None:
    mapping = MAP.model_copy(update={"received_at": "received"})
    path = lines(tmp_path / "e.jsonl", [row("1"), "", {**row("2"), **wrong}, row("3")])
    result = import_events(store, path, mapping)
    assert (result.stored, result.rejects) == (2, {reason: 1})
    (found,) = report(result)
    read = next((wrong[word] for word in ("time", "received") if wrong.get(word)), None)
    said = f"; it says `{read if isinstance(read, str) else json.dumps(read, separators=(',', ':'))}`" if read else ""
    assert (found["source"], found["line"], found["reason"]) == ("e.jsonl", 3, reason + said)
    assert json.loads(found["row"]) == json.loads(json.dumps({**row("2"), **wrong}))
    assert files_of(store) == [name for name in files_of(store) if not name.startswith("scratch")]


# --- rows that cannot be read -----------------------------------------------------------------------------------------


def test_lines_that_are_not_json_are_reported_and_the_others_stored(store: UsageStore, tmp_path: Path) -> None:
    good = json.dumps(row("exact", size=10**20, ratio=1.10))
    path = lines(tmp_path / "e.jsonl", [good, "{not json", "[1, 2]", "5", '{"id": "\\ud800"}', row("2")])
    path.write_bytes(path.read_bytes() + b'{"id": "caf\xe9"}\n')
    result = import_events(store, path, MAP)
    assert ids(store) == ["2", "exact"]
    assert [(one["line"], one["reason"]) for one in report(result)] == [
        (2, "not valid JSON"),
        (3, "not a JSON object"),
        (4, "not a JSON object"),
        (5, "not valid JSON"),
        (7, "not text in UTF-8"),
    ]
    assert report(result)[0]["row"] == "{not json"
    kept = properties(store)[1]
    assert (kept["size"], kept["ratio"]) == ("100000000000000000000", "1.1")  # not rounded on the way


def test_csv_rows_with_too_few_or_too_many_cells_are_reported(store: UsageStore, tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text("id,event,time,account,user\n1,a,2026-03-01,acme,ana\n2,b\n\n3,c,2026-03-01,acme,ana,more\n")
    result = import_events(store, path, MAP)
    assert ids(store) == ["1"]
    assert [(one["line"], one["reason"]) for one in report(result)] == [
        (3, "2 cells where the heading has 5"),
        (5, "6 cells where the heading has 5"),
    ]
    assert report(result)[0]["row"] == "2,b"


def test_a_quote_that_is_never_closed_costs_one_row_not_the_rest(store: UsageStore, tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    rows = "\n".join(f"{number},a,2026-03-01,acme,ana" for number in range(3, 1500))
    path.write_text(f'id,event,time,account,user\n1,a,2026-03-01,acme,ana\n2,"a,2026-03-01,acme,ana\n{rows}\n')
    result = import_events(store, path, MAP)
    assert result.stored == 1498
    assert [one["line"] for one in report(result)] == [3]
    assert report(result)[0]["reason"] == (
        "a quote that is not closed, or stands where none may; one within a quoted cell is written twice"
    )


def test_csv_cells_that_are_no_text_are_reported(store: UsageStore, tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_bytes(b"id,event,time,account,user\n1,caf\xe9,2026-03-01,acme,ana\n2,b,2026-03-01,acme,ana\n")
    result = import_events(store, path, MAP)
    assert (ids(store), report(result)[0]["reason"]) == (["2"], "not text in UTF-8")


def test_rows_of_parquet_are_reported_by_their_number(store: UsageStore, tmp_path: Path) -> None:
    path = parquet_file(tmp_path / "e.parquet", [row("1"), row("2", "soon"), row("3")])
    result = import_events(store, path, MAP)
    assert (ids(store), [one["line"] for one in report(result)]) == (["1", "3"], [2])


# --- repeats ----------------------------------------------------------------------------------------------------------


def test_the_same_file_twice_stores_nothing_twice(store: UsageStore, tmp_path: Path) -> None:
    path = lines(tmp_path / "e.jsonl", GOOD)
    import_events(store, path, MAP)
    again = import_events(store, path, MAP)
    assert (again.stored, again.duplicates, len(ids(store))) == (0, 3, 3)
    assert len(store.manifest().segments) == 1


def test_repeats_within_a_file_and_across_files_are_dropped(store: UsageStore, tmp_path: Path) -> None:
    first = import_events(store, lines(tmp_path / "a.jsonl", [row("1"), row("1"), row("2")]), MAP)
    second = import_events(store, lines(tmp_path / "b.jsonl", [row("2"), row("3"), row("3"), row("1")]), MAP)
    assert (first.stored, first.duplicates, second.stored, second.duplicates) == (2, 1, 1, 3)
    assert ids(store) == ["1", "2", "3"]


def test_of_the_same_id_with_other_content_the_first_counts(store: UsageStore, tmp_path: Path) -> None:
    mapping = MAP.model_copy(update={"received_at": "received"})
    late, early = row("1", event="late", received="2026-03-09"), row("1", event="early", received="2026-03-02")
    import_events(store, lines(tmp_path / "a.jsonl", [late, early]), mapping)
    assert stored(store, "event") == ["early"]  # in one file the one that arrived first
    again = import_events(store, lines(tmp_path / "a-2.jsonl", [row("1", event="again")]), mapping)
    assert stored(store, "event") == ["early"]  # afterwards what is stored stays
    assert [one["line"] for one in report(again)] == [1]
    import_events(store, lines(tmp_path / "b.jsonl", [row("1", event="again")]), mapping)
    assert sorted(stored(store, "event")) == ["again", "early"]  # in another table it is another event


def test_late_and_out_of_order_events_are_stored_like_any_other(store: UsageStore, tmp_path: Path) -> None:
    import_events(store, lines(tmp_path / "a.jsonl", [row("9", "2026-03-09"), row("1", "2026-03-01")]), MAP)
    import_events(store, lines(tmp_path / "b.jsonl", [row("5", "2026-03-05"), row("0", "2026-02-01")]), MAP)
    assert ids(store) == ["0", "1", "5", "9"]


# --- files that are not what they say ---------------------------------------------------------------------------------


def _half(path: Path) -> Path:
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    return path


MANY = [row(str(number)) for number in range(2000)]


def wrong_files(folder: Path) -> dict[str, tuple[Path, str]]:
    def raw(name: str, content: bytes) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    several = json.dumps(GOOD, indent=1).encode()
    return {
        "missing": (folder / "nothing.jsonl", "there is no such file"),
        "only gz": (raw("events.gz", b"{}"), "is no .gz file, though its name says so"),
        "not gz": (raw("plain.jsonl.gz", json.dumps(row()).encode()), "is no .gz file, though its name says so"),
        "cut gz": (_half(lines(folder / "cut.jsonl.gz", MANY)), "is cut off or damaged"),
        "cut csv gz": (_half(csv_file(folder / "cut.csv.gz", MANY)), "is cut off or damaged"),
        "html": (raw("page.jsonl", b"<html>\n<body>sign in</body>\n"), "holds no row that can be read"),
        "cut list": (_half(raw("list.json", several)), "is cut off: its array is not closed"),
        "half parquet": (_half(parquet_file(folder / "half.parquet", MANY)), "is not a Parquet file, or is cut off"),
        "no parquet": (raw("text.parquet", b"hello"), "is no .parquet file, though its name says so"),
        "empty csv": (raw("empty.csv", b""), "is empty"),
        "binary csv": (raw("binary.csv", bytes(range(128, 256)) * 9), "is not UTF-8 text"),
        "heading": (raw("heading.csv", "id,Prénom\n1,Ana\n".encode("cp1252")), "`read: {encoding: cp1252}`"),
        "twice": (raw("twice.csv", b"ID,Id,event,time\n"), "has no column `id`, which the map gives as `id`"),
        "columns": (raw("columns.csv", b"id,what,time\n1,a,2026\n"), "has no column `event`, which the map gives as"),
        "parquet columns": (
            parquet_file(folder / "columns.parquet", [{"id": 1, "event": "a", "time": 1, "account": "b"}]),
            "has no column `user`, which the map gives as `user`; it has: id, event, time, account",
        ),
    }


WRONG = (
    "missing", "only gz", "not gz", "cut gz", "cut csv gz", "html", "cut list", "half parquet", "no parquet",
    "empty csv", "binary csv", "heading", "twice", "columns", "parquet columns",
)  # fmt: skip


@pytest.mark.parametrize("name", ["events.txt", "events", "zipped.jsonl", "list.json"])
def test_a_file_is_what_it_holds_where_its_name_says_less(store: UsageStore, tmp_path: Path, name: str) -> None:
    text = "".join(json.dumps(one) + "\n" for one in GOOD)
    given = {"zipped.jsonl": gzip.compress(text.encode()), "list.json": json.dumps(GOOD, indent=1).encode()}
    (tmp_path / name).write_bytes(given.get(name, text.encode()))
    assert import_events(store, tmp_path / name, MAP).stored == 3


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_is_not_what_it_says_gets_one_sentence_and_harms_nothing(
    store: UsageStore, tmp_path: Path, what: str
) -> None:
    import_events(store, lines(tmp_path / "before.jsonl", GOOD), MAP)
    before = files_of(store), store.manifest()
    path, sentence = wrong_files(tmp_path)[what]
    with pytest.raises(ImportFailed) as failed:
        import_events(store, path, MAP)
    assert str(failed.value).startswith((f"{path}: ", f"{path.name}: "))
    assert sentence in str(failed.value)
    assert "\n" not in str(failed.value)
    assert (files_of(store), store.manifest()) == before


def test_a_row_of_nearly_16_mb_is_stored(store: UsageStore, tmp_path: Path) -> None:
    path = lines(tmp_path / "e.jsonl", [row("1"), row("long", note="x" * 16_000_000)])
    result = import_events(store, path, MAP)
    assert (result.stored, result.rejects) == (2, {})


def test_a_line_without_end_is_a_row_that_cannot_be_read_and_the_others_are_stored(
    store: UsageStore, tmp_path: Path
) -> None:
    path = lines(tmp_path / "e.jsonl", [row("1"), '{"id": "' + "x" * (17 << 20) + '"}', row("3")])
    result = import_events(store, path, MAP)
    assert ids(store) == ["1", "3"]
    assert [(one["line"], one["reason"]) for one in report(result)] == [
        (2, "longer than 16 MB; rows end with a line break")
    ]
