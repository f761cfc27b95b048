"""HubSpot's webhooks: signed as its own library signs, and what a change becomes of what pulls know."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hubspot.utils.signature import Signature

from expansion.contract import FactRecord, NoAccess
from expansion.usage.facts import add_facts, facts_sql
from expansion.usage.identity.merges import merges_said
from expansion.usage.pushed.pushed_records import OTHER_FORM, UNKNOWN
from expansion.usage.storage.marks import is_mark
from expansion.usage.storage.store import UsageStore
from integrations.hubspot.settings import WebhookSettings
from integrations.hubspot.webhook import Webhook
from tests.web.serve.receiver import NOW, WORLD, Receiver, door

SECRET = "client-secret-of-the-app"
URL = "https://events.acme.example/hooks/hubspot/webhook"  # as HubSpot was told: a proxy takes `/hooks` away
PATH = "/hubspot/webhook"
MS = int(NOW.timestamp() * 1000)


@pytest.fixture
def hubspot(tmp_path: Path) -> Receiver:
    return Receiver.of(tmp_path, door(Webhook, webhook_secret=SECRET, webhook_url=URL))


def change(company: Any = 71, name: Any = "plan", value: Any = "Business", at: int = 0, **more: Any) -> dict[str, Any]:
    """A change of a company, so many seconds ago."""
    told = {"eventId": 1, "subscriptionId": 2, "portalId": 3, "appId": 4, "attemptNumber": 0, "changeSource": "CRM_UI"}
    told |= {"subscriptionType": "company.propertyChange", "objectId": company, "occurredAt": MS - at * 1000}
    return {**told, "propertyName": name, "propertyValue": value, **more}


def signed(raw: bytes, stamp: str = str(MS), secret: str = SECRET, url: str = URL) -> dict[str, str]:
    made = Signature.get_signature(secret, raw.decode(), "v3", url, "POST", stamp)
    return {"x-hubspot-signature-v3": made, "x-hubspot-request-timestamp": stamp}


def post(to: Receiver, *changes: Any) -> int:
    raw = json.dumps(list(changes), ensure_ascii=False).encode()
    return to.ask("POST", PATH, content=raw, headers=signed(raw)).status_code


def pulled(receiver: Receiver, at: datetime = NOW - timedelta(days=1), **plans: str) -> None:
    """What a pull has brought of companies 71, 72, …, each an account."""
    records = [
        FactRecord(
            "hubspot.company", account, {"plan": plan, "seats": "40", "renews": "2026-05-01", "name": None}, str(n)
        )
        for n, (account, plan) in enumerate(plans.items(), start=71)
    ]
    add_facts(UsageStore(receiver.root), "hubspot.company", records, at, asked=("plan",), full="accounts")


def held(receiver: Receiver, name: str = "plan") -> dict[str, str | None]:
    """The value of each account now."""
    store = UsageStore(receiver.root)
    rows = store.connect().execute(
        f"SELECT account_id, arg_max_null(value, (since, seen_at)) FROM {facts_sql(store, store.manifest())} "
        "WHERE field = $1 GROUP BY ALL",
        [name],
    )
    return {account: "gone" if is_mark(value) else value for account, value in rows.fetchall()}


# --- who may call -----------------------------------------------------------------------------------------------------


def test_what_hubspot_s_own_library_signs_is_taken(hubspot: Receiver) -> None:
    assert post(hubspot, change(value="Größer")) == 200
    assert len(hubspot.rows) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda raw: {},
        lambda raw: signed(raw, secret="another"),
        lambda raw: signed(raw, url="http://127.0.0.1:8100/hubspot/webhook"),
        lambda raw: signed(raw + b" "),
        lambda raw: signed(raw, "soon"),
        lambda raw: signed(raw, str(MS - 301_000)),
        lambda raw: signed(raw, str(MS + 301_000)),
        lambda raw: {**signed(raw), "x-hubspot-request-timestamp": str(MS + 1)},
        lambda raw: {"x-hubspot-signature-v3": b"\xe9", "x-hubspot-request-timestamp": b"\xb2"},
        lambda raw: [*signed(raw).items(), ("x-hubspot-signature-v3", "again")],
        lambda raw: {"x-hubspot-signature": "of version one", "x-hubspot-request-timestamp": str(MS)},
    ],
)
def test_another_signature_or_another_time_is_401(hubspot: Receiver, make: Callable[[bytes], Any]) -> None:
    raw = json.dumps([change()]).encode()
    reply = hubspot.ask("POST", PATH, content=raw, headers=make(raw))
    assert (reply.status_code, hubspot.rows) == (401, [])


def test_within_five_minutes_it_is_taken(hubspot: Receiver) -> None:
    raw = json.dumps([change()]).encode()
    for stamp in (str(MS - 299_000), str(MS + 299_000)):
        assert hubspot.ask("POST", PATH, content=raw, headers=signed(raw, stamp)).status_code == 200


@pytest.mark.parametrize("raw", [b"", b"{", b"{}", b"7", b"[" * 100_000])
def test_a_body_that_is_no_list_is_400(hubspot: Receiver, raw: bytes) -> None:
    reply = hubspot.ask("POST", PATH, content=raw, headers=signed(raw))
    assert (reply.status_code, hubspot.rows) == (400, [])


def test_the_secret_and_the_url_go_together() -> None:
    assert Webhook.opened(WebhookSettings(_env_file=None, webhook_secret="  "), WORLD) is None  # type: ignore[call-arg,arg-type]
    with pytest.raises(NoAccess, match="HUBSPOT_WEBHOOK_URL is not"):
        Webhook.opened(WebhookSettings(_env_file=None, webhook_secret=SECRET), WORLD)  # type: ignore[call-arg,arg-type]


# --- what becomes of it -----------------------------------------------------------------------------------------------


def test_a_change_is_one_of_the_company_that_a_pull_has_brought(hubspot: Receiver) -> None:
    pulled(hubspot, acme="Team", globex="Team")
    of_objects = change(72, subscriptionType="object.propertyChange", objectTypeId="0-2", value="Free")
    assert post(hubspot, change(71), of_objects) == 200
    assert hubspot.fold().rejects == {}
    assert held(hubspot) == {"acme": "Business", "globex": "Free"}


def test_the_source_counts_as_pulled_when_it_was_asked_and_not_when_it_pushed(hubspot: Receiver) -> None:
    pulled(hubspot, acme="Team")
    before = UsageStore(hubspot.root).manifest().pulls
    post(hubspot, change())
    hubspot.fold()
    assert UsageStore(hubspot.root).manifest().pulls == before


@pytest.mark.parametrize("seed", range(6))
def test_neither_order_nor_repeats_nor_runs_in_between_play_a_part(hubspot: Receiver, seed: int) -> None:
    pulled(hubspot, acme="Team")
    rnd = Random(seed)
    told = [change(value=value, at=at) for at, value in ((400, "A"), (300, "B"), (200, "A"), (100, "B"), (50, "C"))]
    some = told + rnd.sample(told, 3)
    rnd.shuffle(some)
    for one in some:
        assert post(hubspot, one) == 200
        if rnd.random() < 0.5:
            hubspot.fold()
    hubspot.fold()
    assert held(hubspot) == {"acme": "C"}


def test_a_pull_that_says_the_same_afterwards_changes_nothing(hubspot: Receiver) -> None:
    pulled(hubspot, acme="Team")
    post(hubspot, change())
    hubspot.fold()
    pulled(hubspot, NOW + timedelta(hours=1), acme="Business")
    assert held(hubspot) == {"acme": "Business"}
    pulled(hubspot, NOW + timedelta(hours=2), acme="Team")
    assert held(hubspot) == {"acme": "Team"}


def test_a_company_that_no_pull_has_brought_waits_for_the_next(hubspot: Receiver) -> None:
    pulled(hubspot, acme="Team")
    post(hubspot, change(99), change(71))
    assert hubspot.fold().rejects == {UNKNOWN: 1}
    assert held(hubspot) == {"acme": "Business"}


def test_a_property_is_found_as_facts_yaml_spells_it(hubspot: Receiver) -> None:
    record = FactRecord("hubspot.company", "acme", {"Plan": "Team"}, "71")
    add_facts(UsageStore(hubspot.root), "hubspot.company", [record], NOW - timedelta(days=1), full="accounts")
    post(hubspot, change())
    hubspot.fold()
    assert held(hubspot, "Plan") == {"acme": "Business"}


def test_a_property_that_no_pull_reads_is_left_out(hubspot: Receiver) -> None:
    pulled(hubspot, acme="Team")
    post(hubspot, change(name="phone", value="+1 555"))
    assert hubspot.fold().rejects == {}
    assert held(hubspot, "phone") == {}


@pytest.mark.parametrize(
    ("name", "value", "becomes"),
    [
        ("seats", "45", "45"),
        ("seats", "", None),
        ("seats", "many", "40"),
        ("renews", "1777593600000", "2026-05-01"),  # as webhooks say days; a pull says them another way
        ("renews", "2026-06-01", "2026-06-01"),
        ("name", "Acme", None),  # of which no pull has shown a form yet
    ],
)
def test_a_value_is_taken_in_the_form_of_the_pulls_alone(
    hubspot: Receiver, name: str, value: str, becomes: Any
) -> None:
    pulled(hubspot, acme="Team")
    post(hubspot, change(name=name, value=value))
    waits = {OTHER_FORM: 1} if (becomes or "") != value else {}
    assert hubspot.fold().rejects == waits
    assert held(hubspot, name) == {"acme": becomes}


def test_what_is_known_of_a_deleted_company_ends(hubspot: Receiver) -> None:
    pulled(hubspot, acme="Team", globex="Team")
    gone = change(71, subscriptionType="company.deletion", at=60, propertyName=None, changeFlag="DELETED")
    for one in (gone, change(71, at=120), gone):  # what was before comes after it
        assert post(hubspot, one) == 200
        hubspot.fold()
    assert held(hubspot) == {"acme": "gone", "globex": "Team"}
    assert held(hubspot, "seats") == {"acme": "gone", "globex": "40"}


def test_companies_that_are_merged_are_one_account(hubspot: Receiver) -> None:
    pulled(hubspot, acme="Team", old="Team")
    merge = {
        "subscriptionType": "company.merge",
        "primaryObjectId": 71,
        "mergedObjectIds": [72, 71, 99],
        "newObjectId": 5,
    }
    assert post(hubspot, {**merge, "occurredAt": MS - 1000}) == 200
    hubspot.fold()
    store = UsageStore(hubspot.root)
    [one] = merges_said(store, store.manifest())
    assert (one.source, one.former_id, one.id) == ("hubspot.merged", "old", "acme")


def test_one_change_that_makes_no_sense_stops_no_other(hubspot: Receiver) -> None:
    pulled(hubspot, acme="Team")
    broken = [7, change(None), change(name=None), change(company=[1, 2]), change(occurredAt="soon"), change({"a": 1})]
    merge = {"subscriptionType": "company.merge", "occurredAt": MS, "mergedObjectIds": [72]}
    assert post(hubspot, *broken, merge, change()) == 200
    assert len(hubspot.reasons) == 7
    hubspot.fold()
    assert held(hubspot) == {"acme": "Business"}


@pytest.mark.parametrize(
    "kind",
    ["company.creation", "company.restore", "company.associationChange", "contact.propertyChange", "deal.merge", ""],
)
def test_what_is_none_of_ours_is_taken_and_left_out(hubspot: Receiver, kind: str) -> None:
    assert post(hubspot, change(subscriptionType=kind)) == 200  # any other answer would be sent again for a day
    assert hubspot.rows == []
