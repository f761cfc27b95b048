"""`expansion run --dry-run`: what would fire and be sent. Nothing is pulled, written or sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cli import scripts
from cli.fired import ends, show_fired
from cli.output import as_json, echo, many, say

if TYPE_CHECKING:  # the command's help must not wait for these
    from expansion.decide.decide import Decisions
    from expansion.records.firing import NewFiring, NewStep
    from jobs.decide import Evaluated


def preview(as_of: datetime | None, triggers: list[str], json_: bool, engine: str | None = None) -> None:
    """Evaluate and decide over what is stored, and print it with every text as it would be sent.

    The same triggers as a run with these options, by the same functions, so that the run then does what is said here,
    unless a source or a person says something new in between.
    """
    from cli.beginning import how_to_begin
    from flows.opening import open_place
    from jobs.clock import moment
    from jobs.decide import decide_all, evaluate, triggers_of_run
    from jobs.pause import told_pauses

    place = open_place(looking=True, engine=engine)
    try:
        at = moment(as_of) if as_of else place.clock.seen()
        chosen, not_due = triggers_of_run(
            place, place.definitions, triggers, at, only_due=as_of is None and not triggers
        )
        evaluated = evaluate(place, place.definitions, chosen, at, build=False)
        decisions = decide_all(place, evaluated, at)
        earlier = Earlier(
            due=sum(one.count for one in place.ledger.due_actions(place.clock.seen())),
            waited=len(place.ledger.waiting_due(at)),
            paused=tuple(told_pauses(place)),
            not_due=tuple(not_due),
            empty=how_to_begin(place, at, evaluated.accounts),
        )
    finally:
        place.close()
    if json_:
        as_json(_for_scripts(at, evaluated, decisions, earlier))
    else:
        _show(evaluated, decisions, earlier)


@dataclass(frozen=True)
class Earlier:
    """What stands before this moment: what earlier runs left, what is paused, what is not due, what is missing."""

    due: int
    waited: int
    paused: tuple[str, ...]
    not_due: tuple[str, ...]
    empty: str | None


def _again(decisions: Decisions) -> list[NewFiring]:
    return [each.firing for each in decisions.again]


def _planned(decisions: Decisions) -> list[tuple[NewFiring, NewStep]]:
    return [(firing, step) for firing in (*decisions.firings, *_again(decisions)) for step in firing.steps]


def _for_scripts(at: datetime, evaluated: Evaluated, decisions: Decisions, earlier: Earlier) -> dict[str, Any]:
    """With the fields of `expansion run --json`; what only a run knows is null."""
    from cli.reporting import unknown_for_scripts
    from jobs.worth import counting, totals

    every = [*decisions.firings, *_again(decisions)]
    told, new = scripts.firings(every), len(decisions.firings)
    unknown = {name: dict(causes) for name, causes in decisions.unknown_counts.items()}
    return {
        "as_of": at,
        "accounts": evaluated.accounts,
        "became": scripts.money(totals(counting(every))),
        "firings": told[:new],
        "decided_again": told[new:],
        "steps": [scripts.planned_step(firing, step) for firing, step in _planned(decisions)],
        "unknown": unknown_for_scripts(unknown),
        "untold": _untold(evaluated, unknown),
        "not_due": list(earlier.not_due),
        "of_earlier_runs": {"due": earlier.due, "waited": earlier.waited},
        "paused": list(earlier.paused),
        "nothing_stored": earlier.empty,
    }


def _untold(evaluated: Evaluated, triggers: Iterable[str]) -> list[dict[str, Any]]:
    """Of whom it cannot be told, one by one."""
    from expansion.evaluate.subjects import account_of, user_of

    return [
        {"trigger": name, "account_id": account_of(who), "user_id": user_of(who) or None, "cause": cause}
        for name in triggers
        for who, cause in sorted(evaluated.answers[name].unknown.items(), key=lambda one: str(one[0]))
    ]


def _show(evaluated: Evaluated, decisions: Decisions, earlier: Earlier) -> None:
    show_fired(decisions.firings, "What would fire")
    if again := _again(decisions):
        echo()
        show_fired(again, "What would be decided again")
    planned = _planned(decisions)
    for firing, step in planned:
        echo()
        echo(f"{firing.account_name} · {step.action} · {_when(step)}")
        for name, value in (step.input or {}).items():
            _input(name, value)
    say("")
    if decisions.firings:
        say(ends(decisions.firings, "firing", "would be acted on"))
    what = f"{many(len(planned), 'step')} would be planned"
    fired = many(len(decisions.firings), "firing")
    say(f"{many(evaluated.accounts, 'account')} asked: {fired}, {what}; nothing was sent")
    if earlier.empty:
        say(earlier.empty)
    _show_earlier(earlier)
    if not earlier.empty:
        _show_unknown(evaluated)


def _show_earlier(earlier: Earlier) -> None:
    if earlier.not_due:
        say(f"not due yet, evaluated before: {', '.join(earlier.not_due)} (`--trigger NAME` evaluates one now)")
    if earlier.due:
        say(f"{many(earlier.due, 'step')} of earlier runs would be sent, too: `expansion ledger --steps` lists them")
    if earlier.waited:
        waited = many(earlier.waited, "step")
        say(f"{waited} of earlier runs would be asked again, for their time of waiting is over")
    for sentence in earlier.paused:
        say(f"paused: {sentence}")


def _show_unknown(evaluated: Evaluated) -> None:
    """Of each trigger for how many accounts it cannot be told, and one of the causes."""
    from expansion.evaluate.subjects import account_of

    for name, answers in evaluated.answers.items():
        if answers.unknown:
            causes = list(dict.fromkeys(answers.unknown.values()))
            accounts = len({account_of(subject) for subject in answers.unknown})
            more = f" (and {many(len(causes) - 1, 'other cause')})" if len(causes) > 1 else ""
            say(f"cannot tell for {many(accounts, 'account')}, {name}: {causes[0]}{more}")


def _input(name: str, value: Any) -> None:
    """One input as it would be sent; what is empty is not worth a line."""
    if value in ("", None, {}, []):
        return
    lines = [str(value).lower()] if isinstance(value, bool) else str(value).splitlines()
    echo(f"    {name}: {lines[0]}" if len(lines) == 1 else f"    {name}:")
    for line in lines if len(lines) > 1 else ():
        echo(f"      {line}".rstrip())


def _when(step: NewStep) -> str:
    when = f"waits until {step.not_before:%Y-%m-%d %H:%M} UTC" if step.not_before else step.state
    return f"{when}: {step.reason}" if step.reason else when
