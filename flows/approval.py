"""The flow `approval`: it pauses with a form that shows what waits for a person, and does what the form says.

The same as `expansion approve`, for those who are in Prefect's UI anyway. It holds up no other run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar
from uuid import UUID

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.flow_runs import aresume_flow_run, pause_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from prefect.states import Completed
from pydantic import Field, create_model

from expansion.text.harmless import in_markdown, link_in_markdown, visible
from flows.alerting import emit, waits_for_you
from flows.opening import open_place
from jobs.approve import approve, decline, signed, waiting, with_joined
from jobs.clock import moment
from jobs.place import Place
from jobs.questions import Question, questions

P = ParamSpec("P")
T = TypeVar("T")
Choice = Literal["decide later", "approve and send", "decline"]

MOST = 25  # questions that a person still reads in one form
LOOKS_EVERY = 10  # seconds: Prefect has no way to wake a flow that waits
_LEEWAY = 600  # seconds: the server lets no run go on whose time is over


@flow(name="approval", flow_run_name="approval", retries=0)
async def approval(
    most: int = MOST, hours: float = 24, as_of: datetime | None = None, looks_every: int = LOOKS_EVERY
) -> State[Any]:
    """Ask a person about the `most` valuable firings that wait, for so many hours; what nobody answers goes on waiting.

    What is let go is decided with the facts of that moment, or of `as_of`: suppressions, pauses and attention budgets
    still hold. Its steps go out with the next run.
    """
    found = await _with_place(waiting)
    if not found:
        return Completed(message="nothing waits for a person")
    emit([waits_for_you(len(found))], str(flow_run.id) if flow_run.id else None)
    asked = (await _with_place(questions, found))[:most]
    seconds = round(hours * 3600)
    paused = pause_flow_run(form_of(asked), timeout=seconds + _LEEWAY, poll_interval=looks_every)
    try:
        answer: Any = await asyncio.wait_for(paused, seconds)
    except TimeoutError:
        # A run that ends while it is paused would count as failed: it goes on first.
        await aresume_flow_run(UUID(flow_run.id), {"by": "nobody"})
        return Completed(message=f"nobody answered; {len(found)} firings go on waiting")
    chosen = {firing.id: getattr(answer, _field(one)) for one in asked for firing in one.firings}
    said = await _with_place(_settle, chosen, signed(answer.by, answer.note), moment(as_of) if as_of else None)
    return Completed(message=said)


def form_of(asked: Sequence[Question]) -> type[Any]:
    """A form with these questions. The one who answers has to sign: Prefect does not say who it was."""
    fields: dict[str, Any] = {_field(one): (Choice, _choosing(one)) for one in asked}
    by = Field(min_length=1, title="Your name", description="Stands in the ledger with what you decide.")
    note = Field("", title="A note", description="Why; stands in the ledger too.")
    return create_model("Approval", __base__=RunInput, by=(str, by), **fields, note=(str, note))


def _field(question: Question) -> str:
    return f"firing_{question.firings[0].id}"


def _choosing(question: Question) -> Any:
    """Prefect shows the description as Markdown, and the title as it is."""
    links = [link_in_markdown(label, to) for label, to in question.links]
    said = "\n\n".join([*map(in_markdown, question.lines), *links])
    return Field("decide later", title=visible(question.title), description=said)


def _settle(place: Place, chosen: dict[int, Choice], by: str, as_of: datetime | None) -> str:
    """What is declined first: what is let go takes along what is joined with it and still waits."""
    no = [one for one in waiting(place) if chosen.get(one.id) == "decline"]
    declined = decline(place, no, by, place.now) if no else 0
    yes = [one for one in waiting(place) if chosen.get(one.id) == "approve and send"]
    outcome = approve(place, with_joined(place, yes), by, as_of or place.now(), place.now) if yes else None
    acting = sum(one.decision == "acting" for one in outcome.decided) if outcome else 0
    kept = len(yes) - acting if acting < len(yes) else 0
    parts = [f"{acting} approved, sent with the next run", f"{declined} declined"]
    parts += [f"{kept} not sent: the ledger has why (expansion ledger)"] if kept else []
    return ", ".join(parts)


async def _with_place(work: Callable[Concatenate[Place, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """In a thread, with a place of its own: nothing is held open while people think."""

    def done() -> T:
        place = open_place()
        try:
            return work(place, *args, **kwargs)
        finally:
            place.close()

    return await asyncio.to_thread(done)
