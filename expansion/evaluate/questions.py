"""Questions to an engine: who fires, who is over, who cannot be told about; which clauses hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from expansion.evaluate.causes import Causes
from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.engine import Engine
from expansion.evaluate.logic import CANNOT_TELL, MEANING, NO, YES
from expansion.evaluate.results import Answer, Answers
from expansion.evaluate.source import Source
from expansion.evaluate.subjects import Chosen, Subject, UserOf
from expansion.language.model.models import Trigger
from expansion.usage.facts import naive
from expansion.usage.forms.duck import quote, quote_list
from expansion.usage.identity.members import still_there


def answers(engine: Engine, triggers: Sequence[Trigger]) -> dict[str, Answers]:
    """Every trigger for everybody, measured together."""
    compiled = {trigger.trigger: engine.compiled(trigger) for trigger in triggers}
    engine.measure([node for one in compiled.values() for node in one.nodes()])
    return {name: _summary(engine, one) for name, one in compiled.items()}


def _summary(engine: Engine, compiled: CompiledTrigger) -> Answers:
    fires, held, ids = engine.answer(compiled.fires), engine.answer(compiled.holds_on), engine.subjects.ids
    unknown = np.flatnonzero(fires == CANNOT_TELL).tolist()
    return Answers(
        compiled.name,
        engine.as_of,
        frozenset(ids[place] for place in np.flatnonzero(fires == YES).tolist()),
        Chosen(engine.subjects, held == NO),
        {ids[place]: cause for place, cause in Causes(engine).of(compiled.fires, unknown).items()},
        engine.size,
    )


def holds(engine: Engine, clauses: Sequence[Any], account_ids: Iterable[str]) -> dict[str, Answer]:
    """All the clauses together, for each account; accounts nobody has heard of cannot be told about."""
    node = engine.compiler.clauses(clauses)
    engine.measure([node])
    found, index = engine.answer(node), engine.subjects.index
    return {
        account: MEANING[int(found[index[account]])] if account in index else Answer.CANNOT_TELL
        for account in account_ids
    }


def people_of(source: Source, as_of: datetime, accounts: Sequence[Subject]) -> list[UserOf]:
    """The known people of a few accounts."""
    moment, names = quote(str(naive(as_of))), quote_list(map(str, accounts))
    rows = source.con.execute(
        f"SELECT DISTINCT account_id, user_id FROM {source.users()} "
        f"WHERE first_seen <= TIMESTAMP {moment} AND account_id IN ({names}) "
        f"AND {still_there(source.facts, as_of)} ORDER BY ALL"
    )
    return [UserOf(account, user) for account, user in rows.fetchall()]


def nearest(engine: Engine, trigger: Trigger, account_id: str) -> UserOf:
    """Of an account's people the first for whom the answer is nearest to yes; nobody where none is known."""
    compiled = engine.compiled(trigger)
    engine.measure(compiled.nodes())
    found = engine.answer(compiled.fires)
    mine = [(-int(found[place]), one) for one, place in engine.subjects.index.items() if one[0] == account_id]
    return min(mine)[1] if mine else UserOf(account_id, "")  # type: ignore[return-value]  # people are asked here
