"""What a run pulls, and the pulling of one source: facts, people, cohorts or events into the usage store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from logging import getLogger
from time import monotonic
from typing import TypeVar
from zoneinfo import ZoneInfo

from expansion.contract import FactRecord, Failure, NotAll, NotThere, TryLater, Wanted
from expansion.deliver.sending import only_while
from expansion.evaluate.known import known_accounts
from expansion.explain.evaluator import PROFILE_FIELDS
from expansion.language.model.models import Facts, SourcedCohort, SourcedFact, Who
from expansion.language.model.outcomes import OutcomeFrom
from expansion.tables.maps import read_maps
from expansion.usage.facts import add_cohort, add_facts, cohort_is_as_it_was, cohort_key, end_cohort, user_accounts
from expansion.usage.identity.merges import add_merges, contradiction
from expansion.usage.import_events import import_rows
from expansion.usage.lines.import_lines import import_lines
from expansion.usage.storage.answers import Full
from integrations.kit.declare import SourceBase
from integrations.warehouse.sources import Tables
from jobs.how_many import too_few
from jobs.place import Place
from jobs.pull_tables import pull_table, table_pulls
from jobs.pulled import Pull, Pulled, Stopped

T = TypeVar("T")
log = getLogger(__name__)

_BY_MAPS = ("files.", "warehouse.")  # files are imported; of tables each has a pull of its own
LONGEST_PULL = timedelta(hours=3)  # a first pull of half a year is three exports, each with an hour


def pulls(place: Place) -> list[Pull]:
    """Everything the definitions need, sources one after another; files are imported, and some sources push."""
    pushed = {name for name, words in place.catalog.sources.items() if words.pushed}
    others = (pull for pull in _pulls(place) if not pull.source.startswith(_BY_MAPS) and pull.source not in pushed)
    return [*others, *_of_tables(place)]


def outcome_pulls(place: Place) -> list[Pull]:
    """The sources of outcomes that policy.yaml names; of files it imports them."""
    rules = place.definitions.workspace.policy.outcomes
    named = dict.fromkeys(rule.from_ for rule in rules if isinstance(rule, OutcomeFrom))
    return [Pull(source, "outcomes", ()) for source in named if not source.startswith(_BY_MAPS)]


def _of_tables(place: Place) -> Iterator[Pull]:
    """The tables of a warehouse, by the maps that are there."""
    facts = place.definitions.workspace.facts
    named = [*_fields(facts, "accounts"), *_fields(facts, "users"), *(events.from_ for events in facts.events)]
    yield from table_pulls(read_maps(place.settings.sources), named)


def _pulls(place: Place) -> Iterator[Pull]:
    facts = place.definitions.workspace.facts
    for source in _merge_sources(place):  # first: afterwards nobody knows which account a record was of
        yield Pull(source, "merges", ())
    for source, names in _fields(facts, "accounts").items():
        yield Pull(source, "facts", tuple(dict.fromkeys(names)))
    groups, of_users = [group.field for group in facts.people.values()], _fields(facts, "users")
    for source in dict.fromkeys([*_people_sources(place), *of_users]):
        names = [*PROFILE_FIELDS, *groups, *of_users.get(source, ())]
        yield Pull(source, "people", tuple(dict.fromkeys(names)))
    for cohort in facts.cohorts.values():
        if isinstance(cohort, SourcedCohort):
            yield Pull(cohort.from_, "cohort", (cohort.name,))
    for events in facts.events:
        yield Pull(events.from_, "events", (events.account or "",))


def _fields(facts: Facts, who: Who) -> dict[str, list[str]]:
    """By source, the fields of facts about accounts, or about users."""
    fields: dict[str, list[str]] = {}
    for fact in facts.facts.values():
        if isinstance(fact, SourcedFact) and fact.who == who:
            fields.setdefault(fact.from_, []).append(fact.field)
    return fields


def wanted(place: Place, source: str, now: datetime) -> Wanted:
    """The account facts of a source as facts.yaml takes them, for its values depend on more than names."""
    kinds: dict[str, set[str]] = {}
    for fact in place.definitions.workspace.facts.facts.values():
        if isinstance(fact, SourcedFact) and fact.who == "accounts" and fact.from_ == source:
            kinds.setdefault(fact.field, set()).add(fact.kind)
    policy = place.definitions.workspace.policy
    asked = {field: frozenset(taken) for field, taken in kinds.items()}
    return Wanted(asked, now, ZoneInfo(policy.time_zone), policy.currency)


def _people_sources(place: Place) -> list[str]:
    """Sources of people, of the systems that events or facts come from anyway."""
    return _giving(place, "people", set(place.definitions.systems))


def _merge_sources(place: Place) -> list[str]:
    """Sources that say who has another id, of the systems that facts come from."""
    facts = place.definitions.workspace.facts
    known = {fact.from_ for fact in facts.facts.values() if isinstance(fact, SourcedFact)}
    return _giving(place, "merges", {source.partition(".")[0] for source in known})


def _giving(place: Place, what: str, systems: Collection[str]) -> list[str]:
    sources = place.catalog.sources.items()
    return [name for name, words in sources if what in words.gives and name.partition(".")[0] in systems]


def pull_one(place: Place, pull: Pull, now: datetime, stopping: Callable[[], bool] = lambda: False) -> Pulled:
    """Pull and store. A source that says no stops nothing else: its problem is in the result. Nor does one that sends
    page after page: after the longest that a pull may last, no call goes out."""
    source = place.systems.source(pull.source)
    if source is None:
        return Pulled(pull, problem=str(place.systems.problems.get(pull.source.partition(".")[0], "is not connected")))
    end = monotonic() + LONGEST_PULL.total_seconds()
    try:
        with only_while(
            lambda: monotonic() < end, f"{pull.title}: no end after {LONGEST_PULL}; it is read again later"
        ):
            return _pull(place, pull, source, now, stopping)
    except Failure as failure:
        whose = "their system" if isinstance(failure, TryLater) else "settings"
        return Pulled(pull, problem=str(failure), whose=whose)


def _pull(place: Place, pull: Pull, source: SourceBase, now: datetime, stopping: Callable[[], bool]) -> Pulled:
    """By what is asked for. Raises a Failure."""
    match pull.what:
        case "table":
            assert isinstance(source, Tables), "only a warehouse has tables"
            return pull_table(place, pull, source, now, stopping)
        case "facts":
            return _facts(place, pull, source, now, stopping)
        case "people":
            known = _until(stopping, source.people(pull.names))
            return _add(place, pull, known, now, source, full="people" if "people" in source.full else None)
        case "cohort":
            return _cohort(place, pull, source, now)
        case "merges":
            return _merges(place, pull, source, now, stopping)
        case "outcomes":
            return _outcomes(place, pull, source, now, stopping)
    return _events(place, pull, source, now, stopping)


def _facts(place: Place, pull: Pull, source: SourceBase, now: datetime, stopping: Callable[[], bool]) -> Pulled:
    """The facts of accounts. A field that the system has no more is a problem, and keeps no other from being read."""
    asked = wanted(place, pull.source, now)
    if source.asks_for_each:
        asked = replace(asked, accounts=known_accounts(place.store, now))
    full: Full | None = "accounts" if "facts" in source.full else None

    def stored(some: Wanted) -> Pulled:
        return _add(place, pull, _until(stopping, source.wanted(some)), now, source, full=full)

    try:
        return stored(asked)
    except NotThere as failure:
        left = {name: kinds for name, kinds in asked.kinds.items() if name not in failure.names}
        return replace(stored(replace(asked, kinds=left)), problem=str(failure))


def _add(
    place: Place, pull: Pull, records: Iterable[FactRecord], now: datetime, source: SourceBase, *, full: Full | None
) -> Pulled:
    """Store what came. Where that is less than was announced or usual, it is said, and the answer is not taken for a
    full one.

    No problem of the run: nobody knows what the system counts beside what it gives, so it may be so for good.
    """
    came: list[FactRecord] = []
    try:
        for record in records:
            came.append(record)
    except NotAll as failure:
        if not came:
            raise
        log.warning("%s: %s", pull.title, failure)
        full = None
    few = too_few(place, pull, len(came), source.expected, now) if full else None
    stored = add_facts(place.store, pull.source, came, now, asked=pull.names, full=None if few else full)
    return Pulled(pull, stored, notes=(few,) if few else ())


def _cohort(place: Place, pull: Pull, source: SourceBase, now: datetime) -> Pulled:
    """Who is in a cohort. Of the members of one that is not there any more nobody can tell."""
    before = place.stored.pulls.get(cohort_key(pull.source, pull.names[0]))
    try:
        if before and source.cohort_is_as_it_was(pull.names[0], before.last):
            cohort_is_as_it_was(place.store, pull.source, pull.names[0], now)
            return Pulled(pull)
        members = source.cohort(pull.names[0])
        if members.less:
            log.warning("%s: %s", pull.title, members.less)
        return Pulled(pull, add_cohort(place.store, members, now))
    except NotThere as failure:
        ended = end_cohort(place.store, pull.source, pull.names[0], now)
        return Pulled(pull, ended, problem=str(failure))


def _merges(place: Place, pull: Pull, source: SourceBase, now: datetime, stopping: Callable[[], bool]) -> Pulled:
    """Who has another id since the last pull, and some time before that; the cursor moves when all of it is stored."""
    cursor = f"merges:{pull.source}"
    last = place.ledger.cursor(cursor)
    since = min(datetime.fromisoformat(last), now) - source.late if last else None
    added = add_merges(place.store, list(_until(stopping, source.merges(since))), now)
    for was, one in added.against:
        log.warning("%s: %s", pull.title, contradiction(was, one))
    place.ledger.set_cursor(cursor, now.astimezone(UTC).isoformat(), now)
    return Pulled(pull, added.new)


def _outcomes(place: Place, pull: Pull, source: SourceBase, now: datetime, stopping: Callable[[], bool]) -> Pulled:
    """What was won or lost since the last pull, and some time before that; the cursor moves when all of it is
    written."""
    cursor, currency = f"outcomes:{pull.source}", place.definitions.workspace.policy.currency
    last = place.ledger.cursor(cursor)
    since = min(datetime.fromisoformat(last), now) - source.late if last else None
    told = place.ledger.add_outcomes(list(_until(stopping, source.outcomes(since, currency))), now)
    place.ledger.set_cursor(cursor, now.astimezone(UTC).isoformat(), now)
    return Pulled(pull, told.new, changed=told.changed + told.gone)


def _until(stopping: Callable[[], bool], rows: Iterable[T]) -> Iterator[T]:
    """The rows, one by one, as long as nobody ends the run: an export can take many minutes."""
    for row in rows:
        if stopping():
            raise Stopped("the run was stopped while a source was being read; the next run reads it again")
        yield row


def _events(place: Place, pull: Pull, source: SourceBase, now: datetime, stopping: Callable[[], bool]) -> Pulled:
    """Events since the last pull, and again as far back as late ones are still taken in (a phone that was offline).

    The cursor moves only when all of them are stored.
    """
    until = now.astimezone(UTC).date()
    cursor = place.ledger.cursor(pull.source)
    first = until - timedelta(days=place.settings.first_pull_days)
    start = datetime.combine(first, time(), UTC)
    if cursor:
        start = max(start, _from(min(datetime.fromisoformat(cursor), now) - source.late, source))
    covered = (start, max(start, now.astimezone(UTC) - source.behind))
    since = f"{start:%Y-%m-%dT%H}" if source.by_hour else f"{start:%Y-%m-%d}"
    asked, users = (since, until.isoformat(), pull.names[0]), user_accounts(place.store)
    if (lines := source.event_lines(*asked)) is not None:
        some = replace(lines, blocks=lambda: _until(stopping, lines.blocks()))
        done = import_lines(place.store, pull.source, some, covered, users=users)
    else:
        done = import_rows(place.store, pull.source, _until(stopping, source.events(*asked)), covered, users=users)
    place.ledger.set_cursor(pull.source, now.astimezone(UTC).isoformat(), now)
    report = str(done.report) if done.report else None
    return Pulled(pull, done.stored, done.duplicates, done.new_rejects, report)


def _from(moment: datetime, source: SourceBase) -> datetime:
    """The beginning of the day, or of the hour."""
    at = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return at if source.by_hour else at.replace(hour=0)


__all__ = ["LONGEST_PULL", "Pull", "Pulled", "Stopped", "outcome_pulls", "pull_one", "pulls", "wanted"]
