"""The evaluator as the rest of the product uses it, over the usage store at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from expansion.evaluate.causes import Causes
from expansion.evaluate.compile import Compiler
from expansion.evaluate.compiled import CompiledTrigger, rollup_columns
from expansion.evaluate.engine import Engine, Vocabulary
from expansion.evaluate.fact_values import NUMERIC, read_value
from expansion.evaluate.questions import answers, holds, nearest, people_of
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.results import Answer, Answers, Evidence, FactValue
from expansion.evaluate.source import Source
from expansion.evaluate.subjects import Subject, UserOf, account_of
from expansion.evaluate.unanswered import Unanswered
from expansion.explain.explaining import Explainer
from expansion.language.model.facts import SourcedFact
from expansion.language.model.models import Trigger
from expansion.language.model.values import Percent, is_endless
from expansion.language.prose import kind_of, value_text
from expansion.usage.facts import REMOTE_ID, naive
from expansion.usage.forms.duck import one, quote, quote_list
from expansion.usage.identity.members import left_sql, members_sql
from expansion.usage.storage.marks import is_mark, marked_sql
from expansion.usage.storage.store import UsageStore

PROFILE_FIELDS = ("email", "name")


@dataclass
class StoreEvaluator:
    """Answers from one consistent view of the store. See results.Evaluator for what each question means."""

    source: Source
    vocabulary: Vocabulary
    as_of: datetime
    _everyone: Engine | None = field(default=None, init=False)
    _few: dict[tuple[str, ...], Engine] = field(default_factory=dict, init=False)
    _people: dict[int, Engine] = field(default_factory=dict, init=False)  # by the engine of their accounts

    @property
    def everyone(self) -> Engine:
        """The engine over all known accounts, made once."""
        if self._everyone is None:
            self._everyone = Engine(self.source, self.vocabulary, self.as_of)
        return self._everyone

    def answers(self, triggers: Sequence[Trigger]) -> dict[str, Answers]:
        found: dict[str, Answers] = {}
        for who in ("accounts", "users"):
            asked = [trigger for trigger in triggers if trigger.who == who]
            if asked:
                engine = self.everyone if who == "accounts" else self.people_engine(self.everyone)
                found |= answers(engine, asked)
        if any(trigger.who == "users" for trigger in triggers):
            gone = self.left()
            found |= {each.trigger: replace(found[each.trigger], left=gone) for each in triggers if each.who == "users"}
        return {trigger.trigger: found[trigger.trigger] for trigger in triggers}

    def explain(self, trigger: Trigger, subject: Subject, *, flips: bool = False) -> Evidence:
        # After `answers` everything is measured already; a lone question only measures its own account.
        account = account_of(subject)
        measured = self._everyone is not None and self._everyone.knows(account)
        engine = self.everyone if measured else self._engine([account])
        if trigger.who == "accounts":
            return Explainer(engine, flips).explain(trigger, account)
        people = self.people_engine(engine)
        person = subject if isinstance(subject, UserOf) else nearest(people, trigger, account)
        return Explainer(people, flips).explain(trigger, person)

    def people_asked(self, trigger: Trigger, account_id: str) -> Answers:
        """A trigger about people, asked of those of one account."""
        return answers(self.people_engine(self._engine([account_id])), [trigger])[trigger.trigger]

    def unreadable(self) -> Mapping[str, int]:
        """Facts and properties whose value could not be read as their kind, and of how many."""
        engines = [self.everyone, *self._people.values()]
        return {name: count for engine in engines for name, count in engine.unreadable.items()}

    def count(self) -> int:
        """How many accounts there are at this moment."""
        return self.everyone.size

    def accounts(self) -> list[str]:
        """Their ids, sorted."""
        return [account_of(one) for one in self.everyone.subjects.ids]

    def known_until(self) -> datetime | None:
        """Up to when events are known; None where none ever came."""
        return self.source.known_until()

    def people_engine(self, engine: Engine) -> Engine:
        """The engine over the people of an engine's accounts."""
        if id(engine) not in self._people:
            source = self.source.again()
            only = None if engine.only is None else people_of(source, self.as_of, engine.subjects.ids)
            self._people[id(engine)] = Engine(source, self.vocabulary, self.as_of, only, engine)
        return self._people[id(engine)]

    def knows(self, account_id: str) -> bool:
        """True when anything is stored of this account as of the moment."""
        known = one(
            self.source.con,
            f"SELECT count(*) FROM {self.source.accounts()} "
            f"WHERE account_id = {quote(account_id)} AND first_seen <= TIMESTAMP {quote(self._moment())}",
        )
        return known > 0

    def once_called(self, name: str) -> list[str]:
        """Accounts that had this name at some time by the moment, by the ids that it was told under."""
        fact = self.vocabulary.facts.facts.get(self.vocabulary.policy.account.name or "")
        if not isinstance(fact, SourcedFact):
            return []
        said, moment = self.source.facts.ever_of_fields([fact.field]), quote(self._moment())
        rows = self.source.con.execute(
            f"SELECT DISTINCT account_id FROM {said} WHERE user_id = '' AND source = {quote(fact.from_)} "
            f"AND lower(trim(value)) = lower(trim({quote(name)})) AND seen_at <= TIMESTAMP {moment} ORDER BY 1"
        )
        return [account for (account,) in rows.fetchall()]

    def holds(self, clauses: Sequence[Any], account_ids: Iterable[str]) -> dict[str, Answer]:
        accounts = sorted(set(account_ids))
        return holds(self._engine(accounts), clauses, accounts) if accounts else {}

    def unanswered(self, clauses: Sequence[Any], account_ids: Iterable[str]) -> dict[str, str]:
        accounts = sorted(set(account_ids))
        return Unanswered(self._engine(accounts)).of(clauses, accounts) if accounts else {}

    def fact(self, name: str, account_ids: Iterable[str]) -> dict[str, FactValue]:
        accounts = sorted(set(account_ids))
        if not accounts:
            return {}
        engine = self._engine(accounts)
        measure = engine.compiler.fact(name)
        engine.measure_now(measure)
        return {account: self._fact_value(engine, measure, name, account) for account in accounts}

    def _fact_value(self, engine: Engine, measure: Any, name: str, account: str) -> FactValue:
        index, kind = engine.subjects.index[account], kind_of(name, self.vocabulary.facts)
        column = engine.column(measure, 0)
        if column is not None and column.kind not in NUMERIC:
            value: Any = column.value(index)
        else:
            value = engine.number(measure, 0).at(index)
        text = value_text(value, kind, self.vocabulary.policy.currency)
        if isinstance(value, Fraction) and is_endless(value):
            value = text  # no system takes a number that large
        return FactValue(value, text, None if value is not None else Causes(engine).of_fact(name, index))

    def _engine(self, accounts: Sequence[str]) -> Engine:
        """An engine for a few accounts, kept while the same ones are asked about."""
        key = tuple(accounts)
        if key not in self._few:
            self._people = {made: one for made, one in self._people.items() if one.of_accounts is self._everyone}
            self._few = {key: Engine(self.source.again(), self.vocabulary, self.as_of, accounts)}
        return self._few[key]

    # --- people and names ---------------------------------------------------------------------------------------------

    def people(self, group: str, account_id: str) -> list[Mapping[str, str | None]]:
        definition = self.vocabulary.facts.people[group]
        wanted = _as_stored(definition.is_)
        here = f"user_id IN (SELECT user_id FROM {self._members(account_id)})"
        rows = self._profile_rows([definition.field], f"account_id = {quote(account_id)} AND {here}")
        users = sorted(user for user, _, value in rows if _reads_as(value, wanted))
        return self.profiles(account_id, users)

    def profiles(self, account_id: str, user_ids: Iterable[str]) -> list[Mapping[str, str | None]]:
        users = list(user_ids)
        if not users:
            return []
        where = f"account_id = {quote(account_id)} AND user_id IN ({quote_list(users)})"
        rows = self._profile_rows(PROFILE_FIELDS, where)
        known = {(user, name): value for user, name, value in rows}
        left = self._left(account_id)
        return [
            {"user_id": user, **{name: known.get((user, name)) for name in PROFILE_FIELDS}}
            for user in users
            if user not in left
        ]

    def left(self) -> frozenset[UserOf]:
        """Everybody who belonged to an account, and does no longer."""
        gone = self.source.con.execute(f"SELECT account_id, user_id FROM {left_sql(self.source.facts, self.as_of)}")
        return frozenset(UserOf(account, user) for account, user in gone.fetchall())

    def _members(self, account_id: str) -> str:
        """SQL for the people of an account. The account of a person is the one known last."""
        return members_sql(self.source.facts, self.as_of, of=account_id)

    def _left(self, account_id: str) -> set[str]:
        """Who belonged to an account, and does no longer."""
        gone = left_sql(self.source.facts, self.as_of, of=account_id)
        rows = self.source.con.execute(f"SELECT user_id FROM {gone} WHERE account_id = {quote(account_id)}").fetchall()
        return {user for (user,) in rows}

    def _profile_rows(self, fields: Sequence[str], where: str) -> list[tuple[str, str, str | None]]:
        said = f"(SELECT * FROM {self.source.facts.of_fields(fields)} WHERE user_id <> '' AND {where})"
        return self.source.con.execute(
            f"SELECT user_id, field, arg_max_null(value, (since, source)) "
            f"FROM {self.source.facts.state(said, self.as_of)} WHERE NOT {marked_sql()} GROUP BY user_id, field"
        ).fetchall()

    def remote_ids(self, account_ids: Iterable[str] | None = None) -> dict[str, dict[str, str]]:
        """What each account is called in each system; of all accounts unless some are named."""
        accounts = None if account_ids is None else list(account_ids)
        found: dict[str, dict[str, str]] = {account: {} for account in accounts or ()}
        if accounts == []:
            return found
        of = f"AND account_id IN ({quote_list(accounts)}) " if accounts else ""
        said = (
            f"(SELECT * FROM {self.source.facts.of_fields([REMOTE_ID])} WHERE user_id = '' {of}AND value IS NOT NULL)"
        )
        rows = self.source.con.execute(
            f"SELECT account_id, source, value FROM {self.source.facts.state(said, self.as_of)}"
        ).fetchall()
        for account, source, value in (row for row in rows if not is_mark(row[2])):
            found.setdefault(account, {})[source.partition(".")[0]] = value
        return found

    def _moment(self) -> str:
        return str(naive(self.as_of))


def _as_stored(wanted: Any) -> Any:
    return wanted.value if isinstance(wanted, Percent) else wanted


def _reads_as(value: str | None, wanted: Any) -> bool:
    if isinstance(wanted, bool):
        return read_value(value, "yes_no") is wanted
    return value is not None and value == str(wanted)


def evaluator(store: UsageStore, vocabulary: Vocabulary, as_of: datetime) -> StoreEvaluator:
    """An evaluator over a store at one moment."""
    return StoreEvaluator(StoreRelations.of(store, as_of), vocabulary, as_of)


def build_rollups(store: UsageStore, vocabulary: Vocabulary, triggers: Iterable[Trigger]) -> int:
    """Build the rollup columns that these triggers read and that are missing. Returns how many files were written.

    Answers do not depend on it: what is not built is computed from the events each time.
    """
    compiler = Compiler(vocabulary.facts, vocabulary.policy, vocabulary.triggers)
    nodes = [node for trigger in triggers for node in CompiledTrigger.of(trigger, compiler).nodes()]
    con = store.connect()
    store.ensure_names(con)
    return store.ensure_rollups(con, rollup_columns(nodes), vocabulary.policy.time_zone)
