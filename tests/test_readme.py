"""README keeps its word: its commands run, in its order, and what it shows is what comes out.

A fence decides what happens with a block: `sh` is run. `sh needs-account`, `needs-network` and `runs-the-tests` are
not, but their commands and options must exist. `yaml PATH` is saved as that file.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path
from typing import Any

import pytest

from tests.systems import settings_of_ours

pytestmark = pytest.mark.timeout(900)  # two whole demos, with a Prefect server each

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OTHERS = ["CONTRIBUTING.md", "playbooks/README.md", "cli/starter/README.md", "findings/README.md"]
PAGES = [ROOT / "README.md", *(ROOT / name for name in OTHERS), *sorted((ROOT / "docs").rglob("*.md"))]
NOT_RUN = {"sh needs-account", "sh needs-network", "sh runs-the-tests"}
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Block:
    info: str
    text: str


def blocks(text: str) -> list[Block]:
    found = re.findall(r"^```(\S[^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [Block(info.strip(), body) for info, body in found]


def commands(block: Block) -> list[list[str]]:
    """The words of each command line, without comments and what is written into files (`<<END`)."""
    text = re.sub(r"(<<'?(\w+)'?[^\n]*\n).*?^\2$", r"\1", block.text, flags=re.DOTALL | re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    split = (shlex.split(line, comments=True) for line in lines)
    return [words for line in split if (words := list(dropwhile(_SETS.match, line)))]


_SETS = re.compile(r"[A-Z_]+=")  # a variable for the command behind it


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """What git would hand out, with an environment that is set up already."""
    folder = tmp_path_factory.mktemp("readme") / "expansion-triggers"
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], check=True, capture_output=True, text=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / part).symlink_to(Path(sys.prefix) / part)
    (folder / ".venv" / ".ready").touch()
    return folder


def _script() -> str:
    """All that is run, as one session of a shell that stops at the first failure."""
    parts = ["set -e"]
    for block in blocks(README):
        if block.info == "sh":
            parts.append(block.text)
        elif block.info.startswith("yaml "):
            parts.append(f"cat > {block.info.removeprefix('yaml ')} <<'YAML'\n{block.text}YAML\n")
    return "\n".join(parts)


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """The environment without settings of ours, and as if no `make test` had begun it: a make within says so."""
    ours = (*settings_of_ours(), "VIRTUAL_ENV", "MAKE", "MFLAGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@pytest.fixture(scope="module")
def session(clone: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return _ran(["bash", "-c", _script()], cwd=clone, env=environment, timeout=540)


def _ran(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **options)


@pytest.mark.flows
def test_every_command_runs_in_the_order_of_the_page(session):
    assert session.returncode == 0, session.stdout[-3000:] + session.stderr[-3000:]


@pytest.mark.flows
def test_the_ten_minutes_show_what_the_page_says(session):
    assert "3 of 3 cases pass" in session.stderr
    assert "5 of 5 cases pass" in session.stderr
    assert re.search(r"Northwind Traders +export-limit", session.stdout)
    assert "export-limit for Fabrikam (a-200), as of 2026-03-02 09:00 GMT: no" in session.stdout
    assert "export-limit for Contoso (a-300), as of 2026-03-02 09:00 GMT: cannot tell" in session.stdout
    assert re.search(r"Northwind Traders +reports-spread", session.stdout)
    assert "Northwind Traders · salesforce.create_task · due" in session.stdout


@pytest.fixture(scope="module")
def ledger(clone: Path, session):
    """Firings and steps of the demo."""

    def ask(*arguments: str) -> list[dict]:
        environment = {**os.environ, "EXPANSION_HOME": str(clone / ".demo/expansion")}
        environment.pop("EXPANSION_LEDGER_URL", None)
        command = [str(BIN / "expansion"), "ledger", *arguments, "--limit", "1000", "--json"]
        return json.loads(_ran(command, cwd=clone, env=environment).stdout)

    return ask


WHAT_FIRED = next(block.text for block in blocks(README) if block.info == "text what fired")


@pytest.mark.flows
def test_what_is_said_below_it_is_what_was_decided(ledger):
    firings = {firing["account_name"]: firing for firing in ledger("--trigger", "seat-limit")}
    assert f"for {_in_words(len(WHAT_FIRED.splitlines()) - 1)} of {_in_words(len(firings))} accounts" in README
    assert firings["Birchmoor Learning"]["playbook"] == "seat-expansion-enterprise"
    assert "Health is red: customer success helps first" in firings["Bramblewood Retail"]["reason"]
    assert "5% of all accounts" in firings["Quillfeather Textiles"]["reason"]


def _in_words(number: int) -> str:
    return {5: "five", 15: "fifteen"}[number]


@pytest.mark.flows
def test_the_task_is_the_one_that_its_owner_found(ledger):
    steps = [s for s in ledger("--steps", "--trigger", "seat-limit") if s["account_name"] == "Goldcrest Biotech"]
    (task,) = [step["input"] for step in steps if step["action"] == "salesforce.create_task"]
    shown = next(block.text for block in blocks(README) if block.info == "text")
    title, *lines = [line for line in shown.splitlines() if line]
    assert title.split("  ")[0] == task["subject"]
    assert title.endswith(f"due {task['due']}")
    found = " ".join(task["notes"].split())
    missing = [line for line in lines if " ".join(line.split()) not in found]
    assert not missing


def applied(clone: Path) -> dict[str, int]:
    """What the stand-ins really did, and how often."""
    with sqlite3.connect(clone / ".demo/stand-ins.db") as db:
        rows = db.execute("SELECT id, body FROM doc WHERE collection = '_applied'")
        return {key: json.loads(body)["times"] for key, body in rows}


@pytest.mark.flows
def test_a_second_demo_sends_nothing_twice(clone: Path, session, environment: dict[str, str]):
    assert session.stdout.startswith("What fired")
    assert "seat-limit" in session.stdout
    assert "What was done" in session.stdout
    assert "2 accounts newly fire" in session.stdout, "the plan of an edit"
    played = next(block.text for block in blocks(README) if block.text.startswith("trigger "))
    assert played in session.stdout, "the backtest, from a seed"
    assert (clone / ".demo/report.html").is_file()
    inbox = clone / ".demo/inbox.html"
    assert f"\ninbox: {inbox}\n" in session.stdout
    page = inbox.read_text()
    assert "salesforce" in page
    assert "<script src" not in page  # it needs nothing else
    done = applied(clone)
    assert len(done) > 50
    for noise in ("Traceback", "EventsWorker", "Warning"):
        assert noise not in session.stderr

    # From elsewhere, as the folder is named then.
    command = [str(BIN / "expansion"), "demo", "--folder", str(clone / ".demo"), "--no-keep-up", "--no-history"]
    second = _ran(command, cwd=ROOT, env=environment | {"COLUMNS": "80"}, timeout=540)
    assert second.returncode == 0, second.stderr
    shown = WHAT_FIRED.splitlines()
    assert len(shown) == 6
    assert [line for line in shown if line not in second.stdout.splitlines()] == []
    assert "0 new firings; 0 steps done" in second.stderr
    assert "this demo ran here before, so what had fired is known" in second.stderr
    assert "ran here before" not in session.stderr
    assert applied(clone) == done


# --- what is not run --------------------------------------------------------------------------------------------------


def test_the_trigger_that_opens_the_page_is_the_shipped_file():
    shown = next(block.text for block in blocks(README) if block.info == "yaml")
    assert shown == (ROOT / "playbooks/triggers/seat-limit.yaml").read_text(encoding="utf-8")


def test_every_fence_says_what_happens_with_its_commands():
    kinds = {block.info for block in blocks(README) if block.info.startswith(("sh", "bash", "console"))}
    assert kinds <= {"sh"} | NOT_RUN


def _named() -> list[tuple[str, list[str]]]:
    found = [
        (page.relative_to(ROOT).as_posix(), words)
        for page in PAGES
        for block in blocks(page.read_text(encoding="utf-8"))
        if block.info.startswith("sh")
        for words in commands(block)
    ]
    return [(page, [Path(words[0]).name, *words[1:]]) for page, words in found]


def _expansion() -> list[list[str]]:
    return [words[1:] for _, words in _named() if words[0] == "expansion"]


@pytest.mark.parametrize("words", _expansion(), ids=" ".join)
def test_every_command_in_the_docs_exists_with_its_options(words: list[str]):
    import click

    from cli.main import Commands
    from cli.main import cli as group

    command = Commands().get_command(click.Context(group), words[0])
    assert command is not None, words[0]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= known


def _inline() -> list[list[str]]:
    """The commands inside sentences, such as `expansion pull`, each once."""
    found = {
        said for page in PAGES for said in re.findall(r"`expansion ([a-z][^`]*)`", page.read_text(encoding="utf-8"))
    }
    return [said.split() for said in sorted(found)]


@pytest.mark.parametrize("words", _inline(), ids=" ".join)
def test_every_command_in_a_sentence_exists_with_its_options(words: list[str]):
    test_every_command_in_the_docs_exists_with_its_options(words)


def test_every_setting_in_the_docs_exists():
    from cli.settings_list import every_setting

    known = {setting.name for one in every_setting() for setting in one.settings} | {
        "EXPANSION_FUZZ_EXAMPLES",
        "EXPANSION_TEST_EXAMPLE",
    }
    names = r"`((?:EXPANSION|SALESFORCE|HUBSPOT|SLACK|INTERCOM|MIXPANEL)_[A-Z_]+)"
    assert {name for page in PAGES for name in re.findall(names, page.read_text(encoding="utf-8"))} - known == set()


def test_every_make_target_is_explained():
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    table = re.findall(r"^\| `make ([\w-]+)` \|", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony
    assert sorted(table) == sorted(phony[1].split())


def test_every_make_target_in_the_docs_exists():
    wanted = {word for _, words in _named() if words[0] == "make" for word in words[1:] if "=" not in word}
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert wanted
    assert wanted <= targets


def _prefect() -> list[list[str]]:
    """The Prefect commands of the docs, each once."""
    named = [words[1:] for _, words in _named() if words[0] == "prefect"]
    return sorted({tuple(words): words for words in named}.values())


def _subcommand(words: list[str]) -> list[str]:
    """`work-pool create` of `work-pool create expansion --type process`."""
    plain = [word for word in words if not word.startswith("-")]
    return plain[: {"deploy": 1, "server": 2}.get(plain[0], 2)]


# Prefect takes seconds to import: one process asks it for all helps.
_HELPS = """
import contextlib, io, json, sys
from prefect.cli import app
said = []
for words in json.loads(sys.argv[1]):
    sys.argv, out = ["prefect", *words, "--help"], io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            code = app()
        except SystemExit as ended:
            code = ended.code
    said.append([code or 0, out.getvalue()])
