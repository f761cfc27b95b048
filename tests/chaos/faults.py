"""How the systems misbehave: every kind of fault, and every answer that is not a yes, as each vendor gives it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random
from typing import Any

# (status, headers, body)
Answer = tuple[int, dict[str, str], Any]

_PAGE: Answer = (200, {}, "<html>Down for maintenance</html>")


def _salesforce(status: int, code: str, message: str = "") -> Answer:
    return status, {}, [{"errorCode": code, "message": message}]


def _intercom(status: int, code: str, **headers: str) -> Answer:
    return status, headers, {"type": "error.list", "errors": [{"code": code, "message": "no"}]}


LATER: dict[str, tuple[Answer, ...]] = {
    "salesforce": (
        _PAGE,
        (503, {}, "<html>"),
        _salesforce(500, "UNKNOWN_EXCEPTION"),
        _salesforce(400, "UNABLE_TO_LOCK_ROW"),
        _salesforce(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
        _salesforce(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    ),
    "hubspot": (
        _PAGE,
        (429, {"X-HubSpot-RateLimit-Interval-Milliseconds": "100"}, {"policyName": "TEN_SECONDLY_ROLLING"}),
        (429, {}, {"policyName": "DAILY"}),
        (423, {}, {}),
        (477, {"Retry-After": "3600"}, {}),
        (502, {}, "<html>"),
        (503, {}, {}),
    ),
    "slack": (
        _PAGE,
        (429, {"Retry-After": "1"}, {"ok": False, "error": "ratelimited"}),
        (200, {}, {"ok": False, "error": "service_unavailable"}),
        (200, {}, {"ok": False, "error": "fatal_error"}),
        (503, {}, "<html>"),
    ),
    "intercom": (
        _PAGE,
        _intercom(429, "rate_limit_exceeded", **{"X-RateLimit-Reset": "1"}),
        _intercom(408, "request_timeout"),
        _intercom(503, "service_unavailable"),
    ),
}
NO_ACCESS: dict[str, Answer] = {
    "salesforce": _salesforce(401, "INVALID_SESSION_ID"),
    "hubspot": (401, {}, {"category": "EXPIRED_AUTHENTICATION"}),
    "slack": (200, {}, {"ok": False, "error": "token_expired"}),
    "intercom": _intercom(401, "unauthorized"),
}
REFUSED: dict[str, Answer] = {
    "salesforce": _salesforce(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no"),
    "hubspot": (400, {}, {"category": "VALIDATION_ERROR", "message": "no"}),
    "slack": (200, {}, {"ok": False, "error": "is_archived"}),
    "intercom": _intercom(404, "not_found"),
}


@dataclass(frozen=True)
class Fault:
    """As in sandbox.kit.server, with a name to count it by. `refuses`: a step may end as refused because of it."""

    name: str
    vendor: str
    kind: str
    after: int = 0
    times: int = 1
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    seconds: float = 0.0
    refuses: bool = False

    def told(self) -> dict[str, Any]:
        """For the stand-ins."""
        return {name: value for name, value in vars(self).items() if name not in ("name", "refuses")}


def draw_faults(chance: Random, vendors: Collection[str]) -> tuple[Fault, ...]:
    """None to six of them, at any of the calls to these vendors."""
    return tuple(_fault(chance, chance.choice(sorted(vendors))) for _ in range(chance.choice((0, 1, 2, 3, 4, 5, 6))))


def _fault(chance: Random, vendor: str) -> Fault:
    kind = chance.choice(("later", "no access", "refused", "slow", "slow", *(_CUTS * 2)))
    where = {"after": chance.randint(0, 8), "times": chance.choice((1, 1, 2, 4))}
    if kind in _CUTS:
        return Fault(kind, vendor, kind, **where)
    if kind == "slow":  # carried out late, or only slow; see plan.TIMEOUT
        return Fault(kind, vendor, kind, **where, seconds=round(chance.uniform(0.05, 0.55), 3))
    answer = {"later": chance.choice(LATER[vendor]), "no access": NO_ACCESS[vendor], "refused": REFUSED[vendor]}[kind]
    status, headers, body = answer
    name = f"status {status}" if answer is not _PAGE else "web page"
    return Fault(name, vendor, "status", **where, status=status, headers=headers, body=body, refuses=kind == "refused")


_CUTS = ("cut_before", "cut_after", "truncate")
