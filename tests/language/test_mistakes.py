"""What people read when something in their files is wrong. Read the snapshots as prose."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from expansion.language.model.mistakes import Mistake, Mistakes, snippet
from expansion.language.workspace import load
from expansion.language.yaml.files import Folder as OnDisk
from tests.language import slips, slips_of_conditions, slips_of_habit
from tests.language.conftest import CATALOG, TRIGGER, Folder

_ALL = [
    *slips.TRIGGERS,
    *slips.LATER,
    *slips.PLAYBOOKS,
    *slips.SHARED,
    *slips.CASES,
    *slips_of_conditions.ALL,
    *slips_of_habit.ALL,
]


@pytest.mark.parametrize(("name", "old", "new"), [pytest.param(*slip[1:], id=slip[0]) for slip in _ALL])
def test_one_slip_gives_one_message_at_its_place(
    folder: Folder, snapshot: SnapshotAssertion, name: str, old: str, new: str
) -> None:
    mistakes = folder.change(name, old, new).mistakes()
    assert len(mistakes) == 1, "\n\n".join(map(str, mistakes))
    [mistake] = mistakes
    assert mistake.file == f"playbooks/{name}"
    assert mistake.line and mistake.snippet
    assert not mistake.message.endswith(".")
    assert str(mistake) == snapshot


@pytest.mark.parametrize("text", [pytest.param(text, id=what) for what, text in slips.YAML])
def test_what_is_no_yaml_says_where_and_what_to_do(folder: Folder, snapshot: SnapshotAssertion, text: str) -> None:
    mistakes = folder.write("triggers/seat-limit.yaml", text).mistakes()
    mistakes = tuple(one for one in mistakes if one.file.endswith("triggers/seat-limit.yaml"))
    assert mistakes and all(one.line and one.hint for one in mistakes)
    assert "\n\n".join(map(str, mistakes)) == snapshot


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"title: \xff\xfe caf\xe9\n", id="not UTF-8"),
        pytest.param("title: x".encode("utf-16"), id="UTF-16"),
        pytest.param(b"PK\x03\x04\x00\x00", id="a spreadsheet"),
        pytest.param(b"# " + b"x" * 1_000_001, id="too large"),
    ],
)
def test_a_file_that_is_not_what_it_says(folder: Folder, snapshot: SnapshotAssertion, content: bytes) -> None:
    mistakes = folder.write("triggers/paywall-hits.yaml", content).mistakes()
    assert "\n\n".join(map(str, mistakes)) == snapshot


def test_a_file_with_a_byte_order_mark_is_read(folder: Folder) -> None:
    folder.write("triggers/seat-limit.yaml", b"\xef\xbb\xbf" + TRIGGER.replace("\n", "\r\n").encode())
    assert folder.load().triggers["seat-limit"].check == "daily"


def test_all_mistakes_of_all_files_come_at_once_in_order(folder: Folder, snapshot: SnapshotAssertion) -> None:
    folder.change("triggers/seat-limit.yaml", "check: daily", "check: daly")
    folder.change("triggers/seat-limit.yaml", "at_least: 80%", "at_lest: 80%")
    folder.change("seat-expansion.yaml", "{{ reasons }}", "{{ raisins }}")
    folder.change("shared/policy.yaml", "Europe/London", "Europe/Londn")
    folder.write("triggers/paywall-hits.yaml", "owner: @dana\n")
    mistakes = folder.mistakes()
    assert [(one.file, one.line) for one in mistakes] == [
        ("playbooks/seat-expansion.yaml", 16),
        ("playbooks/shared/policy.yaml", 1),
        ("playbooks/triggers/paywall-hits.yaml", 1),
        ("playbooks/triggers/seat-limit.yaml", 5),
        ("playbooks/triggers/seat-limit.yaml", 10),
    ]
    assert str(Mistakes(mistakes)) == snapshot


def test_facts_that_cannot_be_read_make_no_trigger_look_wrong(folder: Folder) -> None:
    [mistake] = folder.write("shared/facts.yaml", "facts: [\n").mistakes()
    assert mistake.file == "playbooks/shared/facts.yaml"


def test_a_counted_fact_that_names_no_event_is_a_mistake_also_where_a_case_gives_it(folder: Folder) -> None:
    folder.change(
        "shared/facts.yaml",
        "facts:\n",
        "facts:\n  nothing_counted: {from: null, field: seats, kind: number, where: null}\n",
    )
    folder.change("cases/seat-limit.yaml", "now: {", "now: {nothing_counted: 3, ")
    said = [str(mistake) for mistake in folder.mistakes()]
    assert any("nothing_counted" in one for one in said), said


def test_one_wrong_fact_makes_no_trigger_look_wrong(folder: Folder) -> None:
    [mistake] = folder.change("shared/facts.yaml", "kind: number", "kind: numbre").mistakes()
    assert mistake.hint == "did you mean `number`?"


def test_a_policy_that_cannot_be_read_makes_no_trigger_look_wrong(folder: Folder) -> None:
    [mistake] = folder.write("shared/policy.yaml", "tiers: [\n").mistakes()
    assert mistake.file == "playbooks/shared/policy.yaml"


def test_a_section_of_the_wrong_shape_is_said_once_there(folder: Folder) -> None:
    folder.change("shared/facts.yaml", "people:\n  admins: {field: role, is: admin}", "people: 3")
    [mistake] = folder.mistakes()
    assert mistake.message == "`people` should hold words with values, not the number 3"


def test_cycles_through_other_facts_are_told_once(folder: Folder) -> None:
    folder.change(
        "shared/facts.yaml",
        "  paywall_people:",
        "  a: {ratio: [b, arr]}\n  b: {ratio: [c, arr]}\n  c: {ratio: [a, arr]}\n  paywall_people:",
    )
    [mistake] = folder.mistakes()
    assert mistake.message == "`a` is made from itself: `a` -> `b` -> `c` -> `a`"


def test_cycles_of_cohorts_are_found_inside_groups(folder: Folder) -> None:
    folder.change(
        "shared/facts.yaml",
        "        more_than: 0\n",
        "        more_than: 0\n  a:\n    when: [{any_of: [{cohort: b}, {all_of: [{cohort: b}]}]}]\n"
        "  b:\n    when: [{none_of: [{some_of: {need: 1, of: [{cohort: a}]}}]}]\n",
    )
    [mistake] = folder.mistakes()
    assert mistake.message == "`a` is made from itself: `a` -> `b` -> `a`"


def test_cycles_of_triggers_are_found_by_way_of_cohorts(folder: Folder, snapshot: SnapshotAssertion) -> None:
    folder.change("shared/facts.yaml", "fact: arr\n        more_than: 0", "any_of: [{trigger: habit}]")
    folder.change("triggers/seat-limit.yaml", "    is: true\n", "    is: true\n  - trigger: paywall-hits\n")
    [mistake] = folder.mistakes()
    assert str(mistake) == snapshot


def test_a_playbook_may_be_chosen_by_the_trigger_itself(folder: Folder) -> None:
    folder.change("triggers/seat-limit.yaml", "fact: arr, at_least: 100_000", "trigger: seat-limit").load()


def test_a_limit_needs_plans(folder: Folder, snapshot: SnapshotAssertion) -> None:
    text = (folder.root / "shared/policy.yaml").read_text()
    folder.write("shared/policy.yaml", text.replace(text[text.index("plans:") : text.index("suppress:")], ""))
    [mistake] = folder.mistakes()
    assert str(mistake) == snapshot


def test_a_missing_folder_names_the_next_command(folder: Folder, snapshot: SnapshotAssertion) -> None:
    with pytest.raises(Mistakes) as caught:
        load(OnDisk(Path("nowhere")), CATALOG)
    assert str(caught.value) == snapshot


def test_missing_and_stray_files_are_named(folder: Folder, snapshot: SnapshotAssertion) -> None:
    (folder.root / "shared/policy.yaml").unlink()
    for stray in ("triggers/notes.txt", "seat.yml", "old/x.yaml", "shared/more.yaml"):
        folder.write(stray, "x")
    for ignored in ("README.md", "triggers/.DS_Store", "cases/README.md", "a.yaml~"):
        folder.write(ignored, "x")
    assert "\n\n".join(map(str, folder.mistakes())) == snapshot


def test_missing_folders_inside_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("playbooks").mkdir()
    Path("playbooks/cases").write_text("x")
    with pytest.raises(Mistakes) as caught:
        load(OnDisk(Path("playbooks")), CATALOG)
    said = {one.file: one.message for one in caught.value.mistakes}
    assert said == {
        "playbooks/cases": "this should be a folder",
        "playbooks/shared": "this folder is missing",
        "playbooks/triggers": "this folder is missing",
    }


def test_a_file_that_may_not_be_read_is_named(folder: Folder) -> None:
    link = folder.root / "triggers/gone.yaml"
    link.symlink_to("nowhere.yaml")
    [mistake] = folder.mistakes()
    assert str(mistake) == "playbooks/triggers/gone.yaml: this cannot be read: No such file or directory"


def test_a_live_trigger_without_cases_is_a_warning(folder: Folder) -> None:
    (folder.root / "cases/seat-limit.yaml").unlink()
    [warning] = folder.load().warnings
    assert warning.line == 4
    assert warning.message == "this trigger is live, and no case says what it should do"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param("triggers/seat-limit.yaml", "    from_at_least: 5\n", "", id="of a fact"),
        pytest.param(
            "triggers/seat-limit.yaml",
            "fact: arr, at_least: 100_000",
            "fact: arr, fell_at_least: 5%, over: 9 days",
            id="of money",
        ),
        pytest.param(
            "shared/policy.yaml",
            "fact: open_expansion_deal, is: true",
            "fact: seat_usage, grew_at_least: 5%, over: 9 days",
            id="of a share",
        ),
        pytest.param("triggers/paywall-hits.yaml", "    at_least: 3\n", "    grew_at_least: 100%\n", id="of a count"),
    ],
)
def test_growth_from_any_base_is_a_warning(
    folder: Folder, snapshot: SnapshotAssertion, name: str, old: str, new: str
) -> None:
    [warning] = folder.change(name, old, new).load().warnings
    assert str(warning) == snapshot


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param(
            "triggers/habit.yaml", "event: Report Exported\n    at_least", "event: Report*\n    at_least", id="an event"
        ),
        pytest.param("triggers/seat-limit.yaml", "fact: arr, at_least: 100_000", "fact: plan, is: Ent.*", id="a text"),
        pytest.param("triggers/paywall-hits.yaml", "feature: sso", 'feature: "sso "', id="a property with a blank"),
    ],
)
def test_what_looks_like_a_pattern_is_a_warning(
    folder: Folder, snapshot: SnapshotAssertion, name: str, old: str, new: str
) -> None:
    [warning] = folder.change(name, old, new).load().warnings
    assert str(warning) == snapshot


def test_the_caret_stands_under_wide_characters() -> None:
    shown = snippet(["title: 日本 x"], 1, 11)
    assert shown.splitlines()[1] == "     |             ^"
    assert snippet(["a"], 2, 1) == ""


def test_a_mistake_about_a_whole_file_has_no_line() -> None:
    assert str(Mistake("a.yaml", 0, 0, "this is not read")) == "a.yaml: this is not read"
