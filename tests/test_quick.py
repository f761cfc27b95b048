"""`make quick` starts nothing: a test that would is left out, and one that was missed fails."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.starts
ROOT = Path(__file__).resolve().parents[1]

PLANTED = {
    "a port": "import socket\ndef test_it(): socket.socket().bind(('127.0.0.1', 0))\n",
    "a process": "import subprocess\ndef test_it(): subprocess.run(['true'])\n",
    "a fork": "import os\ndef test_it(): os.fork() or os._exit(0)\n",
    "a process that somebody hides": """
import contextlib, subprocess
def test_it():
    with contextlib.suppress(BaseException):
        subprocess.run(['true'])
""",
    "a fixture that begins a process": """
import pytest, subprocess
@pytest.fixture(scope='session')
def begun(): subprocess.run(['true'])
def test_it(begun): pass
""",
    "Prefect": "def test_it(): import prefect\n",
}
HARMLESS = """
import pytest
def test_it(): pass
@pytest.mark.starts
def test_that_says_so(): raise AssertionError
@pytest.fixture
def stand_ins(): raise AssertionError
def test_whose_fixture_says_so(stand_ins): pass
"""


def quick(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """`pytest --quick` of one planted file, in a folder of its own."""
    (folder / "conftest.py").write_text(
        "from pathlib import Path\n"
        "from tests.quick import Quick\n"
        "def pytest_configure(config): config.pluginmanager.register(Quick(Path(__file__).parent, ['test_whole.py']))\n"
    )
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = starts\n")
    (folder / "test_planted.py").write_text(text)
    (folder / "test_whole.py").write_text("raise AssertionError('it is read')")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("text", PLANTED.values(), ids=PLANTED)
def test_what_starts_something_fails(text: str, tmp_path: Path) -> None:
    done = quick(tmp_path, text)
    assert done.returncode == 1, done.stdout
    assert "A test that starts something is marked: @pytest.mark.starts" in done.stdout


def test_what_says_that_it_starts_something_is_left_out_and_told(tmp_path: Path) -> None:
    done = quick(tmp_path, HARMLESS)
    assert done.returncode == 0, done.stdout
    assert "1 passed, 2 deselected" in done.stdout
    assert "left out: 2 tests that start something" in done.stdout


def test_otherwise_nothing_is_guarded() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
