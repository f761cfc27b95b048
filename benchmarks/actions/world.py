"""The stand-ins in a process of their own, accounts in them, and a ledger with steps that are due."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from expansion.contract import AccountRef, Piece
from expansion.ledger.store import Ledger, open_ledger
from expansion.records.firing import NewFiring, NewStep, step_key
from expansion.records.ledger import ClaimedStep

ACCOUNTS, CHANNELS = 1000, 3
FIRED_AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
OWNER = "ana@seller.example"
NOTES = "Because:\n46 of 50 seats are used (92%), 14 days in a row\n12 people joined in 28 days\nWorth $3,600 a year"
INPUTS: Mapping[str, Mapping[str, Any]] = {
    "salesforce.create_task": {"assign_to": OWNER, "due": "2026-03-04", "notes": NOTES},
    "hubspot.create_task": {"assign_to": OWNER, "due": "2026-03-04", "notes": NOTES},
    "slack.post_message": {"text": "*Acme* uses 46 of 50 seats", "digest": False},
}


def salesforce_id(number: int) -> str:
    return f"001000000{number:06d}AAA"


def hubspot_id(number: int) -> str:
    return str(9000 + number)


def channel(number: int) -> str:
    return f"expansion-{number % CHANNELS}"


@contextmanager
def stand_ins(folder: Path) -> Iterator[str]:
    """Their address; the process ends with the block."""
    sample, ready = folder / "sample.json", folder / "ready"
    sample.write_text(json.dumps(_sample()))
    command = [sys.executable, "-m", "sandbox", "--sample", str(sample), "--ready-file", str(ready)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not ready.exists() or not ready.read_text().strip():
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError("the stand-ins did not start")
            time.sleep(0.05)
        yield ready.read_text().strip()
    finally:
        process.terminate()
        process.wait(20)
        ready.unlink(missing_ok=True)


def slow_down(url: str, vendor: str, seconds: float) -> None:
    """Every call to a vendor takes so much longer from now on."""
    if seconds:
        slow = {"vendor": vendor, "kind": "slow", "seconds": seconds, "times": 1_000_000}
        httpx.post(f"{url}/_control/faults", json=slow, trust_env=False).raise_for_status()


def requests_to(url: str, vendor: str) -> list[dict[str, Any]]:
    """Every request that a stand-in saw, with its status and the time it came in."""
    seen = httpx.get(f"{url}/_control/requests", trust_env=False, timeout=60).json()
    return [one for one in seen if one["vendor"] == vendor]


def seed(url: str, action: str, steps: int) -> Ledger:
    """A ledger with so many due steps of an action, one per account and episode."""
    ledger = open_ledger(url)
    run = ledger.start_run("expansion", as_of=FIRED_AT, now=FIRED_AT)
    for start in range(0, steps, 1000):
        ledger.record(run, [_firing(action, number) for number in range(start, min(start + 1000, steps))], (), FIRED_AT)
    ledger.finish_run(run, "completed", FIRED_AT)
    return ledger


def account_of(step: ClaimedStep) -> AccountRef:
    """What the usage store would say of the account."""
    number = int(step.account_id.removeprefix("acct-")) % ACCOUNTS
    ids = {"salesforce": salesforce_id(number), "hubspot": hubspot_id(number)}
    return AccountRef(step.account_id, step.account_name, ids)


def to_piece(step: ClaimedStep, model: Any) -> Piece:
    """As jobs.deliver makes it."""
    given = model.model_validate(step.input)
    return Piece(step.key, account_of(step), given, step.fired_at, step.trigger, step.playbook)


def _firing(action: str, number: int) -> NewFiring:
    account, system = f"acct-{number}", action.partition(".")[0]
    more = {"channel": channel(number)} if system == "slack" else {"subject": f"Seats: Company {number} is at 92%"}
    step = NewStep(
        key=step_key(account, "seat-limit", 1, "seats", "tell"),
        step_id="tell",
        position=0,
        integration=system,
        action=action,
        recipe={"with": {"subject": "Seats: {{ account.name }} is at {{ facts.seat_usage }}"}},
        input={**INPUTS[action], **more},
        state="due",
    )
    return NewFiring(
        trigger="seat-limit", account_id=account, account_name=f"Company {number}", episode=1, fired_at=FIRED_AT,
        decision="acting", reason="nearly out of seats", definition_hash="abc", git_revision=None, watermark=FIRED_AT,
        tier="seat_upgrade", worth=Decimal(3600), currency="USD", likely=Decimal("0.3"), priority=Decimal(1080),
        priority_parts=(("worth", "$3,600"),), owner=OWNER, playbook="seats", evidence={}, steps=(step,),
    )  # fmt: skip


def _sample() -> dict[str, Any]:
    user = {"Id": "005000000000001AAA", "Email": OWNER, "Username": OWNER, "Name": "Ana"}
    accounts = [{"Id": salesforce_id(n), "Name": f"Company {n}", "OwnerId": user["Id"]} for n in range(ACCOUNTS)]
    companies = [{"id": hubspot_id(n), "properties": {"name": f"Company {n}"}} for n in range(ACCOUNTS)]
    return {
        "salesforce": {"users": [user], "accounts": accounts, "opportunities": []},
        "hubspot": {"owners": [{"id": 11, "email": OWNER}], "companies": companies},
        "slack": {"channels": [{"id": f"C0BENCH000{n}", "name": channel(n)} for n in range(CHANNELS)]},
    }
