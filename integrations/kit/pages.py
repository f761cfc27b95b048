"""Pages to the last, and no page twice: a list that never ends would hold a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from integrations.kit.breaks import Broke
from integrations.kit.meanings import Meanings

Page = TypeVar("Page")
Mark = TypeVar("Mark")


def every_page(
    ask: Callable[[Mark | None], Page], following: Callable[[Page], Mark | None], meanings: Meanings
) -> Iterator[Page]:
    """Each page, handed on before the next is asked for: a late failure loses nothing read.

    `ask` gets None for the first page, and then what `following` told of the page before; None: it was the last. Raises
    TryLater where that is what was asked for already.
    """
    mark: Mark | None = None
    asked = {repr(mark)}
    while True:
        page = ask(mark)
        yield page
        mark = following(page)
        if mark is None:
            return
        if repr(mark) in asked:
            raise meanings.of(Broke.SAME_PAGE)
        asked.add(repr(mark))
