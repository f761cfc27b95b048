"""A long answer, line by line and piece by piece: no more than one piece of it is ever held, and it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from integrations.kit.deadlines import within


def lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Lines end at a line feed alone; httpx would also cut at U+2028, which JSON may hold as it is. None is empty."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line for line in whole if line.strip())
    if rest.strip():
        yield rest


def whole_lines(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Blocks of whole lines, of about this size, for who reads many at a time. Where the pieces break off, the whole
    lines before that come first."""
    held: list[bytes] = []
    count = 0
    try:
        for piece in pieces:
            held.append(piece)
            count += len(piece)
            if count >= size and b"\n" in piece:
                block, rest = _parted(held)
                held, count = [rest], len(rest)
                if block:
                    yield block
    except Exception:
        if block := _parted(held)[0]:
            yield block
        raise
    if count:
        yield b"".join(held)


def count_lines(block: bytes) -> int:
    """How many lines end in a block; several times as fast as `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == ord("\n")))


def _parted(held: list[bytes]) -> tuple[bytes, bytes]:
    """What ends with a line, and the beginning of the next one."""
    text = b"".join(held)
    end = text.rfind(b"\n") + 1
    return text[:end], text[end:]


def in_time(pieces: Iterator[bytes], seconds: float) -> Iterator[bytes]:
    """The pieces, as long as they may last together: also where bytes come and never make a piece (it is zipped).

    Raises TookTooLong.
    """
    end = time.monotonic() + seconds
    while True:
        with within(end - time.monotonic()):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
