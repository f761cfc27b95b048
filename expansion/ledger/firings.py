"""Firings and their episodes: written once, whoever comes first, together with the steps that follow from them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Numeric,
    Row,
    Select,
    and_,
    cast,
    desc,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from expansion.evaluate.subjects import Subject
from expansion.ledger import audit
from expansion.ledger.audit import AuditLine, person
from expansion.ledger.bulk import rows_of
from expansion.ledger.clocks import start_clocks
from expansion.ledger.database import Database
from expansion.ledger.runs import cursor_of, set_cursor
from expansion.ledger.tables import CURSORS, FIRINGS, PAST_DECISIONS, RUNS, STEPS
from expansion.records.firing import (
    HELD,
    REACHED_THE_BRAKE,
    Cleared,
    Conversation,
    LastEpisode,
    Mark,
    Moved,
    NewFiring,
    NewStep,
    OpenEpisode,
    Redecided,
    Superseded,
    subject_of,
)
from expansion.records.ledger import FiringFilter, FiringRecord, PastDecision, Recorded, RunKind
from expansion.text.for_people import ForPeople

EPISODE_ENDED = "the episode ended before this step was sent"
DONE_BEFORE = "it was done already under another id of this account"
_NOTHING: Mapping[str, str] = MappingProxyType({})
_LOCK = 0x1ED6E3  # any number but that of migrate.py
_SUBJECT = (FIRINGS.c.account_id, FIRINGS.c.user_id)
_FIRED_AS = (FIRINGS.c.fired_account_id, FIRINGS.c.fired_user_id)
_PLACES = {column.name for column in _FIRED_AS}
_OPEN = (
    *(FIRINGS.c[name] for name in ("id", "episode", "fired_at", "decision", "reason", "decided_at", "approved_by")),
    *_FIRED_AS,
)
# What stays as it was when an episode is decided about again.
_STAYS = {"trigger", "account_id", "user_id", "episode", "fired_at", "run_id"}


class Overtaken(ForPeople):
    """The ledger moved on between deciding and writing: decide again."""


class Firings(Database):
    def open_episodes(self, trigger: str, accounts: Collection[str] | None = None) -> dict[Subject, OpenEpisode]:
        """The accounts of a trigger, or its people, whose episode has not ended; of these accounts where some are
        named, a few, also those that began for them and have moved since."""
        query = select(*_SUBJECT, *_OPEN).where(FIRINGS.c.trigger == trigger, FIRINGS.c.cleared_at.is_(None))
        if accounts is not None:
            query = query.where(or_(FIRINGS.c.account_id.in_(accounts), FIRINGS.c.fired_account_id.in_(accounts)))
        with self.reading() as connection:
            rows = connection.execute(query)
            return {subject_of(account, user): OpenEpisode(*rest) for account, user, *rest in rows}

    def last_episode(self, trigger: str) -> dict[Subject, LastEpisode]:
        """The newest episode of each account of a trigger, or of each of its people, open or over. One that has moved
        is also that of those for whom it began."""
        with self.reading() as connection:
            found = dict(_latest(connection, trigger, _SUBJECT))
            for subject, last in _latest(connection, trigger, _FIRED_AS):
                if subject not in found or found[subject].episode < last.episode:
                    found[subject] = last
            return found

    def past_counts(self, trigger: str, limit: int, kind: RunKind = "expansion") -> list[int]:
        """How many accounts reached the flood brake in each of the last runs that had any, newest first.

        However a run ended: it decided, and what a vendor said of its steps afterwards changes nothing of that. Runs
        without one say nothing of what is usual: in most of them a daily trigger was not due.
        """
        mine = (FIRINGS.c.run_id == RUNS.c.id) & (FIRINGS.c.trigger == trigger)
        query = (
            select(func.count(FIRINGS.c.account_id.distinct()))
            .select_from(RUNS.join(FIRINGS, mine & FIRINGS.c.decision.in_(sorted(REACHED_THE_BRAKE))))
            .where(RUNS.c.kind == kind)
            .group_by(RUNS.c.id)
            .order_by(desc(RUNS.c.id))
            .limit(limit)
        )
        with self.reading() as connection:
            return list(connection.scalars(query))

    def fired(self, trigger: str, since: datetime, until: datetime) -> list[tuple[str, datetime]]:
        """The accounts that a trigger fired for in this time, in whatever run, and when; but for old news, which its
        first live run only writes down."""
        reached = sorted(REACHED_THE_BRAKE - {"quiet"})
        mine = (FIRINGS.c.trigger == trigger) & FIRINGS.c.decision.in_(reached)
        within = (FIRINGS.c.fired_at > since) & (FIRINGS.c.fired_at <= until)
        query = select(FIRINGS.c.account_id, FIRINGS.c.fired_at).where(mine, within)
        with self.reading() as connection:
            return [(account, at) for account, at in connection.execute(query)]

    def was_live(self, trigger: str) -> bool:
        """Whether the last run that decided about a trigger was a live one.

        Before runs wrote that down, they left only firings: one that was not merely watched tells as much.
        """
        was_decided = FIRINGS.c.decision.not_in(("watching", "paused"))
        fired = select(FIRINGS.c.id).where(FIRINGS.c.trigger == trigger, was_decided).limit(1)
        with self.reading() as connection:
            said = cursor_of(connection, _ran_as(trigger))
            return said == "live" if said else connection.scalar(fired) is not None

    def record(
        self,
        run_id: int,
        firings: Sequence[NewFiring],
        cleared: Sequence[Cleared],
        now: datetime,
        *,
        again: Sequence[Redecided] = (),
        ran_as: Mapping[str, str] = _NOTHING,
        based_on: Mark | None = None,
        moved: Sequence[Moved] = (),
        superseded: Sequence[Superseded] = (),
        as_of: datetime | None = None,
    ) -> Recorded:
        """End the cleared episodes, then write the firings with their steps; all of it or nothing.

        Another run may have written the same firing a moment ago: then it is left alone, and so are its steps. Steps
        of an ended episode that were not sent yet are skipped: their account no longer qualifies. One that may have
        been sent, and may be repeated, is finished, so that the ledger knows.

        `again`: what is decided now about episodes that are open, unless somebody decided about them meanwhile.
        `ran_as`: how each trigger ran, `watching` or `live`. `based_on`: the mark when it was decided; where somebody
        else has decided something since, Overtaken is raised: two runs must not fill one budget twice. `moved`: these
        open episodes go to the ids of now first, with their steps; what was sent keeps its key. `superseded`: these end
        before that, and what was done in them is not done again in the one that goes on.
        `as_of`: the moment of this decision, of a run that decides again and again; left out, that of the run.
        """
        for firing in (*firings, *(each.firing for each in again)):
            _must_be_whole(firing)
        with self.writing() as connection:
            self._one_at_a_time(connection)
            if based_on is not None and _mark(connection) != based_on:
                raise Overtaken("somebody else has decided something at the same moment; try again")
            as_of = as_of or connection.execute(select(RUNS.c.as_of).where(RUNS.c.id == run_id)).scalar_one()
            ended = _supersede(connection, superseded, as_of, now)
            _move(connection, moved)
            ended += _end_episodes(connection, cleared, as_of, now)
            ids = _insert(connection, self.is_postgres, run_id, firings)
            changed = {
                _identity(each.firing): each.was.firing_id for each in again if _redecide(connection, run_id, each, now)
            }
            every = (*firings, *(each.firing for each in again))
            _insert_steps(connection, every, ids | changed, now)
            for trigger, status in ran_as.items():
                set_cursor(connection, self.is_postgres, _ran_as(trigger), status, now)
        written = ids | changed
        already = tuple((f.trigger, f.subject) for f in every if _identity(f) not in written)
        return Recorded(tuple(ids.values()), already, ended, tuple(changed.values()))

    def _one_at_a_time(self, connection: Connection) -> None:
        """On PostgreSQL two runs that write the same accounts could lock each other out; SQLite has one writer."""
        if self.is_postgres:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})

    def firings(self, wanted: FiringFilter = FiringFilter()) -> list[FiringRecord]:  # noqa: B008  it is frozen
        """Firings, those worth most first, the newest run first."""
        by = (desc(FIRINGS.c.run_id), *most_valuable_first(), FIRINGS.c.account_id, FIRINGS.c.id)
        query = _narrow(select(FIRINGS), wanted).order_by(*by).limit(wanted.limit)
        with self.reading() as connection:
            return [read_firing(row) for row in connection.execute(query)]

    def firing(self, trigger: str, account_id: str, user_id: str = "") -> FiringRecord | None:
        """The newest firing of an account, or of a person of it, with a trigger."""
        query = select(FIRINGS).where(_is(trigger, account_id, user_id)).order_by(desc(FIRINGS.c.episode)).limit(1)
        with self.reading() as connection:
            row = connection.execute(query).one_or_none()
        return read_firing(row) if row else None

    def account_names(self) -> dict[str, str | None]:
        """Every account that fired, by id, with the name that its newest firing knows."""
        query = select(FIRINGS.c.account_id, FIRINGS.c.account_name).order_by(FIRINGS.c.id)
        with self.reading() as connection:
            return {row[0]: row[1] or None for row in connection.execute(query)}

    def trigger_names(self) -> list[str]:
        """Every trigger that fired, also those that are no more."""
        with self.reading() as connection:
            return list(connection.scalars(select(FIRINGS.c.trigger).distinct().order_by(FIRINGS.c.trigger)))

    def ran_at(self, trigger: str) -> datetime | None:
        """When a run last evaluated a trigger and wrote down what came of it."""
        query = select(CURSORS.c.updated_at).where(CURSORS.c.source == _ran_as(trigger))
        with self.reading() as connection:
            return connection.scalar(query)

    def mark(self) -> Mark:
        """How far the ledger has come; see `record`."""
        with self.reading() as connection:
            return _mark(connection)

    def conversations(self, since: datetime, until: datetime) -> list[Conversation]:
        """What was begun in this time, or waits for approval since; the first moment does not count, nor the last."""
        people = FIRINGS.c.evidence["reaches"]
        columns = (FIRINGS.c.id, FIRINGS.c.account_id, FIRINGS.c.owner, people, FIRINGS.c.decided_at)
        leads = FIRINGS.c.decision.in_(("acting", "approval")) & FIRINGS.c.playbook.is_not(None)
        within = (FIRINGS.c.decided_at >= since) & (FIRINGS.c.decided_at < until)
        query = select(*columns).where(leads, within).order_by(FIRINGS.c.id)
        with self.reading() as connection:
            return [Conversation(*row[:3], tuple(row[3] or ()), row[4]) for row in connection.execute(query)]

    def decline(self, firing_ids: Collection[int], by: str, run_id: int, now: datetime) -> list[int]:
        """A person says no to what is held for one; the ids of those that still were. It stays so until it ends."""
        held = FIRINGS.c.decision.in_(HELD) & FIRINGS.c.cleared_at.is_(None) & FIRINGS.c.id.in_(firing_ids)
        said = {"decision": "declined", "reason": f"declined by {by}", "decided_at": now, "decided_in": run_id}
        with self.writing() as connection:
            self._one_at_a_time(connection)
            ids = list(connection.scalars(_keep_past(held)))
            change = update(FIRINGS).where(FIRINGS.c.id.in_(ids)).values(**said)
            gone = connection.execute(change.returning(FIRINGS.c.trigger, FIRINGS.c.account_id)).all()
            audit.write(connection, [_said_by(by, "declined", *each) for each in gone], now)
        return ids

    def past_decisions(self, firing_id: int) -> list[PastDecision]:
        """What was decided about a firing before what stands in it now, oldest first."""
        columns = [PAST_DECISIONS.c[each.name] for each in fields(PastDecision)]
        query = select(*columns).where(PAST_DECISIONS.c.firing_id == firing_id).order_by(PAST_DECISIONS.c.id)
        with self.reading() as connection:
            return [PastDecision(*row) for row in connection.execute(query)]


def most_valuable_first() -> tuple[ColumnElement[Any], ...]:
    """Order by priority. SQLite sorts the text as a float, which is close enough to sort by."""
    return (desc(cast(FIRINGS.c.priority, Numeric)).nulls_last(),)


def read_firing(row: Row[Any]) -> FiringRecord:
    """A row as a record."""
    values = {name: value for name, value in row._asdict().items() if name not in _PLACES}
    values["priority_parts"] = tuple((label, value) for label, value in values["priority_parts"])
    return FiringRecord(**values)


_Identity = tuple[str, Subject, int]


def _identity(firing: NewFiring) -> _Identity:
    return firing.trigger, firing.subject, firing.episode


def _is(trigger: str, account_id: str, user_id: str) -> ColumnElement[bool]:
    return and_(FIRINGS.c.trigger == trigger, FIRINGS.c.account_id == account_id, FIRINGS.c.user_id == user_id)


def _must_be_whole(firing: NewFiring) -> None:
    """A mistake of the caller that would send something nobody decided."""
    if firing.steps and (firing.decision != "acting" or firing.playbook is None):
        raise ValueError(f"{firing.trigger} for {firing.account_id} is `{firing.decision}`; it cannot have steps")


def _end_episodes(connection: Connection, cleared: Sequence[Cleared], as_of: datetime, now: datetime) -> int:
    """All of them in three statements: a fault in the data that is mended ends them by the ten thousand."""
    if not cleared:
        return 0
    over = {(each.trigger, each.account_id, each.user_id) for each in cleared}
    columns = (FIRINGS.c.trigger, *_SUBJECT, FIRINGS.c.id)
    # fired_at: a run over an earlier day must not end an episode that began after it.
    still_open = FIRINGS.c.cleared_at.is_(None) & (FIRINGS.c.fired_at <= as_of)
    open_now = select(*columns).where(FIRINGS.c.trigger.in_({each.trigger for each in cleared}), still_open)
    return _end(connection, [id_ for *which, id_ in connection.execute(open_now) if tuple(which) in over], as_of, now)


def _end(connection: Connection, ids: Sequence[int], as_of: datetime, now: datetime) -> int:
    still_open = FIRINGS.c.cleared_at.is_(None) & (FIRINGS.c.fired_at <= as_of)
    these = select(rows_of(connection, [(id_,) for id_ in ids], id=Integer).c.id)
    connection.execute(update(FIRINGS).where(FIRINGS.c.id.in_(these), still_open).values(cleared_at=as_of))
    unsent = STEPS.c.state.in_(("waiting", "due")) & STEPS.c.maybe_done.is_(False)
    change = update(STEPS).where(STEPS.c.firing_id.in_(these), unsent)
    connection.execute(change.values(state="skipped", reason=EPISODE_ENDED, updated_at=now))
    return len(ids)


def _supersede(connection: Connection, superseded: Sequence[Superseded], as_of: datetime, now: datetime) -> int:
    ended = _end(connection, [each.firing_id for each in superseded], as_of, now) if superseded else 0
    for each in superseded:
        _take_over(connection, each, now)
    return ended


def _take_over(connection: Connection, each: Superseded, now: datetime) -> None:
    """What was done, or may have been, stands for the same step of the episode that goes on, and ends with it."""
    other = STEPS.alias("other")
    same = (other.c.playbook == STEPS.c.playbook) & (other.c.step_id == STEPS.c.step_id)
    began = STEPS.c.state.in_(("done", "unsure", "claimed")) | STEPS.c.maybe_done
    unsent = other.c.state.in_(("waiting", "due")) & other.c.maybe_done.is_(False)
    both = select(STEPS.c.key, other.c.key).join(other, same & (other.c.firing_id == each.by) & unsent)
    pairs = connection.execute(both.where(STEPS.c.firing_id == each.firing_id, STEPS.c.follows.is_(None), began)).all()
    goes_on = connection.execute(select(FIRINGS.c.account_id, FIRINGS.c.episode).where(FIRINGS.c.id == each.by)).one()
    theirs = {"firing_id": each.by, **goes_on._asdict()}
    for done, not_needed in pairs:
        connection.execute(
            update(STEPS).where(STEPS.c.key == not_needed).values(state="skipped", reason=DONE_BEFORE, updated_at=now)
        )
        connection.execute(update(STEPS).where(or_(STEPS.c.key == done, STEPS.c.follows == done)).values(**theirs))


def _latest(
    connection: Connection, trigger: str, whose: tuple[ColumnElement[str], ColumnElement[str]]
) -> Iterator[tuple[Subject, LastEpisode]]:
    """The newest episodes of a trigger, by two columns that say whose they are; without those that are nobody's."""
    account, user = whose
    mine = (FIRINGS.c.trigger == trigger) & account.is_not(None)
    newest = select(account.label("account"), user.label("person"), func.max(FIRINGS.c.episode).label("episode"))
    latest = newest.where(mine).group_by(account, user).subquery()
    same = and_(account == latest.c.account, user == latest.c.person, FIRINGS.c.episode == latest.c.episode)
    columns = (FIRINGS.c.episode, FIRINGS.c.fired_at, FIRINGS.c.cleared_at, FIRINGS.c.decision)
    for of, person_, *rest in connection.execute(select(account, user, *columns).join(latest, same).where(mine)):
        yield subject_of(of, person_), LastEpisode(*rest)


