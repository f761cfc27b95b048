"""The store's list of files, and rollups: built or not, bit by bit or at once, the rows are the same."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from expansion.evaluate.relations import StoreRelations
from expansion.usage.storage.atoms import atom_of
from expansion.usage.storage.manifest import StoreError
from expansion.usage.storage.rollup import Column
from expansion.usage.storage.store import UsageStore
from tests.evaluate.words import event
from tests.evaluate.worlds import World, _world, fill
from tests.usage.builders import at, utc

ANY, EXPORT = atom_of(("any event",), {}), atom_of(("export",), {})
COLUMNS = [
    Column(EXPORT),
    Column(atom_of(("export", "print"), {"rows": 10})),
    *(Column(ANY, kind, "rows") for kind in ("sum", "max", "read", "unread")),
    Column(EXPORT, "sum", "rows"),
    Column(ANY, "distinct", "feature"),
    Column(atom_of(("paywall",), {}), "latest", "feature"),
    Column(atom_of(("print",), {"feature": "sso"}), "moments"),
]
FILES_OF_A_SEGMENT = 3  # one for what stands side by side, one for the newest values, one for moments


def rolled(store: UsageStore, columns: list[Column], zone: str = "Europe/London") -> list[object]:
    """All rollup rows, added up: one file may hold some of the columns, another the rest."""
    relations = StoreRelations.of(store)
    found: list[object] = []
    for column in columns:
        rows = relations.rolled([column], zone, at(2000, 1, 1).date(), at(2100, 1, 1).date())
        assert rows is not None
        if column.is_detail:
            each = "DISTINCT *" if column.kind == "distinct" else "*"  # of two files each has what is in both
            found.append((column.key, relations.con.execute(f"SELECT {each} FROM {rows} ORDER BY ALL").fetchall()))
            continue
        added = f"{'max' if column.kind == 'max' else 'sum'}({column.key})"
        query = f"SELECT account_id, user_id, day, seen_day, {added} AS n FROM {rows} GROUP BY ALL HAVING n <> 0"
        found.append((column.key, relations.con.execute(f"{query} ORDER BY ALL").fetchall()))
    return found


def busy_world(seed: int) -> World:
    """The first world from this seed on that has many events."""
    return next(world for n in range(seed, seed + 50) if len((world := _world(n)).batches) == 2 and world.batches[1])


@pytest.mark.parametrize("seed", [1, 100, 200, 300])
def test_rollups_are_the_same_built_or_on_the_fly_at_once_or_bit_by_bit(tmp_path: Path, seed: int) -> None:
    world = busy_world(seed)
    on_the_fly = world.store(tmp_path / "fly")
    wanted = rolled(on_the_fly, COLUMNS)
    assert sum(bool(rows) for _, rows in wanted) > 7

    at_once = world.store(tmp_path / "once")
    files = len(at_once.manifest().segments) * FILES_OF_A_SEGMENT
    assert at_once.ensure_rollups(at_once.connect(), COLUMNS, "Europe/London") >= files
    assert at_once.ensure_rollups(at_once.connect(), COLUMNS, "Europe/London") == 0

    bit_by_bit = UsageStore(tmp_path / "bits")
    for batch in world.batches:
        fill(bit_by_bit.root, [batch])
        bit_by_bit.ensure_rollups(bit_by_bit.connect(), COLUMNS[:2], "Europe/London")
    some = rolled(bit_by_bit, COLUMNS)  # half built, half on the fly
    bit_by_bit.ensure_rollups(bit_by_bit.connect(), COLUMNS, "Europe/London")
    assert all(len(segment.rollups) >= FILES_OF_A_SEGMENT + 1 for segment in bit_by_bit.manifest().segments)
    for rows in (rolled(at_once, COLUMNS), some, rolled(bit_by_bit, COLUMNS)):
        assert rows == wanted


def test_a_rollup_of_another_zone_is_another_rollup(tmp_path: Path) -> None:
    store = busy_world(1).store(tmp_path)
    for zone in ("UTC", "Asia/Kolkata"):
        assert store.ensure_rollups(store.connect(), COLUMNS, zone) >= 2 * FILES_OF_A_SEGMENT
    plain = busy_world(1).store(tmp_path / "plain")
    for zone in ("UTC", "Asia/Kolkata"):
        assert rolled(store, COLUMNS, zone) == rolled(plain, COLUMNS, zone)


@pytest.mark.parametrize("values", [1, 64, 65])
def test_few_different_values_and_many_are_kept_in_their_own_ways_and_read_the_same(
    tmp_path: Path, values: int
) -> None:
    many_different = [
        event(f"a{n % 3}", "export", utc(2026, 3, 1 + n % 5), f"u{n % 2}", feature=f"it's {n % values}")
        for n in range(200)
    ]
    built, plain = fill(tmp_path / "built", [many_different]), fill(tmp_path / "plain", [many_different])
    column = Column(EXPORT, "distinct", "feature")
    built.ensure_rollups(built.connect(), [column], "UTC")
    assert [len(rollup.sets) for rollup in built.manifest().segments[0].rollups] == [1 if values <= 64 else 0]
    assert rolled(built, [column], "UTC") == rolled(plain, [column], "UTC")


def test_an_empty_store_has_nothing_to_roll_up(store: UsageStore) -> None:
    assert store.ensure_rollups(store.connect(), COLUMNS, "UTC") == 0
    assert store.events_of(store.manifest().segments) is None


def test_the_same_filter_is_one_column_however_it_is_written() -> None:
    assert atom_of(("a", "b"), {"x": 1, "y": "z"}).id == atom_of(("b", "a", "b"), {"y": "z", "x": 1}).id
    assert atom_of(("a",), {"x": 1}).id != atom_of(("a",), {"x": "1"}).id
    assert Column(atom_of(("a",), {}), "sum", "x").key != Column(atom_of(("a",), {}), "sum", "y").key


# --- the manifest -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"version": 3}', '{"version": 3, "segments": [{}]}', "null", "\udcff"]
)
def test_a_damaged_manifest_says_what_to_do(store: UsageStore, content: str) -> None:
    store.root.mkdir()
    (store.root / "manifest.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(
        StoreError, match=r"manifest\.json is damaged .*restore a backup, or move this folder aside and import again"
    ) as damaged:
        store.manifest()
    assert "Error" not in str(damaged.value)


def test_a_manifest_of_another_version_is_not_guessed_at(store: UsageStore) -> None:
    store.root.mkdir()
    (store.root / "manifest.json").write_text(json.dumps({"version": 99}))
    with pytest.raises(StoreError, match="written by another version of expansion"):
        store.manifest()


def test_a_manifest_reads_back_as_it_was_written(tmp_path: Path) -> None:
    store = busy_world(1).store(tmp_path)
    store.ensure_rollups(store.connect(), COLUMNS, "UTC")
    store.cover(((utc(2026, 1, 1), utc(2026, 2, 1)),), "mixpanel.export")
    manifest = store.manifest()
    store.cover((), "mixpanel.export")
    assert store.manifest() == manifest
    assert manifest.segments[0].rows == len({event["id"] for event in busy_world(1).batches[0]})


def test_an_empty_store_is_known_for_no_time(store: UsageStore) -> None:
    assert (store.manifest().watermark, store.manifest().spans()) == (None, ())


def test_events_are_kept_whatever_the_order_of_the_batches(tmp_path: Path) -> None:
    events = list(busy_world(1).batches[0])
    Random(1).shuffle(events)
    forward = fill(tmp_path / "a", [events[:9], events[9:]])
    backward = fill(tmp_path / "b", [events[9:], events[:9]])
    assert rolled(forward, COLUMNS) == rolled(backward, COLUMNS)
