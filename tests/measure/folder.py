"""A folder with its store and its ledger, for what measures a history of firings and outcomes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from expansion.contract import FactRecord, Outcome
from expansion.usage.facts import add_facts
from jobs.place import Place
from jobs.settings import Settings
from tests.ledger.builders import a_firing, record
from tests.world import POLICY, write_playbooks

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)
HOLDOUT = "holdout: {{share: {share}, salt: {salt}}}\n"


class Past:
    """A company whose history is written down as runs and people would have."""

    def __init__(self, root: Path) -> None:
        self.root = root
        write_playbooks(root / "playbooks")
        self.place = Place(Settings(playbooks=root / "playbooks", home=root / "home", sources=root / "sources"))
        self.sold = 0

    def policy(self, *more: str) -> None:
        """The policy of the test world, with these lines."""
        (self.root / "playbooks/shared/policy.yaml").write_text(POLICY + "".join(more))
        self.place.__dict__.pop("definitions", None)

    def holds_out(self, share: str = "10%", salt: str = "spring") -> None:
        self.policy(HOLDOUT.format(share=share, salt=salt))

    def accounts(self, names: Iterable[str], field: str = "Name") -> None:
        """Accounts that are known from before everything else."""
        facts = [FactRecord("salesforce.account", name, {field: name}, at=START - 30 * DAY) for name in names]
        add_facts(self.place.store, "salesforce.account", facts, START - 30 * DAY, asked=[field])

    def fired(
        self, *firings: tuple[str, str], day: float = 0, trigger: str, tier: str, reason: str = "so it is"
    ) -> None:
        """Accounts with what was decided about each, in one run."""
        at = START + day * DAY
        made = [
            a_firing(name, trigger, decision=decision, reason=reason, fired_at=at, tier=tier, playbook=None)
            for name, decision in firings
        ]
        record(self.place.ledger, *made, at=at)

    def sells(self, *accounts: str, day: float, tier: str | None = None, amount: int | None = 1200) -> None:
        self.sold += 1
        found = [
            Outcome(
                source="expansion outcome",
                account_id=name,
                kind="expansion",
                at=START + day * DAY,
                remote_id=f"{name}-{self.sold}",
                tier=tier,
                amount=None if amount is None else Decimal(amount),
                currency=None if amount is None else "USD",
                known_at=START + day * DAY,
            )
            for name in accounts
        ]
        self.place.ledger.add_outcomes(found, START + day * DAY)
