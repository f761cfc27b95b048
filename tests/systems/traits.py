"""Systems whose actions set properties of accounts: pieces, and what their stand-ins count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from expansion.contract import Piece
from expansion.follow.inputs import TakeBack
from expansion.records.ledger import StepRecord
from integrations.kit.declare import ActionBase
from integrations.kit.traits import SetProperties
from sandbox.kit.answers import Answers
from sandbox.kit.traits import SET, mark
from tests.integrations.conftest import StandIns
from tests.integrations.contract import Case, key_of, number_of, piece
from tests.systems.declare import About, Mark, Record, Work

PLAY = {"expansion_play": "seats"}
TOO_LONG = "x" * 40_000


def setting(key: str = "one", account: str = "acct-0", **given: Any) -> Piece:
    return piece(SetProperties(**{"properties": PLAY, **given}), key, account, "Acme")


def taking_back(key: str = "one", account: str = "acct-0", **given: Any) -> Piece:
    made = {"properties": PLAY, "afterwards": {}, **given}
    return piece(TakeBack(step=key_of("before"), remote_id=account, made=made), key, account, "Acme")


def case(
    there: StandIns, system: str, action: Callable[[], ActionBase], *, back: bool, answers: Answers, **more: Any
) -> Case:
    """The contract's case of one that sets, or of one that sets back."""
    make, after = (taking_back, {"expansion_play": False}) if back else (setting, PLAY)
    bad = {TOO_LONG: "x"} if back else {"expansion_play": TOO_LONG}
    given: dict[str, Any] = {
        "stand_ins": there,
        "vendor": system,
        "connect": action,
        "good": lambda name: make(name, f"acct-{number_of(name)}"),
        "bad": make("bad", "acct-0", properties=bad),
        "answers": answers,
        "what": SET,
        "counted_by": lambda one: mark(one.account.account_id, after),
        "once": False,
        "findable": False,
    }
    return Case(**(given | more))


def _good(about: About) -> Record:
    return {"properties": {"expansion_play": f"chaos {about.place}"}}


def _bad(about: About) -> Record:
    return {"properties": {"expansion_play": TOO_LONG}}


def _marks(step: StepRecord) -> list[Mark]:
    return [(SET, mark(step.account_id, (step.input or {})["properties"]))]


WORK = Work(_good, _bad, _marks, sets_again=True)
