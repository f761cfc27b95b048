"""The files of a playbooks folder as they were at a revision of git. The folder itself is left as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from expansion.language.model.mistakes import Mistake, Mistakes
from expansion.language.yaml import git
from expansion.language.yaml.files import InMemory, Kind, NotReadable

_LINK = "120000"
_MOST_LINKS = 40  # on the way to one file; more of them go round in a circle
_LARGEST = 2_000_000  # bytes of a file that is kept; what is larger is no definition


@dataclass(frozen=True)
class GitRevision:
    """Made by `at_revision`, which has read all of it."""

    revision: str  # the commit
    held: InMemory
    links: Mapping[str, str]  # path -> what it leads to

    def shown(self, path: str) -> str:
        return self.held.shown(path)

    def kind(self, path: str) -> Kind | None:
        real = self._real(path)
        return "elsewhere" if real is None else self.held.kind(real)

    def names(self, folder: str) -> list[str]:
        return self.held.names(self._real(folder) or "")

    def read(self, path: str, at_most: int) -> bytes:
        real = self._real(path)
        if real is None or real in self.links:
            raise NotReadable("No such file or directory")
        return self.held.read(real, at_most)

    def _real(self, path: str) -> str | None:
        """Where a path leads, links followed as a disk does; None where that is out of the folder."""
        done: list[str] = []
        left = path.split("/")[::-1]
        followed = 0
        while left:
            part = left.pop()
            if part == ".." and not done:
                return None
            if part == "..":
                done.pop()
                continue
            done += [part] if part not in ("", ".") else []
            target = self.links.get("/".join(done))
            if target is None or followed == _MOST_LINKS:
                continue
            if target.startswith("/"):
                return None
            followed += 1
            done.pop()
            left += target.split("/")[::-1]
        return "/".join(done)


def at_revision(folder: Path, revision: str) -> GitRevision:
    """The files of a folder in a work tree as of a commit, branch or tag. Raises Mistakes where there are none.

    They are called as they are in the folder, so that the same definitions are equal wherever they come from.
    """
    prefix = _prefix(folder)
    commit = _commit(folder, revision)
    try:
        listed = git.ask(folder, "ls-tree", "-r", "-l", "-z", "--full-tree", f"{commit}:{prefix}")
    except git.GitError as error:
        hint = f"`git log --oneline -- {folder.as_posix()}` lists the revisions that have it"
        raise _none(folder, f"revision `{revision}` has no such folder", hint) from error
    entries = list(_entries(listed))
    contents = dict(_contents(folder, entries))
    links = {one.path: contents.pop(one.path).decode("utf-8", "replace") for one in entries if one.mode == _LINK}
    texts = {**contents, **dict.fromkeys(links, b"")}
    return GitRevision(commit[:12], InMemory(texts, folder.as_posix()), links)


def _prefix(folder: Path) -> str:
    if not folder.is_dir():
        raise _none(folder, "there is no such folder", "set EXPANSION_PLAYBOOKS to the folder that holds yours")
    try:
        return git.ask(folder, "rev-parse", "--show-prefix").decode().removesuffix("\n")
    except git.GitError as error:
        hint = "compare with a folder instead, or put it under git: `git init`, `git add`, `git commit`"
        raise _none(folder, f"git has no revisions of this folder: {error}", hint) from error


def _commit(folder: Path, revision: str) -> str:
    try:
        asked = ("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        return git.ask(folder, *asked).decode().strip()
    except git.GitError as error:
        hint = (
            "`git log --oneline` lists the revisions that are here, `git branch -a` and `git tag` name some; a shallow "
            "copy has only the newest, `git fetch --unshallow` gets the others"
        )
        raise _none(folder, f"git knows no revision `{revision}` here", hint) from error


class _Entry(NamedTuple):
    path: str
    mode: str
    id: str
    size: int


def _entries(listed: bytes) -> Iterator[_Entry]:
    for line in listed.decode("utf-8", "surrogateescape").split("\0"):
        told, _, path = line.partition("\t")
        if path:
            mode, kind, id_, size = told.split()
            if kind == "blob":  # else another repository, which git lists by its commit alone
                yield _Entry(path, mode, id_, int(size))


def _contents(folder: Path, entries: list[_Entry]) -> Iterator[tuple[str, bytes]]:
    """Each file with its bytes, all by one process."""
    wanted = [one for one in entries if one.size <= _LARGEST]
    asked = "".join(f"{one.id}\n" for one in wanted).encode()
    told = git.ask(folder, "cat-file", "--batch", given=asked)
    start = 0
    for one in wanted:
        start = told.index(b"\n", start) + 1
        yield one.path, told[start : start + one.size]
        start += one.size + 1
    yield from ((one.path, bytes(_LARGEST)) for one in entries if one.size > _LARGEST)


def _none(folder: Path, message: str, hint: str) -> Mistakes:
    return Mistakes([Mistake(folder.as_posix(), 0, 0, message, hint=hint)])
