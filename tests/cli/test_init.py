"""`expansion init`, and what is generated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.settings_list import env_example, every_setting, with_tables

ROOT = Path(__file__).resolve().parents[2]


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_says_what_to_do_next(run, snapshot):
    assert str(run("init", "mine")) == snapshot


def test_a_new_folder_passes_its_own_check(run, monkeypatch):
    run("init", "mine")
    monkeypatch.chdir("mine")
    ran = run("check")
    assert ran.code == 0
    assert "3 of 3 cases pass" in ran.err


def test_this_folder_is_the_default(run):
    ran = run("init")
    assert ran.code == 0
    assert Path("playbooks/triggers/export-limit.yaml").is_file()
    assert "cd " not in ran.err


def test_nothing_is_overwritten(run, snapshot):
    run("init", "mine")
    trigger = Path("mine/playbooks/triggers/export-limit.yaml")
    trigger.write_text("mine now", encoding="utf-8")
    before = _files(Path())
    assert str(run("init", "mine")) == snapshot
    assert _files(Path()) == before


@pytest.mark.parametrize("name", [".env.example", ".gitignore", ".schema/mine.json", "sample/events.csv"])
def test_one_file_that_is_there_is_enough_to_write_nothing(run, name):
    path = Path("mine") / name
    path.parent.mkdir(parents=True)
    path.write_text("mine", encoding="utf-8")
    assert run("init", "mine").code == 1
    assert [path.name for path in Path("mine").rglob("*") if path.is_file()] == [path.name]


def test_other_files_do_not_matter(run):
    Path("notes.txt").write_text("hello", encoding="utf-8")
    assert run("init").code == 0


def test_the_names_of_the_files_for_scripts(run):
    written = run("init", "mine", "--json").json
    assert "mine/.env.example" in written
    assert all(Path(name).is_file() for name in written)


def test_a_file_is_no_folder(run):
    Path("file").write_text("", encoding="utf-8")
    assert run("init", "file").code == 2


def test_only_what_is_generated_is_written_again(run):
    run("init", "mine")
    own, generated = Path("mine/playbooks/triggers/export-limit.yaml"), Path("mine/.schema/trigger.json")
    own.write_text("mine now", encoding="utf-8")
    generated.write_text("{}", encoding="utf-8")
    assert run("init", "mine", "--schemas-only").code == 0
    assert own.read_text(encoding="utf-8") == "mine now"
    assert len(generated.read_text(encoding="utf-8")) > 1000


def test_every_file_names_the_schema_that_is_there(run):
    run("init", "mine")
    for path in Path("mine/playbooks").rglob("*.yaml"):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        schema = first.removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / schema).is_file(), f"{path} begins with {first}"


@pytest.mark.parametrize("folder", ["cli/starter/playbooks", "playbooks"])
def test_an_editor_that_is_open_on_the_repository_finds_every_schema(folder):
    files = list((ROOT / folder).rglob("*.yaml"))
    assert files
    for path in files:
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert (path.parent / first.removeprefix("# yaml-language-server: $schema=")).is_file(), path


def test_a_new_folder_holds_what_deploys_it(run):
    run("init", "mine")
    for name in ("prefect.yaml", "automations/zombies.yaml"):
        assert (Path("mine") / name).read_text(encoding="utf-8") == (ROOT / name).read_text(encoding="utf-8")
    assert not Path("mine/.schema").is_symlink()


def test_secrets_are_kept_out_of_git(run):
    run("init", "mine")
    assert ".env" in Path("mine/.gitignore").read_text(encoding="utf-8").splitlines()


# --- the settings template --------------------------------------------------------------------------------------------


def test_the_template_explains_every_setting_and_gives_no_secret():
    text = env_example()
    for system in every_setting():
        for setting in system.settings:
            assert setting.description, f"{setting.name} does not say where to find it"
            assert f"# {setting.name}={'' if setting.secret else setting.default}\n" in text


def test_a_copied_template_sets_nothing():
    lines = env_example().splitlines()
    assert all(line.startswith("#") or not line for line in lines)


def test_the_first_real_systems_need_what_their_guides_say():
    needed = {s.name for system in every_setting() for s in system.settings if s.needed}
    assert {
        "SALESFORCE_DOMAIN",
        "HUBSPOT_TOKEN",
        "SLACK_BOT_TOKEN",
        "INTERCOM_ACCESS_TOKEN",
        "MIXPANEL_SECRET",
    } <= needed


# --- what the repository ships ----------------------------------------------------------------------------------------


def test_the_shipped_schemas_and_settings_template_are_current(run):
    run("init", "fresh", "--schemas-only")
    fresh = _files(Path("fresh"))
    shipped = {name: (ROOT / name).read_bytes() for name in fresh}
    assert shipped == fresh, "run `make docs`"


def test_the_tables_of_settings_in_the_docs_are_current():
    page, systems = ((ROOT / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("connect", "systems"))
    assert with_tables(page) == page, "run `make docs`"
    assert "<!-- settings of Expansion -->" in page
    own = [setting.name for one in every_setting() for setting in one.settings]
    assert [name for name in own if f"| `{name}` |" not in page + systems] == []


def test_the_schemas_hold_the_names_of_the_folder_and_check_renews_them(run, monkeypatch):
    run("init", "mine")
    monkeypatch.chdir("mine")
    schema = Path(".schema/trigger.json")

    def facts() -> list[str]:
        names = json.loads(schema.read_text(encoding="utf-8"))["$defs"]["Condition"]["properties"]["fact"]["enum"]
        return [str(name) for name in names]

    assert facts() == ["account_name", "arr", "owner_email", "plan"]
    path = Path("playbooks/shared/facts.yaml")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("cohorts:", "  blocked: {times: Export Blocked, over: 14 days}\n\ncohorts:"))
    assert run("check").code == 0
    assert "blocked" in facts()
    run("import", "sample/events.csv", "--map", "sample/events.map.yaml")
    assert run("check").code == 0
    assert "Report Opened" in schema.read_text(encoding="utf-8"), "an event that came, and that no file names"
    run("init", "--schemas-only", "--plain")
    before = schema.read_bytes()
    run("check")
    assert schema.read_bytes() == before, "plain schemas stay plain"


def test_names_are_written_though_other_things_are_wrong(run, monkeypatch):
    run("init", "mine")
    monkeypatch.chdir("mine")
    path = Path("playbooks/triggers/export-limit.yaml")
    path.write_text(path.read_text(encoding="utf-8").replace("at_least: 3 ", "at_lest: 3 "), encoding="utf-8")
    assert run("init", "--schemas-only").code == 0
    assert '"arr"' in Path(".schema/trigger.json").read_text(encoding="utf-8")
