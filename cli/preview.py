"""`expansion run --dry-run`: what would fire and be sent. Nothing is pulled, written or sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cli.showing import as_json, echo, many, say, table


def preview(as_of: datetime | None, triggers: list[str], json_: bool) -> None:
    """Evaluate and decide over what is stored, and print it with every text as it would be sent."""
    from expansion.evaluate.subjects import account_of
    from flows.clock import moment
    from flows.deciding import decide_all, evaluate, triggers_to_check
    from flows.pausing import told_pauses
    from flows.place import Place
    from flows.report import told_of_people

    place = Place()
    try:
        at = moment(as_of)
        evaluated = evaluate(place, triggers_to_check(place, triggers), at, build=False)
        decisions = decide_all(place, evaluated, at)
        paused = told_pauses(place)
    finally:
        place.close()
    again = [each.firing for each in decisions.again]
    steps = [_step(firing.account_name, step) for firing in (*decisions.firings, *again) for step in firing.steps]
    fired = told_of_people([_firing(firing) for firing in decisions.firings])
    held = told_of_people([{"fired": f"{firing.fired_at:%Y-%m-%d}", **_firing(firing)} for firing in again])
    if json_:
        said = {"as_of": at, "accounts": evaluated.accounts, "firings": fired, "again": held}
        as_json({**said, "steps": steps, "paused": paused})
        return
    table(fired, title="What would fire")
    if held:
        echo()
        table(held, title="What would be decided again")
    for step in steps:
        echo()
        echo(f"{step['account']} · {step['action']} · {step['state']}")
        for name, value in step["input"].items():
            _input(name, value)
    say("")
    planned = f"{many(len(steps), 'step')} would be planned"
    say(f"{many(evaluated.accounts, 'account')} asked: {many(len(fired), 'firing')}, {planned}; nothing was sent")
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


def _firing(firing: object) -> dict[str, str]:
    from expansion.decide.firing import NewFiring
    from flows.report import amount

    assert isinstance(firing, NewFiring), "a firing"
    return {
        "account": firing.account_name,
        "who": firing.user_name,
        "trigger": firing.trigger,
        "worth": amount(firing.worth, firing.currency),
        "expected": amount(firing.priority, firing.currency),
        "what happens": (firing.playbook or "") if firing.steps else firing.reason,
        "why": "; ".join(firing.evidence.get("reasons", [])),
    }


def _step(account: str, step: object) -> dict[str, Any]:
    from expansion.decide.firing import NewStep

    assert isinstance(step, NewStep), "a step"
    when = f"waits until {step.not_before:%Y-%m-%d %H:%M} UTC" if step.not_before else step.state
    state = f"{when}: {step.reason}" if step.reason else when
    return {"account": account, "action": step.action, "state": state, "input": dict(step.input or {})}
