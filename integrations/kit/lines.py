"""A long answer, line by line and piece by piece: no more than one piece of it is ever held, and it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator

from integrations.kit.deadlines import within


def lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Lines end at a line feed alone; httpx would also cut at U+2028, which JSON may hold as it is. None is empty."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line for line in whole if line.strip())
    if rest.strip():
        yield rest


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
