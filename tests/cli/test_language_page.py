"""docs/language.md says all there is to say about the language, and what it shows is right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, create_model

import integrations
from cli.language_page import MODELS, as_yaml, examples_of, with_tables
from expansion.language.check import case_parser
from expansion.language.model import conditions, models
from expansion.language.model.fields import Strict
from expansion.language.model.values import parse_counted, parse_days, parse_percent, parse_periods, parse_span
from expansion.language.model.words import words_of
from expansion.language.workspace import load
from expansion.language.yaml.files import Folder
from expansion.language.yaml.reading import read

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/language.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
FILES = {found[1]: text for text in BLOCKS if (found := re.match(r"# (\S+\.yaml)\n", text))}
CONDITIONS = [text for text in BLOCKS if text.startswith("- ")]
ACCOUNT_TEAM = "playbook: account-team\ntitle: t\nsteps: [{id: a, do: salesforce.create_task, with: {subject: s}}]\n"
AROUND = "trigger: tried\ntitle: t\nowner: a@b.example\nstatus: draft\nleads_to: plan_change\n"


def test_the_tables_are_up_to_date() -> None:
    assert with_tables(PAGE) == PAGE, "run `make docs`"


def _every_model(model: type[BaseModel]) -> set[type[BaseModel]]:
    """The models that a file's schema is made of."""
    names = {model.__name__, *model.model_json_schema().get("$defs", {})}
    return {one for one in _subclasses(Strict) if one.__name__ in names}


def _subclasses(model: type[BaseModel]) -> set[type[BaseModel]]:
    return {model}.union(*map(_subclasses, model.__subclasses__()))


FILE_MODELS = [models.Trigger, models.Playbook, models.Facts, models.Policy, case_parser.CaseFile]
EVERY = sorted(set().union(*map(_every_model, FILE_MODELS)), key=lambda model: model.__name__)


def test_the_page_knows_every_model() -> None:
    assert {model.__name__ for model in EVERY} - {"Where"} == set(MODELS)


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.__name__)
def test_every_word_stands_there_with_what_it_means_and_an_example(model: type[BaseModel]) -> None:
    for word, field in words_of(model).items():
        assert field.description and field.description.endswith("."), word
        assert field.examples, word
        row = f"| `{word}` | {'**Needed.** ' if field.is_required() else ''}{field.description} | `{word}: "
        assert row in PAGE.replace("\\|", "|"), f"`{word}` of {model.__name__}"


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.__name__)
def test_every_example_of_a_word_is_read_as_it_is_meant(model: type[BaseModel], tmp_path: Path) -> None:
    for name, field in model.model_fields.items():
        word = field.alias or name
        alone: Any = create_model("Alone", __base__=Strict, **{name: (field.annotation, field)})
        for example, line in zip(field.examples or (), examples_of(word, field), strict=True):
            (tmp_path / "line.yaml").write_text(line)
            assert read(Folder(tmp_path), "line.yaml").values == {word: example}
            alone.model_validate({word: example}, by_alias=True, by_name=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the page shows, together."""
    monkeypatch.chdir(tmp_path)
    for name, text in {**FILES, "account-team.yaml": ACCOUNT_TEAM}.items():
        path = tmp_path / "playbooks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Path("playbooks")


def test_the_files_on_the_page_are_right_together(folder: Path) -> None:
    workspace = load(Folder(folder), integrations.catalog())
    assert sorted(workspace.triggers) == ["admin-finds-audit-log", "seat-limit"]
    assert workspace.warnings == ()


@pytest.mark.parametrize("text", CONDITIONS, ids=lambda text: text.split("\n")[0])
def test_the_conditions_on_the_page_are_right(folder: Path, text: str) -> None:
    when = "when:\n" + "".join(f"  {line}\n" for line in text.splitlines())
    (folder / "triggers/tried.yaml").write_text(f"{AROUND}{when}then: {{playbook: seat-expansion}}\n")
    workspace = load(Folder(folder), integrations.catalog())
    assert len(workspace.triggers["tried"].when) == len(re.findall(r"^- ", text, re.MULTILINE))
    assert workspace.warnings == ()


def test_every_yaml_on_the_page_is_a_file_or_a_list_of_conditions() -> None:
    assert len(FILES) + len(CONDITIONS) == len(BLOCKS) > 10


@pytest.mark.parametrize(
    ("value", "reads"),
    [
        ("length of time", parse_span),
        ("days, weeks or months", parse_days),
        ("so many of the last periods", parse_periods),
        ("percentage", parse_percent),
    ],
)
def test_values_are_written_as_the_page_says(value: str, reads: Any) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {value} |"))
    examples = re.findall(r"`([^`]+)`", row.split(" | ")[-1])
    assert examples
    assert [str(reads(example)) for example in examples] == examples


def test_counts_are_written_as_the_page_says() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| people, days, accounts |"))
    words = (("people", "person"), ("people", "person"), ("days", "day"), ("accounts", "account"))
    examples = re.findall(r"`([^`]+)`", row.split(" | ")[-1])
    assert [parse_counted(one, *word).count for one, word in zip(examples, words, strict=True)] == [2, 1, 3, 25]


def test_each_word_of_a_condition_is_explained_once() -> None:
    chosen = re.findall(r"<!-- words of Condition: ([^>]*) -->", PAGE)
    words = [word for each in chosen for word in each.split()]
    assert sorted(words) == sorted(words_of(conditions.Condition))


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (100_000, "100_000"), ("09:00", '"09:00"'), ("80%", "80%"), ({"a": ["b c", 1]}, "{a: [b c, 1]}")],
)
def test_values_are_written_as_an_author_would(value: Any, text: str) -> None:
    assert as_yaml(value) == text
