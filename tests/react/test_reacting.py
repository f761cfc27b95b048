"""An event in, a message out, once: by the functions of a run, for the accounts of the events alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from expansion.react.resident import Resident
from expansion.records.ledger import FiringFilter
from jobs.clock import utc_now
from jobs.react import reacting as module
from jobs.react.inbox import Inbox
from tests.react.town import PAYWALL, Town, react, until


def test_the_event_that_makes_it_true_starts_the_conversation(town: Town) -> None:
    with town.at_work() as reacting:
        react(town, reacting, "acme", times=2)
        assert town.firings() == []
        react(town, reacting, "acme", times=1)
        until(town.messages)
    (firing,) = town.firings()
    assert (firing.account_id, firing.decision, firing.playbook) == ("acme", "acting", "call")
    assert firing.evidence["reasons"] == ["Paywall Viewed at least 3 times over 2 hours: 3 times"]
    assert len(firing.evidence["lines"][0]["events"]) == 3, "what came in is shown, too"
    assert list(town.messages().values()) == [1]
    place = town.place()
    (run,) = place.ledger.runs(1)
    assert (run.kind, run.status, run.id) == ("react", "completed", firing.run_id)
    assert place.ledger.steps()[0].state == "done"
    place.close()


def test_neither_the_same_events_nor_the_next_run_start_it_again(town: Town) -> None:
    with town.at_work() as reacting:
        rows = react(town, reacting, "acme")
        until(town.messages)
        reacting.on_stored(town.push(*rows))
        reacting.once()
        assert town.whole_run() == []
        react(town, reacting, "acme")
    assert len(town.firings()) == 1
    assert list(town.messages().values()) == [1]


def test_what_a_run_has_started_is_not_started_by_an_event(town: Town) -> None:
    town.push(*(town.event("acme") for _ in range(3)))
    (firing,) = town.whole_run()
    with town.at_work() as reacting:
        react(town, reacting, "acme", times=1)
    assert [one.id for one in town.firings()] == [firing.id]


def test_only_triggers_that_react_are_asked(town: Town) -> None:
    town.trigger("check: on_event", "check: hourly")
    with town.at_work() as reacting:
        react(town, reacting, "acme")
        assert reacting.run is None
    assert town.firings() == []
    assert [one.account_id for one in town.whole_run()] == ["acme"]


def test_what_is_watched_is_written_down_and_not_sent(town: Town) -> None:
    town.trigger("status: live", "status: watching")
    with town.at_work() as reacting:
        react(town, reacting, "acme")
    assert [one.decision for one in town.firings()] == ["watching"]
    assert town.messages() == {}


def test_a_live_trigger_waits_for_its_first_whole_run_and_then_reacts(town: Town) -> None:
    """Else what is true already for the other accounts would be news to the run after that."""
    town.trigger("paywall\ntitle", "other\ntitle")
    (town.folder / "playbooks/triggers/paywall.yaml").rename(town.folder / "playbooks/triggers/other.yaml")
    with town.at_work() as reacting:
        react(town, reacting, "acme")
        assert town.firings() == []
        assert reacting.told and reacting.told.report.notices == [
            "other reacts after its first run over all accounts (`expansion run`)"
        ]
        assert [one.decision for one in town.whole_run()] == ["quiet"], "old news by then"
        react(town, reacting, "bolt")
        until(town.messages)
    assert [(one.account_id, one.decision) for one in town.firings()] == [("acme", "quiet"), ("bolt", "acting")]


def test_an_episode_ends_with_the_event_that_ends_it_and_no_other_does(town: Town) -> None:
    text = PAYWALL.replace("quiet_for", "unless:\n  - {event: Solved, over: 2 hours, at_least: 1}\nquiet_for")
    town.push(town.event("cara", event="Solved", at=utc_now() - timedelta(hours=50)))
    town.trigger(text=text)
    with town.at_work() as reacting:
        react(town, reacting, "acme", "bolt")
        reacting.on_stored(town.push(town.event("acme", event="Solved")))
        reacting.once()
    acme, bolt = sorted(town.firings(), key=lambda one: one.account_id)
    assert (acme.cleared_at is None, bolt.cleared_at is None) == (False, True)
    assert acme.cleared_at and acme.cleared_at >= acme.fired_at


def test_guard_rails_hold_as_in_a_run(town: Town) -> None:
    """Suppressed, and no attention left: the second account of the owner is carried over."""
    town.policy(
        "attention: {per_owner: 1 a day}\n"
        "suppress:\n  - {reason: Loud, when: [{event: Paywall Viewed, over: 2 hours, at_least: 9}]}\n"
    )
    with town.at_work() as reacting:
        react(town, reacting, "acme")
        react(town, reacting, "bolt")
        react(town, reacting, "cara", times=9)
        until(town.messages)
    assert {one.account_id: one.decision for one in town.firings()} == {
        "acme": "acting",
        "bolt": "carried",
        "cara": "suppressed",
    }
    assert len(town.messages()) == 1


def test_the_flood_brake_counts_the_day_for_no_batch_is_ever_a_flood(town: Town) -> None:
    town.trigger("quiet_for: 30 days", "hold_if_more_than: 2 accounts")
    with town.at_work() as reacting:
        for account in ("acme", "bolt", "cara"):
            react(town, reacting, account)
    found = {one.account_id: one.decision for one in town.firings()}
    assert found == {"acme": "acting", "bolt": "acting", "cara": "flood"}
    (held,) = [one for one in town.firings() if one.decision == "flood"]
    assert held.reason.startswith("flood brake: 3 new firings of paywall in one day, and `hold_if_more_than` allows 2")


def test_what_happens_a_moment_from_now_is_asked_about_then(town: Town) -> None:
    with town.at_work() as reacting:
        reacting.once()
        soon = utc_now() + timedelta(seconds=1.5)
        reacting.on_stored(town.push(*(town.event("acme", at=soon) for _ in range(3))))
        reacting.once()
        assert town.firings() == []
        until(lambda: reacting.once(0.2) or town.firings())
    assert town.firings()[0].fired_at >= soon


# --- what it goes by --------------------------------------------------------------------------------------------------


def look_again(reacting: Any) -> None:
    """As a second later."""
    reacting._looked = -1e9
    reacting.once()


def test_an_edited_trigger_holds_from_then_on(town: Town) -> None:
    with town.at_work() as reacting:
        react(town, reacting, "acme", times=2)
        town.trigger("at_least: 3", "at_least: 2")
        look_again(reacting)
        react(town, reacting, "bolt", times=2)
        until(town.messages)
        first, second = {one.run_id for one in town.firings()}, reacting.run and reacting.run.id
        assert first == {second}, "by other definitions it is another run"
    assert [one.account_id for one in town.firings()] == ["bolt"]


def test_what_reacts_is_said_and_again_when_it_changes(town: Town) -> None:
    with town.at_work() as reacting:
        react(town, reacting, "acme", times=1)
        town.whole_run()
        look_again(reacting)
        assert town.said == ["reacts to events: paywall"]
        town.trigger("paywall\ntitle", "other\ntitle")
        (town.folder / "playbooks/triggers/paywall.yaml").rename(town.folder / "playbooks/triggers/other.yaml")
        look_again(reacting)
    assert town.said == ["reacts to events: paywall", "reacts to events: other"]


def test_playbooks_with_mistakes_are_said_once_and_the_last_good_ones_hold(town: Town) -> None:
    with town.at_work() as reacting:
        react(town, reacting, "acme", times=2)
        town.trigger("at_least: 3", "at_leest: 3")
        look_again(reacting)
        look_again(reacting)
        react(town, reacting, "acme", times=1)
    (said,) = town.warned
    assert said.startswith("the playbooks have mistakes, and reacting goes on by the last good ones:")
    assert "did you mean `at_least`?" in said
    assert [one.account_id for one in town.firings()] == ["acme"]


def test_what_a_run_stored_meanwhile_is_known_and_nothing_that_was_heard_is_lost(town: Town) -> None:
    with town.at_work() as reacting:
        react(town, reacting, "acme", times=2)
        town.whole_run()  # brings in what was pushed
        look_again(reacting)
        assert reacting._resident and reacting._resident.heard == 0, "it was read again"
        react(town, reacting, "acme", times=1)
    assert [one.account_id for one in town.firings()] == ["acme"]


def test_files_that_were_replaced_do_not_stay_while_it_is_at_work(town: Town) -> None:
    from expansion.usage.storage.manifest import unread

    with town.at_work() as reacting:
        react(town, reacting, "acme", times=2)
        town.whole_run()
        look_again(reacting)
        assert unread(town.folder / "home/usage"), "nobody reads a file that is no more"


def test_a_new_run_begins_after_an_hour(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    with town.at_work() as reacting:
        react(town, reacting, "acme")
        monkeypatch.setattr(module, "LASTS", timedelta())
        look_again(reacting)
        monkeypatch.undo()
        react(town, reacting, "bolt")
    acme, bolt = town.firings()
    assert acme.run_id < bolt.run_id


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_busy_system_leaves_the_step_due(town: Town) -> None:
    busy = {"body": {"ok": False, "error": "ratelimited"}, "headers": {"Retry-After": "300"}}
    town.fault("status", status=429, path="chat.postMessage", times=99, **busy)
    with town.at_work() as reacting:
        react(town, reacting, "acme")
        until(lambda: reacting.told and reacting.told.report.notices, 60)
        assert "due again for the next follow-up" in reacting.told.report.notices[0]  # type: ignore[union-attr]
    assert [step.state for step in town.steps()] == ["due"]
    town.recover()
    place = town.place()
    assert [run.status for run in place.ledger.runs(1)] == ["completed"]
    place.close()


def test_what_breaks_is_said_and_asked_once_more(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    hear, broken = Resident.hear, []

    def breaks_once(self: Resident, *args: Any) -> Any:
        if not broken:
            broken.append(1)
            raise RuntimeError("nobody foresaw it")
        return hear(self, *args)

    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    reacting = town.reacting()
    reacting.once()
    monkeypatch.setattr(Resident, "hear", breaks_once)
    reacting.on_stored(town.push(*(town.event("acme") for _ in range(3))))
    reacting.start()
    until(town.messages)
    reacting.stop()
    assert "reacting broke off (RuntimeError) and begins anew; events are taken all the same" in town.warned
    assert [one.account_id for one in town.firings()] == ["acme"]


def test_too_many_events_are_read_from_the_store_and_each_account_is_asked_once(town: Town) -> None:
    reacting = town.reacting(inbox=Inbox(most_rows=10))
    with town.at_work(reacting):
        reacting.once()
        rows = town.push(*(town.event(account) for account in ("acme", "bolt") for _ in range(8)))
        for row in rows:
            reacting.on_stored([row])
        reacting.once()
        until(lambda: len(town.messages()) == 2)
        assert reacting.told and reacting.told.rows()[0]["accounts"] == "2"
    assert town.warned == ["reacting fell behind: 16 events are read from the store instead; none is lost"]
    assert {one.account_id for one in town.firings()} == {"acme", "bolt"}


def test_what_was_not_come_to_is_found_by_the_next_run(town: Town) -> None:
    reacting = town.reacting()
    reacting.once()
    reacting.on_stored(town.push(*(town.event("acme") for _ in range(3))))
    reacting.start()
    reacting.stop()  # before it looked, or after
    found = [*town.firings(), *town.whole_run()]
    assert {one.account_id for one in found} == {"acme"}
    assert len(town.firings()) == 1


def test_a_row_that_is_no_event_is_counted_and_stops_no_other(town: Town) -> None:
    with town.at_work() as reacting:
        reacting.once()
        rows = [town.event("acme", event_id=""), *(town.event("acme") for _ in range(3))]
        reacting.on_stored(town.push(*rows))
        reacting.once()
        assert reacting.told and reacting.told.rows()[0]["not readable"] == "1"
    assert [one.account_id for one in town.firings()] == ["acme"]


def test_with_events_in_a_warehouse_nothing_reacts_and_it_is_said(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPANSION_ENGINE_URL", "postgres://ana:secret@host/events")
    with town.at_work() as reacting:
        react(town, reacting, "acme")
    (said,) = town.warned
    assert said.startswith("with EXPANSION_ENGINE_URL set nothing reacts at once")
    assert "secret" not in said
    place = town.place()
    assert place.ledger.firings(FiringFilter()) == []
    place.close()
