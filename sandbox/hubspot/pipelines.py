"""The pipelines of a portal: those that every new one has, and what a sample adds."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]


def stage(number: str, label: str, **metadata: str) -> Record:
    """As a sample writes one; the values of its metadata are text."""
    return {"id": number, "label": label, "metadata": metadata}


def _deal(number: str, label: str, probability: str) -> Record:
    closed = str(probability in ("0.0", "1.0")).lower()
    return stage(number, label, isClosed=closed, probability=probability)


EVERY: dict[str, list[Record]] = {
    "deals": [
        {
            "id": "default",
            "label": "Sales Pipeline",
            "stages": [
                _deal("appointmentscheduled", "Appointment Scheduled", "0.2"),
                _deal("qualifiedtobuy", "Qualified To Buy", "0.4"),
                _deal("contractsent", "Contract Sent", "0.9"),
                _deal("closedwon", "Closed Won", "1.0"),
                _deal("closedlost", "Closed Lost", "0.0"),
            ],
        }
    ],
    "tickets": [
        {
            "id": "0",
            "label": "Support Pipeline",
            "stages": [
                stage("1", "New", ticketState="OPEN", isClosed="false"),
                stage("2", "Waiting on contact", ticketState="OPEN", isClosed="false"),
                stage("4", "Closed", ticketState="CLOSED", isClosed="true"),
            ],
        }
    ],
}


def shown(pipeline: Record, made: str) -> Record:
    """As the API shows one."""
    dated = {"createdAt": made, "updatedAt": made, "archived": False}
    stages = [
        dated | {"writePermissions": "CRM_PERMISSIONS_ENFORCEMENT", "displayOrder": n} | one
        for n, one in enumerate(pipeline["stages"])
    ]
    return dated | {"displayOrder": 0} | pipeline | {"stages": stages}
