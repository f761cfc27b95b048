"""The blocks and automations of Prefect's server that make messages of what a run says (jobs/alerting.py)."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.blocks.notifications import CustomWebhookNotificationBlock, SendgridEmail, SlackWebhook
from prefect.client.orchestration import PrefectClient, get_client
from prefect.events.schemas.automations import AutomationCore
from prefect.settings import PREFECT_API_URL
from ruamel.yaml import YAML

from expansion.contract import NoAccess
from flows.mail_alerts import mail_block
from integrations.email.settings import Settings as Mail
from integrations.kit.settings import read as read_settings
from jobs.settings import Settings

PLACES = "expansion-alerts"  # stands in the files for the id of a notification block, which each server gives anew
_Block = CustomWebhookNotificationBlock | SendgridEmail | SlackWebhook
_HALF = (
    "for alerts by e-mail set EXPANSION_ALERTS_EMAIL_TO, and EMAIL_SERVER and EMAIL_SENDER; or, by SendGrid, "
    "EXPANSION_ALERTS_SENDGRID_KEY, EXPANSION_ALERTS_EMAIL_FROM and EXPANSION_ALERTS_EMAIL_TO, all three"
)


def must_be_named() -> None:
    """Raises NoAccess without a server that stays; a temporary one would keep nothing."""
    if not PREFECT_API_URL.value():
        raise NoAccess(
            "no Prefect server is named; alerts are kept in one that goes on running"
            "\n\nhint: start it with `prefect server start`, and set PREFECT_API_URL=http://127.0.0.1:4200/api"
        )


def places(settings: Settings) -> dict[str, _Block]:
    """The blocks that the settings name, by the name they get in Prefect."""
    found: dict[str, _Block] = {}
    if settings.alerts_webhook is not None:
        # The address is the secret. Slack, Mattermost and Google Chat take a `text`.
        found[PLACES] = CustomWebhookNotificationBlock(
            name="Expansion",
            url="{{address}}",
            json_data={"text": "*{{subject}}*\n{{body}}"},
            secrets={"address": settings.alerts_webhook.get_secret_value()},
        )
    if mail := _mail(settings):
        found[f"{PLACES}-{mail[0]}"] = mail[1]
    return found


def _mail(settings: Settings) -> tuple[str, _Block] | None:
    """By SendGrid where its key is set, else by the server that takes the rest of the mail; with its name."""
    key, sender, to = settings.alerts_sendgrid_key, settings.alerts_email_from, settings.alerts_email_to
    if ((key or sender) and not to) or (key and not sender):
        raise NoAccess(_HALF)
    if to is None:
        return None
    if key and sender:
        receivers = [part.strip() for part in to.split(",")]
        return "email", SendgridEmail(api_key=key, sender_email=sender, to_emails=receivers)
    return "smtp", mail_block(read_settings(Mail), to, sender)


async def put(folder: Path, blocks: dict[str, _Block]) -> list[str]:
    """Create or bring up to date the blocks and the automations of the folder; the automations' names.

    Without a place to send to, only what sends nothing is created.
    """
    async with get_client() as client:
        ids = [await block.asave(name, overwrite=True, client=client) for name, block in blocks.items()]
        wanted = [filled for one in read(folder) if (filled := with_places(one, ids)) is not None]
        return [await _put(client, AutomationCore.model_validate(one)) for one in wanted]


def read(folder: Path) -> list[dict[str, Any]]:
    """The automations of all files of the folder, as they are written."""
    found: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.yaml")):
        data = YAML(typ="safe").load(path)
        found += data.get("automations", [data])
    return found


def with_places(automation: dict[str, Any], ids: Sequence[UUID]) -> dict[str, Any] | None:
    """Each message once for each place; None where an automation only sends, and there is nowhere to send to."""
    actions: list[dict[str, Any]] = []
    for action in automation["actions"]:
        sends = action.get("block_document_id") == PLACES
        actions += [{**action, "block_document_id": str(one)} for one in ids] if sends else [action]
    return {**deepcopy(automation), "actions": actions} if actions else None


async def _put(client: PrefectClient, automation: AutomationCore) -> str:
    there = await client.read_automations_by_name(automation.name)
    if there:
        await client.update_automation(there[0].id, automation)
    else:
        await client.create_automation(automation)
    return automation.name


async def try_out(blocks: dict[str, _Block]) -> None:
    """Send a message to each place from here."""
    for block in blocks.values():
        await block.anotify(
            "What happened: somebody ran `expansion alerts --try`.\nWhere to look: nowhere.\nWhat to do: nothing.",
            "Expansion: this is where alerts arrive",
        )
