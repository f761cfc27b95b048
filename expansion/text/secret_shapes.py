"""What secrets look like: by how vendors begin theirs, and by what they are called. For YAML, logs and pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from expansion.text.addresses import IN_QUERIES

# What -> how it begins and goes on. Each from its vendor's documentation.
_SHAPES: dict[str, str] = {
    "a Slack token": r"\bxox[a-z](?:\.xox[a-z])?-[\w-]{8,}|\bxapp-\d-[\w-]{8,}",
    "a Slack webhook's address": r"hooks\.slack\.com/(?:services|workflows|triggers)/\w[\w/]{8,}",
    "a HubSpot token": r"\bpat-(?:na|eu|ap)\d-[0-9a-fA-F][0-9a-fA-F-]{15,}",
    "an Intercom access token": r"\bdG9rO[\w+/=-]{20,}",  # base64 of `tok:`
    "a Salesforce session": r"\b00D[A-Za-z0-9]{12,15}![\w.]{20,}",
    "a Salesforce consumer key": r"\b3MVG9[\w.]{20,}",
    "a Prefect API key": r"\bpn[ub]_[A-Za-z0-9]{20,}",
    "a GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}",
    "an AWS key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a bearer token": r"(?i)\bbearer\s+(?!\$|\{)[\w.~+/=-]{16,}",
    "a name and password for Basic sign-in": r"(?i)\bbasic\s+[A-Za-z0-9+/]{16,}={0,2}",
    "an address with a password in it": r"(?i)\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@'\"]*:[^\s/@'\"{}$<>]+@",
    "a password in an address's query": rf"(?i)(?<=[?&])(?:{IN_QUERIES})=[^\s&'\"<>{{}}$]{{6,}}",
    "a signed token": r"(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
}
_NAMED = (
    r"(?i)(?:^|[\s,{\"'_-])(?:password|passwd|secret|api[_-]?key|access[_-]?token|auth[_-]?token|private[_-]?key|token)"
    r"[\"']?\s*[:=]\s*[\"']?(?P<value>(?=[^\s\"']{0,200}\d)(?=[^\s\"']{0,200}[A-Za-z])[\w.~+/=-]{16,})"
)
_KNOWN = {what: re.compile(shape) for what, shape in _SHAPES.items()}
_BY_NAME = re.compile(_NAMED)


@dataclass(frozen=True)
class Found:
    """Something that looks like a secret, and where it stands in its line or text."""

    what: str
    start: int
    end: int


def secrets_in(text: str) -> Iterator[Found]:
    """What looks like a secret, each place once."""
    taken = [range(0)]
    for what, shape in _KNOWN.items():
        for found in shape.finditer(text):
            if not any(found.start() in one for one in taken):
                taken.append(range(*found.span()))
                yield Found(what, *found.span())
    for found in _BY_NAME.finditer(text):
        if not any(found.start("value") in one for one in taken):
            yield Found("a value that is called a secret", *found.span("value"))


def covered(text: str, sign: str = "•") -> str:
    """The text with every sign of what looks like a secret replaced, so that columns stay where they were."""
    for found in list(secrets_in(text)):
        text = text[: found.start] + sign * (found.end - found.start) + text[found.end :]
    return text
