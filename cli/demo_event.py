"""The last scene of the demo: an event arrives by itself, from Mixpanel's own library, and a message comes of it."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.demo_processes import CannotStart, StandIns, any_port, healthy, process, until
from cli.output import echo, say

if TYPE_CHECKING:
    from expansion.records.ledger import FiringRecord

TRIGGER = "paywall-right-now"
EVENT = "Paywall Viewed"
_KEY = "the-demo-s-own-key-of-mixpanel"  # opens nothing anywhere else
_READY = "reacts to events: "  # what it prints when the store is read
_BLOCK = re.compile(r"</?(?:p|div|ul|ol|li|br|h\d|section)\b[^>]*>")
_INLINE = re.compile(r"<[^>]*>")
_PATIENCE = 60.0  # seconds until the message has to be there: a machine with one busy core


@dataclass(frozen=True)
class Scene:
    """Who meets a paywall now."""

    account_id: str
    account: str
    people: tuple[str, ...]  # user ids


def scene(sample: Path, playbooks: Path, today: date) -> Scene:
    """Three people of the first account that may buy more, about which nothing was planted."""
    made = json.loads(sample.read_text(encoding="utf-8"))
    ordinary = {one["id"]: one["name"] for one in made["accounts"] if one["story"] == "ordinary"}
    home: dict[str, list[str]] = {}
    for user in made["mixpanel"]["profiles"]:
        home.setdefault(str(user["properties"].get("company_id")), []).append(user["distinct_id"])
    with_deals = {deal["AccountId"] for deal in made["salesforce"]["opportunities"]}
    for one in made["salesforce"]["accounts"]:
        known_as, people = one["Product_Account_Id__c"], home.get(one["Product_Account_Id__c"], [])
        may_buy = one["Plan__c"] == "Team" and one["Health__c"] == "green" and one["Id"] not in with_deals
        if known_as in ordinary and may_buy and len(people) >= 3 and not _is_left_alone(one, playbooks, today):
            return Scene(known_as, ordinary[known_as], tuple(people[:3]))
    raise CannotStart(f"no account of the sample can be in the last scene of the demo; delete {sample.parent}")


def _is_left_alone(account: Mapping[str, Any], playbooks: Path, today: date) -> bool:
    """Held out, or about to renew: by the policy, whatever fires."""
    from expansion.decide.holdout import is_drawn
    from expansion.language.workspace import load
    from expansion.language.yaml.files import Folder
    from integrations import catalog

    share = load(Folder(playbooks), catalog()).policy.holdout
    renews = date.fromisoformat(account["Renewal_Date__c"]) - today
    soon = timedelta() <= renews <= timedelta(days=60)
    drawn = share is not None and is_drawn(share.share.value, "global", share.salt, account["Product_Account_Id__c"])
    return soon or drawn or bool(account["ParentId"])


@contextmanager
def serving(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """`expansion serve` as a process of its own, on a port of this machine; its address."""
    port, log = any_port(), folder / "serve.log"
    settings = {**environment, "MIXPANEL_SERVE_KEYS": _KEY}
    with process(["-m", "cli.main", "serve", "--port", str(port)], log, settings) as running:
        url = f"http://127.0.0.1:{port}"
        until(lambda: healthy(f"{url}/health") and _READY in _text(log), running, log, "`expansion serve`")
        yield url


def show(folder: Path, stand_ins: StandIns, environment: Mapping[str, str], fired: Sequence[FiringRecord]) -> None:
    """Send the events, wait for the message, and print it. `fired`: what had fired before."""
    if known := next((one for one in fired if one.trigger == TRIGGER), None):
        say(f"\n{EVENT} of three people of {known.account_name} arrived when the demo ran here before: not sent twice")
        return
    from mixpanel_utils import MixpanelUtils

    there = scene(stand_ins.sample, Path(environment["EXPANSION_PLAYBOOKS"]), date.today())
    say("\nStarting `expansion serve`, which reacts to events as they come in")
    with serving(folder, environment) as url:
        began = time.monotonic()
        _send(MixpanelUtils("", token=_KEY, pool_size=1, max_retries=1), url, there)
        echo(f"\nMixpanel's own library sends {EVENT} of three people of {there.account}, to this machine.")
        message = _message(folder, stand_ins, there)
        took = time.monotonic() - began
    echo(f"{took:.1f} seconds later, in Slack, {message['to']}:\n")
    for line in _lines(message):
        echo(f"  {line}")


def _lines(message: Mapping[str, Any]) -> Iterator[str]:
    """What a message says, a line for each of its blocks."""
    for line in _INLINE.sub("", _BLOCK.sub("\n", message["html"])).split("\n"):
        if line.strip():
            yield unescape(line.strip())


def _send(library: Any, url: str, there: Scene) -> None:
    """By mixpanel-utils, as a product of one's own would: its address is the only thing that is another one."""
    library.import_api = url
    now = int(time.time())
    library.import_events([_event(there, person, now) for person in there.people], timezone_offset=0)


def _event(there: Scene, person: str, now: int) -> dict[str, Any]:
    insert_id = sha256(f"{there.account_id} {person} {now}".encode()).hexdigest()[:32]
    properties = {"time": now, "distinct_id": person, "$insert_id": insert_id, "company_id": there.account_id}
    return {"event": EVENT, "properties": {**properties, "feature": "audit log", "plan": "Team"}}


def _message(folder: Path, stand_ins: StandIns, there: Scene) -> dict[str, Any]:
    """The message in Slack about the account. Raises CannotStart where none comes."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{stand_ins.url}/_control/inbox", timeout=30) as reply:  # noqa: S310  loopback
            items = json.loads(reply.read())
        for one in items:
            if one["system"] == "slack" and there.account in str(one["account"]):
                return dict(one)
        time.sleep(0.05)
    raise CannotStart(
        f"no message came of the event within {_PATIENCE:.0f} seconds; the end of {folder}/serve.log says why"
    )


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
