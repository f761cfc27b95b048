"""Credentials inside addresses: of the ledger, of a proxy, before the host or in the query. None is shown or kept."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url, select

from expansion.contract import Done
from expansion.ledger import verdicts
from expansion.ledger.allowances import open_allowances
from expansion.ledger.database import LedgerError, connect, shown
from expansion.ledger.store import open_ledger
from expansion.ledger.tables import BUDGETS
from expansion.limits import Limit
from expansion.text import redact
from expansion.text.addresses import secrets_in_address, without_secrets
from expansion.text.redact import redacted
from integrations.hubspot.settings import Settings as HubSpot
from integrations.kit.budgets import Budget
from integrations.kit.settings import read
from jobs.clock import instant
from tests.ledger.builders import NOON, a_firing, claim, key_of, record

CANARY = "hun-ter2%2FCANARY"
MEANT = "hun-ter2/CANARY"
ADDRESSES = [
    f"postgresql://dana:{CANARY}@db.acme.example/ledger",
    f"postgresql://dana@db.acme.example/ledger?password={CANARY}",
    f"postgresql://dana@db.acme.example/ledger?sslmode=require&sslpassword={CANARY}",
    f"https://dana:{CANARY}@proxy.acme.example/hubspot",
    f"https://{CANARY}@proxy.acme.example/hubspot",
    f"https://proxy.acme.example/hubspot?access_token={CANARY}",
    f"https://proxy.acme.example/hubspot?api_key={CANARY}&region=eu",
]


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch):
    monkeypatch.setattr(redact, "_secrets", set())


def hides(text):
    return CANARY not in text and MEANT not in text


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_shown_without_its_credentials(address):
    assert hides(without_secrets(address))
    assert "acme.example" in without_secrets(address)
    assert {CANARY, MEANT} <= set(secrets_in_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "https://acme.my.salesforce.com/lightning/r/Task/00T5e0000/view?ws=%2Flightning%2Fo",
        "postgresql://db.acme.example/ledger?sslmode=require",
        "https://app.acme.example/accounts?key=ac-1&author=dana#tokens",
        "not an address",
        "https://[broken",
        "",
    ],
)
def test_an_address_without_credentials_stays_as_it_was_written(address):
    assert without_secrets(address) == address
    assert list(secrets_in_address(address)) == []


@pytest.mark.parametrize("address", [one for one in ADDRESSES if one.startswith("postgresql")])
def test_the_ledgers_address_is_told_without_its_password(address):
    assert hides(shown(make_url(address)))
    nobody = address.replace("db.acme.example", "127.0.0.1:1")
    with pytest.raises(LedgerError) as error:
        connect(nobody)
    assert "127.0.0.1" in str(error.value)
    assert hides(str(error.value))
    assert hides(repr(error.value.__cause__))


@pytest.mark.parametrize("address", [one for one in ADDRESSES if "://dana:" in one or "?" in one])
def test_whoever_writes_such_an_address_to_a_log_its_credentials_are_hidden(address):
    assert hides(redacted(f"cannot reach {address}, try again"))


@pytest.mark.parametrize("address", [one for one in ADDRESSES if one.startswith("https")])
def test_a_base_url_is_a_setting_whose_credentials_are_known_as_secrets(address, monkeypatch):
    monkeypatch.setenv("HUBSPOT_TOKEN", "a-token-of-no-interest")
    monkeypatch.setenv("HUBSPOT_BASE_URL", address)
    read(HubSpot)
    assert hides(redacted(f"a library says: connecting with {MEANT} or {CANARY}"))


@pytest.mark.parametrize("address", [one for one in ADDRESSES if one.startswith("https")])
def test_neither_links_nor_budgets_in_the_ledger_hold_a_proxys_credentials(address, url):
    ledger, allowances = open_ledger(url), open_allowances(url, instant)
    record(ledger, a_firing(steps=[{}]))
    claim(ledger)
    page, _, query = address.partition("?")
    link = f"{page}/contacts/1/record/0-27/9" + (f"?{query}" if query else "")
    assert ledger.resolve([verdicts.done(key_of(), Done("9", link))], "me", NOON)
    Budget("HubSpot", Limit(10, 1, "a page"), allowance=allowances, place=address).take()
    with ledger.reading() as connection:
        names = list(connection.scalars(select(BUDGETS.c.name)))
    assert any("proxy.acme.example" in name for name in names)
    assert all(map(hides, names))
    [step] = ledger.steps()
    assert step.link is not None
    assert step.link.startswith("https://proxy.acme.example/hubspot/contacts/1/record/0-27/9")
    assert hides(step.link)
    for one in (allowances, ledger):
        one.close()
