"""Where definitions are read from: a folder on disk, or texts that somebody holds. Of git: see `revision.py`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol

from expansion.language.yaml import git

Kind = Literal["file", "folder", "elsewhere"]  # elsewhere: a link that leads out of the folder


class NotReadable(Exception):
    """A file that cannot be read; the reason in the words of the machine."""


class Files(Protocol):
    """The files of one playbooks folder. Paths are relative to it and have `/` between their parts; "" is itself."""

    @property
    def revision(self) -> str | None:
        """What git calls this state, with `+changes` where files differ from it; None outside git."""
        ...

    def shown(self, path: str) -> str:
        """What people call the file, in what is said about it."""
        ...

    def kind(self, path: str) -> Kind | None:
        """What is there; None: nothing."""
        ...

    def names(self, folder: str) -> list[str]:
        """What lies in a folder, sorted."""
        ...

    def read(self, path: str, at_most: int) -> bytes:
        """The beginning of a file, so many bytes of it. Raises NotReadable."""
        ...


@dataclass(frozen=True)
class Folder:
    """The files as they are on disk now."""

    root: Path

    @property
    def revision(self) -> str | None:
        return git.state_of(self.root)

    def shown(self, path: str) -> str:
        return (self.root / path).as_posix()

    def kind(self, path: str) -> Kind | None:
        found = self.root / path
        if not Path(os.path.realpath(found)).is_relative_to(os.path.realpath(self.root)):
            return "elsewhere"
        return "folder" if found.is_dir() else "file" if found.exists() else None

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.root / folder).iterdir())

    def read(self, path: str, at_most: int) -> bytes:
        try:
            with (self.root / path).open("rb") as file:
                return file.read(at_most)
        except OSError as error:
            raise NotReadable(error.strerror or type(error).__name__) from error


@dataclass(frozen=True)
class Overlaid:
    """Files of which one is another file on disk, such as a draft that lies elsewhere."""

    of: Files
    path: str
    by: Path

    @property
    def revision(self) -> str | None:
        revision = self.of.revision
        return f"{revision}+{self.by.name}" if revision else None

    def shown(self, path: str) -> str:
        return self.by.as_posix() if path == self.path else self.of.shown(path)

    def kind(self, path: str) -> Kind | None:
        return "file" if path == self.path else self.of.kind(path)

    def names(self, folder: str) -> list[str]:
        inside = PurePosixPath(self.path)
        mine = [inside.name] if folder == inside.parent.as_posix() else []
        return sorted({*self.of.names(folder), *mine})

    def read(self, path: str, at_most: int) -> bytes:
        if path != self.path:
            return self.of.read(path, at_most)
        return Folder(self.by.parent).read(self.by.name, at_most)


@dataclass(frozen=True)
class InMemory:
    """Texts by their paths, such as what an editor has not saved yet; `root` is what people call their folder."""

    texts: Mapping[str, str | bytes]
    root: str = "playbooks"
    revision: str | None = None

    def shown(self, path: str) -> str:
        return PurePosixPath(self.root, path).as_posix()

    def kind(self, path: str) -> Kind | None:
        return "file" if path in self.texts else "folder" if path in self._folders else None

    def names(self, folder: str) -> list[str]:
        return sorted(self._folders.get(folder, ()))

    def read(self, path: str, at_most: int) -> bytes:
        if path not in self.texts:
            raise NotReadable("No such file or directory")
        text = self.texts[path]
        return (text.encode() if isinstance(text, str) else text)[:at_most]

    @cached_property
    def _folders(self) -> Mapping[str, set[str]]:
        """Each folder, and what lies in it."""
        found: dict[str, set[str]] = {"": set()}
        for path in self.texts:
            parts = path.split("/")
            for depth, name in enumerate(parts):
                found.setdefault("/".join(parts[:depth]), set()).add(name)
        return found
