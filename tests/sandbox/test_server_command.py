"""`python -m sandbox` starts everything, says where it is, keeps what arrived and ends cleanly."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sandbox.__main__ import main
from sandbox.all import STAND_INS, stand_ins
from sandbox.kit.state import State

pytestmark = pytest.mark.starts

ROOT = Path(__file__).parents[2]
SAMPLE = {"slack": {"channels": [{"id": "C0EXPANSION", "name": "expansion"}]}}
HTTP = httpx.Client(trust_env=False)


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The command in a process of its own, and its address from the ready file."""
    ready = folder / "ready"
    command = [sys.executable, "-m", "sandbox", "--ready-file", str(ready), *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "the address never came"
            time.sleep(0.02)
        yield ready.read_text().strip(), process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(20)


def post(url: str) -> None:
    sent = {"channel": "expansion", "text": "kept"}
    reply = HTTP.post(f"{url}/slack/chat.postMessage", json=sent, headers={"Authorization": "Bearer xoxb-1"})
    assert reply.json()["ok"], reply.text


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_says_where_and_ends_on_a_signal(tmp_path: Path, ending: signal.Signals) -> None:
    with running(tmp_path) as (url, process):
        assert HTTP.get(f"{url}/inbox").status_code == 200
        assert HTTP.get(f"{url}/_control/inbox").json() == []
        process.send_signal(ending)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"inbox: {url}/inbox" in out
    for kind in STAND_INS:
        assert f"{kind.name}: {url}/{kind.name}" in out
    assert "Traceback" not in err
    assert not (tmp_path / "ready").exists(), "nobody answers there any more"


def test_what_arrived_outlives_a_kill(tmp_path: Path) -> None:
    sample = tmp_path / "sample.json"
    sample.write_text(json.dumps(SAMPLE))
    options = ("--state", str(tmp_path / "state.db"), "--sample", str(sample))
    with running(tmp_path, *options) as (url, process):
        post(url)
        process.kill()
        process.wait(20)
    (tmp_path / "ready").unlink()
    with running(tmp_path, *options) as (url, _):
        assert [item["html"] for item in HTTP.get(f"{url}/_control/inbox").json()] == ["kept"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.7", "::", "example.com"])
def test_it_refuses_to_be_reached_from_elsewhere(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--host", host])
    assert ended.value.code == 2
    assert "127.0.0.1 only" in capsys.readouterr().err


def test_a_start_that_fails_says_why_and_what_to_look_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    for options, said in (
        (["--sample", str(broken)], "is not JSON"),
        (["--sample", str(tmp_path / "none.json")], "none.json"),
        (["--state", str(tmp_path / "no" / "folder" / "state.db")], "unable to open"),
    ):
        assert main(options) == 2
        err = capsys.readouterr().err
        assert said in err
        assert "hint:" in err


def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["--port", str(taken.getsockname()[1])]) == 2
    assert "taken" in capsys.readouterr().err


def test_every_stand_in_is_there_once_and_takes_an_empty_sample() -> None:
    members = stand_ins(State())
    names = [member.name for member in members]
    assert len(names) == len(set(names))
    for member in members:
        member.load({})
        assert member.inbox() == []
