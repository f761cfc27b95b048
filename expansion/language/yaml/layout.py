"""Where the files of a playbooks folder lie, and what lies there that does not belong."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from expansion.language.model.mistakes import Mistake, Mistakes

_FOLDERS = ("triggers", "cases", "shared")
_SHARED = ("facts.yaml", "policy.yaml")
_INIT = "`expansion init` makes a new folder with all files, to copy from"


@dataclass
class Layout:
    """The files to read, by name."""

    root: Path
    triggers: dict[str, Path] = field(default_factory=dict)
    playbooks: dict[str, Path] = field(default_factory=dict)
    cases: dict[str, Path] = field(default_factory=dict)
    shared: dict[str, Path] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)


def find(root: Path) -> Layout:
    """All files below `root` that are read; raises Mistakes where there is no such folder."""
    if not root.is_dir():
        message = "there is no such folder" if not root.exists() else "this is not a folder"
        raise Mistakes(
            [
                _whole(
                    root, message, f"change into the folder that holds yours, or set EXPANSION_PLAYBOOKS to it; {_INIT}"
                )
            ]
        )
    layout = Layout(root)
    _take(layout, root, layout.playbooks, beside=("README.md", *_FOLDERS))
    _folder(layout, "triggers", layout.triggers, needed=True)
    _folder(layout, "cases", layout.cases, needed=False)
    _folder(layout, "shared", layout.shared, needed=True)
    for name in _SHARED if (root / "shared").is_dir() else ():
        if Path(name).stem not in layout.shared:
            layout.mistakes.append(_whole(root / "shared" / name, "this file is missing", _INIT))
    for stem in [stem for stem in layout.shared if f"{stem}.yaml" not in _SHARED]:
        layout.mistakes.append(_stray(layout.shared.pop(stem), "only facts.yaml and policy.yaml are read here"))
    return layout


def _folder(layout: Layout, name: str, files: dict[str, Path], *, needed: bool) -> None:
    folder = layout.root / name
    if folder.is_dir():
        _take(layout, folder, files, beside=("README.md",))
    elif folder.exists():
        layout.mistakes.append(_whole(folder, "this should be a folder", _INIT))
    elif needed:
        layout.mistakes.append(_whole(folder, "this folder is missing", _INIT))


def _take(layout: Layout, folder: Path, files: dict[str, Path], beside: tuple[str, ...]) -> None:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name.endswith("~") or path.name in beside:
            continue
        if path.suffix == ".yaml" and not path.is_dir():
            files[path.stem] = path
        else:
            layout.mistakes.append(_stray(path, _why_stray(path)))


def _why_stray(path: Path) -> str:
    if path.is_dir():
        return "folders here are `triggers`, `cases` and `shared`; move it out"
    if path.suffix.lower() in (".yml", ".yaml"):
        return f"rename it to {path.stem}.yaml"
    return "only .yaml files are read here; move it out"


def _stray(path: Path, hint: str) -> Mistake:
    return _whole(path, "this is not read", hint)


def _whole(path: Path, message: str, hint: str) -> Mistake:
    return Mistake(path.as_posix(), 0, 0, message, hint=hint)
