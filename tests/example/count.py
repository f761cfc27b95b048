"""What the worked example took: `python -m tests.example.count`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

BEACON = Path(__file__).parent / "beacon"
PARTS = {"integration": "integration", "stand_in": "stand-in", "": "tests"}
FOR_THE_ACTION = {"actions.py", "inputs.py", "test_notes.py"}
FOR_THE_SOURCE = {"sources.py", "test_accounts.py"}
# For a system that users reach, beside its about.md; `make docs` writes the rest.
BY_HAND = ("integrations/__init__.py", "sandbox/all.py", "CHANGELOG.md")


def told() -> str:
    """Files and lines by part; then of a system that only acts and of one that only knows; then what all share."""
    files = [file for file in sorted(BEACON.rglob("*.*")) if file.suffix in (".py", ".toml")]
    by_part = {title: [file for file in files if _part(file) == part] for part, title in PARTS.items()}
    rows = [_row(title, some) for title, some in by_part.items()]
    rows += [
        _row("all of it", files),
        _row("a system of one action", (file for file in files if file.name not in FOR_THE_SOURCE)),
        _row("a system of one source", (file for file in files if file.name not in FOR_THE_ACTION)),
    ]
    return "\n".join([*rows, f"{'shared files by hand':<24}{len(BY_HAND):>3} files: {', '.join(BY_HAND)}"])


def _part(file: Path) -> str:
    within = file.relative_to(BEACON).parent.as_posix()
    return within if within in PARTS else ""


def _row(title: str, files: Iterable[Path]) -> str:
    lines = [file.read_text(encoding="utf-8").count("\n") for file in files]
    return f"{title:<24}{len(lines):>3} files {sum(lines):>5} lines"


if __name__ == "__main__":
    print(told())
