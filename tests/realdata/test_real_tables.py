"""Tables of public data sets and of connectors' samples: whatever they hold, the proposed map brings them in."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from expansion.files.import_files import import_files
from expansion.files.propose.map_text import map_text
from expansion.files.propose.propose import propose
from expansion.files.propose.tables import tables
from expansion.files.read.found import found
from expansion.usage.storage.store import UsageStore

FOLDER = os.environ.get("EXPANSION_REAL_TABLES", "")
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.no_cover,  # the same wherever these data are not
    pytest.mark.skipif(not FOLDER, reason="EXPANSION_REAL_TABLES names no folder of real tables"),
]
FILES = [file.path for file in found([FOLDER])[0]] if FOLDER else []


@pytest.mark.parametrize("path", FILES)
def test_what_is_proposed_brings_the_table_in(path: str, tmp_path: Path) -> None:
    looked, unusable = tables([path])
    if unusable:
        pytest.skip(unusable[0])
    proposals, sentences = propose(looked)
    assert len(proposals) + len(sentences) == 1
    for proposal in proposals:
        map_path = tmp_path / "proposed.map.yaml"
        map_path.write_text(map_text(proposal), encoding="utf-8")
        result = import_files(UsageStore(tmp_path / "usage"), [path], map_path, datetime.now(UTC))
        assert [file.failure for file in result.files] == [None]
        unread = {reason for file in result.files for reason in file.rejects if "cannot be read" in reason}
        assert not unread
