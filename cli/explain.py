"""`expansion explain`: yes, no or cannot tell for each line, the numbers, the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from cli.accounts import name_of, names_in, need_account, need_user
from cli.completing import ACCOUNT, TRIGGER
from cli.engine import engine_option
from cli.naming import need_trigger
from cli.options import MOMENT
from cli.output import as_json, echo, say

if TYPE_CHECKING:
    from expansion.evaluate.results import Evidence, Line
    from expansion.explain.evaluator import StoreEvaluator
    from expansion.language.model.models import Trigger
    from expansion.records.ledger import FiringRecord
    from expansion.usage.identity.former_ids import FormerIds
    from expansion.usage.identity.parted import Part
    from jobs.place import Place

_SECTIONS = {
    "accounts": "accounts (asked of these only)",
    "when": "when (all of these)",
    "unless": "unless (none of these)",
}


@click.command("explain")
@click.argument("trigger", type=TRIGGER)
@click.argument("account", type=ACCOUNT)
@click.option("--user", help="Of a trigger about people: this one, by the user id. Left out: the nearest to a yes.")
@click.option("--as-of", type=MOMENT, help="A moment in the past: only what had arrived by then counts.")
@engine_option
@click.option("--json", "json_", is_flag=True, help="The explanation as JSON.")
def command(
    trigger: str, account: str, user: str | None, as_of: datetime | None, engine: str | None, json_: bool
) -> None:
    """Why TRIGGER fires, stays quiet or cannot tell for ACCOUNT (its id or name): every line, its number, its evidence.

    A trigger about people (`who: users`) is explained for one of them, and how many of the account's people it fires
    for is said.
    """
    from flows.opening import open_place
    from jobs.clock import moment

    place = open_place(looking=True, engine=engine)
    try:
        need_trigger(place, trigger, account)
        asked = place.definitions.workspace.triggers[trigger]
        if user is not None and asked.who == "accounts":
            raise click.UsageError(f"`{trigger}` asks about whole accounts\n\nhint: leave `--user` out")
        evaluator = place.evaluator(place.definitions, moment(as_of))
        ids = place.ids(evaluator.as_of)
        account, user = need_account(evaluator, ids.account(account), ids), user and ids.user(user)
        evidence, people = _explained(evaluator, asked, account, user)
        firing = _newest(place, trigger, ids, account, evidence.user_id or "")
        parts = place.parted(evaluator.as_of)
        name, called = name_of(evaluator, account), _called(evaluator, account, evidence.user_id)
    finally:
        place.close()
    fired = {"fired_at": firing.fired_at, "decision": firing.decision, "reason": firing.reason} if firing else None
    if json_:
        about = {"trigger": trigger, "account_id": account, "account_name": name, "user_id": evidence.user_id or None}
        counted = people.counts() if people else None
        as_json(
            {
                **about,
                "former_ids": ids.of_account(account)[1:],
                **_record(evidence),
                "people_asked": counted,
                "in_ledger": fired,
            }
        )
        return
    zone = place.definitions.zone
    at = evidence.as_of.astimezone(zone)
    echo(f"{trigger} for {called}, as of {at:%Y-%m-%d %H:%M %Z}: {evidence.answer.value}")
    for line in _former_ids(ids, account, evidence.user_id, zone):
        echo(line)
    for line in _split(parts, account, zone):
        echo(line)
    if people:
        echo(people.sentence())
    _lines(evidence.lines, zone)
    if evidence.flips:
        echo(f"\n{evidence.flips}")
    if firing is not None:
        local = firing.fired_at.astimezone(zone)
        is_later = firing.fired_at > evidence.as_of
        when = f"after this moment, on {local:%Y-%m-%d %H:%M}, it fired" if is_later else f"fired {local:%Y-%m-%d}"
        say(f"\nin the ledger: {when}, {firing.decision}: {firing.reason}")


def _newest(place: Place, trigger: str, ids: FormerIds, account: str, user: str) -> FiringRecord | None:
    """The newest firing, by whatever ids the account and the person had then."""
    whose = [(one, person) for one in ids.of_account(account) for person in ids.of_user(user)]
    found = [firing for one, person in whose if (firing := place.ledger.firing(trigger, one, person))]
    return max(found, key=lambda firing: firing.fired_at, default=None)


def _former_ids(ids: FormerIds, account: str, user: str | None, zone: ZoneInfo) -> Iterator[str]:
    """`was acme-old until 3 May 2026`, a line for each id that the account had, and the person."""
    from expansion.calendar.spans import day_text, local_date

    had = [(former, ids.accounts[former].at) for former in ids.of_account(account)[1:]]
    had += [(former, ids.users[former].at) for former in ids.of_user(user or "")[1:]]
    yield from (f"was {former} until {day_text(local_date(at.replace(tzinfo=UTC), zone))}" for former, at in had)


def _split(parts: Sequence[Part], account: str, zone: ZoneInfo) -> Iterator[str]:
    """What became of an account that was split: `what 2 people do in acme counts here since 2 March 2026`."""
    from expansion.calendar.spans import day_text, local_date

    shared: dict[tuple[str, str, datetime], set[str]] = {}
    for one in parts:
        if account in (one.account_id, one.id):
            shared.setdefault((one.account_id, one.id, one.begins), set()).add(one.user_id)
    for (was, now, begins), users in sorted(shared.items(), key=lambda one: one[0]):
        whose = "1 person does" if len(users) == 1 else f"{len(users):,} people do"
        where = f"here counts for {now}" if was == account else f"in {was} counts here"
        yield f"what {whose} {where} since {day_text(local_date(begins.replace(tzinfo=UTC), zone))}"


@dataclass(frozen=True)
class _People:
    """An account's known people, of whom the nearest to a yes is explained."""

    known: int
    fire: int
    cannot_tell: int

    def counts(self) -> dict[str, int]:
        return {"known": self.known, "fire": self.fire, "cannot_tell": self.cannot_tell}

    def sentence(self) -> str:
        if self.known < 2:
            return "nobody else is known in this account" if self.known else "nobody is known in this account"
        fire = f"{self.fire:,} of {self.known:,} people known in this account {'fires' if self.fire == 1 else 'fire'}"
        unclear = f", {self.cannot_tell:,} cannot be told about" if self.cannot_tell else ""
        return f"{fire}{unclear}; this is the nearest, and `--user ID` shows another"


