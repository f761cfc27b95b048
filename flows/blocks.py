"""Secrets from Prefect blocks, for those who keep them there: `expansion-slack-bot-token` for SLACK_BOT_TOKEN."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import httpx

import integrations
from expansion.contract import NoAccess
from integrations.kit.settings import give, secret_names


def block_of(variable: str) -> str:
    """The name of a setting's block: Prefect takes small letters, digits and dashes."""
    return "expansion-" + variable.lower().replace("_", "-")


def take_blocks(own: Iterable[str]) -> None:
    """Hand what the blocks hold to whoever reads settings; a setting without a block comes from elsewhere.

    `own` are the product's own settings, beside those of all integrations.
    """
    models = (model for name in integrations.NAMES for model in integrations.integration(name).models)
    wanted = [*own, *(variable for model in models for variable in secret_names(model))]
    # A thread of its own: a flow's event loop is running, and the plain call would give a coroutine there.
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(copy_context().run, _read, wanted).result()
    give(found, {variable: f"the Prefect block {block_of(variable)}" for variable in wanted})


def _read(variables: list[str]) -> dict[str, str]:
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    found: dict[str, str] = {}
    try:
        with get_client(sync_client=True) as client:
            for variable in variables:
                try:
                    block = client.read_block_document_by_name(block_of(variable), "secret", include_secrets=True)
                except ObjectNotFound:
                    continue
                found[variable] = _text(variable, block.data.get("value"))
    except (httpx.HTTPError, RuntimeError) as error:  # RuntimeError: Prefect could not start a server of its own
        raise NoAccess(
            f"the Prefect blocks cannot be read ({type(error).__name__}); is Prefect's server up, and PREFECT_API_URL "
            "its address? Or set EXPANSION_SECRET_BLOCKS=false and give the secrets in another way"
        ) from error
    return found


def _text(variable: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise NoAccess(f"the Prefect block {block_of(variable)} holds no text; save the value of {variable} in it")
    return value
