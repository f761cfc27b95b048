"""Closing, annotating and reassigning tasks: once each, and never one that somebody works on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from expansion.contract import AccountRef, Done, Failure, Made, Piece, Refused, Standing
from expansion.follow.inputs import ChangeTask, reference
from sandbox.hubspot.app import HubSpot
from sandbox.salesforce.app import Salesforce
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ACCOUNTS, FIRED_AT, ActionContract, Case, key_of
from tests.systems import hubspot, salesforce

EVERY = ("one", "two", "three", *(f"n{n}" for n in range(ACCOUNTS - 4)), "bad")
NOTE = "The reason for this task has gone."


class Desk:
    """One system with three tasks of ours, and a seller who does things to them."""

    def __init__(
        self, name: str, stand_ins: StandIns, module: Any, names: Sequence[str] = ("one", "two", "bad"), **settings: Any
    ) -> None:
        self.name, self.stand_ins = name, stand_ins
        self.connected = module.connect(stand_ins, **settings)
        self.pieces = {key: module.task(key, n) for n, key in enumerate(names)}
        made = self.connected.actions[f"{name}.create_task"].deliver(list(self.pieces.values()))
        assert all(isinstance(reply, Done) for reply in made), made
        self.ids = {key: reply.remote_id for key, reply in zip(self.pieces, made, strict=True)}

    def change(self, key: str = "one", step: str = "change", **how: Any) -> Piece:
        given = {
            "step": key_of(key),
            "remote_id": self.ids[key],
            "made": self.pieces[key].input.model_dump(mode="json"),
            "assigned_to": "ana@seller.example",
            "note": NOTE,
        }
        account = AccountRef("acme", "Acme")
        return Piece(key_of(f"{step} {key}"), account, ChangeTask(**(given | how)), FIRED_AT, "seat-limit", "seats")

    def do(self, *pieces: Piece) -> list[Any]:
        return self.connected.actions[f"{self.name}.change_task"].deliver(list(pieces))

    def look(self, key: str = "one", **how: Any) -> Standing | Failure:
        given = {"assigned_to": "ana@seller.example"} | how
        made = Made(key_of(key), self.ids[key], self.pieces[key].input, **given)
        [standing] = self.connected.actions[f"{self.name}.create_task"].look([made])
        return standing

    def task(self, key: str = "one") -> dict[str, str]:
        """Its status, owner and notes, in common words."""
        if self.name == "salesforce":
            row = self.stand_ins.get(Salesforce).org.get("Task", self.ids[key])
            names = ("Status", "OwnerId", "Description")
        else:
            row = self.stand_ins.get(HubSpot).portal.get("tasks", self.ids[key])
            row, names = row and row["properties"], ("hs_task_status", "hubspot_owner_id", "hs_task_body")
        assert row
        return dict(zip(("status", "owner", "notes"), (row[name] for name in names), strict=True))

    # --- what a seller does ---

    def seller(self, key: str = "one", **fields: Any) -> None:
        if self.name == "salesforce":
            self.stand_ins.get(Salesforce).org.update("Task", self.ids[key], fields, by=salesforce.BEN)
        else:
            self.stand_ins.get(HubSpot).portal.update("tasks", self.ids[key], fields)

    def delete(self, key: str = "one") -> None:
        if self.name == "salesforce":
            self.stand_ins.get(Salesforce).org.remove("Task", self.ids[key])
        else:
            self.stand_ins.get(HubSpot).portal.remove("tasks", self.ids[key])

    @property
    def words(self) -> dict[str, Any]:
        """The same acts in each system's own fields."""
        if self.name == "salesforce":
            return {
                "begin": {"Status": "In Progress"},
                "finish": {"Status": "Completed"},
                "write": {"Description": "Called, no answer"},
                "hand over": {"OwnerId": salesforce.BEN},
            }
        return {
            "begin": {"hs_task_status": "IN_PROGRESS"},
            "finish": {"hs_task_status": "COMPLETED"},
            "write": {"hs_task_body": "Called, no answer"},
            "hand over": {"hubspot_owner_id": "13"},
        }


@pytest.fixture(params=["salesforce", "hubspot"])
def desk(request: pytest.FixtureRequest, stand_ins: Callable[..., StandIns]) -> Desk:
    if request.param == "salesforce":
        return Desk("salesforce", stand_ins(Salesforce, sample=salesforce.sample()), salesforce)
    return Desk("hubspot", stand_ins(HubSpot, sample=hubspot.sample()), hubspot)


