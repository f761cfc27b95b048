"""Changes that a vendor would refuse are noticed: each, in `make canaries`; a few of them in every run of the tests."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

import pytest

import integrations
from tests.mutations import waits
from tests.mutations.broken import REPO, Copy, changed
from tests.mutations.row import Mutation

OF_SYSTEMS = [f"tests.mutations.{name}" for name in integrations.NAMES]
ROWS: tuple[Mutation, ...] = (
    *(row for name in OF_SYSTEMS if find_spec(name) for row in import_module(name).ROWS),
    *waits.ROWS,
)
ALL = bool(os.environ.get("EXPANSION_CANARIES"))  # `make canaries`
SEED = int(os.environ.get("EXPANSION_MUTATIONS_SEED", "10"))
FEW = 3

_TRIED = ROWS if ALL else random.Random(SEED).sample(ROWS, min(FEW, len(ROWS)))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    yield Copy(tmp_path_factory.mktemp("broken"))


@pytest.mark.parametrize("mutation", ROWS, ids=str)
def test_the_code_still_has_what_is_changed(mutation: Mutation) -> None:
    whole = (REPO / mutation.file).read_text(encoding="utf-8")
    compile(changed(whole, mutation), mutation.file, "exec")
    assert mutation.tests


def test_no_two_rows_are_of_one_name() -> None:
    assert len({row.what for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("mutation", _TRIED, ids=str)
def test_a_change_that_a_vendor_would_refuse_is_noticed(copy: Copy, mutation: Mutation) -> None:
    assert copy.failed(mutation.tests, broken_by=mutation) == set(mutation.tests)


def test_what_is_not_changed_passes(copy: Copy) -> None:
    assert copy.failed(tuple(dict.fromkeys(test for row in _TRIED for test in row.tests))) == set()
