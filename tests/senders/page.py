"""docs/senders.md: what each library's ten kinds of call end as. `python -m tests.senders.page --write` sends them all,
and writes the table anew."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.senders.asking import asked
from tests.senders.libraries import LIBRARIES, ROOT, Library
from tests.senders.stored import KINDS

PAGE = ROOT / "docs" / "senders.md"
BEGIN, END = "<!-- the table is written by `make test-senders WRITE=1` -->", "<!-- end of the table -->"
AT_ONCE = 2  # most of the time a library waits, or a receiver starts


def cells(libraries: Sequence[Library]) -> Mapping[Library, Mapping[str, str]]:
    """What became of all kinds of call, for each library."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        stored = pool.map(lambda one: asked(one[1], Path(folder) / str(one[0])), enumerate(libraries))
        return {library: found.cells() for library, found in zip(libraries, stored, strict=True)}


def table(found: Mapping[Library, Mapping[str, str]]) -> str:
    """A row for each kind of call, a column for each library."""
    rows = [["", *(library.name for library in found)], ["---"] * (len(found) + 1)]
    rows += [[kind, *(found[library][kind] for library in found)] for kind in KINDS]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def written(page: str) -> Mapping[str, Mapping[str, str]]:
    """What a page says, by name of the library and by kind of call."""
    lines = page.partition(BEGIN)[2].partition(END)[0].strip().splitlines()
    head, _, *rows = ([cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines)
    return {name: {row[0]: row[place] for row in rows} for place, name in enumerate(head, start=1)}


def main() -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    made = f"{before}{BEGIN}\n\n{table(cells(LIBRARIES))}\n\n{END}{after}"
    if "--write" in sys.argv:
        PAGE.write_text(made, encoding="utf-8")
    sys.stdout.write(made)


if __name__ == "__main__":
    main()
