"""Whatever happens, and in whatever order: nothing twice, nothing lost, and every step ends or is shown as unsure."""

import itertools
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from expansion.contract import NoAccess, Refused, TryLater
from expansion.deliver.deliver import deliver
from expansion.deliver.judging import Patience
from expansion.deliver.office import Office
from expansion.deliver.recover import recover
from expansion.evaluate.subjects import UserOf, account_of, user_of
from expansion.ledger.store import open_ledger
from expansion.records.firing import Cleared
from tests.databases import new_sqlite, wiped
from tests.ledger.builders import NOON, a_firing, minutes, record
from tests.ledger.vendor import Clock, Killed, Vendor, to_piece

UPSERT, CREATE, POST = "crm.upsert", "crm.create_task", "chat.post"
ACTIONS = [UPSERT, CREATE, POST]
SUBJECTS = {"acme", "bolt", UserOf("acme", "ana")}
FINAL = {"done", "refused", "skipped"}
# What is heard, and whether it was applied. "ok" without "!" would be a system that lies.
FAULTS = ["ok!", "later", "wait", "refused", "no_access", "killed", "killed!", "broken", "broken!"]
FAULTS += [f"maybe_{word}{applied}" for word in ("later", "refused", "no_access") for applied in ("", "!")]
LOOK_UP_FAILURES = [None, TryLater("down"), NoAccess("no key"), Refused("no"), OSError("no route")]
PATIENCE = Patience(tries=4)

# Drawn by a seed: Hypothesis by itself likes to repeat what it drew, and most faults would never be met.
seeds = st.integers(0, 2**32).map(Random)


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
        self.episodes = dict.fromkeys(SUBJECTS, 0)
        self.recorded: set[str] = set()
        self.dead: set[str] = set()
        self.holders = (f"run-{number}" for number in itertools.count())
        self.holder = next(self.holders)

    @initialize(random=seeds)
    def begin(self, random):
        self.fire(random)

    @rule(random=seeds)
    def fire(self, random):
        for subject in sorted(SUBJECTS - self.ledger.open_episodes("seat-limit").keys(), key=str):
            account, user = account_of(subject), user_of(subject)
            self.episodes[subject] += 1
            steps = [self._step(random) for _ in range(random.randint(1, 3))]
            named = {"user_id": user, "episode": self.episodes[subject], "fired_at": self.clock.now}
            firing = a_firing(account, steps=steps, **named)
            record(self.ledger, firing, at=self.clock.now)
            self.recorded |= {step.key for step in firing.steps}

    @rule(subject=st.sampled_from(sorted(SUBJECTS, key=str)))
    def clear(self, subject):
        over = Cleared("seat-limit", account_of(subject), user_of(subject))
        record(self.ledger, cleared=[over], at=self.clock.now)

    @rule(render=st.sampled_from([True, True, False]))
    def follow_up(self, render):
        for step in self.ledger.waiting_due(self.clock.now):
            if render:
                self.ledger.set_input(step.key, {"text": "later"}, self.clock.now)
            else:
                self.ledger.skip(step.key, "only_if no longer holds", self.clock.now)

    @rule(random=seeds, wait=st.sampled_from([0, 5, 600]))
    def send(self, random, wait):
        self.clock.now += minutes(wait)
        for action in ACTIONS:
            self.vendors[action].faults = random.choices(FAULTS, k=6)
            try:
                self._deliver(action)
            except Killed:
                self.dead.add(self.holder)
                self.holder = next(self.holders)
            self.vendors[action].faults = []

    @rule(failure=st.sampled_from(LOOK_UP_FAILURES))
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
            if {step.state for step in self.ledger.steps()} <= FINAL:
                break
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

    def _step(self, random):
        waiting = {"state": "waiting", "input": None, "not_before": self.clock.now + minutes(60)}
        step = {"action": random.choice(ACTIONS), "can_fail": random.random() < 0.5}
        return step | waiting if random.random() < 0.2 else step

    def _office(self):
        return Office(self.ledger, self.vendors, to_piece, self.clock, self.holder, patience=PATIENCE)

    def _deliver(self, action):
        deliver(self._office(), action, limit=3)

    def _recover(self):
        alive = lambda name: name not in self.dead  # noqa: E731
        recover(self._office(), alive)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_machine(request, tmp_path):
    """Makes a machine with a ledger of its own."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        return lambda: StepMachine(new_sqlite(template, tmp_path))
    url = request.getfixturevalue("postgres_ledger")
    return lambda: StepMachine(wiped(url))


def test_whatever_happens_nothing_is_twice_or_lost(new_machine):
    run_state_machine_as_test(
        new_machine,
        settings=settings(
            max_examples=10,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("seed", range(3))
def test_long_walks_through_many_faults(new_machine, seed):
    """Hypothesis finds the short stories; most faults after each other are met by walking far."""
    random, machine = Random(seed), new_machine()
    for _ in range(40):
        machine.fire(random)
        machine.send(random, random.choice([0, 5, 600]))
        machine.follow_up(random.random() < 0.8)
        if random.random() < 0.3:
            machine.next_run_recovers(random.choice(LOOK_UP_FAILURES))
        if random.random() < 0.3:
            machine.a_person_looks(random.random() < 0.5)
        if random.random() < 0.3:
            machine.clear(random.choice(sorted(SUBJECTS, key=str)))
        machine.nothing_is_done_twice()
        machine.nothing_is_lost_and_the_ledger_tells_the_truth()
    machine.teardown()
