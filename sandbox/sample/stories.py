"""What happens in the accounts of the sample: planted stories, their near misses, and ordinary life around them.

A day is counted back from the moment of the sample: 0 is that day. `fires` names the triggers that are true of the
account; whether anything follows is for the guard rails (`held`) to say.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

DEPARTMENTS = ("Product", "Marketing", "Finance", "Operations", "Sales", "People", "Legal", "Research")
ADVANCED = ("single sign-on", "audit log", "data residency", "custom roles", "api limits")
PREMIUM = ("forecasting", "scenarios", "white label", "scheduled exports")


@dataclass(frozen=True)
class Shape:
    """One account's use of the product, before it becomes events."""

    plan: str = "Team"
    segment: str = "SMB"
    people: int = 8  # with a seat for longer than the sample reaches back
    joins: tuple[int, ...] = ()  # days on which one more person joined
    join_departments: tuple[str, ...] = ("Product",)  # in turn
    seats_bought: int | None = 20
    storage: tuple[int, int] = (40, 42)  # GB used: until four weeks ago, today
    storage_bought: int | None = 100
    upload_days: tuple[int, ...] = (3, 10, 17, 24)  # on which the difference was uploaded
    api: tuple[int, int] = (0, 0)  # calls a day: until four weeks ago, since
    api_spike: int = 0  # calls more, two days ago
    api_included: int | None = 100_000
    premium: tuple[int, int] = (0, 0)  # uses in the four weeks before, and in the last four
    premium_people: int = 3
    premium_features: int = 2
    builders: bool = False  # in the product team's cohort of people who build with premium features
    paywall: tuple[tuple[int, int], ...] = ()  # (day, person)
    support: tuple[tuple[int, int, str], ...] = ()  # (day, person, topic)
    boards: tuple[tuple[int, int, str], ...] = ()  # (day, person, use case)
    shares: tuple[tuple[int, int], ...] = ()  # (day, person), with another department
    arr: int | None = None  # else what the seats cost
    health: str = "green"
    internal: bool = False
    owner: str = "seller"  # or: nobody, left (no longer an active user of the CRM)
    deal: str | None = None  # an expansion opportunity in this stage
    parent: str | None = None  # the story whose first account is the parent


@dataclass(frozen=True)
class Story:
    """`count` accounts of which the same is told."""

    name: str
    count: int
    changes: dict[str, object]
    fires: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()  # triggers that cannot tell
    held: str | None = None


_SEATS = {"people": 38, "joins": (24, 23, 21, 19, 12, 9, 6, 3), "seats_bought": 50}
_PAYWALL = ((1, 0), (3, 1), (3, 1), (6, 2), (8, 0), (8, 3))
_STORAGE = {"storage": (150, 184), "storage_bought": 200}
_API = {"api": (3000, 4200), "api_included": 120_000, "plan": "Business"}
_PREMIUM = {"premium": (24, 48), "premium_people": 5, "premium_features": 3}
_SUPPORT = ((2, 0, ADVANCED[0]), (9, 1, ADVANCED[1]), (15, 0, ADVANCED[3]), (20, 2, "billing"))
_BOARDS = tuple(
    (day, n % 5, ("design review", "sales pipeline", "board reporting")[n % 3]) for n, day in enumerate(range(2, 44, 3))
)
_TEAMS = {
    "people": 14,
    "seats_bought": 60,
    "joins": (35, 30, 26, 22, 17, 11),
    "join_departments": DEPARTMENTS[1:5],
    "shares": tuple((day, n % 6) for n, day in enumerate(range(1, 26, 2))),
}

