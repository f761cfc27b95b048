"""The resident process that reacts: events in, micro-batch by micro-batch, what follows from them out.

It never stops whoever brings events: what goes wrong is said, and the next batch goes on. What it did not come to is
found by the next run, for every event was on disk before it was heard here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread

from expansion.contract import Arrived, Aside, EventRow
from expansion.react.besides import besides
from expansion.react.resident import Resident
from expansion.usage.storage.manifest import unread
from jobs.place import Place
from jobs.react.due import Due
from jobs.react.inbox import Batch, Inbox, named
from jobs.react.run import LASTS, ReactRun, reacting
from jobs.react.told import Told
from jobs.react.watching import Playbooks, stored_state

GATHER = 0.1  # seconds in which events make one batch
LOOK = 1.0  # seconds between looks at the playbooks and the store
MOST_HEARD = 50_000  # events in memory, until they are brought into the store and it is read again
READ_AGAIN = timedelta(hours=12)  # also where nothing changed: windows and ranks go on
FACTS_AFTER = timedelta(minutes=1)  # facts that are pushed are known after it: they come with every sign-in
_PATIENCE = 5.0  # seconds after something that broke
_log = logging.getLogger(__name__)


@dataclass
class Reacting:
    """`start` it, hand it what is stored, `stop` it. `opened` gives a place, once for each hour."""

    opened: Callable[[], Place]
    say: Callable[[str], None] = _log.warning
    gather: float = GATHER
    inbox: Inbox = field(default_factory=Inbox)
    run: ReactRun | None = None  # the one that is at work
    _resident: Resident | None = None
    _read: tuple[object, ...] = ()  # how the store stood when the resident was read
    _playbooks: Playbooks | None = None
    _said: dict[str, str] = field(default_factory=dict)  # by what it is about
    _due: Due = field(default_factory=Due)
    _at_hand: Batch = field(default_factory=Batch)
    _facts_came: bool = False  # facts that were pushed since the store was read
    _looked: float = 0.0
    _stopping: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def on_stored(self, rows: Sequence[Arrived]) -> None:
        """Called when rows are on disk; it returns at once, and raises nothing."""
        events = [row for row in rows if isinstance(row, EventRow)]
        if len(events) < len(rows) and not all(isinstance(row, EventRow | Aside) for row in rows):
            self._facts_came = True
        if events:
            self.inbox.put(events)

    def start(self) -> None:
        """In a thread of its own."""
        self._thread = Thread(target=self._work, name="react", daemon=True)
        self._thread.start()

    def stop(self, wait: float = 60) -> None:
        """What is at work is finished; what is not begun is left to the next run."""
        self._stopping.set()
        self.inbox.wake()
        if self._thread is not None:
            self._thread.join(wait)

    @property
    def told(self) -> Told | None:
        """What the run that is at work tells."""
        return self.run.told if self.run else None

    # --- the loop -----------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self.once(LOOK)
            except Exception as error:  # whatever it is, serve goes on, and so do we
                self._broke(error, self._at_hand)
                self._stopping.wait(_PATIENCE)
        self.end()

    def once(self, wait: float = 0.0) -> None:
        """Look what has changed, then take what came in and react to it."""
        if time.monotonic() - self._looked >= LOOK or self._resident is None:
            self._look()
            self._looked = time.monotonic()
        batch = self._at_hand = self.inbox.take(self._until_next(wait), self.gather)
        if batch.skipped:
            self._fell_behind(batch)
        if self._resident is not None and self.run is not None:
            self._react(self.run, self._resident, batch.rows)
            self._due.again = set()

    def _react(self, run: ReactRun, resident: Resident, rows: Sequence[EventRow]) -> None:
        begun, now = time.monotonic(), run.place.now()
        taken = resident.hear(rows, now)
        touched, only = self._due.now(taken, resident, now)
        if not touched:
            if rows:
                run.told.reacted(now, len(rows), taken.refused, 0, time.monotonic() - begun)
            return
        asking = resident.asking(now)
        answers = asking.answers_of(run.triggers(), touched, only)
        run.decide(answers, asking, touched.keys(), resident.stored.ids)
        seconds = time.monotonic() - begun + self.gather
        run.told.reacted(now, len(rows), taken.refused, len(touched), seconds)

    def _until_next(self, wait: float) -> float:
        """Not longer than until somebody is to be asked again."""
        if self.run is None or (first := self._due.next()) is None:
            return wait
        return min(wait, max(0.0, (first - self.run.place.now()).total_seconds()))

    # --- what it goes by ----------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Begin a run where another is over or other definitions hold; read the store again where it has changed."""
        self._playbooks = self._playbooks or Playbooks(self.opened())
        is_other = self._playbooks.look()
        self._say_mistakes(self._playbooks)
        definitions = self._playbooks.good
        if definitions is None or not reacting(definitions) or self._is_elsewhere():
            self.end()
            return
        if is_other or self.run is None or self.run.place.now() - self.run.begun >= LASTS:
            self._end_run()
            place = self.opened()
            try:
                self.run = ReactRun.begin(place, definitions)
            except BaseException:
                place.close()
                raise
        if is_other or self._is_old(self.run):
            self._read_store(self.run)

    def _is_elsewhere(self) -> bool:
        """Events in a warehouse are not in this process: nobody could say what an account has done."""
        assert self._playbooks is not None, "read before"
        if self._playbooks.place.settings.engine_url is None:
            return False
        self._say_once(
            "engine",
            "with EXPANSION_ENGINE_URL set nothing reacts at once: events are rolled up in the warehouse; triggers "
            "with `check: on_event` are evaluated in every run",
        )
        return True

    def _is_old(self, run: ReactRun) -> bool:
        resident = self._resident
        if resident is None or resident.heard > MOST_HEARD:
            return True
        if stored_state(run.place.store.root) != self._read:
            return True
        return run.place.now() - resident.population.as_of > (FACTS_AFTER if self._facts_came else READ_AGAIN)

    def _read_store(self, run: ReactRun) -> None:
        """All that was pushed is brought in first, as a run does: so nothing that was heard is lost with the memory."""
        if self._resident is not None:
            self._resident.close()  # else files that others have replaced would stay as long as this process
            self._resident = None
        place, definitions, now = run.place, run.definitions, run.place.now()
        run.sending.read_again(now)
        triggers = reacting(definitions)
        self._facts_came = False  # before they are brought in: those that come meanwhile are for the next time
        place.events.prepare(definitions.vocabulary, triggers)
        unread(place.store.root)
        self._read = stored_state(place.store.root) or ()
        workspace = definitions.workspace
        self._resident = Resident.of(place.store, definitions.vocabulary, triggers, now, besides(workspace, triggers))
        self._say_once("triggers", f"reacts to events: {', '.join(sorted(one.trigger for one in triggers))}")

    # --- what is wrong ------------------------------------------------------------------------------------------------

    def _fell_behind(self, batch: Batch) -> None:
        """What waited was let go: it is read from the store, and each account is asked about as it stands now."""
        if self.run is None or self._resident is None:
            return
        self.run.told.notice(
            "more events came in than could be reacted to one by one; their accounts were asked as they stood then"
        )
        self.say(f"reacting fell behind: {batch.skipped:,} events are read from the store instead; none is lost")
        self._due.again |= batch.people
        self._read_store(self.run)

    def _broke(self, error: Exception, batch: Batch) -> None:
        """Say it, and begin anew from what is stored. Whose events broke it are asked about once more, and not twice:
        the next run comes to them."""
        _log.error("reacting broke off", exc_info=error)
        if self.run is not None:
            self.run.told.broken("reacting", error)
        self.say(f"reacting broke off ({type(error).__name__}) and begins anew; events are taken all the same")
        if self._resident is not None:
            self._resident.close()
        self._resident = None
        self._due = Due(again=set() if self._due.again else {*batch.people, *map(named, batch.rows)})

    def _say_mistakes(self, playbooks: Playbooks) -> None:
        if playbooks.mistakes is not None:
            goes_on = "reacting goes on by the last good ones" if playbooks.good else "nothing reacts until then"
            self._say_once("mistakes", f"the playbooks have mistakes, and {goes_on}:\n\n{playbooks.mistakes}")
        else:
            self._said.pop("mistakes", None)

    def _say_once(self, about: str, sentence: str) -> None:
        if sentence != self._said.get(about):
            self._said[about] = sentence
            self.say(sentence)

    def _end_run(self) -> None:
        if self.run is not None:
            run, self.run = self.run, None
            run.finish()

    def end(self) -> None:
        """Let go of all that is open; `stop` does it in the thread."""
        self._end_run()
        if self._resident is not None:
            self._resident.close()
            self._resident = None
