"""Alerts: a real server, the shipped automations, and a receiver in the place of Slack's webhook."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ruamel.yaml import YAML

from tests import world
from tests.e2e.conftest import ROOT, RUN, Town
from tests.e2e.test_deploy import asked, prefect, until

pytestmark = pytest.mark.flows
FLOOD = "flood: {at_most: 2 accounts}\nevents: {late_after: 1 hour}\n"


@pytest.fixture
def received() -> Iterator[tuple[str, list[str]]]:
    """An address, and what was sent to it. Like Slack's, it takes a `text` and refuses anything else."""
    texts: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            good = self.path == "/services/T0/B0/secret" and set(body) == {"text"} and isinstance(body["text"], str)
            texts.extend([body["text"]] if good else [])
            self.send_response(200 if good else 400)
            self.end_headers()
            self.wfile.write(b"ok" if good else b"invalid_payload")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/services/T0/B0/secret", texts
    server.shutdown()
    thread.join()
    server.server_close()


def alerts(here: Town, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", "alerts", "--folder", str(ROOT / "automations"), *options]
    done = {**here.environment, **environment}
    return subprocess.run(command, check=False, cwd=here.folder, env=done, capture_output=True, text=True, timeout=120)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_what_needs_a_person_reaches_one_and_says_what_happened_where_to_look_and_what_to_do(
    town: Callable[..., Town], prefect_api: dict[str, str], received: tuple[str, list[str]]
) -> None:
    address, texts = received
    here = town(**prefect_api)
    shipped = {one["name"] for one in YAML(typ="safe").load(ROOT / "automations/alerts.yaml")["automations"]}
    zombies = YAML(typ="safe").load(ROOT / "automations/zombies.yaml")["name"]

    # Without a place to send to: the automation that sends nothing, and a sentence.
    nowhere = alerts(here)
    assert (nowhere.returncode, nowhere.stdout.splitlines()) == (1, [zombies])
    assert "nobody is told: set EXPANSION_ALERTS_WEBHOOK" in nowhere.stderr
    assert json.loads(alerts(here, "--json").stdout) == [{"automation": zombies}]
    for _ in range(2):  # the second time nothing is doubled
        put = alerts(here, "--try", EXPANSION_ALERTS_WEBHOOK=address)
        assert put.returncode == 0, put.stderr
        assert {*put.stdout.splitlines()} == {*shipped, zombies}
    names = [one["name"] for one in asked(here.environment, "automations")]
    assert sorted(names) == sorted({*shipped, zombies})
    assert [text.splitlines()[0] for text in texts] == ["*Expansion: this is where alerts arrive*"] * 2
    assert "secret" not in put.stdout + put.stderr
    texts.clear()
    time.sleep(3)  # until the server's triggers know them

    # A run that holds a flood.
    (here.folder / "playbooks/shared/policy.yaml").write_text(world.POLICY + FLOOD)
    assert here.start(*RUN).wait(120) == 0, here.said()
    until(lambda: any("of `paywall`" in text for text in texts), 40, "nobody was told of the flood")
    flood = next(text for text in texts if "of `paywall`" in text)
    assert flood.startswith("*Expansion: paywall fired for more accounts than allowed*\nWhat happened: the flood brake")
    assert f"Where to look: {prefect_api['PREFECT_API_URL'].removesuffix('/api')}/runs/flow-run/" in flood
    assert "What to do: look at some of them" in flood
    assert "expansion approve --trigger paywall" in flood

    # Runs two days later, when nothing has arrived since: told once a day.
    later = (*RUN[:3], "--as-of", (world.AS_OF + timedelta(days=2)).isoformat())
    for _ in range(2):
        assert here.start(*later).wait(120) == 0, here.said()
    until(lambda: any("known only up to" in text for text in texts), 40, "nobody was told of the quiet source")
    [quiet] = [text for text in texts if "known only up to" in text]
    assert quiet.startswith("*Expansion: no new events of mixpanel.export*\n")
    assert "What to do: look whether events still reach it, and run `expansion doctor`" in quiet
    assert not any(world.called(account) in text for text in texts for account in world.ACCOUNTS)
    texts.clear()

    # A run of a deployment that fails; its subflows and runs by hand are not told again.
    prefect({**here.environment}, "work-pool", "create", "expansion", "--type", "process", "--overwrite")
    prefect({**here.environment}, "--no-prompt", "deploy", "--all")
    main = next(one for one in asked(here.environment, "deployments") if one["name"] == "weekdays")
    run = posted(here, f"deployments/{main['id']}/create_flow_run", {})
    message = "0 new firings, 1 problem. slack (settings): the token was revoked; set SLACK_BOT_TOKEN"
    failed = {"type": "FAILED", "name": "Failed", "message": message}
    posted(here, f"flow_runs/{run['id']}/set_state", {"state": failed, "force": True})
    until(lambda: bool(texts), 40, "nobody was told of the failed run")
    [told] = texts
    assert told.startswith(f"*Expansion: expansion ended as Failed*\nWhat happened: {message}\n")
    assert f"/runs/flow-run/{run['id']}" in told
    assert "What to do: " in told


def posted(here: Town, path: str, body: object) -> dict[str, str]:
    """What Prefect's server answers. While its SQLite is busy it answers 503 and has done nothing: asked again, as its
    own client does."""
    address = f"{here.environment['PREFECT_API_URL']}/{path}"
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    for tried in range(10):
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return dict(json.loads(reply.read()))
        except urllib.error.HTTPError as error:
            if error.code != 503 or tried == 9:
                raise
            time.sleep(1)
    raise AssertionError("the last try answers or raises")


def test_without_a_server_it_says_how_to_start_one(town: Callable[..., Town], tmp_path_factory) -> None:
    here = town(PREFECT_HOME=str(tmp_path_factory.mktemp("none")))
    said = alerts(here, EXPANSION_ALERTS_WEBHOOK="http://127.0.0.1:9/x")
    assert said.returncode == 1
    assert said.stderr.startswith("error: no Prefect server is named")
    assert "prefect server start" in said.stderr


def test_half_of_the_settings_for_e_mail_is_said(town: Callable[..., Town], prefect_api: dict[str, str]) -> None:
    said = alerts(town(**prefect_api), EXPANSION_ALERTS_EMAIL_FROM="ops@seller.example")
    assert said.returncode == 1
    assert "EXPANSION_ALERTS_SENDGRID_KEY, EXPANSION_ALERTS_EMAIL_FROM and EXPANSION_ALERTS_EMAIL_TO" in " ".join(
        said.stderr.split()
    )