STORIES: tuple[Story, ...] = (
    # --- seats: nearly full for two weeks, and still growing
    Story("seats-nearly-full", 2, _SEATS, ("seat-limit",)),
    Story("seats-nearly-full-small", 2, {"people": 19, "joins": (22, 20, 18, 5), "seats_bought": 25}, ("seat-limit",)),
    Story(
        "seats-enterprise",
        2,
        {
            "people": 64,
            "joins": (26, 25, 24, 22, 21, 20, 19, 18, 16, 15, 10, 8, 4, 2),
            "seats_bought": 90,
            "plan": "Enterprise",
            "segment": "Enterprise",
            "arr": 148_000,
        },
        ("seat-limit",),
    ),
    Story(
        "seats-exactly-at-the-edge", 1, {"people": 40, "joins": (20, 18, 16, 15), "seats_bought": 55}, ("seat-limit",)
    ),
    Story("seats-no-owner", 1, {**_SEATS, "owner": "nobody"}, ("seat-limit",)),
    Story("seats-owner-left", 1, {**_SEATS, "owner": "left"}, ("seat-limit",)),
    Story("seats-parent", 1, _SEATS, ("seat-limit",)),
    Story("seats-child", 1, {**_SEATS, "parent": "seats-parent"}, ("seat-limit",)),
    Story("seats-and-paywall", 1, {**_SEATS, "paywall": _PAYWALL}, ("seat-limit", "paywall-several-people")),
    Story("seats-lost-deal-last-year", 1, {**_SEATS, "deal": "Closed Lost"}, ("seat-limit",)),
    Story("seats-full-but-flat", 2, {"people": 47, "seats_bought": 50}),
    Story("seats-growing-with-room", 2, {"people": 20, "joins": (25, 22, 20, 15, 11, 8, 4), "seats_bought": 60}),
    Story("seats-full-since-last-week", 1, {"people": 30, "joins": (8, 7, 5, 3, 2, 1), "seats_bought": 40}),
    Story(
        "seats-one-percent-short",
        1,
        {"people": 70, "joins": (24, 22, 21, 20, 19, 18, 17, 16, 15), "seats_bought": 100, "plan": "Business"},
    ),
    Story("seats-unknown", 2, {**_SEATS, "seats_bought": None}, unknown=("seat-limit",)),
    Story("seats-open-deal", 1, {**_SEATS, "deal": "Proposal"}, held="an expansion deal is open"),
    Story("seats-red-health", 1, {**_SEATS, "health": "red"}, ("seat-limit",), held="health is red"),
    Story("seats-our-own", 1, {**_SEATS, "internal": True}, ("seat-limit",), held="our own account"),
    Story("seats-free-plan", 1, {**_SEATS, "plan": "Free", "arr": 0}, held="not a paying account"),
    # --- storage
    Story("storage-filling-up", 3, _STORAGE, ("storage-limit",)),
    Story("storage-full-but-flat", 1, {"storage": (180, 184), "storage_bought": 200}),
    Story("storage-growing-with-room", 1, {"storage": (90, 130), "storage_bought": 200}),
    Story("storage-one-import", 1, {**_STORAGE, "upload_days": (6,)}),
    Story("storage-unknown", 1, {**_STORAGE, "storage_bought": None}, unknown=("storage-limit",)),
    # --- API calls
    Story("api-outgrowing", 3, _API, ("api-outgrowing-plan",)),
    Story("api-near-but-flat", 1, {"api": (4100, 4100), "api_included": 120_000}),
    Story("api-growing-with-room", 1, {**_API, "api_included": 500_000}),
    Story("api-tiny-base", 1, {"api": (60, 200), "api_included": 5_000}),
    Story("api-one-spike", 1, {"api": (3000, 3000), "api_spike": 45_000, "api_included": 120_000}),
    # --- premium features
    Story("premium-growing", 2, _PREMIUM, ("premium-features-growing",)),
    Story("premium-growing-builders", 1, {**_PREMIUM, "builders": True}, ("premium-features-growing",)),
    Story("premium-flat", 2, {**_PREMIUM, "premium": (60, 62)}),
    Story("premium-one-person", 1, {**_PREMIUM, "premium": (24, 60), "premium_people": 1}),
    Story("premium-tiny-base", 1, {**_PREMIUM, "premium": (4, 19)}),
    Story("premium-one-feature", 1, {**_PREMIUM, "premium_features": 1}),
    # --- teams
    Story("teams-collaborating", 3, _TEAMS, ("teams-collaborating",)),
    Story("teams-one-department", 1, {**_TEAMS, "join_departments": ("Design",)}),
    Story("teams-joined-long-ago", 1, {**_TEAMS, "joins": (110, 100, 92, 85, 80, 75)}),
    Story("teams-one-person-shares", 1, {**_TEAMS, "shares": tuple((day, 0) for day in range(1, 26))}),
    # --- paywalls
    Story("paywall-several", 3, {"paywall": _PAYWALL}, ("paywall-several-people",)),
    Story(
        "paywall-open-deal",
        1,
        {"paywall": _PAYWALL, "deal": "Proposal"},
        ("paywall-several-people",),
        held="an expansion deal is open",
    ),
    Story("paywall-one-person", 2, {"paywall": tuple((day, 0) for day in range(1, 10))}),
    Story("paywall-one-demo-day", 1, {"paywall": tuple((4, person) for person in range(6))}),
    Story("paywall-last-month", 1, {"paywall": tuple((day + 20, person) for day, person in _PAYWALL)}),
    # --- support
    Story("support-advanced", 3, {"support": _SUPPORT}, ("advanced-support-questions",)),
    Story(
        "support-advanced-red-health",
        1,
        {"support": _SUPPORT, "health": "red"},
        ("advanced-support-questions",),
        held="health is red",
    ),
    Story(
        "support-deal-just-closed",
        1,
        {"support": _SUPPORT, "deal": "Closed Won"},
        ("advanced-support-questions",),
        held="a deal closed less than 45 days ago",
    ),
    Story("support-billing", 1, {"support": tuple((day, day % 3, "billing") for day in (2, 5, 9, 14))}),
    Story("support-one-person", 1, {"support": tuple((day, 0, ADVANCED[0]) for day in (2, 5, 9, 14))}),
    # --- beyond the first use case
    Story("beyond-first-use-case", 3, {"boards": _BOARDS}, ("beyond-first-use-case",)),
    Story("beyond-one-person", 1, {"boards": tuple((day, 0, use) for day, _, use in _BOARDS)}),
    Story("beyond-two-use-cases", 1, {"boards": tuple(b for b in _BOARDS if b[2] != "design review")}),
    Story("beyond-one-workshop", 1, {"boards": tuple((12, person, use) for _, person, use in _BOARDS)}),
)

