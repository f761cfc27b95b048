"""What `expansion doctor` finds in a warehouse, and that it changes nothing there."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from integrations.kit.declare import Finding
from integrations.kit.world import IN_LIFE
from integrations.warehouse import INTEGRATION, Settings
from tests.warehouse.filling import PostgresStage

MAP = "table: analytics.events\nid: Event Id\nevent: name\ntime: happened\naccount: account\nproperties: {rows: Rows}\n"


@pytest.fixture
def findings(stage: PostgresStage, address: str, tmp_path: Path):
    stage.fill([])

    def findings(map_: str = MAP, url: str = address) -> list[Finding]:
        path = tmp_path / "warehouse.yaml"
        path.write_text(map_)
        return INTEGRATION.connect(Settings.model_validate({"engine_url": url, "engine_map": path}), IN_LIFE).check()

    return findings


def bad(found: list[Finding]) -> list[str]:
    return [one.what for one in found if not one.ok]


def test_all_is_well(findings) -> None:
    found = findings()
    assert bad(found) == []
    assert [one.what for one in found][:4] == [
        "the warehouse answers",
        "sessions keep UTC",
        "may read analytics.events",
        "every column of the map is there",
    ]


def test_a_user_that_may_write_is_a_warning(findings) -> None:
    (found,) = [one for one in findings() if one.mark == "warning"]
    assert found.what == "more rights than needed: INSERT, UPDATE, DELETE on analytics.events"


def test_a_user_that_may_only_read_is_as_it_should_be(findings, writing: psycopg.Connection, address: str) -> None:
    writing.execute("DROP ROLE IF EXISTS only_reads")
    writing.execute("CREATE ROLE only_reads LOGIN")
    writing.execute("GRANT USAGE ON SCHEMA analytics TO only_reads")
    writing.execute("GRANT SELECT ON analytics.events TO only_reads")
    found = findings(url=address.replace("postgres:@", "only_reads:@", 1))
    assert [one for one in found if not one.ok or one.mark != "ok"] == []
    writing.execute("REVOKE ALL ON analytics.events FROM only_reads")
    assert bad(findings(url=address.replace("postgres:@", "only_reads:@", 1))) == ["may read analytics.events"]


def test_every_column_that_is_missing_is_named(findings) -> None:
    found = findings(MAP.replace("happened", "at").replace("Rows", "number_of_rows"))
    assert bad(found) == ["analytics.events has no column at, number_of_rows that can be read"]


def test_a_table_that_is_not_there_is_told(findings) -> None:
    assert bad(findings(MAP.replace("analytics.events", "analytics.nothing"))) == ["may read analytics.nothing"]


def test_a_map_that_cannot_be_read_is_told(findings) -> None:
    (found,) = [one for one in findings("table: [") if not one.ok]
    assert found.what.endswith("warehouse.yaml says where events are")


def test_a_server_that_is_not_there_is_told_once(findings) -> None:
    assert bad(findings(url="postgres://reader@127.0.0.1:9/name")) == ["the warehouse answers"]
