"""Every column of every table of the ledger that can hold a person: planted, forgotten, and gone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Integer, Numeric, String, Table, Text, insert, select

from expansion.forgetting import forget
from expansion.ledger.audit import AuditLine, person, write
from expansion.ledger.columns import Exact, Moment
from expansion.ledger.database import file_of
from expansion.ledger.store import Ledger
from expansion.ledger.tables import AUDIT, METADATA
from tests.ledger.builders import NOON
from tests.security.test_forget import ANA, MAIL, NAME, filled

BO = "bo@acme.example"
# Digests: what stands there is made by the program, and stays (docs/decisions/0011).
DIGESTS = frozenset(("key", "step_key", "follows", "definition_hash"))
# Planted where they are read as what they are: a firing's person, and the account of those rows where a name counts.
GIVEN: dict[str, Any] = {"user_id": ANA, "user_name": NAME, "account_id": "ac-01", "state": "done"}


def holds_words(column: Column[Any]) -> bool:
    """Whether an e-mail address fits: not into digests, nor into the program's own words of up to 20 signs."""
    if column.name in DIGESTS:
        return False
    if isinstance(column.type, String) and column.type.length is not None:
        return column.type.length >= len(MAIL)
    return isinstance(column.type, Text | JSON | String)


def planted(table: Table, column: Column[Any], row: int) -> Any:
    """The person in each of the ways in which they may be named there, and somebody else."""
    words = f"{table.name}.{column.name} {row}: {MAIL.upper()} ({ANA}), {NAME} & {BO}"
    if isinstance(column.type, JSON):
        reached = {"reaches": [ANA, "u-bo"], MAIL: 1, "people": [{"user_id": ANA, "email": MAIL, "name": NAME}]}
        return {"said": words, "deep": [{"deeper": [reached]}]}
    return words


def filler(table: Table, column: Column[Any], row: int) -> Any:
    """What stands in a column that holds no words."""
    if column.foreign_keys:
        [key] = column.foreign_keys
        return filler(key.column.table, key.column, row)
    match column.type:
        case Moment():
            return NOON
        case Boolean():
            return False
        case Integer():
            return row
        case Exact() | Numeric():
            return None
    length = getattr(column.type, "length", None) or 64
    return f"{column.name[:10]}{row}".ljust(length, "-")[:length] if column.name in DIGESTS else f"x{row}"


def plant(ledger: Ledger, rows: int = 2) -> list[str]:
    """Rows in every table; which columns hold the person. In the second row the account is one of another name."""
    columns: list[str] = []
    with ledger.writing() as connection:
        for table in METADATA.sorted_tables:
            if table is AUDIT:
                continue
            for row in range(1, rows + 1):
                values = {c.name: planted(table, c, row) if holds_words(c) else filler(table, c, row) for c in table.c}
                values |= {name: value for name, value in GIVEN.items() if name in values}
                if row > 1 and "account_id" in values:
                    values["account_id"] = planted(table, table.c.account_id, row)
                connection.execute(insert(table).values(values))
            columns += [f"{table.name}.{c.name}" for c in table.c if holds_words(c)]
        lines = [
            AuditLine(person(MAIL), "approval", "approved", note=f"as {NAME} said"),
            AuditLine("person dana", "settlement", "settled: done", note=f"for {MAIL.upper()}"),
            AuditLine("person dana", "settlement", "settled: done", note=f"{NAME} has it"),
            AuditLine("person dana", "settlement", "settled: done", note=f"{ANA} has it"),
            AuditLine("person dana", "settlement", "settled: done", note=f"{BO} and {ANA}2 have it"),
        ]
        write(connection, lines, NOON)
    return columns


