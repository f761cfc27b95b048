"""Which triggers a change can touch, and when both versions may be asked of one evaluator."""

from __future__ import annotations

import pytest

from expansion.language.workspace import Workspace, load
from expansion.language.yaml.files import InMemory
from expansion.plan.affected import affected, mean_the_same
from expansion.plan.changes import changes
from tests.language.conftest import CATALOG, FILES


def folder(file: str = "", old: str = "", new: str = "") -> Workspace:
    """The folder of the language's tests with one text put in place of another."""
    texts = dict(FILES)
    if file:
        assert old in texts[file], f"{file} does not say {old}"
        texts[file] = texts[file].replace(old, new, 1)
    return load(InMemory(texts), CATALOG)


BEFORE = folder()


def test_an_edited_threshold_touches_its_own_trigger():
    after = folder("triggers/paywall-hits.yaml", "at_least: 3\n", "at_least: 2\n")
    assert affected(BEFORE, after) == ["paywall-hits"]
    assert mean_the_same(BEFORE, after)
    assert [one.title for one in changes(BEFORE, after)] == ["trigger paywall-hits"]


def test_a_trigger_that_names_another_is_touched_with_it_and_asked_apart():
    after = folder("triggers/seat-limit.yaml", "80%", "75%")
    assert affected(BEFORE, after) == ["habit", "seat-limit"], "habit has `trigger: seat-limit`"
    assert not mean_the_same(BEFORE, after)


def test_a_comment_touches_nothing():
    after = folder("triggers/seat-limit.yaml", "trigger:", "# nothing new\ntrigger:")
    assert (affected(BEFORE, after), changes(BEFORE, after)) == ([], [])


def test_another_time_zone_touches_everything():
    zone = BEFORE.policy.time_zone
    after = folder("shared/policy.yaml", zone, "Asia/Tokyo")
    assert affected(BEFORE, after) == sorted(BEFORE.triggers)
    assert not mean_the_same(BEFORE, after)


@pytest.mark.parametrize("name", sorted({*BEFORE.triggers} - {"seat-limit"}))  # which another one names
def test_a_trigger_that_is_gone_is_touched(name):
    texts = {file: text for file, text in FILES.items() if file != f"triggers/{name}.yaml" and "cases/" not in file}
    after = load(InMemory(texts), CATALOG)
    assert name in affected(BEFORE, after)
    assert ("trigger", name, "gone") in [(one.kind, one.name, one.what) for one in changes(BEFORE, after)]
