"""A copy of the product to break, so that nothing that runs beside it is broken too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.mutations.row import Mutation

REPO = Path(__file__).parents[2]
_PARTS = ("cli", "expansion", "flows", "integrations", "jobs", "playbooks", "sandbox", "tests")
_SECONDS = 240


class Copy:
    """The product and its tests in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        leave = shutil.ignore_patterns("__pycache__", "*.pyc")
        for part in _PARTS:
            shutil.copytree(REPO / part, folder / part, ignore=leave)
        shutil.copy(REPO / "pyproject.toml", folder)

    def failed(self, tests: tuple[str, ...], broken_by: Mutation | None = None) -> set[str]:
        """Which of these tests fail, with the change or without any; their node ids below tests/."""
        if broken_by is None:
            return self._run(tests)
        file = self.folder / broken_by.file
        whole = file.read_text(encoding="utf-8")
        file.write_text(changed(whole, broken_by), encoding="utf-8")
        try:
            return self._run(tests)
        finally:
            file.write_text(whole, encoding="utf-8")

    def _run(self, tests: tuple[str, ...]) -> set[str]:
        command = [sys.executable, "-B", "-m", "pytest", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider"]
        command += [f"tests/{test}" for test in tests]
        # The folder it runs in comes first on the path, before the installed product; coverage is none of its business.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PYTEST_"))}
        done = subprocess.run(
            command, check=False, cwd=self.folder, env=kept, capture_output=True, text=True, timeout=_SECONDS
        )
        assert done.returncode in (0, 1), f"the tests did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        said = [line.split()[1] for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
        return {node.removeprefix("tests/").partition("[")[0] for node in said}


def changed(whole: str, mutation: Mutation) -> str:
    """The file's text with the change in it."""
    times = whole.count(mutation.old)
    assert times == 1, f"{mutation.file}: `{mutation.old}` stands there {times} times; mend the row of this mutation"
    return whole.replace(mutation.old, mutation.new)
