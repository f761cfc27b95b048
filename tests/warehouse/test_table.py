"""The map of a warehouse's events, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from expansion.usage.forms.failures import MapError
from expansion.warehouse.table import load_table

WHOLE = "table: t\nid: i\nevent: e\ntime: h\naccount: a\n"


def test_a_map_says_what_is_what(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.yaml"
    path.write_text(WHOLE + "properties: {rows: row_count}\n")
    assert load_table(path).properties == {"rows": "row_count"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no such file; docs/warehouse.md says what to write into it"),
        ("table: [", "cannot be read as YAML"),
        ("", "Input should be a valid dictionary"),
        ("table: t\nid: i\nevent: e\ntime: h\n", "account: Field required"),
        (WHOLE + "tabel: t\n", "tabel: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_map_says_where_and_what(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "warehouse.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(MapError) as failed:
        load_table(path)
    assert str(failed.value).startswith(f"{path}: ")
    assert said in str(failed.value)
