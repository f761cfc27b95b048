"""Whether messages are still there, as far as a channel's history tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from expansion.contract import Failure, Made, Refused, Standing, TryLater
from integrations.slack.history import standings
from integrations.slack.inputs import PostMessage


def made(ts: str, channel: str = "C1") -> Made:
    return Made(f"step {channel} {ts}", f"{channel}:{ts}", PostMessage(channel="expansion", text="hi"))


def history(*messages: str | dict[str, Any], then: Failure | None = None) -> Any:
    asked: list[tuple[str, float, float]] = []

    def pages(channel: str, oldest: float, latest: float) -> Iterator[dict[str, Any]]:
        asked.append((channel, oldest, latest))
        for one in messages:
            yield one if isinstance(one, dict) else {"ts": one}
        if then:
            raise then

    pages.asked = asked  # type: ignore[attr-defined]
    return pages


def test_what_the_history_shows_is_there_and_what_it_does_not_is_gone() -> None:
    found = standings([made("100.1"), made("300.3"), made("200.2")], history("300.3", "250.0", "100.1"))
    assert found == [Standing(there=True), Standing(there=True), Standing(there=False)]


def test_it_is_asked_once_a_channel_from_the_oldest_to_the_newest() -> None:
    pages = history("300.3", "100.1")
    standings([made("300.3"), made("100.1"), made("100.1", "C2")], pages)
    assert [(channel, round(oldest), round(latest)) for channel, oldest, latest in pages.asked] == [
        ("C1", 99, 301),
        ("C2", 99, 101),
    ]


def test_a_deleted_message_with_replies_leaves_a_tombstone_and_is_gone() -> None:
    [found] = standings([made("100.1")], history({"ts": "100.1", "subtype": "tombstone"}))
    assert found == Standing(there=False)


def test_where_the_history_breaks_off_only_what_is_newer_is_certain() -> None:
    broken = TryLater("Slack is busy")
    found = standings([made("100.1"), made("300.3"), made("400.4")], history("400.4", "250.0", then=broken))
    assert found == [broken, Standing(there=False), Standing(there=True)]
    refused = Refused("too many messages")
    assert standings([made("100.1")], history(then=refused)) == [refused]
