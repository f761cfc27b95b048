"""Calls Slack within its limits, and says what its replies mean.

slack-sdk is contained: by default it sends a post again after a dropped connection, which doubles the message, so its
retry handlers are removed and ours decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from expansion.contract import TryLater
from expansion.limits import Limit
from integrations.kit.breaks import Broke, broke
from integrations.kit.budgets import Budget
from integrations.kit.deadlines import TIMES, TookTooLong, opener, within
from integrations.kit.shapes import ODD, odd
from integrations.kit.world import IN_LIFE, World
from integrations.slack.meanings import MEANINGS, meaning
from integrations.slack.settings import IN_A_CHANNEL, IN_ALL, READING, RETRY

# --- the client -------------------------------------------------------------------------------------------------------


class ContainedClient(WebClient):
    """slack-sdk, whose connections end at the deadline of a call (3.47 and 3.48 open each with urllib)."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        proxy = [ProxyHandler({"http": self.proxy, "https": self.proxy})] if isinstance(self.proxy, str) else []
        with opener(*proxy).open(req, timeout=self.timeout) as reply:
            charset = reply.headers.get_content_charset() or "utf-8"
            return {"status": reply.code, "headers": reply.headers, "body": reply.read().decode(charset, "replace")}


class Api:
    """Calls Slack within its limits and repeats what may be repeated. Raises Failure alone."""

    def __init__(self, client: WebClient, world: World = IN_LIFE) -> None:
        self._client, self._world, self._retry = client, world, world.retries(RETRY)
        self._shared: dict[str, Budget] = {}
        self.scopes: frozenset[str] = frozenset()

    def post(self, channel: str, **message: Any) -> dict[str, Any]:
        # The channel last: its second is over sooner than the minute of all.
        budgets = (self._limit("all channels", IN_ALL), self._limit(f"#{channel}", IN_A_CHANNEL))
        # A name that is an address must not bring a page or a picture of somebody's choice into the channel.
        arguments = {"channel": channel, "unfurl_links": False, "unfurl_media": False, **message}
        return self._call("chat.postMessage", f"#{channel}", arguments, budgets, wrote=True)

    def read(self, method: str, **arguments: Any) -> dict[str, Any]:
        budgets = (self._limit(method, READING[method]),) if method in READING else ()
        return self._call(method, method, arguments, budgets, wrote=False)

    def _limit(self, name: str, limit: Limit) -> Budget:
        if name not in self._shared:
            world, place = self._world, self._client.base_url
            budget = Budget(f"Slack, {name}", limit, clock=world.clock, allowance=world.allowance, place=place)
            self._shared[name] = budget
        return self._shared[name]

    def _call(
        self, method: str, where: str, arguments: dict[str, Any], budgets: Sequence[Budget], *, wrote: bool
    ) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            for budget in budgets:
                budget.take()
            try:
                return self._once(method, where, arguments, wrote=wrote)
            except TryLater as busy:
                for budget in budgets[-1:]:
                    budget.hold(busy.wait or 0)
                raise

        return self._retry.run(once, repeatable=not wrote)

    def _once(self, method: str, where: str, arguments: dict[str, Any], *, wrote: bool) -> dict[str, Any]:
        sent = {"json": arguments} if wrote else {"params": arguments}
        try:
            with within(TIMES * self._client.timeout):
                response = self._client.api_call(method, http_verb="POST" if wrote else "GET", **sent)
        except TookTooLong as error:
            raise MEANINGS.of(Broke.LATE, where, wrote=wrote) from error
        except SlackApiError as error:
            reply = error.response
            said = reply.data if isinstance(reply.data, dict) else {}
            raise meaning(reply.status_code, said, _lower(reply.headers), where, wrote=wrote) from error
        except URLError as error:  # urllib wraps what fails up to the last byte of the request, and nothing after it
            never = Broke.UNTRUSTED if broke(error) is Broke.UNTRUSTED else Broke.UNREACHED
            raise MEANINGS.of(never, where) from error
        except (OSError, HTTPException) as error:
            raise MEANINGS.of(Broke.CUT, where, wrote=wrote) from error
        except ODD as error:  # slack-sdk asks a list for its `ok`, and decodes in any charset that is named
            raise odd(f"Slack, {where},", error, wrote=wrote) from error
        self.scopes = frozenset(filter(None, _lower(response.headers).get("x-oauth-scopes", "").split(",")))
        if not isinstance(response.data, dict):  # slack-sdk gives bytes for downloads
            raise odd(f"Slack, {where},", TypeError(), wrote=wrote)
        return response.data


def next_cursor(page: dict[str, Any], asked: str) -> str:
    """Where the next page begins; nothing after the last. Raises TryLater where that is where this one began."""
    cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
    if cursor and str(cursor) == asked:
        raise MEANINGS.of(Broke.SAME_PAGE)
    return str(cursor)


def _lower(headers: Any) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in dict(headers or {}).items()}
