"""Rows of JSON that is laid out in any other way: an array, an array within an object, objects one after the other.

The text is never held as a whole. Where a row begins and ends is told from brackets outside strings, a piece at a time.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from expansion.files.read.blocks import Text, count_lines
from expansion.files.read.bounds import LONGEST_ROW
from expansion.files.read.csv_doubts import is_text
from expansion.files.read.csv_judge import NOT_TEXT, TOO_LONG
from expansion.files.read.json_lines import NOT_AN_OBJECT, texts_at
from expansion.files.read.row_batches import RowBatches

NOT_CLOSED = "no JSON object: its brackets or quotes are not closed"
_GAP = 16  # bytes between rows that are looked at for all of them at once
_BETWEEN = b" \t\r\n,"

Ints = npt.NDArray[np.int64]
Pieces = Iterable[tuple[Text, bool]]


@dataclass(frozen=True)
class Spans:
    """Where rows begin and end in a text, and where the array that they stand in ends, if it does.

    A row more begins than ends where the text ends before it does; it is `torn` where a bracket of the other kind
    would end it.
    """

    starts: Ints
    ends: Ints
    closed: int | None
    torn: bool = False


def spans(text: bytes, base: int) -> Spans:
    """The values in brackets that stand in so many brackets (0 or 1) at the beginning of the text."""
    signs = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(signs == ord('"'))
    if b"\\" in text:
        quotes = _unescaped(signs, quotes)
    folded = signs | 0x20  # [ as {, and ] as }
    opens = folded == ord("{")
    places = np.flatnonzero(opens | (folded == ord("}")))
    places = places[np.searchsorted(quotes, places) & 1 == 0]
    opening = opens[places]
    depth = base + np.cumsum(np.where(opening, 1, -1))
    beyond = np.flatnonzero(depth < base)
    if len(beyond):
        upto = int(beyond[0])
        closed: int | None = int(places[upto])
        places, opening, depth = places[:upto], opening[:upto], depth[:upto]
    else:
        closed = None
    starts = places[opening & (depth == base + 1)]
    ends = places[~opening & (depth == base)] + 1
    torn = np.flatnonzero(signs[starts[: len(ends)]] + 2 != signs[ends - 1])  # ] is 2 beyond [ in ASCII, as } beyond {
    if len(torn):
        return Spans(starts[: torn[0] + 1], ends[: torn[0]], None, torn=True)
    return Spans(starts, ends, closed)


def _unescaped(signs: npt.NDArray[np.uint8], quotes: Ints) -> Ints:
    """The quotes before which no backslash stands, or an even number of them."""
    slashes = np.flatnonzero(signs == ord("\\"))
    begins = np.concatenate(([True], np.diff(slashes) != 1))
    run = slashes[np.maximum.accumulate(np.where(begins, np.arange(len(slashes)), 0))]  # where the run of each begins
    at = np.searchsorted(slashes, quotes - 1)
    known = np.minimum(at, len(slashes) - 1)
    after_slash = slashes[known] == quotes - 1
    escaped: npt.NDArray[np.bool_] = after_slash & ((quotes - run[known]) & 1 == 1)
    kept: Ints = quotes[~escaped]
    return kept


class JsonObjects:
    """Reads the rows of one file, piece by piece."""

    def __init__(self, batches: RowBatches, start: int, in_array: bool) -> None:
        self._batches = batches
        self._base = int(in_array)
        self._before = start  # how many bytes still stand before the rows
        self._line = 1
        self._text = b""
        self._within_long = False
        self._closed = False

    def batches(self, pieces: Pieces) -> Iterator[pa.RecordBatch]:
        """The rows of the file; what follows the array is not looked at."""
        for piece, last in pieces:
            self._text += piece
            self._pass_over()
            while self._text and not self._closed and not self._before:
                found = spans(self._text, self._base)
                yield from self._whole_rows(found)
                if not (yield from self._went_on(found, last)):
                    break
            if self._closed:
                return

    def _pass_over(self) -> None:
        """Leave out what stands before the rows, and the rest of a line that was too long."""
        if self._before:
            over = min(self._before, len(self._text))
            self._before -= over
            self._take(over)
        if self._within_long:
            end = self._text.find(b"\n") + 1
            self._within_long = end == 0
            self._take(end or len(self._text))

    def _went_on(self, found: Spans, last: bool) -> Generator[pa.RecordBatch, None, bool]:
        """Pass on to where rows may begin again; gives whether there is more to look at before the next piece."""
        end = int(found.ends[-1]) if len(found.ends) else 0
        unfinished = int(found.starts[len(found.ends)]) if len(found.starts) > len(found.ends) else None
        if found.closed is not None:
            yield from self._between(end, found.closed)
            self._closed = self._base == 1 and self._text[found.closed] == ord("]")
            if not self._closed:
                yield from self._broken(found.closed, NOT_CLOSED, found.closed + 1)
            self._take(found.closed + 1)
            return not self._closed
        if unfinished is None:
            upto = len(self._text) if last else self._text.rfind(b",") + 1
            yield from self._between(end, max(end, upto))
            self._take(max(end, upto))
            return False
        if last or found.torn or len(self._text) - unfinished > LONGEST_ROW:
            yield from self._between(end, unfinished)
            line = self._text.find(b"\n", unfinished) + 1
            yield from self._broken(unfinished, NOT_CLOSED, line or len(self._text))
            self._within_long = line == 0
            self._take(line or len(self._text))
            return True
        yield from self._between(end, unfinished)
        self._take(unfinished)
        return False

    def _whole_rows(self, found: Spans) -> Iterator[pa.RecordBatch]:
        size = len(found.ends)
        if not size:
            return
        starts, ends = found.starts[:size], found.ends
        signs = np.frombuffer(self._text, np.uint8)
        numbers = self._line + np.searchsorted(np.flatnonzero(signs == ord("\n")), starts)
        whys = self._whys(starts, ends, signs)
        yield from self._batches.broken(
            [(int(numbers[at]), why, self._shown(int(starts[at]), int(ends[at]))) for at, why in whys.items()]
        )
        yield from self._gaps(ends[:-1], starts[1:], signs)
        bounds = np.column_stack((starts, ends)).ravel()
        good = np.zeros(len(bounds) - 1, bool)
        good[0::2] = True
        good[[2 * at for at in whys]] = False
        yield self._batches.rows(np.delete(numbers, list(whys)), [texts_at(self._text, bounds).filter(pa.array(good))])

    def _whys(self, starts: Ints, ends: Ints, signs: npt.NDArray[np.uint8]) -> dict[int, str]:
        """What is wrong with rows, by their places, as far as brackets and letters show it."""
        whys = {int(at): NOT_AN_OBJECT for at in np.flatnonzero(signs[starts] != ord("{"))}
        whys |= {int(at): TOO_LONG for at in np.flatnonzero(ends - starts > LONGEST_ROW)}
        if not is_text(self._text[: ends[-1]]):
            spans = zip(starts.tolist(), ends.tolist(), strict=True)
            whys |= {at: NOT_TEXT for at, (start, end) in enumerate(spans) if not is_text(self._text[start:end])}
        return whys

    def _gaps(self, ends: Ints, starts: Ints, signs: npt.NDArray[np.uint8]) -> Iterator[pa.RecordBatch]:
        """What stands between rows and is neither a comma nor blank."""
        plain = np.zeros(256, bool)
        plain[list(_BETWEEN)] = True
        sizes, odd = starts - ends, np.zeros(len(ends), bool)
        for step in range(min(int(sizes.max(initial=0)), _GAP)):
            there = sizes > step
            odd[there] |= ~plain[signs[ends[there] + step]]
        for at in np.flatnonzero(odd | (sizes > _GAP)).tolist():
            yield from self._between(int(ends[at]), int(starts[at]))

    def _between(self, start: int, end: int) -> Iterator[pa.RecordBatch]:
        if self._text[start:end].strip(_BETWEEN):
            start += len(self._text[start:end]) - len(self._text[start:end].lstrip(_BETWEEN))
            yield from self._broken(start, NOT_AN_OBJECT, end)

    def _broken(self, start: int, why: str, end: int) -> Iterator[pa.RecordBatch]:
        line = self._line + count_lines(self._text, start)
        yield from self._batches.broken([(line, why, self._shown(start, end))])

    def _shown(self, start: int, end: int) -> str:
        return self._text[start : min(end, start + LONGEST_ROW)].decode("utf-8", "replace").strip(" \t\r\n,")

    def _take(self, upto: int) -> None:
        self._line += count_lines(self._text, upto)
        self._text = self._text[upto:]
