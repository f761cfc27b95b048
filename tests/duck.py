"""One DuckDB for all tests of a worker: making one takes some 25 ms of CPU, and what is tested makes several each.

What is tested has a connection of its own all the same. It keeps tables as TEMP ones only, which are the connection's;
after one that has made a table or a function for all, the next gets a new database.
"""

from __future__ import annotations

import threading
from typing import Any

import duckdb

_connect = duckdb.connect
_CONFIG = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


class Shared(threading.local):
    """Stands in for `duckdb.connect` where a database in memory is asked for as expansion/usage/duck.py does.

    For each thread another: of two imports at once each has functions of its own.
    """

    def __init__(self) -> None:
        self._base: duckdb.DuckDBPyConnection | None = None

    def connect(self, database: Any = ":memory:", read_only: bool = False, config: Any = None) -> Any:
        if database != ":memory:" or config != _CONFIG:
            return _connect(database, read_only, config or {})
        if self._base is None or _holds_more(self._base):
            self._base = _connect(":memory:", config=_CONFIG)
        return self._base.cursor()

    def after_a_test(self) -> None:
        """Its limits hold for none of the others."""
        if self._base is not None:
            self._base.execute("RESET memory_limit; RESET threads")


def _holds_more(base: duckdb.DuckDBPyConnection) -> bool:
    """Tables that are not TEMP (expansion/explain/cases.py), an import's functions (expansion/files/noting.py), or a
    folder that was written to when memory was short: that is DuckDB's for good.
    """
    if base.execute("SELECT 1 FROM duckdb_tables() WHERE NOT temporary LIMIT 1").fetchone():
        return True
    try:
        base.execute("RESET temp_directory; SELECT noted()")
    except duckdb.CatalogException:
        return False
    except (duckdb.NotImplementedException, duckdb.BinderException):  # the folder; the function, with arguments
        return True
    raise AssertionError("noted() takes arguments")


SHARED = Shared()
