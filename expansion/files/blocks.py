"""Text files as blocks of whole lines, in UTF-8, whatever they were written in."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from expansion.files.bounds import LONGEST_ROW

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_NONE_OF_ITS_SIGNS = "expansion: none of its signs"
_SHOWN = 1_000  # bytes of a row that is too long


@dataclass
class Block:
    """Whole lines of a text. `line` is the number of the first of them.

    Who reads them sets `taken` to how many bytes it took: the rest comes again, with what follows it.
    """

    line: int
    text: bytes
    last: bool
    taken: int
    too_long: bool = False  # the text is the beginning of a line that is longer than any row may be


def start(path: Path, size: int, encoding: str | None) -> bytes:
    """The beginning of a file, in UTF-8."""
    with path.open("rb") as file:
        return next(_pieces(file, size, encoding))[1]


def marked(path: Path) -> str | None:
    """The encoding that a mark at the file's beginning names."""
    with path.open("rb") as file:
        return _mark(file.read(4))[0]


def blocks(
    path: Path, size: int, encoding: str | None = None, lone_returns: bool = False, first_line: int = 1
) -> Iterator[Block]:
    """The lines of a file. With `lone_returns` they end with CR alone, as on a Macintosh of old.

    Lines before the first one wanted are passed over.
    """
    pieces_of: Iterable[tuple[bool, bytes]] = pieces(path, size, encoding)
    if lone_returns:
        pieces_of = ((last, text.replace(b"\r", b"\n")) for last, text in pieces_of)
    yield from _blocks(pieces_of, first_line)


def pieces(path: Path, size: int, encoding: str | None = None) -> Iterator[tuple[bool, bytes]]:
    """The text of a file in UTF-8, cut anywhere, each piece with whether it is the last."""
    with path.open("rb", buffering=0) as file:
        yield from _pieces(file, size, encoding)


def _blocks(pieces: Iterable[tuple[bool, bytes]], first: int) -> Iterator[Block]:
    left, line, within_long = b"", 1, False
    for last, piece in pieces:
        text = left + piece
        if within_long:  # the rest of a line that was too long
            end = text.find(b"\n") + 1
            within_long, left = end == 0, b""
            if within_long:
                continue
            text, line = text[end:], line + 1
        if len(text) > LONGEST_ROW and not 0 <= text.find(b"\n") <= LONGEST_ROW:
            yield Block(line, text[:_SHOWN], last, 0, too_long=True)
            end = text.find(b"\n") + 1
            within_long, left = end == 0, b""
            if within_long:
                continue
            text, line = text[end:], line + 1
        while line < first and (end := text.find(b"\n") + 1):
            text, line = text[end:], line + 1
        if line < first:
            left = text
            continue
        end = len(text) if last else text.rfind(b"\n") + 1
        if end:
            block = Block(line, text[:end], last, end)
            yield block
            end = block.taken
            line += text.count(b"\n", 0, end)
        left = text[end:]


def _pieces(file: IO[bytes], size: int, encoding: str | None) -> Iterator[tuple[bool, bytes]]:
    named, length = _mark(file.read(4))
    encoding = named or encoding or "utf-8"
    file.seek(length)
    recoded = None if encoding in ("utf-8", "utf8") else _Recoded(encoding)
    piece = file.read(size)
    while True:
        following = file.read(size)
        yield not following, recoded(piece, not following) if recoded else piece
        if not following:
            return
        piece = following


class _Recoded:
    """Text of another encoding as UTF-8. What is none of its signs becomes what is none of UTF-8's."""

    def __init__(self, encoding: str) -> None:
        codecs.register_error(_NONE_OF_ITS_SIGNS, lambda error: ("\udcff", error.end))  # type: ignore[attr-defined]
        self._decoder = codecs.getincrementaldecoder(encoding)(_NONE_OF_ITS_SIGNS)

    def __call__(self, piece: bytes, last: bool) -> bytes:
        return self._decoder.decode(piece, last).encode("utf-8", "surrogateescape")


def _mark(head: bytes) -> tuple[str | None, int]:
    return next(((name, len(mark)) for mark, name in _MARKS if head.startswith(mark)), (None, 0))
