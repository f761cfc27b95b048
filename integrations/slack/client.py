"""Calls Slack within its limits, and says what its replies mean.

slack-sdk is contained: by default it sends a post again after a dropped connection, which doubles the message, so its
retry handlers are removed and ours decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from expansion.contract import Failure, Refused, TryLater
from expansion.limits import Limit
from integrations.kit.breaks import Broke, broke
from integrations.kit.budgets import Budget
from integrations.kit.deadlines import TIMES, TookTooLong, opener, within
from integrations.kit.shapes import ODD, odd, reading
from integrations.kit.world import IN_LIFE, World
from integrations.slack.meanings import MEANINGS, meaning
from integrations.slack.settings import IN_A_CHANNEL, IN_ALL, READING, RETRY

PAGES = 20  # of a history, 200 messages each, when looking for a message

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
        self._team_url: str | None = None

    def post(self, channel: str, called: str, **message: Any) -> dict[str, Any]:
        """`called`: the channel in sentences."""
        # The channel last: its second is over sooner than the minute of all.
        budgets = (self._limit("all channels", IN_ALL), self._limit(f"#{channel}", IN_A_CHANNEL))
        # A name that is an address must not bring a page or a picture of somebody's choice into the channel.
        arguments = {"channel": channel, "unfurl_links": False, "unfurl_media": False, **message}
        return self._call("chat.postMessage", called, arguments, budgets, wrote=True)

    def update(self, channel_id: str, ts: str, **message: Any) -> dict[str, Any]:
        """The message written anew: done twice, it is the same."""
        method = "chat.update"
        arguments = {"channel": channel_id, "ts": ts, **message}
        return self._call(method, method, arguments, (self._limit(method, READING[method]),), wrote=True, again=True)

    def open(self, user: str) -> dict[str, Any]:
        """The conversation with a member; opened twice it is the same one, and nobody is told of it."""
        method = "conversations.open"
        return self._call(method, method, {"users": user}, (self._limit(method, READING[method]),), posts=True)

    def read(self, method: str, **arguments: Any) -> dict[str, Any]:
        budgets = (self._limit(method, READING[method]),) if method in READING else ()
        return self._call(method, method, arguments, budgets)

    def history(
        self, channel_id: str, called: str, oldest: float, latest: float | None = None
    ) -> Iterator[dict[str, Any]]:
        """Newest first, until there is no more; an incomplete answer is a failure, not the end."""
        span = {"oldest": f"{oldest:.6f}"} | ({} if latest is None else {"latest": f"{latest:.6f}"})
        return self._messages("conversations.history", called, channel=channel_id, **span)

    def replies(self, channel_id: str, called: str, ts: str) -> Iterator[dict[str, Any]]:
        """A message and its replies, oldest first."""
        return self._messages("conversations.replies", called, channel=channel_id, ts=ts)

    def link(self, channel_id: str, ts: str) -> str | None:
        """Slack's permalinks follow from the workspace's address; `chat.getPermalink` would cost a call each."""
        if self._team_url is None:
            try:
                with reading("Slack"):
                    self._team_url = str(self.read("auth.test")["url"])
            except Failure:
                return None  # the message is there; a link is not worth an error
        return f"{self._team_url.rstrip('/')}/archives/{channel_id}/p{ts.replace('.', '')}"

    def _messages(self, method: str, called: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        cursor = ""
        for _ in range(PAGES):
            page = self.read(method, include_all_metadata=True, limit=200, cursor=cursor, **arguments)
            yield from page["messages"]
            cursor = next_cursor(page, cursor)
            if not cursor:
                return
        raise Refused(f"Slack, {called}: too many messages since it fired to look through; look by hand")

    def _limit(self, name: str, limit: Limit) -> Budget:
        if name not in self._shared:
            world, place = self._world, self._client.base_url
            budget = Budget(f"Slack, {name}", limit, clock=world.clock, allowance=world.allowance, place=place)
            self._shared[name] = budget
        return self._shared[name]

    def _call(
        self,
        method: str,
        where: str,
        arguments: dict[str, Any],
        budgets: Sequence[Budget],
        *,
        wrote: bool = False,
        again: bool = False,
        posts: bool = False,
    ) -> dict[str, Any]:
        """`wrote`: it is to change something; `again`: it may be done twice. `posts`: it only looks like a change."""

        def once() -> dict[str, Any]:
            for budget in budgets:
                budget.take()
            try:
                return self._once(method, where, arguments, wrote=wrote, posts=posts or wrote)
            except TryLater as busy:
                for budget in budgets[-1:]:
                    budget.hold(busy.wait or 0)
                raise

        return self._retry.run(once, repeatable=again or not wrote)

    def _once(self, method: str, where: str, arguments: dict[str, Any], *, wrote: bool, posts: bool) -> dict[str, Any]:
        sent = {"json": arguments} if posts else {"params": arguments}
        try:
            with within(TIMES * self._client.timeout):
                response = self._client.api_call(method, http_verb="POST" if posts else "GET", **sent)
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
