"""Where the files of a playbooks folder lie, and what lies there that does not belong."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from expansion.language.model.mistakes import Mistake, Mistakes
from expansion.language.yaml.files import Files

_FOLDERS = ("triggers", "cases", "shared")
_SHARED = ("facts.yaml", "policy.yaml")
_INIT = "`expansion init` makes a new folder with all files, to copy from"
_ELSEWHERE = (
    "this is a link that leads out of the folder",
    "put a copy in its place: what is read here has to be what git keeps",
)


@dataclass
class Layout:
    """The paths of the files to read, by name."""

    files: Files
    triggers: dict[str, str] = field(default_factory=dict)
    playbooks: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)


def find(files: Files) -> Layout:
    """All files that are read; raises Mistakes where there is no such folder."""
    layout = Layout(files)
    if files.kind("") != "folder":
        message = "there is no such folder" if files.kind("") is None else "this is not a folder"
        hint = f"change into the folder that holds yours, or set EXPANSION_PLAYBOOKS to it; {_INIT}"
        raise Mistakes([_whole(layout, "", message, hint)])
    _take(layout, "", layout.playbooks, beside=("README.md", *_FOLDERS))
    _folder(layout, "triggers", layout.triggers, needed=True)
    _folder(layout, "cases", layout.cases, needed=False)
    _folder(layout, "shared", layout.shared, needed=True)
    for name in _SHARED if files.kind("shared") == "folder" else ():
        if PurePosixPath(name).stem not in layout.shared and files.kind(f"shared/{name}") != "elsewhere":
            layout.mistakes.append(_whole(layout, f"shared/{name}", "this file is missing", _INIT))
    for stem in [stem for stem in layout.shared if f"{stem}.yaml" not in _SHARED]:
        layout.mistakes.append(_stray(layout, layout.shared.pop(stem), "only facts.yaml and policy.yaml are read here"))
    return layout


def _folder(layout: Layout, name: str, found: dict[str, str], *, needed: bool) -> None:
    match layout.files.kind(name):
        case "folder":
            _take(layout, name, found, beside=("README.md",))
        case "elsewhere":
            layout.mistakes.append(_whole(layout, name, *_ELSEWHERE))
        case "file":
            layout.mistakes.append(_whole(layout, name, "this should be a folder", _INIT))
        case None if needed:
            layout.mistakes.append(_whole(layout, name, "this folder is missing", _INIT))


def _take(layout: Layout, folder: str, found: dict[str, str], beside: tuple[str, ...]) -> None:
    for name in layout.files.names(folder):
        if name.startswith(".") or name.endswith("~") or name in beside:
            continue
        path = PurePosixPath(folder, name)
        kind = layout.files.kind(path.as_posix())
        if path.suffix == ".yaml" and kind == "elsewhere":
            layout.mistakes.append(_whole(layout, path.as_posix(), *_ELSEWHERE))
        elif path.suffix == ".yaml" and kind != "folder":
            found[path.stem] = path.as_posix()
        else:
            layout.mistakes.append(_stray(layout, path.as_posix(), _why_stray(path, is_folder=kind == "folder")))


def _why_stray(path: PurePosixPath, *, is_folder: bool) -> str:
    if is_folder:
        return "folders here are `triggers`, `cases` and `shared`; move it out"
    if path.suffix.lower() in (".yml", ".yaml"):
        return f"rename it to {path.stem}.yaml"
    return "only .yaml files are read here; move it out"


def _stray(layout: Layout, path: str, hint: str) -> Mistake:
    return _whole(layout, path, "this is not read", hint)


def _whole(layout: Layout, path: str, message: str, hint: str) -> Mistake:
    return Mistake(layout.files.shown(path), 0, 0, message, hint=hint)
