"""No text, however wrong, makes loading fail in another way than by saying what is wrong."""

from __future__ import annotations

import copy
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from expansion.language.model.mistakes import Mistakes
from expansion.language.workspace import Workspace, load
from expansion.language.yaml.files import Folder as OnDisk
from tests.language.conftest import CATALOG, FILES, Folder

_WORDS = sorted({word.strip("{}[],:\"'") for text in FILES.values() for word in text.split()} - {""})
_ODD = [
    "\t", "- ", ": ", "{", "}", "[", "]", "{{ ", " }}", "{% x %}", "#", "\n", "\n  ", "\n    ", "|", ">", "&a ", "*a",
    "!x ", "---\n", "'", '"', "null", "~", "true", "80%", "3 days", "12345678901234567890123", "1e999", ".nan", "-1",
    "0 x Paywall Viewed", "with a: b", "\x00", "\x07", "\ufeff", "é", "💥", "? ", "<<: ", "9999999 months",
    "%YAML 1.1\n", "99999 hours ago", "sequence", "is_", "{{ facts.x | round(999999) }}", "2026-02-31", "٣ days", "@",
]  # fmt: skip

_piece = st.sampled_from(_WORDS) | st.sampled_from(_ODD) | st.text(max_size=4)
_soup = st.lists(_piece, max_size=25).map(" ".join)
_name = st.sampled_from(sorted(FILES))


@st.composite
def _damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file with some part cut out or replaced."""
    name = draw(_name)
    text = FILES[name]
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        text = text[:start] + draw(_piece | _soup | st.just("")) + text[end:]
    return name, text.encode("utf-8", "surrogatepass")


_ODD_VALUES = [
    *(None, True, 0, -1, 10**20, 2.5, "", "x", "80%", "-5%", "3 days", "999999 hours", [], {}, [[]], [None], {"": 1}),
    *({"is": 3}, ["seat_usage"], ["seats_used", "seats_used"], {"fact": "arr"}, {"cohort": "paying-accounts"}),
    *({"any_of": 3}, [{"some_of": {"need": 1, "of": [{"cohort": "champions"}]}}], {"between": [1, "a"]}, "a\0b"),
    *({"ratio": ["seat_usage", "plan"]}, {"times": ["a"], "over": "3 days"}, "4 x A by b", "../../etc/passwd"),
    *(
        {"sequence": ["a", "b"], "within": "3 days"},
        {"sequence": [{"event": []}, 3], "within": 3},
        {"trigger": "habit"},
    ),
    *(
        {"event": "a", "first_within": "3 days"},
        {"event": "a", "stopped_for": "9 hours", "at_least": 3},
        [{"event": []}],
    ),
    *({"fact": "plan", "among_top": "100%", "of": "tags"}, {"fact": "role", "in_at_least": "3 of the last 2 days"}),
    *({"headroom": ["days_left", "seat_limit"]}, {"days_to_limit": [], "pace_over": 3}, {"limit_of": "seats"}, "users"),
    *({"Team": {"seats": "many"}}, {"fact": "plan", "limits": {}}, "3 of the last 4 weeks", {"role": {"ana": 3}}),
    *("{{ facts.x }}", "2026-01-01", "involved", "America", "2 x Paywall Viewed with a", {"2 x Paywall with a": "b"}),
]
_odd_value = st.sampled_from(_ODD_VALUES).map(copy.deepcopy)


@st.composite
def _twisted(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file with some values replaced by others that are valid YAML; JSON is YAML, too."""
    name = draw(_name)
    values = json.loads(json.dumps(YAML(typ="safe", pure=True).load(FILES[name]), default=str))
    for _ in range(draw(st.integers(1, 3))):
        holder, step = draw(st.sampled_from(list(_places(values))))
        holder[step] = draw(_odd_value)
        if isinstance(holder, dict) and draw(st.booleans()):
            holder[draw(st.sampled_from(_WORDS))] = draw(_odd_value)
    return name, json.dumps(values, ensure_ascii=False).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        for step, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, step
            yield from _places(inner)


_soups = st.tuples(_name, _soup.map(lambda text: text.encode("utf-8", "surrogatepass")))
_bytes = st.tuples(_name, st.binary(max_size=60))


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Folder()
        yield Path(folder)
        os.chdir(before)


@pytest.mark.no_cover  # the lines that it reaches differ by what hypothesis draws
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_twisted() | _damaged() | _soups | _bytes)
def test_whatever_a_file_holds_loading_says_what_is_wrong_or_works(home: Path, change: tuple[str, bytes]) -> None:
    name, content = change
    path = Folder.root / name
    path.write_bytes(content)
    try:
        assert isinstance(load(OnDisk(Folder.root), CATALOG), Workspace)
    except Mistakes as caught:
        assert caught.mistakes
        for mistake in caught.mistakes:
            assert mistake.file.startswith("playbooks/")
            assert mistake.message
            assert str(mistake).encode("utf-8"), "it can be printed"
    finally:
        path.write_text(FILES[name])
