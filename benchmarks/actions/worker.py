"""One worker: `python -m benchmarks.actions.worker HOW ACTION URL LEDGER NUMBER` prints what it took as JSON.

`all`: deliver NUMBER steps, 400 a claim, as a run does. `for`: deliver steps one by one for NUMBER seconds. `bare`: a
loop that sends the same requests for NUMBER tasks through one `requests` session, and does nothing else.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import requests
from pydantic import SecretStr

import integrations
from benchmarks.actions import world
from benchmarks.timing import timed
from expansion.deliver.deliver import deliver
from expansion.deliver.office import Office
from expansion.ledger.allowances import open_allowances
from expansion.ledger.store import open_ledger
from expansion.limits import Allowance
from integrations.kit.declare import Connected
from integrations.kit.world import World
from jobs.clock import instant
from sandbox.hubspot.app import TOKEN
from sandbox.salesforce.app import CLIENT_ID, CLIENT_SECRET

A_CLAIM = 400  # jobs.deliver.BATCH


def main(how: str, action: str, url: str, ledger: str, number: float) -> None:
    work = {"all": deliver_all, "for": deliver_for, "bare": bare}[how](action, url, ledger, number)
    took, done = timed(work)
    print(json.dumps({**asdict(took), "done": done}))


def deliver_all(action: str, url: str, ledger: str, number: float) -> Callable[[], int]:
    """Everything that is due. Connections are opened before the clock starts, on both sides; signing in is timed."""
    send = _sender(action, url, ledger)

    def work() -> int:
        done = 0
        while claimed := send(A_CLAIM):
            done += claimed
        return done

    return work


def deliver_for(action: str, url: str, ledger: str, number: float) -> Callable[[], int]:
    """One step a time, so that calls are many and the limit is what holds them back."""
    send = _sender(action, url, ledger)

    def work() -> int:
        done, until = 0, time.monotonic() + number
        while time.monotonic() < until:
            done += send(1)
        return done

    return work


def bare(action: str, url: str, ledger: str, number: float) -> Callable[[], int]:
    """The bodies as dicts are there before the clock starts; JSON, the calls and reading the replies are timed."""
    calls = list(_calls(action, url, int(number)))
    session = requests.Session()
    session.trust_env = False

    def work() -> int:
        if action.startswith("salesforce"):
            form, auth = {"grant_type": "client_credentials"}, (CLIENT_ID, CLIENT_SECRET)
            token = session.post(f"{url}/salesforce/services/oauth2/token", data=form, auth=auth).json()["access_token"]
        else:
            token = TOKEN
        done = 0
        for where, body in calls:
            reply = session.post(where, json=body, headers={"Authorization": f"Bearer {token}"})
            reply.raise_for_status()
            said = reply.json()
            done += len(said) if isinstance(said, list) else len(said["results"])
        return done

    return work


def _sender(action: str, url: str, address: str) -> Callable[[int], int]:
    ledger = open_ledger(address)
    system = action.partition(".")[0]
    connected = _connected(system, url, open_allowances(address, instant))
    model = integrations.integration(system).actions[action].input_model
    to_piece = functools.partial(world.to_piece, model=model)
    holder = f"bench/{time.monotonic_ns()}"

    def send(limit: int) -> int:
        office = Office(ledger, connected.actions, to_piece, lambda: datetime.now(UTC), holder)
        report = deliver(office, action, limit)
        assert not report.errors, report.errors
        return report.count("done")

    return send


def _connected(system: str, url: str, allowance: Allowance) -> Connected:
    integration = integrations.integration(system)
    given: dict[str, Any] = {
        "salesforce": {
            "domain": "acme.my.salesforce.com", "client_id": CLIENT_ID, "client_secret": SecretStr(CLIENT_SECRET),
            "base_url": f"{url}/salesforce",
        },
        "hubspot": {"token": SecretStr(TOKEN), "base_url": f"{url}/hubspot"},
        "slack": {"bot_token": SecretStr("xoxb-bench"), "base_url": f"{url}/slack/"},
    }[system]  # fmt: skip
    return integration.connect(integration.settings_model(_env_file=None, **given), World(allowance))


def _calls(action: str, url: str, number: int) -> Iterator[tuple[str, Any]]:
    keys = [hashlib.sha256(f"{action} {n}".encode()).hexdigest() for n in range(number)]
    if action == "salesforce.create_task":
        for start in range(0, number, 200):
            records = [_salesforce(n, keys[n]) for n in range(start, min(start + 200, number))]
            yield f"{url}/salesforce/services/data/v67.0/composite/sobjects", {"allOrNone": False, "records": records}
        return
    tasks = f"{url}/hubspot/crm/objects/2026-03/tasks/batch"
    for start in range(0, number, 100):
        some = range(start, min(start + 100, number))
        wanted = [{"id": keys[n]} for n in some]
        body = {"idProperty": "expansion_key", "inputs": wanted, "properties": ["expansion_key"]}
        yield f"{tasks}/read", body
        yield f"{tasks}/create", {"inputs": [_hubspot(n, keys[n]) for n in some]}


def _salesforce(number: int, key: str) -> dict[str, Any]:
    return {
        "attributes": {"type": "Task"}, "WhatId": world.salesforce_id(number % world.ACCOUNTS),
        "Subject": f"Seats: Company {number} is at 92%", "ActivityDate": "2026-03-04", "Description": world.NOTES,
        "Priority": "Normal", "OwnerId": "005000000000001AAA", "Expansion_Key__c": key,
    }  # fmt: skip


def _hubspot(number: int, key: str) -> dict[str, Any]:
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 192}]
    properties = {
        "hs_task_subject": f"Seats: Company {number} is at 92%", "hs_task_body": world.NOTES.replace("\n", "<br>"),
        "hs_timestamp": "2026-03-04T13:00:00Z", "hs_task_priority": "MEDIUM", "hs_task_type": "TODO",
        "hs_task_status": "NOT_STARTED", "hubspot_owner_id": "11", "expansion_key": key,
    }  # fmt: skip
    company = {"to": {"id": world.hubspot_id(number % world.ACCOUNTS)}, "types": types}
    return {"objectWriteTraceId": key, "properties": properties, "associations": [company]}


if __name__ == "__main__":
    main(*sys.argv[1:5], number=float(sys.argv[5]))
