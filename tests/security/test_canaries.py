"""The whole job with canaries for every secret and for personal data: none is written where it does not belong."""

from __future__ import annotations

import base64
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

import integrations
from expansion.ledger.store import open_ledger
from integrations.kit.settings import secret_names
from jobs.settings import Settings
from tests import world
from tests.e2e.conftest import Town, clean, port, prefect_api, town
from tests.security.nasty import NASTY
from tests.security.searching import addresses_in, found_in, written_below
from tests.systems import systems

__all__ = ["clean", "port", "prefect_api", "town"]
pytestmark = pytest.mark.flows

# What opens the doors of `expansion serve`, and what is pushed is signed with.
DOORS = sorted(
    name
    for model in {
        door.settings_model for name in integrations.NAMES for door in integrations.integration(name).inbound.values()
    }
    for name in secret_names(model)
)
SECRETS = {
    **{name: f"canarydoor{number}Kq7Zt4Wm" for number, name in enumerate(DOORS)},
    **{name: value for one in systems() for name, value in one.canaries.items()},
    "EXPANSION_ALERTS_WEBHOOK": "https://hooks.example/services/canaryalerts8Vt",
    "EXPANSION_ALERTS_SENDGRID_KEY": "SG.canarysendgrid6Lm.Xq",
}
ALL = bool(os.environ.get("EXPANSION_CANARIES"))  # `make canaries`: two more runs and the doctor
SESSION = "00Dstandin!"  # what Salesforce's stand-in signs in with


def test_every_secret_setting_has_a_canary() -> None:
    models = [model for name in integrations.NAMES for model in integrations.integration(name).models]
    asked = ("LEDGER_URL", "ENGINE_URL", "WAREHOUSE_URL", "WAREHOUSE_URLS")
    addresses = {f"EXPANSION_{name}" for name in asked}  # see tests/security/test_secrets.py
    assert {name for model in (*models, Settings) for name in secret_names(model)} - addresses == SECRETS.keys()


@pytest.fixture
def nasty_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts with names from outside, an address among them; stand-ins that know the canaries."""
    names = [name for name in NASTY if name.strip() and len(name) < 80]
    called = {account: names[n * 7 % len(names)] for n, account in enumerate(world.ACCOUNTS)}
    called["ac-02"] = "mail to bo-ac-02@x.example"
    monkeypatch.setattr(world, "called", called.__getitem__)
    for one in systems():
        for name, value in one.canaries.items():
            monkeypatch.setitem(one.stand_in.credentials, name, value)


@pytest.mark.usefixtures("nasty_world")
def test_no_canary_is_written_anywhere(town: Callable[..., Town], prefect_api: dict[str, str]) -> None:
    here = town(**prefect_api, **SECRETS, PREFECT_LOGGING_LEVEL="DEBUG")

    def run(*arguments: str, breaks: str = "") -> int:
        with (here.folder / "stdout").open("ab") as out, (here.folder / "said").open("ab") as said:
            command = [sys.executable, "-m", "tests.security.broken_run", *arguments]
            environment = {**here.environment, "BREAKS": breaks}
            done = subprocess.run(command, check=False, cwd=here.folder, env=environment, stdout=out, stderr=said)
        return done.returncode

    pulling = ("run", "--pull", "--as-of", world.AS_OF.isoformat())
    if ALL:  # every system says no while it is read, and the program breaks off before anything is decided
        for one in systems():
            if one.reads:
                here.fault(one.name, "status", path=one.reads, status=401, body=_echo())
        assert run(*pulling, breaks="deciding") == 1
    # What is sent is refused, or cut off, or breaks the program; every answer repeats what it was sent.
    refused = {"ok": False, "error": "invalid_auth", "echo": str(_echo())}
    here.fault("slack", "status", path="chat.postMessage", status=200, body=refused)
    here.fault("salesforce", "status", method="PATCH", path="Task", status=400, body=[_echo()])
    assert run(*pulling, breaks="intercom") == 1
    if ALL:
        here.fault("intercom", "status", path="/contacts", status=500, body=_echo())
        here.fault("hubspot", "status", method="POST", path="tasks", status=400, body=_echo())
        assert run("run", "--as-of", "2026-03-06T09:00:00+00:00") in (0, 1)
        here.fault("slack", "status", status=401, body=_echo())
        assert run("doctor") == 1

    said = here.said()
    assert "KeyError" in said, "the faults were met"
    assert "Traceback" in said
    assert {step.state for step in _steps(here)} >= {"done", "refused"}
    written = list(written_below(here.folder, Path(prefect_api["PREFECT_HOME"])))
    assert sum("prefect.db, log" in where for where, _ in written) > 50, "Prefect's database is there, and is read"
    assert any(where.endswith("debug.log") and what.count(b"\n") > 100 for where, what in written)
    assert found_in(iter(written), [*SECRETS.values(), SESSION]) == []
    assert addresses_in(place for place in written if not _may_hold_addresses(place[0])) == []
    assert not any(line.startswith("2026-03-02 09:00:00 ERROR") for line in said.splitlines()), "no line is forged"
    assert "\x1b" not in said


def _echo() -> dict[str, str]:
    """A body that repeats all that a careless proxy could."""
    basic = base64.b64encode(f"account.ab12:{SECRETS['MIXPANEL_SECRET']}".encode()).decode()
    return {
        **SECRETS,
        "message": f"Basic {basic} of ana-ac-01@x.example, {quote('bo-ac-02@x.example')}",
        "error": "unauthorized",
    }


def _steps(here: Town) -> list[object]:
    ledger = open_ledger(f"sqlite:///{here.home / 'ledger.db'}")
    try:
        return list(ledger.steps())
    finally:
        ledger.close()


def _may_hold_addresses(where: str) -> bool:
    """The stores, what a person asked to see on a terminal, and definitions, which name the owners of triggers."""
    return any(part in where for part in ("/home/", "/playbooks/", "/stdout"))


# --- the search itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        "{secret}", "token={quoted}", "Authorization: Basic {basic}", '{{"a": "{base64}"}}', "{hex}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_the_search_finds_a_planted_canary(form: str, secret: str, tmp_path: Path) -> None:
    text = form.format(
        secret=secret,
        quoted=quote(secret, safe=""),
        basic=base64.b64encode(f"account.ab12:{secret}".encode()).decode(),
        base64=base64.b64encode(secret.encode()).decode(),
        hex=secret.encode().hex(),
    )
    (tmp_path / "log").write_text(f"before {text} after")
    with sqlite3.connect(tmp_path / "prefect.db") as db:
        db.execute("CREATE TABLE log (message)")
        db.execute("INSERT INTO log VALUES (?)", ["x" * 4090 + text + "x" * 9000])  # on two pages of the file
    found = found_in(written_below(tmp_path), [secret])
    assert {where.rpartition("/")[2] for _, where in found} >= {"log", "prefect.db, log"}


def test_the_search_finds_a_planted_address(tmp_path: Path) -> None:
    for n, form in enumerate(("to ana@x.example", "q=ana%40x.example", '"ana\\u0040x.example"')):
        (tmp_path / f"log{n}").write_text(form)
    assert len(addresses_in(written_below(tmp_path))) == 3
    (tmp_path / "log0").write_text("to a…@x.example")
    assert len(addresses_in(written_below(tmp_path))) == 2
