"""Small worlds to evaluate: a store filled as written, and hypothesis strategies that aim at edges."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from expansion.evaluate.engine import Vocabulary
from expansion.language.models import Facts, Policy, Trigger
from expansion.usage import manifest as manifests
from expansion.usage.facts import FACT_COLUMNS, cohort_field, cohort_key
from expansion.usage.manifest import FactFile, Manifest, Pulls
from expansion.usage.store import EVENT_COLUMNS, UsageStore
from tests.evaluate.oracle import Oracle

Definition = dict[str, Any]

POLICY: Definition = {
    "time_zone": "UTC",
    "currency": "USD",
    "working_hours": {"days": ["mon"], "from": "09:00", "to": "17:00"},
    "owners": {"fallback": "revops@acme.example"},
    "tiers": {"more_seats": {"title": "More seats", "worth": {"flat": 1000}, "likely": "10%"}},
}

CRM = "crm.account"
FACTS: dict[str, Definition] = {
    "seats_used": {"from": CRM, "field": "used", "kind": "number"},
    "seats_bought": {"from": CRM, "field": "bought", "kind": "number"},
    "arr": {"from": CRM, "field": "ARR__c", "kind": "money"},
    "discount": {"from": CRM, "field": "discount", "kind": "percent"},
    "plan": {"from": CRM, "field": "Plan", "kind": "text"},
    "in_trial": {"from": CRM, "field": "trial", "kind": "yes_no"},
    "renews_on": {"from": CRM, "field": "renewal", "kind": "date"},
    "regions": {"from": CRM, "field": "regions", "kind": "list"},
    "seat_usage": {"ratio": ["seats_used", "seats_bought"]},
    "exports": {"times": ["export", "print"], "over": "7 days", "where": {"rows": {"at_least": 10}}},
    "exporters": {"people": "export", "over": "2 weeks"},
    "export_days": {"days": "export", "over": "1 month"},
    "exports_each": {"ratio": ["exports", "exporters"]},
    "exporters_share": {"ratio": ["exporters", "seats_bought"]},
}
COHORTS: dict[str, Definition] = {
    "paying": {"when": [{"fact": "arr", "at_least": 1000}]},
    "full": {"when": [{"fact": "seat_usage", "at_least": "80%", "for": "2 days"}]},
    "vip": {"from": "mixpanel.cohort", "name": "VIP"},
}


def trigger(name: str = "t", **written: Any) -> Trigger:
    """A trigger of which only what matters is said."""
    rest = {"title": name, "owner": "revops@acme.example", "status": "live", "leads_to": "more_seats"}
    return Trigger.model_validate({"trigger": name, **rest, "then": {"playbook": "p"}, **written})


def vocabulary(zone: str = "UTC", facts: Definition | None = None, **policy: Any) -> Vocabulary:
    written = {"facts": FACTS, "cohorts": COHORTS} if facts is None else facts
    return Vocabulary(Facts.model_validate(written), Policy.model_validate({**POLICY, "time_zone": zone, **policy}))


def event(
    account: str = "acme",
    name: str = "export",
    at: datetime | None = None,
    user: str = "",
    seen: datetime | None = None,
    key: str | None = None,
    **properties: Any,
) -> Definition:
    assert at is not None
    key = key or f"{account}-{name}-{at.isoformat()}-{user}-{json.dumps(properties, sort_keys=True)}"
    return {
        "id": key, "event": name, "at": at, "seen": max(at, seen or at), "account": account, "user": user,
        "properties": properties,
    }  # fmt: skip


def change(account: str, fact: str, value: str | None, since: datetime, seen: datetime | None = None) -> Definition:
    source, name = FACTS[fact]["from"], FACTS[fact]["field"]
    return {
        "source": source, "field": name, "account": account, "value": value, "since": since,
        "seen": max(since, seen or since),
    }  # fmt: skip


def member(account: str, cohort: str, inside: bool, since: datetime) -> Definition:
    definition = COHORTS[cohort]
    return {
        "source": definition["from"], "field": cohort_field(definition["name"]), "account": account,
        "value": "true" if inside else "false", "since": since, "seen": since,
    }  # fmt: skip


# --- into a store -----------------------------------------------------------------------------------------------------


def fill(
    root: Path,
    batches: Iterable[Sequence[Definition]] = (),
    changes: Sequence[Definition] = (),
    spans: Iterable[tuple[datetime, datetime]] = (),
    first_pulls: dict[str, datetime] | None = None,
) -> UsageStore:
    """A store that holds these events, batch by batch, and these fact changes; `spans` are known, nothing else.

    `first_pulls` is by cohort and by source; a source of facts that is not said was pulled long ago.
    """
    store = UsageStore(root)
    con = store.connect()
    for batch in batches:
        con.register("batch", _event_table(batch))
        store.add_events(con, f"SELECT {EVENT_COLUMNS} FROM batch", ())
    store.cover(tuple(spans))
    pulls = {_pull_key(name): Pulls(at, at) for name, at in {CRM: _LONG_AGO, **(first_pulls or {})}.items()}
    _add_changes(store, changes, pulls)
    return store


_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def _pull_key(name: str) -> str:
    return cohort_key(COHORTS[name]["from"], COHORTS[name]["name"]) if name in COHORTS else name


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _event_table(events: Sequence[Definition]) -> pa.Table:
    rows = [
        (e["id"], e["event"], _naive(e["at"]), _naive(e["seen"]), e["account"], e["user"], json.dumps(e["properties"]))
        for e in events
    ]
    return _table(EVENT_COLUMNS, rows)


def _table(names: str, rows: list[tuple[Any, ...]]) -> pa.Table:
    moments = ("ts", "seen_at", "since")
    schema = pa.schema([(n, pa.timestamp("us") if n in moments else pa.string()) for n in names.split(", ")])
    return pa.table([list(c) for c in zip(*rows, strict=True)] or [[] for _ in schema], schema=schema)


def _add_changes(store: UsageStore, changes: Sequence[Definition], pulls: dict[str, Pulls]) -> None:
    now: Manifest = store.manifest()
    (store.root / "facts").mkdir(parents=True, exist_ok=True)
    rows = [
        (c["source"], c["field"], c["account"], "", c["value"], _naive(c["since"]), _naive(c["seen"])) for c in changes
    ]
    pq.write_table(_table(FACT_COLUMNS, rows), store.root / "facts/all.parquet")
    files = (FactFile("facts/all.parquet", len(rows)),) if rows else ()
    manifests.save(store.root, replace(now, facts=files, pulls=pulls))


# --- drawn by hypothesis ----------------------------------------------------------------------------------------------

ACCOUNTS = ("acme", "globex", "initech", "o'hara", "umbrella", "zoë")
USERS = ("", "ana", "ben", "eve")
EVENTS = ("export", "print", "paywall")

# Days around which clocks change, and one that is plain. Havana's change over midnight.
MOMENTS = {
    "Europe/London": ("2026-03-29", "2025-10-26", "2026-03-31"),
    "America/New_York": ("2026-03-08", "2025-11-02"),
    "America/Havana": ("2026-03-08", "2025-11-02"),
    "Asia/Kolkata": ("2026-03-01",),
    "Australia/Lord_Howe": ("2026-04-05",),
    "UTC": ("2026-03-03", "2024-02-29"),
}


@dataclass
class World:
    """What is stored, and the moment of the check."""

    zone: str
    as_of: datetime
    batches: list[list[Definition]]
    changes: list[Definition]
    spans: list[tuple[datetime, datetime]]
    first_pulls: dict[str, datetime] = field(default_factory=lambda: {CRM: _LONG_AGO})
    late: str = "2 days"

    @property
    def vocabulary(self) -> Vocabulary:
        return vocabulary(self.zone, events={"late_after": self.late})

    def store(self, root: Path) -> UsageStore:
        return fill(root, self.batches, self.changes, self.spans, self.first_pulls)

    def oracle(self) -> Oracle:
        count, unit = self.late.split()
        late = timedelta(days=int(count)) if unit.startswith("day") else timedelta(hours=int(count))
        events = [e for batch in self.batches for e in sorted(batch, key=lambda e: (e["seen"], e["at"], e["event"]))]
        return Oracle(
            events, self.changes, FACTS, COHORTS, ZoneInfo(self.zone), self.as_of, self.spans, late, self.first_pulls
        )


def worlds() -> st.SearchStrategy[World]:
    """Worlds made from a seed: far quicker than drawing every event, and what shrinks well is the definitions."""
    return st.integers(0, 2**32 - 1).map(_world)


def _world(seed: int) -> World:
    rnd = Random(seed)
    zone = rnd.choice(sorted(MOMENTS))
    day = date.fromisoformat(rnd.choice(MOMENTS[zone])) + timedelta(days=rnd.randint(0, 2))
    at = rnd.choice([time(), time(0, 30), time(9), time(12, 0, 0, 1), time(23, 59, 59, 999999)])
    as_of = datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
    moments = _moments(zone, as_of)
    events = [_an_event(rnd, moments) for _ in range(rnd.choice([0, 20, 60, 90]))]
    changes = [_a_change(rnd, moments) for _ in range(rnd.choice([0, 30, 80]))]
    pulls = rnd.choice([{}, {"vip": as_of - timedelta(days=1)}, {"vip": as_of - timedelta(days=60)}])
    for pulled in list(pulls.values()):
        changes += [member(account, "vip", True, pulled) for account in ACCOUNTS[:4]]
        changes.append(member(ACCOUNTS[0], "vip", False, pulled + timedelta(hours=12)))
    pulls[CRM] = rnd.choice([_LONG_AGO, _LONG_AGO, as_of - timedelta(hours=30), as_of + timedelta(days=1)])
    spans = _some_spans(rnd, as_of, moments)
    return World(
        zone, as_of, _batched(rnd, events), changes, spans, pulls, rnd.choice(["2 days", "36 hours", "7 days"])
    )


def _moments(zone: str, as_of: datetime) -> list[datetime]:
    """Edges: midnights there and hours before the check, the nearer ones more often."""
    today = as_of.astimezone(ZoneInfo(zone)).date()
    days = [0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15, 27, 28, 29, 30, 31, 55, 56, 60]
    midnights = [datetime.combine(today - timedelta(days=d), time(), ZoneInfo(zone)).astimezone(UTC) for d in days]
    hours = [as_of - timedelta(hours=h) for h in (0, 0, 1, 2, 3, 6, 24, 25, 47, 48, 49, 96)]
    return [*midnights, *hours]


_STEPS = [timedelta(), timedelta(), timedelta(microseconds=1), timedelta(microseconds=-1), timedelta(hours=5)]
_DELAYS = [timedelta()] * 6 + [timedelta(minutes=30), timedelta(days=1), timedelta(days=9)]
_ROWS = [None, 0, 5, 10, 10, "10", 12.5, 10**15, "0.1", 7]
_FEATURES = [None, "sso", "sso", "SSO", "audit log", "10", "true", "", "2026-03-01"]


def _an_event(rnd: Random, moments: list[datetime]) -> Definition:
    at = rnd.choice(moments) + rnd.choice(_STEPS)
    properties: Definition = {}
    if rnd.random() < 0.6:
        properties["rows"] = "many" if rnd.random() < 0.03 else True if rnd.random() < 0.05 else rnd.choice(_ROWS)
    if rnd.random() < 0.6:
        properties["feature"] = rnd.choice(_FEATURES)
    who = (rnd.choice(ACCOUNTS), rnd.choice(EVENTS), at, rnd.choice(USERS), at + rnd.choice(_DELAYS))
    return event(*who, **properties)


def _batched(rnd: Random, events: list[Definition]) -> list[list[Definition]]:
    """In two batches; some are sent again, and one with other content, which is a repeat all the same."""
    if not events:
        return []
    cut = rnd.randint(0, len(events))
    first = list({e["id"]: e for e in events[:cut]}.values())
    second = list({e["id"]: e for e in events[cut:]}.values())
    again = rnd.sample(first, min(3, len(first)))
    changed = [{**one, "account": ACCOUNTS[1], "event": "print"} for one in again[:1]]
    return [first + again, second + changed]


_VALUES: dict[str, list[str | None]] = {
    "seats_used": ["40", "48", "40.0", "0", "50", None, "n/a"],
    "seats_bought": ["50", "50", "0", "60", "-50", None],
    "arr": ["999.99", "1000", "1000.00", "1e3", "", "120000"],
    "discount": ["20%", "0.2", "19.9%", "twenty"],
    "plan": ["Team", "team", "Enterprise", " Team ", None],
    "in_trial": ["true", "no", "1", "maybe"],
    "renews_on": ["2026-03-29", "2026-03-28T23:30:00-05:00", "2026-03-01T00:00:00", "2025-11-02"],
    "regions": ['["EU", "US"]', "EU; APAC", "[]"],
}


def _a_change(rnd: Random, moments: list[datetime]) -> Definition:
    fact = rnd.choice(sorted(_VALUES))
    since = rnd.choice(moments) + rnd.choice(_STEPS) - timedelta(days=rnd.choice([0, 40]))
    seen = since + rnd.choice([timedelta(), timedelta(), timedelta(), timedelta(days=3)])
    return change(rnd.choice(ACCOUNTS), fact, rnd.choice(_VALUES[fact]), since, seen)


def _some_spans(rnd: Random, as_of: datetime, moments: list[datetime]) -> list[tuple[datetime, datetime]]:
    """Mostly for ever; else with an end, a beginning, or a hole."""
    ever = (as_of - timedelta(days=400), as_of + timedelta(days=30))
    ends = sorted(rnd.sample(sorted(set(moments)), 3))
    hole = [(ever[0], ends[0]), (ends[1], ends[2])]
    begins, late = [(ends[0], ever[1])], [(ever[0], ends[2])]
    return rnd.choice([[ever], [ever], [ever], [ever], begins, late, hole, []])


# --- definitions ------------------------------------------------------------------------------------------------------


@st.composite
def _event_conditions(draw: st.DrawFn) -> Definition:
    written: Definition = {"event": draw(st.sampled_from([*EVENTS, ["export", "print"], "any event"]))}
    unit = draw(st.sampled_from(["days", "days", "weeks", "months", "hours", "hours", "minutes"]))
    counts = {"days": [1, 2, 7, 28], "weeks": [1, 4], "months": [1, 2], "hours": [1, 3, 24, 48], "minutes": [60, 1440]}
    written["over"] = f"{draw(st.sampled_from(counts[unit]))} {unit}"
    if draw(st.integers(0, 2)) == 0:
        written["where"] = draw(_wheres())
    what = draw(st.sampled_from(["times", "times", "people", "days", "distinct", "sum", "latest"]))
    if what == "latest":
        written["latest"] = "feature"
        word, wanted = draw(st.sampled_from(_ON_TEXT))
        written[word] = wanted
    else:
        if what in ("distinct", "sum"):
            written[what] = "rows"
        elif what != "times":
            written["count"] = what
        edges = [0, 1, 2, 3] if what != "sum" else [0, 10, 20, 25, 10**15, 0.1]
        written |= draw(_number_comparisons(edges, growth=True))
    if draw(st.integers(0, 3)) == 0:
        written["by_at_least"] = draw(st.sampled_from(["1 person", "2 people"]))
    if draw(st.integers(0, 3)) == 0:
        written["on_at_least"] = draw(st.sampled_from(["1 day", "2 days"]))
    if ("by_at_least" in written or "on_at_least" in written) and draw(st.booleans()):
        written = {key: value for key, value in written.items() if key not in _WORDS}
    return written


_ON_TEXT: list[tuple[str, Any]] = [
    ("is", "sso"), ("is_not", "sso"), ("is_one_of", ["sso", "10"]), ("is_not_one_of", ["SSO"]), ("contains", "S"),
    ("starts_with", "AUD"), ("exists", True), ("exists", False),
]  # fmt: skip
_WORDS = {"at_least", "more_than", "at_most", "less_than", "is", "is_not", "is_one_of", "is_not_one_of", "between"}
_WORDS |= {"grew_at_least", "fell_at_least", "from_at_least", "clears_below", "contains", "starts_with", "exists"}


@st.composite
def _wheres(draw: st.DrawFn) -> Definition:
    return draw(
        st.sampled_from(
            [
                {"rows": 10},
                {"rows": {"at_least": 10}},
                {"rows": {"between": [5, 12.5]}},
                {"rows": {"is_not": 10}},
                {"rows": {"less_than": 10**16}},
                {"feature": "sso"},
                {"feature": ["sso", "audit log"]},
                {"feature": {"contains": "so"}, "rows": {"exists": True}},
                {"feature": {"starts_with": "Audit"}},
                {"feature": {"exists": False}},
                {"feature": {"is_not_one_of": ["sso", "10"]}},
                {"feature": {"after": "2026-02-28"}},
                {"feature": {"before": "2026-03-01"}},
                {"rows": True},
            ]
        )
    )


@st.composite
def _number_comparisons(draw: st.DrawFn, edges: list[Any], growth: bool) -> Definition:
    edge = draw(st.sampled_from(edges))
    word = draw(
        st.sampled_from(
            ["at_least"] * 3 + ["more_than", "at_most", "at_most", "less_than", "is", "is_not", "is_one_of"]
            + ["is_not_one_of", "between"] + (["grew_at_least", "fell_at_least"] if growth else [])
        )
    )  # fmt: skip
    if word in ("grew_at_least", "fell_at_least"):
        base = {"from_at_least": draw(st.sampled_from([1, 2, 40]))} if draw(st.booleans()) else {}
        return {word: draw(st.sampled_from(["20%", "50%", "100%", "10%"])), **base}
    if word in ("is_one_of", "is_not_one_of"):
        return {word: [edge, edges[-1]]}
    if word == "between":
        return {word: [edge, max(edges, key=_size)]}
    if word in ("at_least", "more_than") and draw(st.integers(0, 2)) == 0:
        return {word: edge, "clears_below": edges[0]}
    return {word: edge}


def _size(edge: Any) -> float:
    return float(str(edge).removesuffix("%"))


@st.composite
def _fact_conditions(draw: st.DrawFn) -> Definition:
    sort = draw(st.sampled_from(["number", "share", "count", "text", "other"]))
    if sort == "text":
        word, wanted = draw(st.sampled_from([(w, _plans(v)) for w, v in _ON_TEXT]))
        return {"fact": "plan", word: wanted}
    if sort == "other":
        return draw(st.sampled_from(_OTHERS))
    facts, edges = {
        "number": (["seats_used", "seats_bought", "arr"], [40, 48, 50, 1000, 999.99]),
        "share": (["seat_usage", "discount", "exporters_share"], ["20%", "80%", "19.9%", "96%"]),
        "count": (["exports", "exporters", "export_days", "exports_each"], [0, 1, 2]),
    }[sort]
    written: Definition = {"fact": draw(st.sampled_from(facts)), **draw(_number_comparisons(list(edges), growth=True))}
    if "grew_at_least" in written or "fell_at_least" in written:
        written["over"] = draw(st.sampled_from(["1 day", "7 days", "28 days", "1 month", "24 hours"]))
        if sort == "share" and "from_at_least" in written:
            written["from_at_least"] = "20%"
    return written


def _plans(value: Any) -> Any:
    return {"sso": "Team", "S": "TEA", "AUD": "ent"}.get(value, value) if isinstance(value, str) else value


_OTHERS: list[Definition] = [
    {"fact": "in_trial", "is": True},
    {"fact": "in_trial", "is_not": True},
    {"fact": "renews_on", "before": "2026-03-29"},
    {"fact": "renews_on", "after": "2026-03-28"},
    {"fact": "renews_on", "is": "2026-03-28"},
    {"fact": "renews_on", "between": ["2025-11-02", "2026-03-28"]},
    {"fact": "renews_on", "older_than": "2 days"},
    {"fact": "renews_on", "newer_than": "1 month"},
    {"fact": "renews_on", "newer_than": "24 hours"},
    {"fact": "regions", "contains": "eu"},
    {"fact": "regions", "exists": False},
    {"fact": "seats_used", "exists": True},
    {"fact": "seat_usage", "exists": False},
    {"fact": "arr", "exists": False},
    {"cohort": "paying"},
    {"cohort": "full"},
    {"cohort": "full", "for": "2 days"},
    {"cohort": "vip"},
    {"cohort": "vip", "for": "3 days"},
]


def _with_dwell(condition: Definition, dwell: str | None) -> Definition:
    return {**condition, "for": dwell} if dwell and "for" not in condition else condition


_conditions = st.builds(
    _with_dwell,
    st.one_of(_event_conditions(), _fact_conditions()),
    st.sampled_from([None, None, None, "1 day", "3 days", "2 weeks"]),
)


def _groups(inner: st.SearchStrategy[Definition]) -> st.SearchStrategy[Definition]:
    lists = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda of: {"any_of": of}, lists),
        st.builds(lambda of: {"all_of": of}, lists),
        st.builds(lambda of: {"none_of": of}, lists),
        st.builds(lambda of, n: {"some_of": {"need": min(n, len(of)), "of": of}}, lists, st.integers(1, 2)),
    )


clauses = st.recursive(_conditions, _groups, max_leaves=4)


@st.composite
def triggers(draw: st.DrawFn) -> Definition:
    written: Definition = {"when": draw(st.lists(clauses, min_size=1, max_size=2))}
    if draw(st.integers(0, 2)) == 0:
        written["unless"] = draw(st.lists(clauses, min_size=1, max_size=1))
    if draw(st.integers(0, 3)) == 0:
        written["accounts"] = draw(st.sampled_from(sorted(COHORTS)))
    return written
