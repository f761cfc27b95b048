"""What Slack would refuse, or answer otherwise."""

from __future__ import annotations

from tests.mutations.row import Mutation

_POSTS, _MESSAGE, _API = (
    "integrations/slack/posting.py",
    "integrations/slack/message.py",
    "integrations/slack/client.py",
)
_TESTS = "integrations/test_slack.py::"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Slack, conversations.history: metadata comes for who asks for it",
        _API,
        "include_all_metadata=True,",
        "include_all_metadata=False,",
        (f"{_TESTS}test_every_piece_of_a_digest_is_found",),
    ),
    Mutation(
        "Slack, conversations.history: takes a channel's id and no name",
        _POSTS,
        "for message in self._api.history(channel_id, place.called,",
        "for message in self._api.history(place.channel, place.called,",
        (f"{_TESTS}test_every_piece_of_a_digest_is_found",),
    ),
    Mutation(
        "Slack, section blocks: 3,000 characters",
        _MESSAGE,
        "HEADER, SECTION, FIELD = 150, 3000, 2000",
        "HEADER, SECTION, FIELD = 150, 3100, 2000",
        (f"{_TESTS}test_text_of_any_length_arrives_within_the_limits",),
    ),
    Mutation(
        "Slack, header blocks: plain_text alone",
        _MESSAGE,
        '"text": {"type": "plain_text", "text": shorten(title, HEADER), "emoji": True}',
        '"text": {"type": "mrkdwn", "text": shorten(title, HEADER)}',
        (f"{_TESTS}test_an_empty_text_is_a_message_all_the_same",),
    ),
    Mutation(
        "Slack, rate limits: one message a second in a channel",
        "integrations/slack/settings.py",
        "IN_A_CHANNEL = Limit(1, 1,",
        "IN_A_CHANNEL = Limit(9, 1,",
        (f"{_TESTS}test_a_channel_gets_one_message_a_second_and_another_channel_does_not_wait",),
    ),
    Mutation(
        "Slack, chat.postMessage: what broke off is not sent again before it was looked for",
        _API,
        "return self._retry.run(once, repeatable=again or not wrote)",
        "return self._retry.run(once, repeatable=True)",
        (f"{_TESTS}test_an_error_after_which_nobody_knows_is_not_repeated",),
    ),
    Mutation(
        "Slack, conversations.history: of a direct message it is that of the conversation, not of the member",
        "integrations/slack/people.py",
        'self._conversations[key] = str(opened["id"])',
        "self._conversations[key] = self._member(key)",
        ("integrations/test_slack_people.py::TestMessageOwnerKeepsTheContract::test_find_tells_done_from_not_done",),
    ),
    Mutation(
        "Slack, overflow menus: five lines",
        "integrations/slack/buttons.py",
        '("Not useful", "not_useful"),\n    )',
        '("Not useful", "not_useful"),\n        ("Later", "later"),\n    )',
        ("integrations/test_slack_people.py::test_in_a_digest_each_account_has_its_own_menu",),
    ),
    Mutation(
        "Slack, interactions: signed over the bytes as they came",
        "integrations/slack/inbound.py",
        'b":" + call.raw',
        'b":" + call.raw.strip()',
        ("web/serve/test_slack.py::test_a_body_with_a_line_end_is_signed_with_it",),
    ),
    Mutation(
        "Slack, interactions: a call that is older than five minutes is somebody's who has listened",
        "integrations/slack/inbound.py",
        "WINDOW = 300",
        "WINDOW = 3000",
        ("web/serve/test_slack.py::test_a_signature_that_does_not_fit_or_is_old_is_401_and_nothing_is_taken",),
    ),
)