class TestSalesforceKeepsTheContract(ActionContract):
    action = "salesforce.change_task"

    @pytest.fixture
    def case(self, stand_ins: Callable[..., StandIns]) -> Case:
        org = stand_ins(Salesforce, sample=salesforce.sample(ACCOUNTS))
        desk = Desk("salesforce", org, salesforce, names=EVERY)
        return salesforce.case(
            org,
            self.action,
            good=lambda name: desk.change(name, close=True),
            bad=desk.change("bad", assign_to="gone@seller.example"),
            write={"method": "PATCH", "path": "sobjects/Task/"},
            what="update_task",
            counted_by=lambda one: one.input.remote_id,  # type: ignore[attr-defined]
            findable=False,
        )


class TestHubSpotKeepsTheContract(ActionContract):
    action = "hubspot.change_task"

    @pytest.fixture
    def case(self, stand_ins: Callable[..., StandIns]) -> Case:
        portal = stand_ins(HubSpot, sample=hubspot.sample(ACCOUNTS))
        portal.get(HubSpot).limits.burst = 1000  # the clock of the test does not wait for the server's
        desk = Desk("hubspot", portal, hubspot, names=EVERY)
        return hubspot.case(
            portal,
            self.action,
            good=lambda name: desk.change(name, close=True),
            bad=desk.change("bad", assign_to="nobody@seller.example"),
            write={"method": "POST", "path": "tasks/batch/update"},
            what="update_tasks",
            counted_by=lambda one: one.input.remote_id,  # type: ignore[attr-defined]
            findable=False,
        )


def test_a_task_nobody_has_touched_is_closed_with_a_note_below_what_is_there(desk: Desk) -> None:
    before = desk.task()["notes"]
    piece = desk.change(close=True)
    [reply] = desk.do(piece)
    after = desk.task()
    assert after["status"] in ("Completed", "COMPLETED")
    assert after["notes"].startswith(before.rstrip())
    assert f"{reference(piece.key)} {NOTE}" in after["notes"]
    assert reply.note == f"closed and a note added: {NOTE}"


def test_an_annotated_task_stays_open_and_counts_as_untouched(desk: Desk) -> None:
    desk.do(desk.change())
    assert desk.task()["status"] in ("Not Started", "NOT_STARTED")
    standing = desk.look(notes=(NOTE,))
    assert isinstance(standing, Standing)
    assert (standing.touched, standing.moved, standing.closed) == (None, False, False)


def test_a_task_is_given_to_somebody_else_and_then_that_is_whose_it_is(desk: Desk) -> None:
    desk.do(desk.change(assign_to="desk@seller.example"))
    standing = desk.look(assigned_to="desk@seller.example", notes=(NOTE,))
    assert isinstance(standing, Standing)
    assert (standing.owner or "").lower() == "desk@seller.example"
    assert (standing.touched, standing.moved) == (None, False)


@pytest.mark.parametrize("act", ["begin", "finish", "write", "hand over"])
def test_a_task_that_a_seller_has_touched_is_left_alone_and_said_to_be(desk: Desk, act: str) -> None:
    desk.seller(**desk.words[act])
    before = desk.task()
    [reply] = desk.do(desk.change(close=True, assign_to="desk@seller.example"))
    assert desk.task() == before
    assert isinstance(reply, Done) and (reply.note or "").startswith("left alone: "), reply
    standing = desk.look()
    assert isinstance(standing, Standing) and standing.touched
    assert standing.closed == (act == "finish")
    assert standing.moved == (act == "hand over")


def test_what_a_seller_wrote_after_our_note_is_seen_too(desk: Desk) -> None:
    desk.do(desk.change())
    name = "Description" if desk.name == "salesforce" else "hs_task_body"
    desk.seller(**{name: desk.task()["notes"] + "\nCalled, no answer"})
    before = desk.task()
    [reply] = desk.do(desk.change(step="close it", close=True, notes=[NOTE]))
    assert desk.task() == before
    assert (reply.note or "").startswith("left alone: ")


def test_a_task_that_is_gone_needs_nothing(desk: Desk) -> None:
    desk.delete()
    [reply] = desk.do(desk.change(close=True))
    assert (reply.remote_id, reply.note) == (desk.ids["one"], "the task is not there any more, so nothing was changed")
    assert desk.look() == Standing(there=False)


def test_two_changes_of_one_task_in_one_batch_are_both_made(desk: Desk) -> None:
    first, second = desk.change(note="First"), desk.change(step="other", note="Second", notes=["First"])
    replies = desk.do(first, second)
    assert all(isinstance(reply, Done) for reply in replies), replies
    assert "First" in desk.task()["notes"]
    assert "Second" in desk.task()["notes"]