def _move(connection: Connection, moved: Sequence[Moved]) -> None:
    for each in moved:
        now = {"account_id": each.account_id, "episode": each.episode}
        began = {
            "fired_account_id": func.coalesce(FIRINGS.c.fired_account_id, FIRINGS.c.account_id),
            "fired_user_id": func.coalesce(FIRINGS.c.fired_user_id, FIRINGS.c.user_id),
        }
        mine = (FIRINGS.c.id == each.firing_id) & FIRINGS.c.cleared_at.is_(None)
        if connection.execute(update(FIRINGS).where(mine).values(**now, **began, user_id=each.user_id)).rowcount:
            connection.execute(update(STEPS).where(STEPS.c.firing_id == each.firing_id).values(**now))


def _said_by(by: str, decision: str, trigger: str, account_id: str) -> AuditLine:
    """`by` is a name, and after a colon what was noted."""
    name, _, note = by.partition(": ")
    return AuditLine(person(name), "approval", decision, action=f"{trigger} for {account_id}", note=note or None)


def _keep_past(which: ColumnElement[bool]) -> Any:
    """Keep what was decided about these firings, beside what is decided now; gives their ids."""
    columns = {"firing_id": FIRINGS.c.id} | {each.name: FIRINGS.c[each.name] for each in fields(PastDecision)}
    past = insert(PAST_DECISIONS).from_select(list(columns), select(*columns.values()).where(which))
    return past.returning(PAST_DECISIONS.c.firing_id)


