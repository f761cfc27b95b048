"""Properties of events as columns of text, one per name: a question about one reads that one and parses nothing.

Whatever a source sends, a property is kept as the text that reads back exactly: `10`, `true`, `sso`, JSON for what is
nested. Empty text, `NULL` and such (cells.py) are no value, as in facts and in the cells of a CSV. Names that a batch
has beyond MOST stay together in one column of JSON, the rarest first: a source that makes up names must not make up
columns without end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from expansion.usage.forms.cells import NOTHING, text_sql
from expansion.usage.forms.duck import quote

MOST = 300
REST = "rest"


def column_of(name: str) -> str:
    """The column of a property: any name becomes one, and `Plan` another one than `plan`, which DuckDB mixes up."""
    return "p_" + re.sub(r"[^a-z0-9]", lambda found: f"_{ord(found[0]):x}_", name)


def name_of(column: str) -> str:
    """The property that a column holds."""
    return re.sub(r"_([0-9a-f]+)_", lambda found: chr(int(found[1], 16)), column.removeprefix("p_"))


def pointer(*names: str) -> str:
    """A property's name, or a way through nested ones, as a JSON pointer in SQL: any name can be asked for."""
    return quote("".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names))


def text_in(json: str, name: str) -> str:
    """SQL for a property inside a column of JSON."""
    return text_sql(f"json_extract_string({json}, {pointer(name)})")


def shredded(names: Sequence[str], empty: Sequence[str] = NOTHING) -> list[str]:
    """SQL for the columns of these properties, from what `taken` gives."""
    each = enumerate(names, start=1)
    return [f"{text_sql(f'taken[{place}]', empty)} AS {column_of(name)}" for place, name in each]


def taken(names: Sequence[str], json: str = "properties") -> str:
    """SQL for `taken`, the texts of these properties, from one column of JSON that is parsed once. Said once, too: to
    plan a query that names three hundred paths for each of three hundred columns took eleven seconds (measured)."""
    return f"json_extract_string({json}, [{', '.join(map(pointer, names))}]) AS taken" if names else "NULL AS taken"


def without(names: Iterable[str], json: str = "properties") -> str:
    """SQL for the JSON that is left when these properties have columns of their own."""
    gone = ", ".join(f"{quote(name)}: NULL" for name in names)
    nothing = "json_object(" + ", ".join(f"{quote(name)}, NULL" for name in names) + ")" if gone else "'{}'"
    return f"CAST(json_merge_patch({json}, {nothing}) AS VARCHAR)"
