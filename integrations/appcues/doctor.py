"""Are key, secret, account and region right, and may the key read what is needed?"""

from __future__ import annotations

from integrations.appcues.client import Client
from integrations.appcues.settings import RIGHTS
from integrations.kit.declare import Finding
from integrations.kit.doctor import asked

_UNTOLD = f"{RIGHTS[0].name} is enough: compare with the key's permission in Studio > Settings > API Keys"


def check(client: Client) -> list[Finding]:
    """One call. No call tells what a key may do, and writing cannot be tried without a change."""
    answers = asked("key, account and region", lambda: _answers(client))
    if not answers.ok:
        return [answers]
    return [answers, Finding("Appcues does not tell what the key may do", True, _UNTOLD, "note")]


def _answers(client: Client) -> Finding:
    count = len(client.segments())
    return Finding(f"the account answers: {count} segment{'' if count == 1 else 's'}", True)
