"""Text files as blocks of whole lines, in UTF-8, whatever they were written in."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path

import numpy as np

from expansion.files.read.bounds import LONGEST_ROW

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_NONE_OF_ITS_SIGNS = "expansion: none of its signs"
_LF = 10
_SHOWN = 1_000  # bytes of a row that is too long


Text = bytes | bytearray


@dataclass
class Block:
    """Whole lines of a text. `line` is the number of the first of them.

    Who reads them sets `taken` to how many bytes it took: the rest comes again, with what follows it; and `lines` to
    how many lines it took, if it has counted them.
    """

    line: int
    text: Text
    last: bool
    taken: int
    lines: int | None = None
    too_long: bool = False  # the text is the beginning of a line that is longer than any row may be


def start(path: Path, size: int, encoding: str | None) -> bytes:
    """The beginning of a file, in UTF-8."""
    with path.open("rb", buffering=0) as file:
        return bytes(_Texts(file, size, encoding).after(b"")[0])


def marked(path: Path) -> str | None:
    """The encoding that a mark at the file's beginning names."""
    with path.open("rb") as file:
        return _mark(file.read(4))[0]


def pieces(path: Path, size: int, encoding: str | None = None) -> Iterator[tuple[Text, bool]]:
    """The text of a file in UTF-8, cut anywhere, each piece with whether it is the last."""
    with path.open("rb", buffering=0) as file:
        texts, last = _Texts(file, size, encoding), False
        while not last:
            text, last = texts.after(b"")
            yield text, last


def blocks(
    path: Path, size: int, encoding: str | None = None, lone_returns: bool = False, first_line: int = 1
) -> Iterator[Block]:
    """The lines of a file. With `lone_returns` they end with CR alone, as on a Macintosh of old.

    Lines before the first one wanted are passed over.
    """
    with path.open("rb", buffering=0) as file:
        texts, last = _Texts(file, size, encoding, lone_returns), False
        left, line, within_long = b"", 1, False
        while not last:
            text, last = texts.after(left)
            left = b""
            if within_long or _is_too_long(text):
                if not within_long:
                    yield Block(line, text[:_SHOWN], last, 0, too_long=True)
                end = text.find(b"\n") + 1
                within_long, line = end == 0, line + (end > 0)
                del text[: end or len(text)]
            while line < first_line and (end := text.find(b"\n") + 1):
                del text[:end]
                line += 1
            end = len(text) if last else text.rfind(b"\n") + 1
            if end and line >= first_line:
                left = bytes(text[end:])
                del text[end:]
                block = Block(line, text, last, end)
                yield block
                line += count_lines(text, block.taken) if block.lines is None else block.lines
                left = bytes(text[block.taken :]) + left
            else:
                left = bytes(text)


def count_lines(text: Text, upto: int) -> int:
    """How many line ends stand in the text up to there; several times as fast as `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(text, np.uint8, upto) == _LF)) if upto else 0


def _is_too_long(text: Text) -> bool:
    return len(text) > LONGEST_ROW and not 0 <= text.find(b"\n") <= LONGEST_ROW


class _Texts:
    """Hands out the text of a file in UTF-8, a piece at a time, each behind what was left of the one before."""

    def __init__(self, file: RawIOBase, size: int, encoding: str | None, lone_returns: bool = False) -> None:
        named, length = _mark(file.read(4) or b"")
        file.seek(length)
        encoding = named or encoding or "utf-8"
        self._recoded = None if encoding in ("utf-8", "utf8") else _Recoded(encoding)
        self._file = file
        self._size = size
        self._remaining = os.fstat(file.fileno()).st_size - length
        self._lone_returns = lone_returns

    def after(self, left: bytes) -> tuple[bytearray, bool]:
        """What was left and the next piece, and whether it is the last. Read where it shall lie, so never copied."""
        wanted = min(self._size, max(self._remaining, 0) + 1)  # one more than there are shows the end
        text = bytearray(len(left) + wanted)
        text[: len(left)] = left
        size = self._file.readinto(memoryview(text)[len(left) :]) or 0
        del text[len(left) + size :]
        self._remaining -= size
        last = size < wanted
        if self._recoded:
            text[len(left) :] = self._recoded(text[len(left) :], last)
        return (text.replace(b"\r", b"\n") if self._lone_returns else text), last


class _Recoded:
    """Text of another encoding as UTF-8. What is none of its signs becomes what is none of UTF-8's."""

    def __init__(self, encoding: str) -> None:
        codecs.register_error(_NONE_OF_ITS_SIGNS, lambda error: ("\udcff", error.end))  # type: ignore[attr-defined]
        self._decoder = codecs.getincrementaldecoder(encoding)(_NONE_OF_ITS_SIGNS)

    def __call__(self, piece: Text, last: bool) -> bytes:
        return self._decoder.decode(piece, last).encode("utf-8", "surrogateescape")


def _mark(head: bytes) -> tuple[str | None, int]:
    return next(((name, len(mark)) for mark, name in _MARKS if head.startswith(mark)), (None, 0))
