"""What can be told of a mail server without sending anything."""

from __future__ import annotations

from integrations.email.client import Client
from integrations.kit.declare import Finding
from integrations.kit.doctor import works


def check(client: Client) -> list[Finding]:
    """Connects, encrypts and signs in. Whether it may send as EMAIL_SENDER is told by the first mail alone."""

    def signed_in() -> None:
        with client.line() as line:
            line.sign_in()

    settings = client.settings
    how = "signed in" if settings.user else "without signing in"
    lists = ", ".join(settings.known) or "none; without EMAIL_LISTS `channel` leads nowhere"
    untold = "whether it lets you send as EMAIL_SENDER is told by the first mail alone: send one, with `expansion run`"
    return [
        works(f"{settings.address.host} takes mail, {how}", signed_in),
        Finding(f"lists: {lists}", True),
        Finding(untold, True, mark="note"),
    ]
