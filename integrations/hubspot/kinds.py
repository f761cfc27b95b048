"""What is created in HubSpot, and how it stands on a company."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What is created. `to_company` is the number of its place on a company: hubspot.crm.association_type."""

    many: str  # in paths
    one: str
    to_company: int
    alone: bool  # whether it is made all the same where its company is gone: work is not lost


TASK, DEAL = Kind("tasks", "task", 192, alone=True), Kind("deals", "deal", 5, alone=False)  # 5: the primary company
