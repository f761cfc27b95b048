"""The libraries that are asked to send, each at the version that its lock pins."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
NODE = ROOT / ".venv-senders" / "node"
PATIENCE = 60  # seconds for one script: longer than any library waits and repeats


@dataclass(frozen=True)
class Library:
    """A package of PyPI or npm, whose door it is sent to, and how its script is run."""

    package: str
    system: str
    venv: str | None = ".venv-senders"  # None: it is npm's

    @property
    def name(self) -> str:
        return f"{self.package} {self.version}"

    @cached_property
    def version(self) -> str:
        if self.venv is None:
            lock = json.loads((HERE / "node" / "package-lock.json").read_text(encoding="utf-8"))
            return str(lock["packages"][f"node_modules/{self.package}"]["version"])
        lock = (ROOT / f"requirements{self.venv.removeprefix('.venv')}.lock").read_text(encoding="utf-8")
        found = re.search(rf"^{re.escape(self.package)}==(\S+)", lock, re.MULTILINE)
        assert found is not None, f"{self.package} is in no lock"
        return found[1]

    @property
    def is_there(self) -> bool:
        return self.venv is not None or (shutil.which("node") is not None and (NODE / "node_modules").exists())

    def send(self, host: str, key: str, part: str) -> dict[str, str]:
        """Send a part; by kind of call what the library itself refused."""
        run = subprocess.run(
            [*self._command(), host, key, part],
            env={**os.environ, "NODE_PATH": str(NODE / "node_modules"), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert run.returncode == 0, f"{self.name}: {run.stderr[-2000:]}"
        refused: dict[str, str] = json.loads(run.stdout.splitlines()[-1])["refused"]
        return refused

    def _command(self) -> list[str]:
        script = f"{self.system}_calls"
        if self.venv is None:
            return ["node", str(HERE / "node" / f"{script}.js")]
        return [str(ROOT / self.venv / "bin" / "python"), str(HERE / "python" / f"{script}.py")]


LIBRARIES = (
    Library("segment-analytics-python", "segment"),
    Library("segment-analytics-python", "segment", ".venv-senders-old"),
    Library("rudder-sdk-python", "rudderstack"),
    Library("posthog", "posthog"),
    Library("amplitude-analytics", "amplitude"),
    Library("mixpanel", "mixpanel"),
    Library("@segment/analytics-node", "segment", None),
    Library("@rudderstack/rudder-sdk-node", "rudderstack", None),
    Library("posthog-node", "posthog", None),
    Library("@amplitude/analytics-node", "amplitude", None),
    Library("mixpanel", "mixpanel", None),
)
