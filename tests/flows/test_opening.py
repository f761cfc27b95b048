"""`--engine`: in place of the setting, for one place, or for the flows that are called with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from expansion.text.redact import redacted
from flows.opening import engine_of_runs, open_place

URL, SET = "postgres://reader:password@host/name", "postgres://set:password@host/name"


def engine() -> str | None:
    found = open_place().settings.engine_url
    return found.get_secret_value() if found else None


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EXPANSION_ENGINE_URL", raising=False)


def test_an_engine_is_of_one_place_and_leaves_nothing_behind() -> None:
    before = dict(os.environ)
    named = open_place(engine=URL).settings.engine_url
    assert named is not None
    assert named.get_secret_value() == URL
    assert engine() is None
    assert dict(os.environ) == before


def test_it_goes_before_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPANSION_ENGINE_URL", SET)
    assert engine() == SET
    with engine_of_runs(URL):
        assert engine() == URL
    with engine_of_runs(None):
        assert engine() == SET


def test_an_empty_setting_is_none_and_takes_back_what_the_file_says(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(f"EXPANSION_ENGINE_URL={URL}\nEXPANSION_LEDGER_URL=\n")
    assert engine() == URL
    assert open_place().settings.ledger == "sqlite:///.expansion/ledger.db"
    monkeypatch.setenv("EXPANSION_ENGINE_URL", "")
    assert engine() is None


def test_it_is_not_shown_with_the_settings_nor_in_what_is_logged() -> None:
    url = "postgres://reader:kestrel-4711-lagoon@host/name"
    assert "kestrel-4711-lagoon" in redacted("cannot sign in with kestrel-4711-lagoon"), "nobody knows it yet"
    assert "kestrel-4711-lagoon" not in repr(open_place(engine=url).settings)
    assert "kestrel-4711-lagoon" not in redacted("cannot sign in with kestrel-4711-lagoon")


async def test_a_flow_that_is_called_has_it(prefect_server: None) -> None:
    from prefect import flow

    @flow
    async def outer() -> tuple[str | None, str | None]:
        return engine(), await inner()

    @flow
    async def inner() -> str | None:
        return engine()

    with engine_of_runs(URL):
        assert await outer() == (URL, URL)
    assert await outer() == (None, None)