def _mark(connection: Connection) -> Mark:
    newest = select(func.coalesce(func.max(FIRINGS.c.id), 0)).scalar_subquery()
    decided = select(func.coalesce(func.max(PAST_DECISIONS.c.id), 0)).scalar_subquery()
    first, second = connection.execute(select(newest, decided)).one()
    return first, second


def _redecide(connection: Connection, run_id: int, again: Redecided, clock: datetime) -> bool:
    """Whether it still stood as it was when it was decided about; then what it was is kept beside it."""
    was = again.was
    stands = (FIRINGS.c.decision == was.decision) & (FIRINGS.c.decided_at == was.decided_at)
    is_it = (FIRINGS.c.id == was.firing_id) & FIRINGS.c.cleared_at.is_(None) & stands
    if connection.scalar(_keep_past(is_it)) is None:
        return False
    values = {name: value for name, value in _firing_values(run_id, again.firing).items() if name not in _STAYS}
    now = {"decided_at": again.at, "decided_in": run_id, "approved_by": again.approved_by}
    connection.execute(update(FIRINGS).where(FIRINGS.c.id == was.firing_id).values(values | now))
    if again.approved_by and not was.approved_by:
        about = (again.firing.trigger, again.firing.account_id)
        # When a person said so is the clock's to tell, whatever moment they asked to have it decided as of.
        audit.write(connection, [_said_by(again.approved_by, again.firing.decision, *about)], clock)
    return True


