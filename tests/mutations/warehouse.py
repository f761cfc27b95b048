"""What a database would refuse, or what a pull of its tables would lose or repeat."""

from __future__ import annotations

from tests.mutations.row import Mutation

_POSTGRES, _MARKS = "integrations/warehouse/postgres_table.py", "expansion/tables/marks.py"
_PULLS, _GIVEN = "jobs/pull_tables.py", "expansion/files/read/given_rows.py"
_TABLES, _SINCE = "warehouse/test_tables.py::", "files/test_marks.py::"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "PostgreSQL: a session that does not say so may write",
        _POSTGRES,
        "connection.read_only = True",
        "connection.read_only = False",
        (f"{_TABLES}test_nothing_can_be_written_by_a_map",),
    ),
    Mutation(
        "PostgreSQL, COPY: yes and no are written as t and f",
        _POSTGRES,
        'if kind == "bool":',
        'if kind == "no kind":',
        (f"{_TABLES}test_what_a_cell_says_is_what_the_store_says",),
    ),
    Mutation(
        "PostgreSQL: a table that was dropped and made again has another number",
        _MARKS,
        "if mark.identity != seen.identity:",
        "if False:",
        (f"{_SINCE}test_nothing_follows_from_how_far_another_table_was_read",),
    ),
    Mutation(
        "Pulls of tables: rows that came late lie a little before the newest",
        _MARKS,
        "_OVERLAP = timedelta(hours=6)",
        "_OVERLAP = timedelta(0)",
        (f"{_SINCE}test_the_next_pull_begins_a_little_before_the_newest_row",),
    ),
    Mutation(
        "Pulls of tables: half a read is none",
        _GIVEN,
        'return {} if self.failure is None else {0: f"{self.file.name}: the rows broke off"}',
        "return {}",
        (f"{_TABLES}test_half_a_read_stores_nothing_and_the_next_has_it_all",),
    ),
    Mutation(
        "Pulls of tables: the cursor moves when all is stored",
        _PULLS,
        "        if rows.failure is not None:\n            raise rows.failure\n",
        "",
        (f"{_TABLES}test_half_a_read_stores_nothing_and_the_next_has_it_all",),
    ),
)