print(json.dumps(said))
"""


@pytest.mark.flows
def test_every_prefect_command_in_the_docs_exists_with_its_options():
    asked = [[], *map(_subcommand, _prefect())]
    said = _ran([sys.executable, "-c", _HELPS, json.dumps(asked)], timeout=200)
    assert said.returncode == 0, said.stderr
    (_, general), *helps = json.loads(said.stdout)
    for words, (code, text) in zip(_prefect(), helps, strict=True):
        assert code == 0, words
        assert f"prefect {' '.join(_subcommand(words))}" in text, words
        assert [word for word in words if word.startswith("--") and word not in text + general] == [], words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_house_has_every_folder():
    tree = re.search(
        r"^```\n(playbooks/.*?)^```$", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )[1]
    shown = set(re.findall(r"^ *([\w/]+)/ ", tree, re.MULTILINE))
    kept = subprocess.run(
        ["git", "-C", ROOT, "ls-files"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    tops = {name.split("/")[0] for name in kept}
    folders = {name for name in tops if (ROOT / name).is_dir() and not name.startswith(".")}
    parts = {name.split("/")[1] for name in kept if name.startswith("expansion/") and name.count("/") > 1}
    assert shown == folders | parts | {"cli/starter"}


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_into_a_page_leads_to_a_title(page: Path):
    links = re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", page.read_text(encoding="utf-8"))
    missing = [f"{name}#{part}" for name, part in links if part not in _anchors((page.parent / name) if name else page)]
    assert missing == []


def test_every_decision_is_in_the_list_by_its_title():
    folder = ROOT / "docs/decisions"
    rows = set(re.findall(r"^\| \[(\d+)\]\((.+)\) \| (.+) \|$", (folder / "README.md").read_text(), re.MULTILINE))
    titles = {page: page.read_text().splitlines()[0].removeprefix("# ") for page in folder.glob("0*.md")}
    assert rows == {(page.name[:4], page.name, title.partition(": ")[2]) for page, title in titles.items()}


def test_every_picture_is_on_a_page():
    shown = {
        (page.parent / link).resolve()
        for page in PAGES
        for link in re.findall(r"!\[[^]]+\]\(([^)]+)\)", page.read_text())
    }
    assert shown == set((ROOT / "docs/img").iterdir())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_table_is_one(page: Path):
    """A row belongs to a table: its header and the line below it stand above, and no blank line in between."""
    text = re.sub(r"^( *)```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    tables = re.findall(r"(?:^ *\|.*\n)+", text, re.MULTILINE)
    assert [table for table in tables if not re.match(r" *\|.*\n *\|[-| :]+\|\n", table)] == []
    assert re.findall(r"^ *\|.*\n *[^|\s<].*", text, re.MULTILINE) == []


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_nothing_is_called_simple_or_easy(page: Path):
    text = page.read_text(encoding="utf-8").lower()
    assert re.findall(r"\b(simply|obviously|of course|easily|just)\b", text) == []