def _insert(
    connection: Connection, is_postgres: bool, run_id: int, firings: Sequence[NewFiring]
) -> dict[_Identity, int]:
    """Ids of those that were not there yet."""
    if not firings:
        return {}
    dialect = postgresql if is_postgres else sqlite
    statement = dialect.insert(FIRINGS).on_conflict_do_nothing()
    new = statement.returning(FIRINGS.c.trigger, *_SUBJECT, FIRINGS.c.episode, FIRINGS.c.id)
    rows = connection.execute(new, [_firing_values(run_id, firing) for firing in firings])
    return {(trigger, subject_of(account, user), episode): id_ for trigger, account, user, episode, id_ in rows}


def _insert_steps(
    connection: Connection, firings: Sequence[NewFiring], ids: dict[_Identity, int], now: datetime
) -> None:
    new = [(f, ids[_identity(f)]) for f in firings if _identity(f) in ids]
    values = [_step_values(firing, id_, step, now) for firing, id_ in new for step in firing.steps]
    if values:
        connection.execute(insert(STEPS), values)
    start_clocks(connection, [step for firing, _ in new for step in firing.steps])


def _firing_values(run_id: int, firing: NewFiring) -> dict[str, Any]:
    names = {field.name for field in fields(firing)} - {"steps"}
    return {name: getattr(firing, name) for name in names} | {
        "run_id": run_id,
        "decided_at": firing.fired_at,
        "decided_in": run_id,
        "priority_parts": [list(part) for part in firing.priority_parts],
        "evidence": dict(firing.evidence),
    }


