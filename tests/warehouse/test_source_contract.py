"""What a warehouse promises as a source, as a run asks it: it answers as it is, or says in one sentence why not.

Nothing of it is stored: each run asks anew, so that half an answer can be in no later one, and nothing can be kept of
what is gone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import psycopg
import pytest
from pydantic import SecretStr
from ruamel.yaml import YAML

from expansion.contract import Failure, NoAccess, Refused, TryLater
from expansion.explain.evaluator import StoreEvaluator
from expansion.usage.storage.store import UsageStore
from expansion.warehouse.table import EventTable
from integrations.warehouse import client
from integrations.warehouse.client import SqlWarehouse
from jobs.event_store import WarehouseEvents
from jobs.settings import Settings
from tests.evaluate.harness import Said, asked, said
from tests.evaluate.words import change, event
from tests.evaluate.worlds import World
from tests.warehouse.filling import TABLE, PostgresStage, Row, rows_of
from tests.warehouse.test_postgres import AS_OF

USER, PASSWORD = "asker", "sesame-secret"
MOST = 12  # queries that asking all of TRIGGERS may take

TRIGGERS = asked(
    [
        {"when": [{"event": "export", "over": "7 days", "at_least": 2}]},
        {"when": [{"event": "print", "over": "7 days", "is": 0}]},
        {"when": [{"sequence": ["paywall", "export"], "over": "7 days", "within": "2 days"}]},
        {"when": [{"event": "export", "over": "7 days", "count": "people", "at_least": 2}]},
        {"who": "users", "when": [{"event": "export", "over": "7 days", "at_least": 1}]},
    ]
)


def ago(hours: float, name: str = "export", user: str = "ana", account: str = "acme") -> Any:
    return event(account, name, AS_OF - timedelta(hours=hours), user)


WORLD = World(
    "Europe/London",
    AS_OF,
    [[ago(30, "paywall"), ago(20), ago(3, user="ben"), ago(2, account="globex"), ago(24 * 20, "print")]],
    [change("acme", "arr", "5000", AS_OF - timedelta(days=90))],
    [],
    real=(),
)
ROWS = rows_of(WORLD)
Answers = Mapping[str, Said]


@dataclass
class Through:
    """The warehouse, with something that happens in the middle of one query."""

    warehouse: SqlWarehouse
    number: int  # of the query
    happens: Callable[[], Any]  # a context; inside, the query is asked
    asked: int = 0

    @property
    def dialect(self) -> str:
        return self.warehouse.dialect

    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        self.asked += 1
        if self.asked - 1 != self.number:
            yield from self.warehouse.rows(query)
            return
        with self.happens():
            yield from self.warehouse.rows(query)

    def close(self) -> None:
        self.warehouse.close()


@dataclass
class Case:
    """A server with the table, and a user who may only read it."""

    stage: PostgresStage
    writing: psycopg.Connection
    folder: Path
    sockets: Path  # where the server is found; a test may take it away
    real: Path
    map: EventTable = TABLE
    password: str = PASSWORD

    @property
    def settings(self) -> Settings:
        path = self.folder / "warehouse.yaml"
        with path.open("w") as file:
            YAML().dump(self.map.model_dump(exclude_none=True), file)
        url = f"postgres://{USER}:{self.password}@/postgres?host={quote(str(self.sockets))}"
        return Settings(_env_file=None, engine_url=SecretStr(url), engine_map=path, home=self.folder)  # type: ignore[call-arg]

    def fill(self, rows: Sequence[Row] = ROWS) -> None:
        self.stage.fill(rows)
        self.writing.execute(f"GRANT USAGE ON SCHEMA analytics TO {USER}")
        self.writing.execute(f"GRANT SELECT ON analytics.events TO {USER}")

    def answers(self, through: Callable[[SqlWarehouse], Through] | None = None) -> Answers:
        """As a run: everything is opened anew."""
        store = self._store
        events = WarehouseEvents(self.settings, store)
        if through is not None:
            events.warehouse = through(events.warehouse)  # type: ignore[assignment]  # it has what is used of it
        try:
            events.prepare(WORLD.vocabulary, TRIGGERS)
            found = StoreEvaluator(events.relations(AS_OF), WORLD.vocabulary, AS_OF).answers(TRIGGERS)
            return {name: said(one) for name, one in found.items()}
        finally:
            events.close()

    @property
    def _store(self) -> UsageStore:
        root = self.folder / "usage"
        return UsageStore(root) if root.exists() else replace(WORLD, batches=[]).store(root)

    def goes_away(self) -> None:
        next(self.sockets.iterdir()).unlink()
        self.kill()

    def comes_back(self) -> None:
        socket = next(one for one in self.real.iterdir() if one.name.startswith(".s.PGSQL") and one.suffix != ".lock")
        (self.sockets / socket.name).symlink_to(socket)

    def there(self) -> list[Any]:
        """Every row, and every table."""
        tables = self.writing.execute("SELECT schemaname, tablename FROM pg_tables ORDER BY 1, 2").fetchall()
        return [*tables, *self.writing.execute("SELECT * FROM analytics.events ORDER BY 1").fetchall()]

    def kill(self, of: str = "true") -> int:
        """End sessions of the user, as an administrator does, or a failover. How many there were."""
        killed = self.writing.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{USER}' AND {of}"
        )
        return len(killed.fetchall())

    @contextmanager
    def killed(self) -> Iterator[None]:
        """Inside, whoever asks waits for the table; then its session ends."""
        address = f"postgresql://postgres:@/postgres?host={quote(str(self.real))}"
        with psycopg.connect(address) as locking:
            locking.execute("LOCK TABLE analytics.events IN ACCESS EXCLUSIVE MODE")
            found: list[int] = []
            ending = threading.Thread(target=lambda: found.append(self._kill_who_waits()))
            ending.start()
            try:
                yield
            finally:
                ending.join()
                assert found == [1], "one session was in the middle of a query"

    def _kill_who_waits(self) -> int:
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if killed := self.kill("wait_event_type = 'Lock'"):
                return killed
            time.sleep(0.005)
        return 0

    def fails(self, kind: type[Failure], *words: str) -> Failure:
        """A run says so, in a sentence for a person, with these words in it."""
        with pytest.raises(kind) as failed:
            self.answers()
        sentence = str(failed.value)
        assert PASSWORD not in sentence
        assert self.password not in sentence
        assert len(sentence) < 400
        assert "\n" not in sentence
        for word in words:
            assert word in sentence
        return failed.value


class WarehouseContract:
    """The promises, called as those of all sources are where they say the same. Subclasses give `case`."""

    source: ClassVar[str]
    exempt: ClassVar[Mapping[str, str]] = {
        "test_what_is_there_is_stored": "nothing of a warehouse is stored: it is asked in each run",
        "test_a_record_that_comes_twice_changes_nothing": "an event must be there once, says its page: to see to it "
        "here would sort the whole table for each query",
        "test_a_record_that_comes_again_with_the_next_page_changes_nothing": "a query has no pages",
        "test_an_empty_page_in_the_middle_is_not_the_end": "a query has no pages",
        "test_a_page_that_names_itself_as_the_next_is_not_read_for_ever": "a query has no pages",
        "test_an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole": "a query announces no number",
        "test_what_a_whole_answer_no_longer_holds_is_no_longer_known": "nothing of it is known from before",
        "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "one query asks for all of "
        "them; see test_a_column_that_is_not_there_is_named",
        "test_the_limit_is_kept": "a warehouse has no limit of calls; see test_busy_then_works",
        "test_a_token_that_is_not_taken_once_costs_nothing_that_is_known": "nothing of it is known from before",
    }

    @pytest.fixture
    def whole(self, case: Case) -> Answers:
        """What is answered where nothing disturbs."""
        case.fill()
        found = case.answers()
        assert {name: said.of(who) for name, said in found.items() for who in said.yes} != {}
        return found

    # --- what is there ---

    def test_two_pulls_equal_one(self, case: Case, whole: Answers) -> None:
        assert case.answers() == whole

    def test_the_order_changes_nothing(self, case: Case, whole: Answers) -> None:
        case.fill(ROWS[::-1])
        assert case.answers() == whole

    def test_nothing_is_written_there(self, case: Case, whole: Answers) -> None:
        """By a user who may: only queries are taken, and the session itself is for reading."""
        case.writing.execute(f"GRANT ALL ON analytics.events TO {USER}")
        case.writing.execute(f"GRANT CREATE ON SCHEMA analytics TO {USER}")
        before = case.there()
        assert case.answers() == whole
        assert case.there() == before
        reading = client.connect(case.settings.engine_url.get_secret_value())  # type: ignore[union-attr]
        for query in ("DELETE FROM analytics.events RETURNING 1", "CREATE TABLE analytics.more (n int)"):
            with pytest.raises(Refused):
                list(reading.rows(query))
        reading.close()
        assert case.there() == before

    # --- what is not there ---

    def test_where_nothing_is_there_it_is_said(self, case: Case) -> None:
        """Unknown is not no, and not zero: nobody is answered yes for what did not happen."""
        case.fill([])
        for found in case.answers().values():
            assert not found.yes
            assert found.asked == len(found.unknown), "that it cannot be told"

    def test_where_nothing_is_there_any_more_nothing_is_taken_as_gone(self, case: Case, whole: Answers) -> None:
        case.fill([])
        for found in case.answers().values():
            assert not found.cleared, "no episode ends"

    def test_a_table_that_is_not_there_is_named(self, case: Case, whole: Answers) -> None:
        case.map = TABLE.model_copy(update={"table": "analytics.event"})
        case.fails(Refused, 'relation "analytics.event" does not exist', "do the table and the columns of the map")

    def test_a_column_that_is_not_there_is_named(self, case: Case, whole: Answers) -> None:
        case.writing.execute('ALTER TABLE analytics.events RENAME COLUMN account TO "Account"')
        case.fails(Refused, "column held.account does not exist", "do the table and the columns of the map")
        case.map = TABLE.model_copy(update={"account": "Account"})
        assert case.answers() == whole

    # --- busy ---

    def test_busy_then_works(self, case: Case, whole: Answers) -> None:
        case.writing.execute(f"ALTER ROLE {USER} CONNECTION LIMIT 0")
        case.fails(TryLater, "too many connections")
        case.writing.execute(f"ALTER ROLE {USER} CONNECTION LIMIT -1")
        assert case.answers() == whole

    def test_busy_for_good_is_left_for_later_and_recovers(
        self, case: Case, whole: Answers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As long as somebody holds the table."""
        with monkeypatch.context() as hasty, psycopg.connect(case.writing.info.dsn) as locking:
            locking.execute("LOCK TABLE analytics.events IN ACCESS EXCLUSIVE MODE")
            options = {**client.KINDS["postgres"].options, "options": "-c statement_timeout=200ms"}
            hasty.setitem(client.KINDS, "postgres", replace(client.KINDS["postgres"], options=options))
            started = time.monotonic()
            for _ in range(2):
                case.fails(TryLater, "was stopped after 10 minutes over one query", "ask at a quieter hour")
            assert time.monotonic() - started < 5
        assert case.answers() == whole

    def test_a_slow_server_is_not_waited_for(self, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
        """The server itself stops what takes too long, also where rows have come."""
        options = {**client.KINDS["postgres"].options, "options": "-c statement_timeout=200ms"}
        monkeypatch.setitem(client.KINDS, "postgres", replace(client.KINDS["postgres"], options=options))
        reading = client.connect(case.settings.engine_url.get_secret_value())  # type: ignore[union-attr]
        with pytest.raises(TryLater, match="was stopped after 10 minutes"):
            list(reading.rows("SELECT n, CASE WHEN n > 30000 THEN pg_sleep(1) END FROM generate_series(1, 40000) AS n"))
        reading.close()

    # --- broken off ---

    def test_whichever_call_breaks_all_is_known_or_what_is_kept_of_it(self, case: Case, whole: Answers) -> None:
        """Each query in turn: the run says so, and the next has it all."""
        for number in range(MOST):
            through: list[Through] = []

            def broken(warehouse: SqlWarehouse, number: int = number, through: list[Through] = through) -> Through:
                through.append(Through(warehouse, number, case.killed))
                return through[-1]

            try:
                answers = case.answers(broken)
            except TryLater as failure:
                assert "does not answer" in str(failure)
            else:
                assert answers == whole
                assert through[0].asked == number > 2, "there are no more queries to break"
                return
            assert case.answers() == whole
        raise AssertionError(f"more than {MOST} queries")

    def test_rows_that_break_off_are_no_whole_answer(self, case: Case, whole: Answers) -> None:
        reading = client.connect(case.settings.engine_url.get_secret_value())  # type: ignore[union-attr]
        rows = iter(reading.rows("SELECT generate_series(1, 10000000) AS n"))
        assert next(rows) == (1,)
        assert case.kill() == 1
        with pytest.raises(TryLater, match="does not answer"):
            for _ in rows:
                pass
        assert list(reading.rows("SELECT 1 AS n")) == [(1,)], "the next query has a connection of its own"
        reading.close()

    def test_whatever_breaks_for_good_and_wherever_what_was_read_is_kept_or_nothing(
        self, case: Case, whole: Answers
    ) -> None:
        """A server that is away says nothing; when it is back, all is as it was."""
        case.goes_away()
        for _ in range(2):
            case.fails(TryLater, "does not answer")
        case.comes_back()
        assert case.answers() == whole

    def test_a_connection_that_ended_between_two_queries_is_opened_anew(self, case: Case, whole: Answers) -> None:
        reading = client.connect(case.settings.engine_url.get_secret_value())  # type: ignore[union-attr]
        assert list(reading.rows("SELECT 1 AS n")) == [(1,)]
        assert case.kill() == 1
        assert list(reading.rows("SELECT 2 AS n")) == [(2,)]
        reading.close()

    # --- passwords and rights ---

    def test_a_token_that_is_never_taken_is_a_matter_for_a_person(self, case: Case, whole: Answers) -> None:
        case.password = "open-wide-secret"
        case.fails(NoAccess, "password authentication failed", "check user, password and database in the engine's URL")
        case.password = PASSWORD
        assert case.answers() == whole

    def test_a_right_that_is_missing_is_named_and_ends_nothing(self, case: Case, whole: Answers) -> None:
        case.writing.execute(f"REVOKE SELECT ON analytics.events FROM {USER}")
        case.fails(NoAccess, "permission denied for table events", "let its user read the table (GRANT SELECT)")
        case.writing.execute(f"GRANT SELECT ON analytics.events TO {USER}")
        assert case.answers() == whole


@pytest.fixture(scope="module")
def reader(writing: psycopg.Connection) -> Iterator[None]:
    """A user whose password is asked for: the server lets in everybody else who is on this machine."""
    writing.execute(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
    rules = Path(writing.execute("SHOW hba_file").fetchone()[0])  # type: ignore[index]
    as_ever = rules.read_text()
    rules.write_text(f"local all {USER} scram-sha-256\n{as_ever}")
    writing.execute("SELECT pg_reload_conf()")
    yield
    rules.write_text(as_ever)
    writing.execute("SELECT pg_reload_conf()")
    writing.execute(f"DROP OWNED BY {USER}")
    writing.execute(f"DROP ROLE {USER}")


class TestPostgres(WarehouseContract):
    source = "warehouse"

    @pytest.fixture
    def case(self, reader: None, stage: PostgresStage, writing: psycopg.Connection, tmp_path: Path) -> Iterator[Case]:
        real = Path(writing.info.host)
        (tmp_path / "s").mkdir()
        made = Case(stage, writing, tmp_path, tmp_path / "s", real)
        made.comes_back()
        yield made
        writing.execute(f"ALTER ROLE {USER} CONNECTION LIMIT -1")
        writing.execute("DROP SCHEMA IF EXISTS analytics CASCADE")
