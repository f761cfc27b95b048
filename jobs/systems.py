"""The outside systems, connected one by one when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import integrations
from expansion.contract import Action, Failure
from expansion.ledger.allowances import Allowances
from expansion.text.addresses import without_secrets
from integrations.kit.declare import ActionBase, Connected, SourceBase
from integrations.kit.world import World
from jobs.definitions import Definitions


@dataclass
class Systems:
    """Asked by name. A system whose settings are not complete is not connected, and stops no other."""

    allowances: Callable[[], Allowances | None]  # the calls that all workers share; None: nobody shares any
    problems: dict[str, Failure] = field(default_factory=dict)  # systems that cannot be connected
    _connected: dict[str, Connected] = field(default_factory=dict)

    def connect(self, system: str) -> Connected | None:
        """A system with its settings read; None where they are not complete, with the reason in `problems`."""
        if system not in self._connected and system not in self.problems:
            try:
                self._connected[system] = integrations.integration(system).connected(World(self.allowances()))
            except Failure as failure:
                self.problems[system] = failure
        return self._connected.get(system)

    def actions(self, definitions: Definitions) -> Mapping[str, Action]:
        """The actions of all connected systems that the definitions name."""
        found: dict[str, ActionBase] = {}
        for connected in self._of(definitions):
            found |= connected.actions
        return found

    def account_links(self, definitions: Definitions) -> dict[str, str]:
        """Where people find an account in the connected systems, by label; see steps/links.py."""
        links = [each for connected in self._of(definitions) for each in connected.account_links.items()]
        return {label: without_secrets(link) for label, link in links}

    def source(self, name: str) -> SourceBase | None:
        connected = self.connect(name.partition(".")[0])
        return connected.sources.get(name) if connected else None

    def _of(self, definitions: Definitions) -> list[Connected]:
        return [found for system in definitions.systems if (found := self.connect(system))]
