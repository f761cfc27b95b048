"""Everything a run works with: the definitions, the usage store, the ledger, the connected systems."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import integrations
from expansion.contract import Action, Catalog, Failure
from expansion.evaluate.engine import Vocabulary
from expansion.evaluate.relations import StoreRelations
from expansion.explain.evaluator import StoreEvaluator, evaluator
from expansion.follow.sla import SLACK
from expansion.language.model.mistakes import Mistakes
from expansion.language.model.models import SourcedCohort, SourcedFact
from expansion.language.workspace import Workspace, load
from expansion.language.yaml.files import Folder
from expansion.ledger import agreement as clocks
from expansion.ledger import newest as newest_run
from expansion.ledger.allowances import Allowances, open_allowances
from expansion.ledger.clock import LedgerClock
from expansion.ledger.database import LedgerError
from expansion.ledger.holders import Holder, is_alive
from expansion.ledger.store import Ledger, open_ledger
from expansion.private_files import private_folder
from expansion.text.addresses import without_secrets
from expansion.usage import manifest as manifests
from expansion.usage.ahead import newest_pull
from expansion.usage.manifest import Manifest
from expansion.usage.store import UsageStore
from expansion.warehouse.source import WarehouseSource
from expansion.warehouse.table import load_table
from integrations.kit.declare import ActionBase, Connected, SourceBase
from integrations.kit.world import World
from integrations.warehouse.client import SqlWarehouse, connect
from jobs.clock import instant
from jobs.settings import Settings, own_settings


@dataclass
class Place:
    """Opened once per run. What is not asked for is not opened."""

    settings: Settings = field(default_factory=own_settings)
    problems: dict[str, Failure] = field(default_factory=dict)  # systems that cannot be connected
    looking: bool = False  # nothing is made by it: a folder without a ledger has none afterwards
    _connected: dict[str, Connected] = field(default_factory=dict)

    @cached_property
    def catalog(self) -> Catalog:
        return integrations.catalog()

    @cached_property
    def workspace(self) -> Workspace:
        """The checked definitions; raises Mistakes with every mistake of every file."""
        return load(Folder(self.settings.playbooks), self.catalog)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.workspace.facts, self.workspace.policy, self.workspace.triggers)

    @cached_property
    def store(self) -> UsageStore:
        if not self.looking:
            private_folder(self.settings.home)
        return UsageStore(self._usage)

    @property
    def stored(self) -> Manifest:
        """What the usage store lists, read without opening or making one."""
        return manifests.load(self._usage)

    @property
    def _usage(self) -> Path:
        return self.settings.home / "usage"

    @property
    def has_ledger(self) -> bool:
        """Whether there is one already; of a database elsewhere that is taken for granted."""
        return self.settings.ledger_url is not None or (self.settings.home / "ledger.db").exists()

    @cached_property
    def ledger(self) -> Ledger:
        if not self.looking:
            private_folder(self.settings.home)
        return open_ledger(self._ledger_url)

    @cached_property
    def allowances(self) -> Allowances:
        """The calls that all workers share, in the ledger's database, whose tables the ledger makes."""
        assert self.ledger
        return open_allowances(self._ledger_url, instant)

    @cached_property
    def clock(self) -> LedgerClock:
        """The clock by which the ledger's leases and waits are judged, the same for all workers."""
        return LedgerClock(self.ledger.engine, instant)

    def now(self) -> datetime:
        """What time it is for the ledger."""
        return self.clock.now()

    def agree(self) -> str | None:
        """Raises ClocksDisagree before anything is written by a clock that must be wrong; or what is worth a word."""
        now, here = self.clock.seen(), self.clock.here()
        clocks.must_agree(here, now)
        clocks.must_be_past(now, self.newest())
        return clocks.skewed(here, now)

    def begin(self) -> str | None:
        """Before anything is written: do the clocks agree, and is this the ledger that this machine worked with?"""
        newest = next(iter(self.ledger.runs(1)), None)
        newest_run.must_not_be_older(self.settings.home, self.settings.ledger, newest.id if newest else 0)
        return self.agree()

    def begun(self, run_id: int) -> None:
        """Remember outside the ledger that it has come as far as this run."""
        newest_run.note(self.settings.home, self.settings.ledger, run_id, self.now())

    def newest(self) -> dict[str, datetime]:
        """The latest moments that earlier runs wrote down, by what they are of."""
        pull = newest_pull(self.stored)
        return self.ledger.newest() | ({"a pull of facts": pull} if pull else {})

    @cached_property
    def holder(self) -> Holder:
        return Holder(self._holders)

    @property
    def _holders(self) -> Path:
        return self.settings.home / "holders"

    @cached_property
    def _ledger_url(self) -> str:
        if self.looking and not self.has_ledger:
            return f"sqlite:///{Path(self._nowhere.name) / 'ledger.db'}"
        return self.settings.ledger

    @cached_property
    def _nowhere(self) -> TemporaryDirectory[str]:
        """For an empty ledger that goes again."""
        return TemporaryDirectory(prefix="expansion-")

    def is_alive(self, holder: str) -> bool:
        """False only for a process that certainly is no more."""
        return is_alive(holder, self._holders)

    def evaluator(self, as_of: datetime) -> StoreEvaluator:
        """The evaluator over the usage store; or over a warehouse that has the events, with the facts of the store."""
        if self.settings.engine_url is None:
            return evaluator(self.store, self.vocabulary, as_of)
        table = load_table(self.settings.engine_map)
        source = WarehouseSource.of(self.warehouse, table, StoreRelations.of(self.store), as_of)
        return StoreEvaluator(source, self.vocabulary, as_of)

    @cached_property
    def warehouse(self) -> SqlWarehouse:
        """The warehouse that has the events, where the settings name one."""
        assert self.settings.engine_url is not None, "asked only where it is set"
        return connect(self.settings.engine_url.get_secret_value())

    # --- systems ------------------------------------------------------------------------------------------------------

    def systems(self) -> list[str]:
        """The systems that the definitions name, in the order of the list of all."""
        named = {name.partition(".")[0] for name in self._named()}
        return [name for name in integrations.NAMES if name in named]

    def used(self, system: str) -> frozenset[str]:
        """The actions and sources of a system that the definitions name."""
        return frozenset(name for name in self._named() if name.partition(".")[0] == system)

    def _named(self) -> list[str]:
        return [*actions_named(self.workspace), *sources_named(self.workspace)]

    def connect(self, system: str) -> Connected | None:
        """A system with its settings read; None where they are not complete, with the reason in `problems`."""
        if system not in self._connected and system not in self.problems:
            try:
                self._connected[system] = integrations.integration(system).connected(World(self._allowance()))
            except Failure as failure:
                self.problems[system] = failure
        return self._connected.get(system)

    def _allowance(self) -> Allowances | None:
        """None where the ledger cannot be opened. A run has ended by then; doctor asks the systems all the same."""
        try:
            return self.allowances
        except LedgerError:
            return None

    def actions(self) -> Mapping[str, Action]:
        """The actions of all connected systems that the definitions or open steps name."""
        found: dict[str, ActionBase] = {}
        for system in self.systems():
            connected = self.connect(system)
            found |= connected.actions if connected else {}
        return found

    def account_links(self) -> dict[str, str]:
        """Where people find an account in the connected systems, by label; see plan/links.py."""
        connected = [found for system in self.systems() if (found := self.connect(system))]
        return {label: without_secrets(link) for found in connected for label, link in found.account_links.items()}

    def source(self, name: str) -> SourceBase | None:
        connected = self.connect(name.partition(".")[0])
        return connected.sources.get(name) if connected else None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of policy.yaml; UTC where the definitions cannot be read."""
        try:
            return ZoneInfo(self.workspace.policy.time_zone)
        except Mistakes:
            return ZoneInfo("UTC")

    # --- versions -----------------------------------------------------------------------------------------------------

    def git_revision(self) -> str | None:
        """The commit of the playbooks folder, with `+changes` where files differ from it; None outside git."""
        folder = self.settings.playbooks
        revision = _git(folder, "rev-parse", "HEAD")
        if revision is None:
            return None
        changed = _git(folder, "status", "--porcelain", "--", ".")
        return f"{revision[:12]}+changes" if changed else revision[:12]

    def close(self) -> None:
        for name in ("allowances", "ledger", "holder", "warehouse"):
            if name in self.__dict__:
                getattr(self, name).close()
        if "_nowhere" in self.__dict__:
            self._nowhere.cleanup()


def actions_named(workspace: Workspace) -> Iterable[str]:
    """Every action that playbooks name, and Slack where a clock of theirs leads to a message."""
    for playbook in workspace.playbooks.values():
        for step in playbook.steps:
            yield step.do
            if step.sla and (step.sla.escalate or (step.sla.remind and step.sla.remind.channel)):
                yield SLACK


def sources_named(workspace: Workspace) -> Iterable[str]:
    """Every source that facts.yaml names."""
    yield from (each.from_ for each in workspace.facts.events)
    yield from (fact.from_ for fact in workspace.facts.facts.values() if isinstance(fact, SourcedFact))
    yield from (cohort.from_ for cohort in workspace.facts.cohorts.values() if isinstance(cohort, SourcedCohort))


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