def _step_values(firing: NewFiring, firing_id: int, step: NewStep, now: datetime) -> dict[str, Any]:
    names = {field.name for field in fields(step)}
    return {name: getattr(step, name) for name in names} | {
        "firing_id": firing_id,
        "trigger": firing.trigger,
        "account_id": firing.account_id,
        "episode": firing.episode,
        "playbook": firing.playbook,
        "recipe": dict(step.recipe),
        "input": None if step.input is None else dict(step.input),
        "not_before": step.not_before or now,
        "tries": 0,
        "maybe_done": False,
        "updated_at": now,
    }


def of_run(run_id: int) -> ColumnElement[bool]:
    """The firings that a run opened, or decided about again."""
    return (FIRINGS.c.run_id == run_id) | (FIRINGS.c.decided_in == run_id)


def _ran_as(trigger: str) -> str:
    return f"ran as:{trigger}"


def _narrow(query: Select[Any], wanted: FiringFilter) -> Select[Any]:
    query = query if wanted.run_id is None else query.where(of_run(wanted.run_id))
    for column, value in (
        (FIRINGS.c.trigger, wanted.trigger),
        (FIRINGS.c.user_id, wanted.user_id),
    ):
        query = query if value is None else query.where(column == value)
    if wanted.account_id is not None:
        query = query.where(FIRINGS.c.account_id.in_((wanted.account_id, *wanted.former_ids)))
    if wanted.decisions is not None:
        query = query.where(FIRINGS.c.decision.in_(wanted.decisions))
    query = fired_within(query, wanted.fired_from, wanted.fired_until)
    return query.where(FIRINGS.c.cleared_at.is_(None)) if wanted.open_only else query


def fired_within(query: Select[Any], start: datetime | None, end: datetime | None) -> Select[Any]:
    """Of firings from one moment until another, both among them; None bounds nothing."""
    query = query if start is None else query.where(FIRINGS.c.fired_at >= start)
    return query if end is None else query.where(FIRINGS.c.fired_at <= end)
