"""Which lines of a CSV cannot be taken for a row each as they stand, told for a whole block at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from expansion.files.read.blocks import Text

Ints = npt.NDArray[np.int64]
_LF, _CR, _BLANK = 10, 13, 32


@dataclass(frozen=True)
class Lines:
    """The lines of a text."""

    text: Text

    @cached_property
    def signs(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self.text, np.uint8)

    @cached_property
    def bounds(self) -> Ints:
        """Where each line begins, and last where the text ends."""
        ends = np.flatnonzero(self.signs == _LF)
        bounds = np.zeros(len(ends) + 1 + (not self.text.endswith(b"\n")), np.int64)
        np.add(ends, 1, out=bounds[1 : len(ends) + 1])
        bounds[-1] = len(self.text)
        return bounds

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def line(self, at: int) -> bytes:
        return bytes(self.text[self.bounds[at] : self.bounds[at + 1]])

    def of(self, places: Ints) -> Ints:
        """The lines in which these places lie."""
        return np.searchsorted(self.bounds, places, side="right") - 1

    def empty(self) -> Ints:
        """The lines that hold nothing at all."""
        lengths = np.diff(self.bounds)
        short = np.flatnonzero(lengths <= 2)
        return np.array([at for at in short if not self.line(int(at)).strip(b"\r\n")], np.int64)


@dataclass(frozen=True)
class Quoting:
    """Quotes that all open a cell at its beginning or close it at its end: what is between is one cell, lines or not.

    The last one may open a cell that is not closed before the text ends. `upto` is where the last whole row ends;
    `blanks` are the places of blanks between a separator and a quote.
    """

    upto: int
    quotes: Ints
    blanks: Ints

    def within(self, lines: Lines) -> npt.NDArray[np.bool_]:
        """Whether each line begins within a quoted cell."""
        inside: npt.NDArray[np.bool_] = np.searchsorted(self.quotes, lines.bounds[:-1]) & 1 == 1
        return inside

    def longest(self, lines: Lines) -> int:
        """How many lines begin within the same cell, at most."""
        outside = np.flatnonzero(~self.within(lines))
        return int(np.diff(np.append(outside, len(lines))).max()) - 1


def plain_quoting(lines: Lines, separator: bytes, quote: bytes, last: bool) -> Quoting | None:
    """The quotes of a text in which all of them stand where they should; None where one does not."""
    quotes, upto = np.flatnonzero(lines.signs == quote[0]), len(lines.text)
    if len(quotes) & 1:
        if last:
            return None
        upto = _row_start(lines, quotes)
    paired = quotes[: np.searchsorted(quotes, upto)]
    ill_opened, ill_closed = _ill(lines, paired[0::2], paired[1::2], separator[0], quote[0])
    if len(ill_closed):
        return None
    blanks = _blanks_before(lines, ill_opened, separator[0])
    return None if blanks is None else Quoting(upto, quotes, blanks)


def _row_start(lines: Lines, quotes: Ints) -> int:
    """Where the row begins in which the last quote opens a cell that is not closed."""
    at = int(lines.of(quotes[-1:])[0])
    while at and np.searchsorted(quotes, lines.bounds[at]) & 1:
        at -= 1
    return int(lines.bounds[at])


def _blanks_before(lines: Lines, quotes: Ints, separator: int) -> Ints | None:
    """The blanks between each quote and the separator before it; None where something else stands there."""
    found, places = [np.empty(0, np.int64)], quotes - 1
    while len(places):
        signs = lines.signs[places]
        blank = signs == _BLANK
        if not (blank | (signs == separator) | (signs == _LF)).all():
            return None
        found.append(places[blank])
        places = places[blank & (places > 0)] - 1
    return np.concatenate(found)


def doubtful(lines: Lines, separator: bytes, quote: bytes, plain_quotes: bool = True) -> Ints:
    """The lines, in order, that may be no row, or a part of one, or one that is not written plainly.

    With `plain_quotes` off every line with a quote is one of them.
    """
    doubts = [unclear(lines)]
    if quote and quote in lines.text:
        quotes = np.flatnonzero(lines.signs == quote[0])
        doubts.append(_odd_quotes(lines, quotes, separator[0], quote[0]) if plain_quotes else lines.of(quotes))
    return np.unique(np.concatenate(doubts)).astype(np.int64)


def unclear(lines: Lines) -> Ints:
    """Lines that hold what is no text, or a CR that does not stand before their LF: Arrow would end the row there."""
    return np.concatenate((not_text(lines), _lone_returns(lines)))


def not_text(lines: Lines) -> Ints:
    """Lines that are not UTF-8, or hold a NUL."""
    found: list[int] = []
    if not is_text(lines.text):
        beyond = np.unique(lines.of(np.flatnonzero(lines.signs >= 0x80)))
        found.extend(int(at) for at in beyond if not is_text(lines.line(int(at))))
    nul = lines.of(np.flatnonzero(lines.signs == 0)) if b"\0" in lines.text else ()
    return np.array([*found, *nul], np.int64)


def is_text(text: Text) -> bool:
    """Whether bytes are UTF-8."""
    if text.isascii():
        return True
    try:
        str(text, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _lone_returns(lines: Lines) -> Ints:
    """Lines with a CR that does not stand before their LF: Arrow would end the row there."""
    if b"\r" not in lines.text:
        return np.empty(0, np.int64)
    returns = np.flatnonzero(lines.signs == _CR)
    after = lines.signs[np.minimum(returns + 1, len(lines.signs) - 1)]
    return lines.of(returns[after != _LF])


def _odd_quotes(lines: Lines, quotes: Ints, separator: int, quote: int) -> Ints:
    """Lines whose quotes are odd in number, or do not open a cell at its beginning and close it at its end.

    In a line with an even number of them the first, third … open and the others close: a doubled one does both.
    """
    upto = np.searchsorted(quotes, lines.bounds)
    counts = np.diff(upto)
    odd = np.flatnonzero(counts & 1)
    opens = (np.arange(len(quotes)) - np.repeat(upto[:-1], counts)) & 1 == 0
    ill = _ill(lines, quotes[opens], quotes[~opens], separator, quote)
    return np.concatenate((odd, lines.of(ill[0]), lines.of(ill[1])))


def _ill(lines: Lines, opening: Ints, closing: Ints, separator: int, quote: int) -> tuple[Ints, Ints]:
    """The quotes that should open a cell and stand within one, and those that should close one and do not end it."""
    plain = np.zeros(256, bool)
    plain[[separator, quote, _LF]] = True
    before = plain[lines.signs[opening - 1]]
    before[opening == 0] = True
    plain[_CR] = True
    after = plain[lines.signs[np.minimum(closing + 1, len(lines.signs) - 1)]]
    after[closing + 1 >= len(lines.signs)] = True
    return opening[~before], closing[~after]
