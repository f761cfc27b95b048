"""`expansion run --dry-run`: what would fire and be sent. Nothing is pulled, written or sent."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from cli.showing import as_json, echo, many, say, table

if TYPE_CHECKING:  # the command's help must not wait for these
    from expansion.decide.firing import NewFiring, NewStep


def preview(as_of: datetime | None, triggers: list[str], json_: bool) -> None:
    """Evaluate and decide over what is stored, and print it with every text as it would be sent.

    The same triggers as a run with these options, by the same functions, so that the run then does what is said here,
    unless a source or a person says something new in between.
    """
    from expansion.evaluate.subjects import account_of
    from flows.clock import moment, utc_now
    from flows.deciding import decide_all, evaluate, triggers_of_run
    from flows.pausing import told_pauses
    from flows.place import Place
    from flows.report import told_of_people

    place = Place()
    try:
        at = moment(as_of)
        chosen, not_due = triggers_of_run(place, triggers, at, only_due=as_of is None and not triggers)
        evaluated = evaluate(place, chosen, at, build=False)
        decisions = decide_all(place, evaluated, at)
        paused = told_pauses(place)
        due = sum(one.count for one in place.ledger.due_actions(utc_now()))
        waited = len(place.ledger.waiting_due(at))
    finally:
        place.close()
    again = [each.firing for each in decisions.again]
    planned = [(firing, step) for firing in (*decisions.firings, *again) for step in firing.steps]
    fired = told_of_people([_firing(firing) for firing in decisions.firings])
    held = told_of_people([{"fired": f"{firing.fired_at:%Y-%m-%d}", **_firing(firing)} for firing in again])
    if json_:
        said = {"as_of": at, "accounts": evaluated.accounts, "not_due": not_due, "firings": fired, "again": held}
        rows = told_of_people([_row(firing, step) for firing, step in planned])
        steps = [{**row, "input": dict(step.input or {})} for row, (_, step) in zip(rows, planned, strict=True)]
        earlier = {"due": due, "waited": waited}
        as_json({**said, "steps": steps, "of_earlier_runs": earlier, "paused": paused})
        return
    table(fired, title="What would fire")
    if held:
        echo()
        table(held, title="What would be decided again")
    for firing, step in planned:
        echo()
        echo(f"{firing.account_name} · {step.action} · {_when(step)}")
        for name, value in (step.input or {}).items():
            _input(name, value)
    say("")
    what = f"{many(len(planned), 'step')} would be planned"
    say(f"{many(evaluated.accounts, 'account')} asked: {many(len(fired), 'firing')}, {what}; nothing was sent")
    if not_due:
        say(f"not due yet, evaluated before: {', '.join(not_due)} (`--trigger NAME` evaluates one now)")
    if due:
        say(f"{many(due, 'step')} of earlier runs would be sent, too: `expansion ledger --steps` lists them")
    if waited:
        say(f"{many(waited, 'step')} of earlier runs would be asked again, for their time of waiting is over")
    for sentence in paused:
        say(f"paused: {sentence}")
    for name, answers in evaluated.answers.items():
        if answers.unknown:
            example = next(iter(answers.unknown.values()))
            accounts = len({account_of(subject) for subject in answers.unknown})
            say(f"cannot tell: {name}, {many(accounts, 'account')}, such as: {example}")


def _input(name: str, value: Any) -> None:
    """One input as it would be sent; what is empty is not worth a line."""
    if value in ("", None, {}, []):
        return
    lines = [str(value).lower()] if isinstance(value, bool) else str(value).splitlines()
    echo(f"    {name}: {lines[0]}" if len(lines) == 1 else f"    {name}:")
    for line in lines if len(lines) > 1 else ():
        echo(f"      {line}".rstrip())


def _firing(firing: NewFiring) -> dict[str, str]:
    from flows.report import amount

    return {
        "account": firing.account_name,
        "who": firing.user_name,
        "trigger": firing.trigger,
        "worth": amount(firing.worth, firing.currency),
        "expected": amount(firing.priority, firing.currency),
        "what happens": (firing.playbook or "") if firing.steps else firing.reason,
        "why": "; ".join(firing.evidence.get("reasons", [])),
    }


def _row(firing: NewFiring, step: NewStep) -> dict[str, str]:
    """As `expansion run --json` tells a step that it has planned and not yet sent."""
    waits = step.state == "waiting" and step.not_before
    return {
        "account": firing.account_name,
        "who": firing.user_name,
        "playbook": firing.playbook or "",
        "step": step.step_id,
        "action": step.action,
        "state": f"waiting until {step.not_before:%Y-%m-%d %H:%M}" if waits else step.state,
        "note": step.reason or "",
    }


def _when(step: NewStep) -> str:
    when = f"waits until {step.not_before:%Y-%m-%d %H:%M} UTC" if step.not_before else step.state
    return f"{when}: {step.reason}" if step.reason else when