def _record(evidence: Evidence) -> dict[str, Any]:
    """The evidence as the ledger keeps it, and what would turn it."""
    from expansion.decide.evidence import evidence_record

    record = evidence_record(evidence, [])
    lines = zip(record["lines"], evidence.lines, strict=True)
    return {**record, "lines": [{**said, "flips": line.flips} for said, line in lines], "flips": evidence.flips}


def _explained(
    evaluator: StoreEvaluator, trigger: Trigger, account: str, user: str | None
) -> tuple[Evidence, _People | None]:
    """The evidence; and who else was asked, where a trigger about people is asked of nobody in particular."""
    from expansion.evaluate.subjects import UserOf

    if user is not None:
        need_user(evaluator, account, user)
        return evaluator.explain(trigger, UserOf(account, user), flips=True), None
    evidence = evaluator.explain(trigger, account, flips=True)
    if trigger.who == "accounts":
        return evidence, None
    answers = evaluator.people_asked(trigger, account)
    return evidence, _People(answers.asked, len(answers.yes), len(answers.unknown))


def _called(evaluator: StoreEvaluator, account: str, user: str | None) -> str:
    """`Acme (a-1)`, or `Ana (ana) of Acme (a-1)`; the ids alone where there are no names."""
    name = name_of(evaluator, account)
    said = f"{name} ({account})" if name else account
    if user is None:
        return said
    person = names_in(evaluator, account, [user]).get(user)
    return f"{person} ({user}) of {said}" if person else f"{user} of {said}"


def _lines(lines: Sequence[Line], zone: ZoneInfo) -> None:
    section = ""
    for line in lines:
        if line.section != section:
            section = line.section
            echo(f"\n{_SECTIONS.get(section, section)}")
        _line(line, zone)


def _line(line: Line, zone: ZoneInfo) -> None:
    indent = "  " * (line.depth + 1)
    echo(f"{indent}{line.answer.value.upper():<12} {line.text}", below=" " * 13)
    inner = indent + " " * 13
    if line.seen:
        echo(f"{inner}seen: {line.seen}")
    if line.cause:
        echo(f"{inner}because: {line.cause}")
    if line.flips:
        echo(f"{inner}would change: {line.flips}")
    if line.people:
        more = f" and {len(line.people) - 5} more" if len(line.people) > 5 else ""
        echo(f"{inner}people: {', '.join(line.people[:5])}{more}")
    for event in line.events:
        who = f" by {event.user_id}" if event.user_id else ""
        echo(f"{inner}{event.at.astimezone(zone):%Y-%m-%d %H:%M:%S} {event.event}{who} ({event.event_id})")
