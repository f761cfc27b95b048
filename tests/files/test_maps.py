"""Map files: each mistake is one sentence that names the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from expansion.files.maps import EventMap, FactMap, load_map
from expansion.usage.forms.failures import MapError


def written(folder: Path, text: str) -> Path:
    (folder / "map.yaml").write_text(text)
    return folder / "map.yaml"


def test_a_map_of_events_has_these_words(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "events:\n  id: [repo, commit]\n  event: type\n  time: dt\n  account: {from: repo, before: /}\n"
        "  user: actor\n  received_at: seen\n  properties: [repo, action]\n",
    )
    found = load_map(path).events
    assert isinstance(found, EventMap)
    assert (found.id, found.received_at, found.properties) == (["repo", "commit"], "seen", ["repo", "action"])


def test_a_map_of_facts_has_these_words(tmp_path: Path) -> None:
    path = written(
        tmp_path, "facts:\n  source: files.accounts\n  account: id\n  user: who\n  at: changed\n  fields: [arr]\n"
    )
    assert load_map(path).facts == FactMap(
        source="files.accounts", account="id", user="who", at="changed", fields=["arr"]
    )


WRONG = {
    "not yaml": ("events: [", "cannot be read as YAML"),
    "key twice": ("events:\n  id: a\n  id: b\n", "cannot be read as YAML"),
    "no map": ("- id\n", "holds no map; it should begin with `events:`, `facts:` or `merges:`"),
    "empty": ("", "holds no map"),
    "neither": ("{}", "a map says one of `events:`, `facts:` and `merges:`"),
    "both": (
        "events: {id: a, event: b, time: c}\nfacts: {source: files.accounts, account: b}",
        "a map says one of `events:`, `facts:` and `merges:`",
    ),
    "missing word": ("events: {id: a, event: b}", "events.time"),
    "unknown word": ("events: {id: a, event: b, time: c, acount: d}", "events.acount"),
    "both sides": (
        'events: {id: a, event: b, time: c, account: {from: d, before: "/", after: "@"}}',
        'say either `before: "/"` or `after: "@"`',
    ),
    "value word in a time": (
        "events: {id: a, event: b, time: {from: c, divide_by: 1000}}",
        "`time` has no `divide_by`: that is for values",
    ),
    "value word in a part": (
        "events: {id: a, event: b, time: c, properties: {x: {first_of: [d, {from: e, as: money}]}}}",
        "`as` goes with the whole cell",
    ),
    "counter of a fact": ("facts: {account: a, fields: {x: {from: b, counter: true}}}", "`counter` is for properties"),
    "with without join": ("events: {id: a, event: b, time: c, user: {from: d, with: x}}", "`with` goes with `join`"),
    "key without a list": ("events: {id: a, event: b, time: c, user: {always: d, key: x}}", "`key` goes with `from`"),
    "text divided": (
        "facts: {account: a, fields: {x: {from: b, as: date, divide_by: 100}}}",
        "only numbers and money can be divided",
    ),
    "known without at": ("facts: {account: a, known_at: b}", "`known_at` needs `at`"),
    "covers backwards": (
        "events: {id: a, event: b, time: c, covers: {from: 2026-03-01, until: 2026-01-01}}",
        "`until` lies before `from`",
    ),
    "source of another": ("facts: {source: salesforce.account, account: b}", "facts.source"),
}


@pytest.mark.parametrize("what", sorted(WRONG))
def test_a_map_that_cannot_be_used_says_why(tmp_path: Path, what: str) -> None:
    text, sentence = WRONG[what]
    path = written(tmp_path, text)
    with pytest.raises(MapError) as failed:
        load_map(path)
    assert sentence in str(failed.value)
    assert str(failed.value).startswith(f"{path}: ")


def test_a_map_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"nothing\.yaml: cannot be read"):
        load_map(tmp_path / "nothing.yaml")