def contents(ledger: Ledger) -> dict[str, list[dict[str, Any]]]:
    with ledger.reading() as connection:
        return {
            table.name: [dict(row._asdict()) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in METADATA.sorted_tables
        }


def test_whatever_column_names_a_person_is_cleaned_and_every_row_stays(ledger: Ledger, tmp_path: Path) -> None:
    home = tmp_path / "home"
    store = filled(home / "usage", 6)
    columns = plant(ledger)
    assert {"firings.evidence", "past_decisions.reason", "firings.approved_by", "differences.detail"} <= set(columns)
    assert {"clocks.reason", "steps.recipe", "steps.input", "attempts.detail", "runs.summary"} <= set(columns)
    before = contents(ledger)
    for name, row, column in map(split, columns):
        assert column in GIVEN or MAIL.upper() in str(before[name][row][column]), f"{name}.{column} was planted"
    forget(store, ledger, home, ANA, "dana", NOON)
    after = contents(ledger)
    assert {name: len(rows) for name, rows in after.items()} == {
        name: len(rows) + (name == "audit") for name, rows in before.items()
    }
    for name, row, column in map(split, columns):
        said = json.dumps(after[name][row][column], default=str, ensure_ascii=False)
        assert MAIL.casefold() not in said.casefold(), f"{name}.{column}"
        assert ANA not in said, f"{name}.{column}"
        assert NAME not in said, f"{name}.{column}"
        if column not in GIVEN:
            assert BO in said, f"{name}.{column}: somebody else stays"
    everything = str(after)
    assert MAIL.casefold() not in everything.casefold()
    assert f"{BO} and {ANA}2 have it" in everything, "a longer id is somebody else's"
    assert ANA not in everything.replace(f"{ANA}2", "")
    assert ledger.audit_breaks() == []


def test_a_namesake_in_another_account_keeps_the_name(ledger: Ledger, tmp_path: Path) -> None:
    plant(ledger)
    forget(filled(tmp_path / "home/usage", 6), ledger, tmp_path / "home", ANA, "dana", NOON)
    for table in ("firings", "steps"):
        own, other = contents(ledger)[table]
        assert NAME not in str(own)
        assert NAME in str(other["reason"]), "in an account that the person was never in"


def test_nothing_is_left_in_the_file_either(ledger: Ledger, tmp_path: Path) -> None:
    """SQLite keeps what was deleted in pages that are free, and in the log beside the file, unless told otherwise."""
    path = file_of(ledger.engine)
    if path is None:
        pytest.skip("a PostgreSQL server keeps old versions of rows until its vacuum has passed")
    plant(ledger)
    (tmp_path / "before").mkdir()
    for each in path.parent.glob(f"{path.name}*"):
        shutil.copy(each, tmp_path / "before")
    assert any(MAIL.upper().encode() in each.read_bytes() for each in (tmp_path / "before").iterdir())
    forget(filled(tmp_path / "home/usage", 6), ledger, tmp_path / "home", ANA, "dana", NOON)
    for each in path.parent.glob(f"{path.name}*"):
        raw = each.read_bytes()
        for text in (MAIL, MAIL.upper(), f"{ANA})", f'"{ANA}"'):
            assert text.encode() not in raw, each


def test_every_column_is_words_or_something_that_names_nobody() -> None:
    """A new column is planted by itself; a new kind of column has to be thought about here."""
    others = {
        f"{table.name}.{column.name}"
        for table in METADATA.sorted_tables
        for column in table.c
        if not holds_words(column) and not isinstance(column.type, Moment | Boolean | Integer | Exact)
    }
    short = {name for name in others if name.partition(".")[2] not in DIGESTS}
    assert short == {
        "audit.what",
        "attempts.outcome",
        "differences.kind",
        "dispositions.kind",
        "firings.currency",
        "firings.decision",
        "outcomes.currency",
        "outcomes.kind",
        "past_decisions.decision",
        "pauses.kind",
        "runs.kind",
        "runs.status",
        "steps.state",
        "steps.when_cleared",
    }


def split(column: str) -> tuple[str, int, str]:
    table, _, name = column.partition(".")
    return table, 0, name