_USE_CASES = ("design review", "sales pipeline", "board reporting", "research", "campaigns")


def shape(story: Story, rng: random.Random) -> Shape:
    """An ordinary account, with what the story changes in it."""
    return replace(ordinary(rng), **story.changes)  # type: ignore[arg-type]  # the names are Shape's


def ordinary(rng: random.Random) -> Shape:
    """An account in which nothing is ready: room everywhere, small steps, a paywall met once."""
    people = min(24, max(3, round(rng.lognormvariate(1.9, 0.5))))
    main = rng.choice(_USE_CASES)
    daily = rng.choice((0, 0, 0, rng.randrange(200, 2000)))
    uses = rng.choice((0, 0, rng.randrange(6, 40)))
    return Shape(
        plan=rng.choices(("Free", "Team", "Business"), (12, 60, 28))[0],
        segment="SMB" if people < 12 else "Mid-market",
        people=people,
        joins=tuple(sorted((rng.randrange(1, 115) for _ in range(rng.randrange(3))), reverse=True)),
        join_departments=(rng.choice(DEPARTMENTS),),
        seats_bought=people * 2 + 4,
        storage=(used := rng.randrange(20, 55), used + rng.randrange(5)),
        api=(daily, daily),
        premium=(uses, round(uses * rng.uniform(0.8, 1.2))),
        premium_people=rng.randrange(1, 4),
        paywall=tuple((rng.randrange(1, 100), 0) for _ in range(rng.randrange(3))),
        support=tuple(
            (rng.randrange(1, 100), 0, rng.choice(("billing", "how to", "bug"))) for _ in range(rng.randrange(3))
        ),
        boards=tuple((rng.randrange(1, 110), rng.randrange(people), main) for _ in range(rng.randrange(2, 12))),
        shares=tuple((rng.randrange(1, 110), rng.randrange(people)) for _ in range(rng.randrange(4))),
        health=rng.choices(("green", "yellow", "red"), (80, 16, 4))[0],
    )
