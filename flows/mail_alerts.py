"""Alerts by the server that takes the rest of the mail, sent by Prefect's server, which goes on when a run does not.

Prefect has no block for SMTP. Its block for Slack hands every address that is none of Slack's to Apprise (3.8), and
`mailtos://` is one that Apprise sends mail to: with the certificate checked, and never unencrypted in this mode.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from prefect.blocks.notifications import SlackWebhook
from pydantic import SecretStr

from integrations.email.settings import Settings


def mail_block(settings: Settings, to: str, sender: str | None) -> SlackWebhook:
    """The block that sends to these addresses, several with commas; `sender` in place of EMAIL_SENDER."""
    return SlackWebhook(url=SecretStr(_address(settings, to, sender or settings.from_.addr_spec)))


def _address(settings: Settings, to: str, sender: str) -> str:
    """As Apprise reads it. The host stands twice: it would guess the server from an address at a large provider."""
    where = settings.address
    mode = "ssl" if where.at_once else "insecure" if where.is_here else "starttls"
    said = {"smtp": where.host, "from": sender, "mode": mode, "verify": "yes"}
    scheme = "mailto" if mode == "insecure" else "mailtos"
    receivers = "/".join(quote(one.strip(), safe="") for one in to.split(","))
    return f"{scheme}://{_user(settings)}{where.host}:{where.port}/{receivers}?{urlencode(said)}"


def _user(settings: Settings) -> str:
    if settings.user is None or settings.password is None:
        return ""
    return f"{quote(settings.user, safe='')}:{quote(settings.password.get_secret_value(), safe='')}@"
