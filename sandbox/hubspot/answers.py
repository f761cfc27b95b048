"""How HubSpot says no: developers.hubspot.com, "Error handling" and "API usage guidelines"."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers

TOO_MANY = {
    "status": "error",
    "message": "You have reached your ten_secondly_rolling limit.",
    "errorType": "RATE_LIMIT",
    "policyName": "TEN_SECONDLY_ROLLING",
}
DAILY = {**TOO_MANY, "policyName": "DAILY", "message": "You have reached your daily limit."}

ANSWERS = Answers(
    later=(
        Answer(429, TOO_MANY, {"X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}),
        Answer(429, TOO_MANY, {"Retry-After": "3"}),
        Answer(429, DAILY),
        Answer(429, "slow down"),
        Answer(423, {"status": "error", "message": "locked"}),
        Answer(477, {"status": "error", "message": "migration in progress"}, {"Retry-After": "3600"}),
        Answer(503, maybe=True),
        Answer(502, "<html>", maybe=True),
        Answer(521, maybe=True),
    ),
    no_access=Answer(401, {"status": "error", "category": "EXPIRED_AUTHENTICATION"}),
    refused=Answer(400, {"category": "VALIDATION_ERROR", "message": "no"}),
)
