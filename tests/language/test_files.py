"""Definitions come from a folder, from a revision of git, or from memory: they mean the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from expansion.language.model.mistakes import Mistakes
from expansion.language.workspace import load
from expansion.language.yaml.files import Folder as OnDisk
from expansion.language.yaml.files import InMemory, NotReadable
from expansion.language.yaml.revision import GitRevision, at_revision
from tests.language.conftest import CATALOG, FILES, Folder

pytestmark = pytest.mark.starts

WHO = ("-c", "user.name=gtm", "-c", "user.email=gtm@acme.example", "-c", "commit.gpgsign=false")


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *WHO, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit() -> None:
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "as it is")


def said(folder: Path, revision: str) -> str:
    with pytest.raises(Mistakes) as caught:
        at_revision(folder, revision)
    return str(caught.value)


def test_all_three_makers_give_the_same_definitions(folder: Folder) -> None:
    commit()
    on_disk = load(OnDisk(folder.root), CATALOG)
    for files in (at_revision(folder.root, "HEAD"), InMemory(FILES)):
        other = load(files, CATALOG)
        assert other == on_disk
        assert other.hash == on_disk.hash
        assert {name: other.definition_hash(name) for name in other.triggers} == {
            name: on_disk.definition_hash(name) for name in on_disk.triggers
        }


def test_a_revision_has_the_old_text_while_the_folder_has_the_new(folder: Folder) -> None:
    commit()
    before = load(OnDisk(folder.root), CATALOG)
    folder.write("triggers/seat-limit.yaml", FILES["triggers/seat-limit.yaml"].replace("80%", "85%"))
    (folder.root / "triggers/habit.yaml").unlink()
    then, now = load(at_revision(folder.root, "HEAD"), CATALOG), load(OnDisk(folder.root), CATALOG)
    assert then.triggers == before.triggers
    assert then.hash == before.hash != now.hash
    assert "habit" not in now.triggers
    assert git("status", "--porcelain").splitlines(), "the work tree keeps its changes"


def test_a_revision_is_known_by_its_commit_and_a_folder_says_whether_it_differs(folder: Folder) -> None:
    assert OnDisk(folder.root).revision is None
    commit()
    head = git("rev-parse", "HEAD")[:12]
    assert OnDisk(folder.root).revision == at_revision(folder.root, "HEAD").revision == head
    folder.write("triggers/seat-limit.yaml", "another")
    assert OnDisk(folder.root).revision == f"{head}+changes"
    assert InMemory(FILES).revision is None


def test_a_mistake_of_a_revision_has_the_line_as_it_was(folder: Folder) -> None:
    folder.change("triggers/seat-limit.yaml", "check: daily", "check: dayly")
    commit()
    folder.change("triggers/seat-limit.yaml", "check: dayly", "check: daily")
    with pytest.raises(Mistakes) as caught:
        load(at_revision(folder.root, "HEAD"), CATALOG)
    [mistake] = caught.value.mistakes
    assert (mistake.file, mistake.line) == ("playbooks/triggers/seat-limit.yaml", 5)
    assert "check: dayly" in mistake.snippet


def test_a_mistake_in_memory_is_named_as_if_it_lay_in_the_folder() -> None:
    texts = FILES | {"shared/policy.yaml": ""}
    with pytest.raises(Mistakes) as caught:
        load(InMemory(texts, root="mine"), CATALOG)
    assert [one.file for one in caught.value.mistakes] == ["mine/shared/policy.yaml"]


def test_a_revision_that_git_does_not_know(folder: Folder) -> None:
    commit()
    for revision in ("v99", "--help", "HEAD:playbooks", ""):
        message, hint = said(folder.root, revision).split("\n\nhint: ")
        assert message == f"playbooks: git knows no revision `{revision}` here"
        assert "git log --oneline" in hint


def test_a_revision_from_before_the_folder(folder: Folder) -> None:
    Path("README.md").write_text("nothing yet")
    git("init", "--quiet")
    git("add", "README.md")
    git("commit", "--quiet", "--message", "begin")
    assert said(folder.root, "HEAD").startswith("playbooks: revision `HEAD` has no such folder\n\nhint: `git log")


def test_a_folder_outside_git_and_one_that_is_not_there(folder: Folder) -> None:
    message, hint = said(folder.root, "HEAD").split("\n\nhint: ")
    assert message.startswith("playbooks: git has no revisions of this folder: not a git repository")
    assert "git init" in hint
    assert said(Path("nowhere"), "HEAD").startswith("nowhere: there is no such folder\n\nhint: ")


def test_a_whole_repository_may_be_the_folder(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.root)
    commit()
    assert load(at_revision(Path(), "HEAD"), CATALOG).triggers == load(OnDisk(Path()), CATALOG).triggers


def _both(folder: Folder) -> tuple[OnDisk, GitRevision]:
    commit()
    return OnDisk(folder.root), at_revision(folder.root, "HEAD")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("shared/facts.yaml", "../../facts.yaml"),
        ("triggers/other.yaml", "../../facts.yaml"),
        ("triggers/other.yaml", "/etc/hostname"),
        ("triggers/other.yaml", "../step.yaml"),  # by way of a link that stays inside
        ("cases", "../elsewhere"),
    ],
)
def test_a_link_that_leads_out_of_the_folder_is_one_sentence(folder: Folder, path: str, target: str) -> None:
    Path("facts.yaml").write_text(FILES["shared/facts.yaml"])
    Path("elsewhere").mkdir()
    (folder.root / "step.yaml").symlink_to("../facts.yaml")
    link = folder.root / path
    for old in link.glob("*") if link.is_dir() else [link]:
        old.unlink(missing_ok=True)
    if link.is_dir():
        link.rmdir()
    link.symlink_to(target)
    for files in _both(folder):
        with pytest.raises(Mistakes) as caught:
            load(files, CATALOG)
        told = {one.file: one for one in caught.value.mistakes}
        mistake = told[files.shown(path)]
        assert mistake.message == "this is a link that leads out of the folder"
        assert mistake.hint and mistake.hint.startswith("put a copy in its place")
        assert set(told) == {files.shown(path), files.shown("step.yaml")}


def test_a_link_inside_the_folder_is_followed(folder: Folder) -> None:
    (folder.root / "triggers").rename(folder.root / ".triggers")
    (folder.root / "triggers").symlink_to(".triggers", target_is_directory=True)
    (folder.root / ".triggers/habit.yaml").rename(folder.root / ".triggers/.habit.yaml")
    (folder.root / ".triggers/habit.yaml").symlink_to("../triggers/./.habit.yaml")
    on_disk, revision = _both(folder)
    assert len(load(on_disk, CATALOG).triggers) == 4
    assert load(revision, CATALOG).triggers == load(on_disk, CATALOG).triggers


def test_a_link_to_nothing_or_to_itself_cannot_be_read(folder: Folder) -> None:
    (folder.root / "triggers/gone.yaml").symlink_to("nowhere.yaml")
    (folder.root / "triggers/round.yaml").symlink_to("round.yaml")
    for files in _both(folder):
        with pytest.raises(Mistakes) as caught:
            load(files, CATALOG)
        told = {one.file: one.message for one in caught.value.mistakes}
        assert told[files.shown("triggers/gone.yaml")] == "this cannot be read: No such file or directory"
        assert told[files.shown("triggers/round.yaml")].startswith("this cannot be read: ")


def test_a_file_that_is_too_large_is_told_alike(folder: Folder) -> None:
    folder.write("triggers/large.yaml", b"#" * 3_000_000)
    for files in _both(folder):
        with pytest.raises(Mistakes) as caught:
            load(files, CATALOG)
        [mistake] = caught.value.mistakes
        assert (mistake.file, mistake.message) == (files.shown("triggers/large.yaml"), "this file is larger than 1 MB")


def test_what_is_not_in_memory_cannot_be_read() -> None:
    with pytest.raises(NotReadable, match="No such file"):
        InMemory(FILES).read("triggers/none.yaml", 10)
