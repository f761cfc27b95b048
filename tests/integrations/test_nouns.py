"""What comes in, as nouns of the contract: a made-up system declares each, and gives it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, Self

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.contract import Arrived, EventRow, Expected, Merge, NoAccess, Outcome, Refused
from integrations.kit.declare import Connected, Integration, SourceBase
from integrations.kit.inbound import Call, InboundBase
from integrations.kit.world import World

WON = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = "gadget-signing-secret"


class Settings(BaseSettings):
    """Of the made-up system."""

    model_config = SettingsConfigDict(env_prefix="GADGET_")
    signing_secret: SecretStr


class Deals(SourceBase):
    """Its deals and its accounts."""

    name = "gadget.deal"
    title = "Deals in Gadget"
    gives = frozenset({"outcomes", "merges"})
    expected = Expected(lag=timedelta(hours=3), at_least=Fraction(3, 10))

    def outcomes(self, since: datetime | None, currency: str) -> Iterator[Outcome]:
        found = [
            Outcome(self.name, "acme", "expansion", WON, "d-1", "Upsell", "seats", Decimal("1200.00"), "EUR"),
            Outcome(self.name, "initech", "contraction", WON + timedelta(days=1), "d-2"),
        ]
        yield from (one for one in found if since is None or one.at > since)

    def merges(self, since: datetime | None) -> Iterator[Merge]:
        yield Merge(self.name, "account", "acme-inc", "acme", WON)
        yield Merge(self.name, "user", "anon-7", "ana", WON, known_at=WON + timedelta(hours=1))


class Events(InboundBase):
    """What its library posts: a list of events, signed with the time of sending."""

    name: ClassVar[str] = "gadget.events"
    title: ClassVar[str] = "Events of Gadget's library"
    settings_model: ClassVar[type[BaseSettings]] = Settings
    paths: ClassVar[tuple[str, ...]] = ("/gadget",)
    window = timedelta(minutes=5)

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._secret, self._now = secret, now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        return cls(settings.signing_secret.get_secret_value(), world.now)

    def verify(self, call: Call) -> None:
        raw, headers = call.raw, call.headers
        sent = headers.get("x-gadget-time", "")
        if not (sent.isascii() and sent.isdigit()) or len(sent) > 12:
            raise NoAccess("gadget: no time of sending stands in the request")
        if abs(self._now() - datetime.fromtimestamp(int(sent), UTC)) > self.window:
            raise NoAccess("gadget: it was sent too long ago, or its clock is wrong")
        if not hmac.compare_digest(signature(sent, raw).encode(), headers.get("x-gadget-signature", "").encode()):
            raise NoAccess("gadget: the signature is not ours")

    def rows(self, call: Call) -> Iterator[Arrived]:
        sent = call.json
        for one in sent if isinstance(sent, list) else [sent]:
            told: dict[str, Any] = one if isinstance(one, dict) else {}
            if told.get("type") == "alias":
                yield Merge(self.name, "user", told["from"], told["to"], datetime.fromisoformat(told["at"]))
            else:
                yield EventRow(told.get("id"), told.get("event"), told.get("at"), told.get("account"), None, {})


GADGET = Integration(
    "gadget",
    "Gadget",
    Settings,
    lambda settings, world: Connected(
        sources={Deals.name: Deals()},
    ),
    sources={Deals.name: Deals},
    inbound={Events.name: Events},
)


def signature(sent: str, raw: bytes) -> str:
    return hmac.new(SECRET.encode(), sent.encode() + b"." + raw, hashlib.sha256).hexdigest()


def headers(raw: bytes, sent: datetime = WON) -> dict[str, str]:
    at = str(int(sent.timestamp()))
    return {"x-gadget-time": at, "x-gadget-signature": signature(at, raw)}


def call(raw: bytes, named: Mapping[str, str] | None = None) -> Call:
    return Call("POST", "/gadget", "", named or {}, raw)


@pytest.fixture
def gadget(monkeypatch: pytest.MonkeyPatch) -> Connected:
    monkeypatch.setenv("GADGET_SIGNING_SECRET", SECRET)
    return GADGET.connected(World(now=lambda: WON))


@pytest.fixture
def inbound(gadget: Connected) -> InboundBase:
    door = GADGET.inbound["gadget.events"].open(World(now=lambda: WON))
    assert door is not None
    return door


def test_a_source_gives_outcomes_and_merges_and_says_what_to_expect(gadget: Connected) -> None:
    deals = gadget.sources["gadget.deal"]
    assert [(one.kind, one.amount, one.remote_id) for one in deals.outcomes(None, "EUR")] == [
        ("expansion", Decimal("1200.00"), "d-1"), ("contraction", None, "d-2"),
    ]  # fmt: skip
    assert [one.remote_id for one in deals.outcomes(WON, "EUR")] == ["d-2"]
    assert {one.of: (one.former_id, one.id) for one in deals.merges(None)} == {
        "account": ("acme-inc", "acme"), "user": ("anon-7", "ana"),
    }  # fmt: skip
    assert deals.expected == Expected(timedelta(hours=3), Fraction(3, 10))
    assert Deals.words().gives == {"outcomes", "merges"}


def test_a_source_that_declares_nothing_expects_nothing_and_gives_neither() -> None:
    assert SourceBase.expected is None
    with pytest.raises(NotImplementedError):
        SourceBase().outcomes(None, "EUR")
    with pytest.raises(NotImplementedError):
        SourceBase().merges(None)


def test_what_is_declared_is_what_is_connected(gadget: Connected) -> None:
    assert {name: type(one) for name, one in gadget.sources.items()} == dict(GADGET.sources)
    assert GADGET.models == (Settings,)
    assert Events.words().pushed
    assert Integration("bare", "Bare", Settings, lambda settings, world: Connected()).inbound == {}


def test_a_signed_request_is_let_in_and_read(inbound: InboundBase) -> None:
    raw = b'[{"id": "e1", "event": "Login", "at": 1772442000, "account": "acme"}, 7, '
    raw += b'{"type": "alias", "from": "anon-7", "to": "ana", "at": "2026-03-02T09:00:00+00:00"}]'
    inbound.verify(call(raw, headers(raw)))
    assert list(inbound.rows(call(raw))) == [
        EventRow("e1", "Login", 1772442000, "acme", None, {}),
        EventRow(None, None, None, None, None, {}),
        Merge("gadget.events", "user", "anon-7", "ana", WON),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        headers(b"another body"),
        headers(b"[]", WON - timedelta(minutes=6)),
        headers(b"[]", WON + timedelta(minutes=6)),
        headers(b"[]") | {"x-gadget-time": "yesterday"},
        headers(b"[]") | {"x-gadget-time": "9" * 40},
        headers(b"[]") | {"x-gadget-signature": "é"},
    ],
)
def test_whatever_else_comes_is_no_access(inbound: InboundBase, wrong: dict[str, str]) -> None:
    inbound.verify(call(b"[]", headers(b"[]")))
    with pytest.raises(NoAccess):
        inbound.verify(call(b"[]", wrong))


def test_what_cannot_be_read_at_all_is_refused(inbound: InboundBase) -> None:
    with pytest.raises(Refused):
        list(inbound.rows(call(b"<html>")))


# --- what a noun refuses ----------------------------------------------------------------------------------------------

OUTCOME: dict[str, Any] = {
    "source": "gadget.deal", "account_id": "acme", "kind": "expansion", "at": WON, "remote_id": "d-1",
    "amount": Decimal(1), "currency": "EUR",
}  # fmt: skip
MERGE: dict[str, Any] = {"source": "gadget.deal", "of": "user", "former_id": "a", "id": "b", "at": WON}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"account_id": " "}, "`account_id` is empty"),
        ({"remote_id": ""}, "`remote_id` is empty"),
        ({"at": datetime(2026, 3, 2)}, "`at` has no time zone"),
        ({"known_at": datetime(2026, 3, 2)}, "`known_at` has no time zone"),
        ({"kind": "won"}, "an expansion or a contraction, not `won`"),
        ({"amount": Decimal(-1)}, "from 0 on, not -1"),
        ({"amount": Decimal("NaN")}, "from 0 on, not NaN"),
        ({"currency": None}, "an amount has a currency"),
        ({"amount": None}, "an amount has a currency"),
        ({"currency": "eur"}, "three capitals, not `eur`"),
    ],
)
def test_an_outcome_that_makes_no_sense(changed: dict[str, Any], said: str) -> None:
    assert Outcome(**OUTCOME).amount == 1
    with pytest.raises(ValueError, match=said):
        Outcome(**OUTCOME | changed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"former_id": ""}, "`former_id` is empty"),
        ({"id": "a"}, "`a` cannot be merged into itself"),
        ({"of": "team"}, "an account or a user, not `team`"),
        ({"by_record": True}, "only records of accounts are looked up"),
        ({"at": datetime(2026, 3, 2)}, "`at` has no time zone"),
    ],
)
def test_a_merge_that_makes_no_sense(changed: dict[str, Any], said: str) -> None:
    assert Merge(**MERGE).id == "b"
    assert Merge(**MERGE | {"of": "account", "id": "a", "by_record": True}).former_id == "a", "a record of that number"
    with pytest.raises(ValueError, match=said):
        Merge(**MERGE | changed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lag": timedelta(seconds=-1)}, "`lag`"),
        ({"at_least": Fraction(11, 10)}, "`at_least`"),
        ({"at_least": Fraction(-1)}, "`at_least`"),
        ({"at_most": Fraction(9, 10)}, "`at_most`"),
        ({"unmatched": Fraction(2)}, "`unmatched`"),
    ],
)
def test_an_expectation_that_makes_no_sense(changed: dict[str, Any], said: str) -> None:
    least = {"lag": timedelta(), "at_least": Fraction(1), "at_most": Fraction(1), "unmatched": Fraction(0)}
    assert Expected(**least).lag == timedelta()  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=said):
        Expected(**least | changed)
