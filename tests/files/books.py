"""Workbooks for tests, written by hand: a workbook is a zip of a few XML files."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


def book(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Write a workbook with these sheets."""
    names = list(sheets)
    relation = f"{_RELATIONS}/worksheet"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        kinds = "".join(
            f'<Override PartName="/xl/worksheets/s{at}.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            for at in range(len(names))
        )
        out.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            '<Override PartName="/xl/workbook.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            f"{kinds}</Types>",
        )
        out.writestr("_rels/.rels", _related([("w", f"{_RELATIONS}/officeDocument", "xl/workbook.xml")]))
        listed = "".join(f'<sheet name="{name}" sheetId="{at + 1}" r:id="s{at}"/>' for at, name in enumerate(names))
        out.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>',
        )
        parts = [(f"s{at}", relation, f"worksheets/s{at}.xml") for at in range(len(names))]
        out.writestr("xl/_rels/workbook.xml.rels", _related([*parts, ("st", f"{_RELATIONS}/styles", "styles.xml")]))
        out.writestr("xl/styles.xml", _STYLES)
        for at, rows in enumerate(sheets.values()):
            cells = "".join(_row(number, row) for number, row in enumerate(rows, 1))
            out.writestr(
                f"xl/worksheets/s{at}.xml", f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>'
            )
    return path


def _related(parts: Sequence[tuple[str, str, str]]) -> str:
    each = "".join(f'<Relationship Id="{name}" Type="{kind}" Target="{target}"/>' for name, kind, target in parts)
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'


def _row(number: int, row: Sequence[Any]) -> str:
    cells = "".join(_cell(f"{chr(65 + at)}{number}", value) for at, value in enumerate(row) if value != "")
    return f'<row r="{number}">{cells}</row>'


def _cell(place: str, value: Any) -> str:
    match value:
        case bool():
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{value}</v></c>'
        case datetime():
            return f'<c r="{place}" s="1"><v>{_serial(value)}</v></c>'
        case date():
            return f'<c r="{place}" s="2"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def _serial(value: datetime) -> float:
    return (value - datetime(1899, 12, 30)).total_seconds() / 86_400
