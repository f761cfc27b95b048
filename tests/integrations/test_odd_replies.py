"""Whatever a system answers, what comes of it is a Failure: a missing key, a null, a web page, half a body, nothing.

The stand-ins answer as ever, and one part of one reply is changed on its way; by chance, from a seed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import pytest

from expansion.contract import CohortMembers, Done, Failure, Made, Piece, Standing
from expansion.fields import Person
from integrations.hubspot import actions as hubspot
from integrations.intercom import actions as intercom
from integrations.kit.declare import Connected
from integrations.salesforce import actions as salesforce
from integrations.slack import actions as slack
from tests.integrations import test_deadlines as vendors
from tests.integrations.conftest import StandIns
from tests.integrations.contract import piece

SEEDS = int(os.environ.get("EXPANSION_ODD_REPLIES", "12"))

RAW: list[tuple[int, bytes]] = [
    (200, b""), (204, b""), (200, b"null"), (200, b"[]"), (200, b'"ok"'), (200, b"5"), (200, b"NaN"), (200, b"{}"),
    (200, b'{"ok": true'), (200, b"<html>Down for maintenance</html>"), (200, b"\xff\xfe\x00"), (200, b"[" * 50_000),
    (200, b'{"a": ' + b"9" * 5000 + b"}"), (404, b"[]"), (400, b'{"errors": 7}'), (400, b'{"errors": [null]}'),
    (400, b'[{"errorCode": null}]'), (400, b'[{"errorCode": ["x"], "fields": 7}]'), (429, b"[[]]"), (500, b"null"),
    (401, b'"no"'), (403, b'{"errors": [{"context": 7}]}'), (301, b""), (418, b'{"error": {"x": 1}}'),
]  # fmt: skip
TYPES = [b"application/json", b"application/json; charset=utf-99", b"text/html", b"application/gzip"]
VALUES: list[Any] = [None, [], {}, "", "x", 0, -1, 10**30, 1e300, float("nan"), float("inf"), True, [None], {"a": None}]


class Changed:
    """ASGI middleware: from the `nth` request on, replies are changed."""

    def __init__(self, app: Any, change: Callable[[int, bytes], tuple[int, bytes]], nth: int, kind: bytes) -> None:
        self.app, self.change, self.nth, self.kind = app, change, nth, kind

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.nth -= 1
        if self.nth >= 0:
            await self.app(scope, receive, send)
            return
        kept: list[Any] = []

        async def keep(message: Any) -> None:
            kept.append(message)

        await self.app(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in kept[1:])
        packed = any(name == b"content-encoding" for name, _ in kept[0]["headers"])
        status, body = (kept[0]["status"], body) if packed else self.change(kept[0]["status"], body)
        unchanged = (b"content-encoding", *((b"content-type",) if packed else ()))
        headers = [(name, value) for name, value in kept[0]["headers"] if name in unchanged]
        headers += [] if packed else [(b"content-type", self.kind)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body if status not in (204, 304) else b""})


def part_changed(chance: Random) -> Callable[[int, bytes], tuple[int, bytes]]:
    """One node of the reply is taken away, or is something else."""

    def change(status: int, body: bytes) -> tuple[int, bytes]:
        lines = body.split(b"\n")
        which = chance.randrange(len(lines))
        try:
            reply = {"": json.loads(lines[which])}
        except ValueError:
            return status, body[: len(body) // 2]
        where, key = chance.choice(list(_nodes(reply)))
        if chance.random() < 0.3 and where is not reply:
            del where[key]
        else:
            where[key] = chance.choice(VALUES)
        lines[which] = json.dumps(reply.get("")).encode()
        return status, b"\n".join(lines)

    return change


def _nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a value, as its container and key."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _nodes(value[key])


PEOPLE = [Person(user_id="ana", name="Ana", email="ana@acme.example"), Person(user_id="bo", email="bo@acme.example")]
TASK = {"assign_to": "ana@seller.example", "subject": "Seats", "due": "2026-11-24", "notes": "Because"}
SALESFORCE = {"salesforce": "0015e0000000001AAA"}


def pieces_of(action: str) -> list[Piece]:
    match action:
        case "salesforce.create_task":
            return [piece(salesforce.CreateTask(**TASK), name, **SALESFORCE) for name in ("one", "two")]
        case "salesforce.update_fields":
            return [piece(salesforce.UpdateFields(fields={"Region__c": "EMEA"}), "one", **SALESFORCE)]
        case "hubspot.create_task":
            return [piece(hubspot.CreateTask(**TASK), name, hubspot="1") for name in ("one", "two")]
        case "hubspot.update_properties":
            return [piece(hubspot.UpdateProperties(properties={"name": "x"}), "one", hubspot="1")]
        case "slack.post_message":
            return [piece(slack.PostMessage(channel="expansion", text="hi"), name) for name in ("one", "two")]
        case "slack.message_owner":
            return [piece(slack.MessageOwner(to="ana@seller.example", text="hi"), name) for name in ("one", "two")]
        case "intercom.enrol_in_series":
            return [piece(intercom.EnrolInSeries(series="s", people=PEOPLE), "one")]
    return [piece(intercom.SendEvent(event="ready", people=PEOPLE), "one")]


CONNECTED: dict[str, Callable[[StandIns], Connected]] = {
    "salesforce": vendors.of_salesforce,
    "hubspot": vendors.of_hubspot,
    "slack": vendors.of_slack,
    "intercom": vendors.of_intercom,
    "mixpanel": vendors.of_mixpanel,
}
SOURCES: list[tuple[str, Callable[[Any], Any]]] = [
    (
        "salesforce.account",
        lambda s: list(s.facts(["Name", "Owner.Email", "open_opportunities", "last_opportunity_closed"])),
    ),
    ("hubspot.company", lambda s: list(s.facts(["name", "owner_email"]))),
    ("mixpanel.export", lambda s: list(s.events("2026-03-01", "2026-03-02", "company_id"))),
    ("intercom.conversations", lambda s: list(s.events("2026-03-01", "2026-03-02", "company_id"))),
    ("mixpanel.group", lambda s: list(s.facts(["plan"]))),
    ("mixpanel.profile", lambda s: list(s.people(["email"]))),
    ("mixpanel.cohort", lambda s: s.cohort("Power users")),
]
ACTIONS = [
    "salesforce.create_task", "salesforce.update_fields", "hubspot.create_task", "hubspot.update_properties",
    "slack.post_message", "slack.message_owner", "intercom.enrol_in_series", "intercom.send_event",
]  # fmt: skip
MADE_IDS = {"slack": "C0EXPANSION:1772409600.000100", "intercom": "67" + "0" * 22, "salesforce": "00T000000000001AAA"}

world = vendors.world


def changes() -> Iterator[tuple[str, Callable[[StandIns], None]]]:
    """Every raw reply, at the first call or at the second, and parts of replies by chance."""
    for number, (status, body) in enumerate(RAW):
        nth = number // 2 % 2
        yield f"raw {number} at {nth}", _raw(status, body, nth, TYPES[number % len(TYPES)])
    for seed in range(SEEDS):
        yield f"seed {seed}", _by_chance(seed)


def _raw(status: int, body: bytes, nth: int, kind: bytes) -> Callable[[StandIns], None]:
    return lambda there: _change(there, lambda *_: (status, body), nth, kind)


def _by_chance(seed: int) -> Callable[[StandIns], None]:
    return lambda there: _change(there, part_changed(Random(seed)), Random(seed).randrange(3), TYPES[0])


def _change(there: StandIns, change: Any, nth: int, kind: bytes) -> None:
    inner = getattr(there.app.app, "app", there.app.app) if isinstance(there.app.app, Changed) else there.app.app
    there.app.app = Changed(inner, change, nth, kind)


@pytest.mark.parametrize(("name", "ask"), SOURCES, ids=[name for name, _ in SOURCES])
def test_a_source_gives_rows_or_fails_in_words(world: StandIns, name: str, ask: Callable[[Any], Any]) -> None:
    for what, change in changes():
        there = CONNECTED[name.partition(".")[0]](world)
        change(world)
        try:
            found = ask(there.sources[name])
        except Failure as failure:
            assert str(failure), what
        except Exception as error:
            raise AssertionError(f"{name}, {what}") from error
        else:
            assert isinstance(found, list | CohortMembers)


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_answers_for_each_piece(world: StandIns, name: str) -> None:
    system = name.partition(".")[0]
    pieces = pieces_of(name)
    for what, change in changes():
        for ask in ("deliver", "find", "look"):
            action: Any = CONNECTED[system](world).actions[name]
            change(world)
            given: Sequence[Any] = pieces
            if ask == "look":
                given = [Made(one.key, MADE_IDS.get(system, "1"), one.input) for one in pieces]
            try:
                replies = getattr(action, ask)(given)
            except Exception as error:
                raise AssertionError(f"{name}.{ask}, {what}") from error
            assert len(replies) == len(given)
            assert all(reply is None or isinstance(reply, Done | Failure | Standing) for reply in replies), what


@pytest.mark.parametrize("system", list(CONNECTED))
def test_doctor_has_a_line_for_it(world: StandIns, system: str) -> None:
    for what, change in changes():
        there = CONNECTED[system](world)
        change(world)
        try:
            findings = there.check(None)
        except Exception as error:
            raise AssertionError(f"{system}, {what}") from error
        assert findings, what
