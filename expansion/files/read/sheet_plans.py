"""Plans for workbooks: .xlsx and its kin, read as text, a sheet at a time."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import islice
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from expansion.files.read.bounds import FREELY, SAMPLED_ROWS
from expansion.files.read.csv_layout import NoLayout, heading_of
from expansion.files.read.plans import Plan
from expansion.files.read.row_batches import RowBatches, text_cells
from expansion.files.read.whole import Whole
from expansion.files.read.words import ReadWords

_TOGETHER = 10_000  # rows of a batch


def sheet_plan(whole: Whole, words: ReadWords) -> Plan:
    """How a workbook is read: one sheet of it. Raises NoLayout where it cannot be."""
    _check_size(whole)
    try:
        workbook = CalamineWorkbook.from_path(str(whole.path))
        name = _sheet(workbook, words.sheet)
        sheet = workbook.get_sheet_by_name(name)
    except (CalamineError, OSError) as error:
        raise NoLayout(f"is no workbook that can be read ({error}); save it again, without a password") from error
    first = sheet.start[0] if sheet.start else 0
    rows = list(islice(_filled(sheet.iter_rows(), first), SAMPLED_ROWS))
    heading = heading_of([(line, line + 1, cells) for line, cells in rows], words)
    width = len(heading.columns)

    def batches(to: RowBatches) -> Iterator[pa.RecordBatch]:
        filled = ((line, cells) for line, cells in _filled(sheet.iter_rows(), first) if line >= heading.first)
        while some := list(islice(filled, _TOGETHER)):
            columns = [pa.array([_at(cells, place) for _, cells in some], pa.string()) for place in range(width)]
            yield to.rows([line for line, _ in some], columns)

    told = {"kind": "xlsx", "sheet": name, "heading_line": heading.line or None}
    return Plan(whole, ("sheet", heading.columns), heading.columns, tuple(text_cells(width)), batches, told=told)


def _sheet(workbook: CalamineWorkbook, wanted: str | None) -> str:
    """The sheet that a map names, else the first that is seen and holds something."""
    names = workbook.sheet_names
    if wanted is not None:
        if wanted not in names:
            raise NoLayout(f"has no sheet `{wanted}`; its sheets are {', '.join(f'`{name}`' for name in names)}")
        return wanted
    seen = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
    filled = (name for name in seen if workbook.get_sheet_by_name(name).height)
    name = next(filled, None)
    if name is None:
        raise NoLayout("holds no row; look at its sheets, and name one with `read: {sheet: …}`")
    return name


def _filled(rows: Iterator[Sequence[Any]], first: int) -> Iterator[tuple[int, list[str]]]:
    for line, row in enumerate(rows, first + 1):
        cells = [_text(value) for value in row]
        if any(cells):
            yield line, cells


def _at(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _text(value: Any) -> str:
    """A cell as people see it, with moments as ISO writes them and no `.0` after a whole number."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
    return "" if value is None else str(value)


def _check_size(whole: Whole) -> None:
    """A workbook is held in memory: refuse one that is larger than any that people made."""
    if not zipfile.is_zipfile(whole.path):
        return  # an .xls of old, which is not packed
    with zipfile.ZipFile(whole.path) as archive:
        if sum(each.file_size for each in archive.infolist()) > FREELY:
            raise NoLayout(f"unpacks to more than {FREELY >> 30} GB, too much for a workbook; save it as CSV")
