"""Whatever happens, and in whatever order: nothing twice, nothing lost, and every step ends or is shown as unsure."""

import itertools

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from expansion.contract import NoAccess, Refused, TryLater
from expansion.decide.firing import Cleared
from expansion.deliver import deliver
from expansion.judging import Patience
from expansion.ledger import open_ledger
from expansion.recover import recover
from tests.ledger.builders import NOON, a_firing, minutes, record
from tests.ledger.conftest import new_postgres, new_sqlite
from tests.ledger.vendor import Clock, Killed, Vendor, to_piece

UPSERT, CREATE, POST = "crm.upsert", "crm.create_task", "chat.post"
ACTIONS = [UPSERT, CREATE, POST]
ACCOUNTS = ["acme", "bolt"]
FINAL = {"done", "refused", "skipped"}
# What is heard, and whether it was applied. "ok" without "!" would be a system that lies.
FAULTS = ["ok!", "later", "wait", "refused", "no_access", "killed", "killed!", "broken", "broken!"]
FAULTS += [f"maybe_{word}{applied}" for word in ("later", "refused", "no_access") for applied in ("", "!")]
PATIENCE = Patience(tries=4)

some_steps = st.lists(
    st.fixed_dictionaries({"action": st.sampled_from(ACTIONS), "can_fail": st.booleans(), "waits": st.booleans()}),
    min_size=1,
    max_size=3,
)


class StepMachine(RuleBasedStateMachine):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.ledger = open_ledger(url)
        self.clock = Clock(NOON)
        self.vendors = {
            UPSERT: Vendor(UPSERT, repeatable=True, findable=False, batch=2),
            CREATE: Vendor(CREATE, batch=2),
            POST: Vendor(POST, findable=False, batch=1),
        }
        self.episodes = dict.fromkeys(ACCOUNTS, 0)
        self.recorded: set[str] = set()
        self.dead: set[str] = set()
        self.holders = (f"run-{number}" for number in itertools.count())
        self.holder = next(self.holders)

    @rule(account=st.sampled_from(ACCOUNTS), steps=some_steps)
    def fire(self, account, steps):
        if account in self.ledger.open_episodes("seat-limit"):
            return
        self.episodes[account] += 1
        made = [self._step(**step) for step in steps]
        firing = a_firing(account, steps=made, episode=self.episodes[account], fired_at=self.clock.now)
        record(self.ledger, firing, at=self.clock.now)
        self.recorded |= {step.key for step in firing.steps}

    @rule(account=st.sampled_from(ACCOUNTS))
    def clear(self, account):
        record(self.ledger, cleared=[Cleared("seat-limit", account)], at=self.clock.now)

    @rule(count=st.sampled_from([0.5, 5, 60, 600]))
    def time_passes(self, count):
        self.clock.now += minutes(count)

    @rule(render=st.booleans())
    def follow_up(self, render):
        for step in self.ledger.waiting_due(self.clock.now):
            if render:
                self.ledger.set_input(step.key, {"text": "later"}, self.clock.now)
            else:
                self.ledger.skip(step.key, "only_if no longer holds", self.clock.now)

    @rule(action=st.sampled_from(ACTIONS), faults=st.lists(st.sampled_from(FAULTS), max_size=4))
    def send(self, action, faults):
        self.vendors[action].faults = list(faults)
        try:
            self._deliver(action)
        except Killed:
            self.dead.add(self.holder)
            self.holder = next(self.holders)
        self.vendors[action].faults = []

    @rule(failure=st.sampled_from([None, TryLater("down"), NoAccess("no key"), Refused("no"), OSError("no route")]))
    def next_run_recovers(self, failure):
        self.vendors[CREATE].look_ups = [failure] if failure else []
        self._recover()
        self.vendors[CREATE].look_ups = []

    @rule(retry=st.booleans())
    def a_person_looks(self, retry):
        for step in self.ledger.unsure_steps():
            happened = self.vendors[step.action].applied[step.key]
            verdict = "done" if happened else "retry" if retry else "skip"
            assert self.ledger.settle(step.key, verdict, "dana", "looked", self.clock.now)

    @invariant()
    def nothing_is_done_twice(self):
        for action in (CREATE, POST):
            assert max(self.vendors[action].applied.values(), default=0) <= 1

    @invariant()
    def nothing_is_lost_and_the_ledger_tells_the_truth(self):
        steps = self.ledger.steps()
        assert {step.key for step in steps} == self.recorded
        for step in steps:
            applied = bool(self.vendors[step.action].applied[step.key])
            assert step.state != "done" or applied
            assert step.state not in ("refused", "skipped") or not applied
            assert step.state != "claimed" or step.claimed_by in self.dead

    def teardown(self):
        """With time, and a person who looks, everything comes to an end."""
        for _ in range(12):
            self.clock.now += minutes(600)
            self.next_run_recovers(None)
            self.follow_up(True)
            self.a_person_looks(True)
            for action in ACTIONS:
                self._deliver(action)
        states = {step.state for step in self.ledger.steps()}
        self.nothing_is_done_twice()
        self.nothing_is_lost_and_the_ledger_tells_the_truth()
        self.ledger.close()
        assert states <= FINAL

    def _step(self, action, can_fail, waits):
        waiting = {"state": "waiting", "input": None, "not_before": self.clock.now + minutes(60)} if waits else {}
        return {"action": action, "can_fail": can_fail} | waiting

    def _deliver(self, action):
        deliver(self.ledger, self.vendors, action, to_piece, self.clock, self.holder, limit=3, patience=PATIENCE)

    def _recover(self):
        alive = lambda name: name not in self.dead  # noqa: E731
        recover(self.ledger, self.vendors, to_piece, self.clock, self.holder, alive, patience=PATIENCE)


@pytest.mark.parametrize(("database", "examples"), [("sqlite", 60), ("postgresql", 30)])
def test_whatever_happens_nothing_is_twice_or_lost(request, tmp_path, database, examples):
    if database == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        make = lambda: StepMachine(new_sqlite(template, tmp_path))  # noqa: E731
    else:
        server, name = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
        make = lambda: StepMachine(new_postgres(server, name))  # noqa: E731
    run_state_machine_as_test(
        make,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
