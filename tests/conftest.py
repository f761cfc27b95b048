"""What holds for every test and each process that a test starts, which tests run side by side, and which are quick."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certifi
import coverage
import pytest
from hypothesis import HealthCheck, settings

from tests.quick import Quick

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

# One server of PostgreSQL for each worker, whichever folder asks for it.
pytest_plugins = ["tests.databases"]

_TRUSTED = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


# On a busy machine one example takes seconds: that says nothing of what is drawn, or of what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# Python's readline tells the processes that pytest starts how wide its own window is; no test has a window.
for _name in ("COLUMNS", "LINES"):
    os.environ.pop(_name, None)


def pytest_configure(config: pytest.Config) -> None:
    """Trust one authority instead of all: no test speaks TLS, and each HTTP client that is made reads the list (40 ms).

    So early because Prefect looks at the variable when it is imported.
    """
    config.stash[_TRUSTED] = folder = tempfile.TemporaryDirectory(prefix="trusted-")
    end = "-----END CERTIFICATE-----\n"
    one = Path(folder.name) / "one.pem"
    one.write_text(Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end, encoding="utf-8")
    certifi.where = lambda: str(one)
    os.environ["SSL_CERT_FILE"] = str(one)
    if config.getoption("quick"):
        config.pluginmanager.register(Quick(Path(__file__).parent, WHOLE), "quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="no test that starts anything, none that takes long")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: looking through it for garbage takes a quarter of the collecting."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_TRUSTED].cleanup()


@pytest.fixture(autouse=True)
def _forget_secrets() -> Iterator[None]:
    """What one test made known as a secret is none in the next: it would hide a word of what is printed there."""
    from expansion.text import redact  # here: coverage begins after this file is read
    from integrations.kit import settings as _settings

    known, given = set(redact._secrets), dict(_settings._given)
    yield
    redact._secrets.clear()
    redact._secrets.update(known)
    _settings._given.clear()
    _settings._given.update(given)


# --- on several workers -----------------------------------------------------------------------------------------------

# What takes half a minute and more, longest first: begun last, it would leave the other workers idle. A folder is one
# worker's, so that its Prefect server starts once.
LONG = (
    "tests/e2e/",
    "tests/evaluate/test_oracle.py",
    "tests/flows/",
    "tests/test_readme.py",
    "tests/evaluate/test_live.py",
    "tests/explain/test_flipping.py",
    "tests/evaluate/test_metamorphic.py",
    "tests/warehouse/test_postgres.py",
    "tests/evaluate/test_explaining.py",
    "tests/benchmarks/test_benchmarks.py",
    "tests/security/test_canaries.py",
    "tests/security/test_forget.py",
    "tests/example/test_by_the_book.py",
    "tests/integrations/test_intercom.py",
)

# What `--quick` leaves out unread: what takes half a minute, and folders whose tests begin with a whole command, a real
# file of events or a server.
WHOLE = (
    *(part.removeprefix("tests/").rstrip("/") for part in LONG),
    *("benchmarks", "chaos", "cli", "e2e", "mutations", "realdata", "security"),
    *("decide/test_random_runs.py", "decide/test_any_attention.py", "decide/test_any_ruling.py"),
    *("language/test_pairs.py", "language/test_anything.py", "evaluate/test_drawing.py", "test_limits.py"),
    # Each of these asks stores or ledgers on disk for three seconds and more.
    *("integrations/test_files_contract.py", "integrations/test_files.py", "usage/test_compaction.py"),
    *("usage/test_import_files.py", "usage/test_store.py", "usage/test_full_answers.py", "usage/test_cells.py"),
    *("evaluate/test_window_edges.py", "evaluate/test_edges.py", "evaluate/test_lists_in_events.py"),
    *("evaluate/test_unseen.py", "evaluate/test_people.py", "evaluate/test_cases.py", "ledger/test_step_machine.py"),
    *("sandbox/test_salesforce_strictness.py", "sandbox/test_hubspot_strictness.py", "sandbox/test_sample.py"),
    *("decide/test_approval.py", "decide/test_attention.py", "warehouse/test_spellings.py", "usage/test_sources.py"),
    *("test_shipped_playbooks.py", "ledger/test_deliver.py", "ledger/test_firings.py", "usage/test_facts.py"),
    *("usage/test_lines.py", "history/test_over.py"),
)


def part_of(nodeid: str) -> str:
    """What runs on one worker: a file, or a folder of LONG."""
    return next((part for part in LONG if nodeid.startswith(part)), nodeid.partition("::")[0])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {part: place for place, part in enumerate(LONG)}
    items.sort(key=lambda item: order.get(part_of(item.nodeid), len(order)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """`--dist loadfile`, by the parts and in the order above."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class LongestFirst(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return part_of(nodeid)

    config.option.loadscopereorder = False
    return LongestFirst(config, log)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """`no_cover` counts nothing on a worker either, where pytest-cov pauses the inner one of two that it began."""
    outer = coverage.Coverage.current() if item.get_closest_marker("no_cover") else None
    if outer is not None:
        outer.stop()
    try:
        return (yield)
    finally:
        if outer is not None:
            outer.start()