def test_a_system_that_cannot_be_asked_says_so_for_each(desk: Desk) -> None:
    desk.stand_ins.fault(desk.name, "status", status=500, times=99)
    assert isinstance(desk.look(), Failure)


# --- what is special about each ---------------------------------------------------------------------------------------


@pytest.fixture
def org(stand_ins: Callable[..., StandIns]) -> Desk:
    return Desk("salesforce", stand_ins(Salesforce, sample=salesforce.sample()), salesforce)


def test_automation_in_salesforce_is_no_person_until_it_closes_the_task(org: Desk) -> None:
    stand_in = org.stand_ins.get(Salesforce).org
    robot = {"Id": "00500000000ROBOAAA", "Name": "Flow", "Email": "", "IsActive": True, "UserType": "AutomatedProcess"}
    stand_in.put("User", robot)
    stand_in.update("Task", org.ids["one"], {"Priority": "High"}, by=robot["Id"])
    standing = org.look()
    assert isinstance(standing, Standing) and standing.touched is None
    stand_in.update("Task", org.ids["one"], {"Status": "Completed"}, by=robot["Id"])
    standing = org.look()
    assert isinstance(standing, Standing) and standing.touched == "its status is Completed"


def test_a_seller_who_is_quicker_than_our_write_wins(org: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Salesforce is told to write only what has not changed since it was read."""
    action = org.connected.actions["salesforce.change_task"]
    write = action.write

    def seller_first(changes: Any) -> Any:
        stand_in = org.stand_ins.get(Salesforce).org
        record = stand_in.update("Task", org.ids["one"], {"Status": "In Progress"}, by=salesforce.BEN)
        later = stand_in.get("Task", record) or {}
        stand_in.put("Task", later | {"LastModifiedDate": "2099-01-01T00:00:00.000+0000"})
        return write(changes)

    monkeypatch.setattr(action, "write", seller_first)
    [reply] = org.do(org.change(close=True))
    assert org.task()["status"] == "In Progress"
    assert reply.note == "left alone: somebody has edited it; its status is In Progress"


def test_a_key_in_the_last_line_of_the_notes_stays_the_last(stand_ins: Callable[..., StandIns]) -> None:
    world = stand_ins(Salesforce, sample=salesforce.sample())
    world.get(Salesforce).org.key_fields["Task"] = None
    desk = Desk("salesforce", world, salesforce)
    desk.do(desk.change())
    assert desk.task()["notes"].endswith(f"\n\nReference: {key_of('one')}")
    [found] = desk.connected.actions["salesforce.create_task"].find([desk.pieces["one"]])
    assert isinstance(found, Done)


def test_the_word_for_done_is_the_orgs_own(stand_ins: Callable[..., StandIns]) -> None:
    world = stand_ins(Salesforce, sample=salesforce.sample())
    desk = Desk("salesforce", world, salesforce, task_done_status="Deferred")
    desk.do(desk.change(close=True))
    assert desk.task()["status"] == "Deferred"


def test_a_task_that_waits_with_an_inactive_owner_is_not_handed_over(stand_ins: Callable[..., StandIns]) -> None:
    """Its owner left after it was made: nobody took it, it is still where we put it."""
    world = stand_ins(Salesforce, sample=salesforce.sample())
    desk = Desk("salesforce", world, salesforce)
    stand_in = world.get(Salesforce).org
    stand_in.put("User", (stand_in.get("User", salesforce.ANA) or {}) | {"IsActive": False})
    desk.connected = salesforce.connect(world)
    standing = desk.look()
    assert isinstance(standing, Standing)
    assert (standing.moved, standing.touched) == (False, None)


def test_hubspots_own_way_of_writing_html_is_no_change(stand_ins: Callable[..., StandIns]) -> None:
    desk = Desk("hubspot", stand_ins(HubSpot, sample=hubspot.sample()), hubspot)
    body = "<div>Because:<br/><strong>46</strong> of 50 seats &#38; growing</div>"
    desk.seller(hs_task_body=body)
    standing = desk.look()
    assert isinstance(standing, Standing) and standing.touched is None
    desk.seller(hs_task_body=body.replace("46", "47"))
    standing = desk.look()
    assert isinstance(standing, Standing) and standing.touched == "somebody has edited its notes"


def test_nobody_who_could_take_it_is_a_refusal(desk: Desk) -> None:
    [reply] = desk.do(desk.change(assign_to="gone@seller.example"))
    assert isinstance(reply, Refused)
    assert desk.task()["status"] in ("Not Started", "NOT_STARTED")
