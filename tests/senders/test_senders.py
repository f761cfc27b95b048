"""What vendors' own libraries send, and what is stored of it, is what docs/senders.md says: `make test-senders`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.senders.asking import asked
from tests.senders.libraries import LIBRARIES, Library
from tests.senders.page import PAGE, written
from tests.senders.stored import KINDS

SENT = pytest.mark.skipif(
    not os.environ.get("EXPANSION_SENDERS"), reason="the libraries are in a venv of their own: make test-senders"
)
EACH = pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: f"{library.package}-{library.version}")


@pytest.fixture(scope="module")
def page() -> dict[str, dict[str, str]]:
    return {name: dict(cells) for name, cells in written(PAGE.read_text(encoding="utf-8")).items()}


def test_the_page_has_each_library_at_its_pinned_version_and_each_kind_of_call(page: dict[str, dict[str, str]]) -> None:
    assert list(page) == [library.name for library in LIBRARIES]
    assert all(tuple(cells) == KINDS for cells in page.values())


@EACH
def test_what_is_stored_once_is_stored_once(library: Library, page: dict[str, dict[str, str]]) -> None:
    """Of the page: whatever a library does when its receiver is killed, the event is there, and once."""
    assert page[library.name]["retry"].endswith("stored once")
    assert page[library.name]["event"].startswith("account 17, person ana-lopez, 2026-03-02 10:00")


@SENT
@pytest.mark.starts
@pytest.mark.timeout(300)
@EACH
def test_what_a_library_sends_ends_as_the_page_says(
    library: Library, page: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    if not library.is_there:
        pytest.skip("Node or npm is not here; the libraries for it are not tried")
    assert asked(library, tmp_path / "receiver").cells() == page[library.name]
