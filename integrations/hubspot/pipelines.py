"""Pipelines of deals and tickets, and what their stages mean: open, won, lost, closed.

A record holds ids of its stage and pipeline, which differ in every portal. What a stage means stands in its metadata:
developers.hubspot.com, "Pipelines": `isClosed` and `probability` of deals, `ticketState` of tickets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from integrations.hubspot import meanings as errors
from integrations.kit.said import number

if TYPE_CHECKING:
    from integrations.hubspot.client import Client

Meaning = Literal["open", "won", "lost", "closed"]


@dataclass(frozen=True)
class Stage:
    """A stage of one pipeline, with what people call both."""

    id: str
    label: str
    pipeline: str
    pipeline_label: str
    meaning: Meaning


def stages(client: Client, kind: str) -> dict[str, Stage]:
    """All stages of `deals` or `tickets`, by their ids. Raises a Failure."""
    reply = client.read(f"/crm/pipelines/{client.version}/{kind}")
    return {
        str(stage["id"]): Stage(
            str(stage["id"]),
            str(stage["label"]),
            str(pipeline["id"]),
            str(pipeline["label"]),
            _MEANS[kind](stage.get("metadata") or {}),
        )
        for pipeline in errors.results(reply)
        for stage in pipeline["stages"]
    }


def as_field(label: str) -> str:
    """`Sales Pipeline` is `sales_pipeline`, as it stands in a field's name."""
    return re.sub(r"\W+", "_", label.lower()).strip("_")


def _of_deal(metadata: Mapping[str, Any]) -> Meaning:
    """Values are text: `"true"`, `"1.0"`."""
    if str(metadata.get("isClosed")).lower() != "true":
        return "open"
    return "won" if number(metadata.get("probability")) == 1 else "lost"


def _of_ticket(metadata: Mapping[str, Any]) -> Meaning:
    said = (str(metadata.get("ticketState")).upper(), str(metadata.get("isClosed")).lower())
    return "closed" if said[0] == "CLOSED" or said[1] == "true" else "open"


_MEANS: Mapping[str, Callable[[Mapping[str, Any]], Meaning]] = {"deals": _of_deal, "tickets": _of_ticket}
