"""What sellers answer by the buttons of a message is written down, shown below it, and kept to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expansion.contract import Disposition
from jobs.answers import name_people, take_answers
from tests import world
from tests.flows.afterwards import Job, job
from tests.flows.conftest import Outside
from web.serve.answers import Answers

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
ANA = {"id": "U0SELLERANA", "name": "ana", "profile": {"email": "ana@seller.example"}}
CALL = """\
playbook: call
title: Call
steps:
  - id: tell
    do: slack.post_message
    with: {channel: expansion, text: "*{{ account.name }}*", digest: false, buttons: true}
"""


@pytest.fixture
def fired(outside: Outside):
    outside.state.put("slack.users", ANA["id"], ANA)
    with job(outside.state, call=CALL) as work:
        work.fire("paywall")
        yield work


def answer(work: Job, kind: str, by: str = ANA["id"], account: str = "ac-01", **how: Any) -> str:
    """Somebody clicks, and what follows is sent."""
    step = work.step(account, "tell").key
    said = Disposition("slack.buttons", step, kind, by, NOW, f"{by} {kind} {how}", called=by.lower(), **how)  # type: ignore[arg-type]
    [answered] = take_answers(work.place, [said], NOW)
    work.deliver()
    return answered.what


def message(work: Job, account: str = "ac-01") -> dict[str, Any]:
    found = work.outside.get("slack.messages", work.step(account, "tell").remote_id or "")
    assert found is not None
    return found


def shown(work: Job) -> list[str]:
    contexts = [block for block in message(work)["blocks"] if block["type"] == "context"]
    return [element["text"] for element in contexts[0]["elements"]]


def test_a_claim_is_shown_below_the_message_and_a_second_one_changes_nothing(fired: Job) -> None:
    assert answer(fired, "claimed") == "new"
    assert shown(fired) == ["Claimed by u0sellerana on 2 March 2026"]
    assert answer(fired, "claimed", by="U0BEN") == "taken"
    assert shown(fired) == ["Claimed by u0sellerana on 2 March 2026"]
    assert "edited" not in message(fired, "ac-02"), "the message about another account stays as it is"


def test_everybodys_last_word_is_shown_the_claim_first(fired: Job) -> None:
    answer(fired, "useful")
    answer(fired, "not_useful", by="U0BEN", reason="bad-timing")
    answer(fired, "claimed", by="U0BEN")
    answer(fired, "not_useful", reason="wrong-data")
    assert shown(fired) == [
        "Claimed by u0ben on 2 March 2026",
        "Not useful, says u0ben: bad timing",
        "Not useful, says u0sellerana: the numbers are wrong",
    ]


def test_who_it_was_is_asked_of_the_system(fired: Job) -> None:
    answer(fired, "useful")
    assert name_people(fired.place) == 1
    assert name_people(fired.place) == 0
    answer(fired, "snoozed", until=NOW + timedelta(days=7))
    assert shown(fired)[0] == "Useful, says ana@seller.example"
    assert [one.who for one in fired.place.ledger.newest_dispositions()] == ["u0sellerana", "ana@seller.example"]


def test_an_answer_after_the_episode_is_over_is_kept_and_shown(fired: Job) -> None:
    fired.end("paywall", "ac-01", at=world.AS_OF + timedelta(hours=1))
    assert answer(fired, "not_useful") == "new"
    assert shown(fired) == ["Not useful, says u0sellerana"]


def test_in_a_digest_it_is_said_in_the_thread_with_the_accounts_name(outside: Outside) -> None:
    with job(outside.state, call=CALL.replace("digest: false, ", "")) as work:
        work.fire("paywall", "big")
        answer(work, "claimed")
        replies = [one["text"] for one in work.outside.all("slack.messages") if one.get("thread_ts")]
        assert replies == ["Customer 01: Claimed by u0sellerana on 2 March 2026"]
        assert "edited" not in message(work)


def test_serve_takes_a_click_into_the_ledger_and_shows_it(fired: Job) -> None:
    answers = Answers(fired.place, lambda: NOW)
    step = fired.step("ac-01", "tell").key
    answers.take([Disposition("slack.buttons", step, "claimed", ANA["id"], NOW, "click", called="ana")])
    answers.close()
    assert shown(fired) == ["Claimed by ana on 2 March 2026"]
    [said] = fired.place.ledger.newest_dispositions()
    assert (said.who, said.kind) == ("ana@seller.example", "claimed")


def test_what_serve_could_not_show_is_shown_by_the_next_run(outside: Outside, fired: Job) -> None:
    outside.fault("slack", "status", status=503, times=999)
    answers = Answers(fired.place, lambda: NOW)
    answers.take([Disposition("slack.buttons", fired.step("ac-01", "tell").key, "claimed", ANA["id"], NOW, "click")])
    answers.close()
    assert "edited" not in message(fired)
    outside.recover()
    fired.deliver()
    assert shown(fired) == [f"Claimed by {ANA['id']} on 2 March 2026"]


def test_a_mistake_in_the_files_loses_no_answer(outside: Outside, fired: Job) -> None:
    step = fired.step("ac-01", "tell").key
    Path("playbooks/call.yaml").write_text("playbook: call\nsteps: 7\n", encoding="utf-8")
    with job(outside.state) as work:
        said = Disposition("slack.buttons", step, "claimed", ANA["id"], NOW, "click")
        [answered] = take_answers(work.place, [said], NOW)
        assert answered.what == "new"
        assert [one.by for one in work.place.ledger.newest_dispositions()] == [ANA["id"]]
