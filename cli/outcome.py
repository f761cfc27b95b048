"""`expansion outcome`: what accounts came to buy more of, or less; and what sellers say of firings."""

from __future__ import annotations

import getpass
import sys
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click

from cli.beginning import must_be_ours, nothing_yet
from cli.options import MOMENT, by_option
from cli.output import as_json, say, table

if TYPE_CHECKING:
    from expansion.measure.counted import Counted
    from expansion.records.outcomes import OutcomeRecord
    from jobs.place import Place


class Amount(click.ParamType[Decimal]):
    """What a year is worth of it: a number, as exact as it is written."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            amount = Decimal(str(value).replace("_", "").replace(",", ""))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0:
            self.fail(f"`{value}` is no amount; write a number from 0 on, such as 1200", param, ctx)
        return amount


@click.command("outcome")
@click.argument("what", required=False, metavar="[add|import|remove|TRIGGER]")
@click.argument("whose", required=False, metavar="[ACCOUNT|FILE|ID]")
@click.option("--expansion", "kind", flag_value="expansion", help="With `add`: they buy more.")
@click.option("--contraction", "kind", flag_value="contraction", help="With `add`: they buy less, or leave.")
@click.option("--tier", help="With `add`: which tier of policy.yaml was sold; left out: any.")
@click.option("--amount", type=Amount(), help="With `add`: what it is worth a year, in the policy's currency.")
@click.option("--at", type=MOMENT, help="With `add`: when they signed; left out: now.")
@click.option("--useful", "useful", flag_value="yes", help="Of a firing: it was worth the seller's time.")
@click.option("--not-useful", "useful", flag_value="no", help="Of a firing: it was not.")
@click.option("--reason", help="Why, as people will read it.")
@by_option
@click.option("--limit", default=50, type=click.IntRange(min=1), show_default=True, help="At most so many rows.")
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(
    what: str | None,
    whose: str | None,
    kind: str | None,
    tier: str | None,
    amount: Decimal | None,
    at: datetime | None,
    useful: str | None,
    reason: str | None,
    by: str | None,
    limit: int,
    json_: bool,
) -> None:
    """What accounts came to buy more of, or less, the newest first: what policy.yaml names under `outcomes`, and what
    people wrote down. What counts nowhere is listed with the reason.

    `add ACCOUNT --expansion` writes one down, `remove ID` takes it back; `import FILE` writes down all of a CSV with
    the columns id, account_id, kind, at (and amount, currency, tier, called, known_at). `TRIGGER ACCOUNT --not-useful
    --reason …` is what a seller says of a firing, as by the buttons in Slack.
    """
    from flows.opening import open_place
    from jobs.saying import CannotBeSaid

    _must_fit(what, whose, kind, useful, given=tier or amount or at)
    place = open_place(looking=what is None)
    try:
        must_be_ours(place)
        if what is None:
            _list(place, limit, json_)
            return
        who = (by or getpass.getuser()).strip()
        if not who:
            raise CannotBeSaid("`--by` is empty\n\nhint: write a name, or leave it out")
        if what == "add":
            told = _add(place, whose or "", kind or "", tier, amount, at, who, reason)
        elif what == "import":
            told = _import(place, whose or "")
        elif what == "remove":
            told = _remove(place, whose or "", who, reason)
        else:
            told = _judge(place, what, whose or "", useful == "yes", who, reason)
    finally:
        place.close()
    if json_:
        as_json(told)
    if told.get("wrong"):
        sys.exit(1)


def _must_fit(what: str | None, whose: str | None, kind: str | None, useful: str | None, *, given: object) -> None:
    if what is None and (kind or useful or given):
        raise click.UsageError("of which account? write `add ACCOUNT --expansion`, or `TRIGGER ACCOUNT --not-useful`")
    if what is not None and whose is None:
        named = {"add": "`add ACCOUNT --expansion`", "remove": "`remove ID`; the list shows the ids"}
        named |= {"import": "`import FILE`"}
        raise click.UsageError(f"write {named.get(what, '`TRIGGER ACCOUNT --useful` or `--not-useful`')}")
    if what == "add" and (kind is None or useful):
        raise click.UsageError("an outcome is one of two: write `--expansion` or `--contraction` beside `add`")
    if what in ("remove", "import") and (kind or useful or given):
        raise click.UsageError("`remove` takes an id and `--reason`, `import` a file, and both nothing else")
    if what not in (None, "add", "import", "remove") and (useful is None or kind or given):
        raise click.UsageError("what of the firing? write `--useful` or `--not-useful`, and `--reason`")


# --- the list ---------------------------------------------------------------------------------------------------------


def _list(place: Place, limit: int, json_: bool) -> None:
    from jobs.clock import utc_now
    from jobs.outcomes import apart_rows, collected, headline, outcome_rows, unread

    found = collected(place, utc_now())
    if json_:
        as_json(_told(found, limit))
        return
    policy = place.definitions.workspace.policy
    table(outcome_rows(list(reversed(found.outcomes))[:limit], place.zone))
    table(apart_rows(found.apart[:limit], place.zone), title="Count nowhere")
    if not (found.outcomes or found.apart):
        say(nothing_yet(place, _nothing(bool(policy.outcomes))))
        return
    say(headline(found, policy.currency))
    if said := unread(place):
        say(f"worth a look: {said}")


def _nothing(has_rules: bool) -> str:
    if has_rules:
        return (
            "no outcomes: nothing that policy.yaml names under `outcomes` has happened yet\n"
            "`expansion pull` brings in what the systems tell, `expansion outcome add` writes one down"
        )
    return (
        "no outcomes: policy.yaml does not say what counts as buying more\n"
        "add for example  outcomes: [{fact: arr, rises: 5%, falls: 5%}]  (docs/measuring.md)"
    )


def _told(found: Counted, limit: int) -> dict[str, Any]:
    newest = list(reversed(found.outcomes))[:limit]
    apart = [{**_object(one.outcome), "why": one.why} for one in found.apart[:limit]]
    return {"outcomes": [_object(one) for one in newest], "count_nowhere": apart}


def _object(one: OutcomeRecord) -> dict[str, Any]:
    """As docs/json.md has it."""
    return {
        "account_id": one.account_id,
        "kind": one.kind,
        "happened_at": one.at,
        "known_at": one.known_at,
        "tier": one.tier,
        "amount": one.amount,
        "currency": one.currency,
        "source": one.source,
        "remote_id": one.remote_id,
        "called_name": one.called,
        "reason": one.reason,
    }


# --- what is said by hand ---------------------------------------------------------------------------------------------


def _add(
    place: Place,
    account: str,
    kind: str,
    tier: str | None,
    amount: Decimal | None,
    at: datetime | None,
    who: str,
    reason: str | None,
) -> dict[str, Any]:
    from cli.accounts import need_account
    from expansion.ledger.outcomes import Said
    from jobs.saying import add_outcome, outcome_by_hand

    now, definitions = place.now(), place.definitions
    id_ = need_account(place.evaluator(definitions, now), account, place.ids(now))
    currency = definitions.workspace.policy.currency
    outcome = outcome_by_hand(
        id_, "expansion" if kind == "expansion" else "contraction", at or now, tier, amount, currency
    )
    new = add_outcome(place, outcome, Said(who, reason), now)
    stands = "written down" if new else "stands there already"
    say(f"{kind} of {id_} on {outcome.at.astimezone(place.zone):%Y-%m-%d}: {stands}, id {outcome.remote_id}")
    return {"remote_id": outcome.remote_id, "account_id": id_, "is_new": new}


def _import(place: Place, name: str) -> dict[str, Any]:
    from pathlib import Path

    from jobs.outcome_files import import_outcomes

    done = import_outcomes(place, Path(name), place.now())
    for sentence in done.wrong[:_SHOWN]:
        say(f"{name}, {sentence}")
    left = f"; {len(done.wrong):,} left out" if done.wrong else ""
    say(f"{name}: {done.told}{left}")
    return {"new": done.told.new, "changed": done.told.changed, "wrong": list(done.wrong)}


_SHOWN = 20  # rows that make no sense


def _remove(place: Place, name: str, who: str, reason: str | None) -> dict[str, Any]:
    from expansion.ledger.outcomes import Said
    from jobs.saying import remove_outcome

    one = remove_outcome(place, name, Said(who, reason), place.now())
    say(f"{one.kind} of {one.account_id} on {one.at.astimezone(place.zone):%Y-%m-%d}: taken back")
    return {"remote_id": one.remote_id, "account_id": one.account_id, "is_new": False}


def _judge(place: Place, trigger: str, account: str, useful: bool, who: str, reason: str | None) -> dict[str, Any]:
    from cli.accounts import of_ledger
    from cli.naming import need_trigger_of_ledger
    from expansion.ledger.outcomes import Said
    from jobs.pause import NoSuchThing
    from jobs.saying import judge

    need_trigger_of_ledger(place, trigger)
    id_, name = of_ledger(place, account)
    firing = place.ledger.firing(trigger, id_)
    if firing is None:
        raise NoSuchThing(
            f"`{trigger}` never fired for {name or id_}\n\n"
            f"hint: `expansion ledger --trigger {trigger}` lists its firings"
        )
    answered = judge(place, firing, useful=useful, said=Said(who, reason), now=place.now())
    verdict = "useful" if useful else "not useful"
    same = " (as said before)" if answered.what == "repeat" else ""
    say(f"{trigger}, {firing.account_name}: {verdict}, says {who}{same}")
    return {"trigger": trigger, "account_id": id_, "is_useful": useful, "is_new": answered.what == "new"}
