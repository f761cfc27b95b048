"""What is planted: the behaviours that bring expansions, what hinders them, and decoys that bring none."""

from __future__ import annotations

from dataclasses import dataclass

SEATS_SHARE = 0.85
SEATS_DAYS = 14
PAYWALL_PEOPLE = 3
PAYWALL_DAYS = 14
API_SHARE = 0.9
TEAM_DAYS = 28
TICKET_DAYS = 3


@dataclass(frozen=True)
class Planted:
    """While it holds at the end of a day, the chance of a decision to buy on the next is `times` what it would be."""

    name: str  # of its trigger in playbooks/
    means: str
    times: float
    tier: str | None = None  # what is bought because of it

    @property
    def extra(self) -> float:
        return max(self.times - 1, 0.0)


PLANTED = (
    Planted("seats-nearly-used", "85 % or more of the seats bought are in use, on 14 days in a row", 6, "seat_upgrade"),
    Planted("paywall-several-people", "3 or more people met the paywall within 14 days", 5, "plan_change"),
    Planted("api-near-limit", "90 % or more of the API calls included in four weeks are used", 4, "add_on"),
    Planted("new-team", "a department that was not there before began, within 28 days", 3.5, "plan_change"),
    Planted("unanswered-ticket", "a ticket has waited 3 days or more for an answer", 0.4),
)
NAMES = tuple(one.name for one in PLANTED)


@dataclass(frozen=True)
class Decoy:
    """It goes along with expansions, and brings none."""

    name: str  # of its trigger in playbooks/
    event: str
    kind: str
    means: str


DECOYS = (
    Decoy("many-reports", "Report Exported", "size", "large accounts do more of it, and buy more often anyway"),
    Decoy(
        "pricing-page", "Pricing Page Viewed", "goes along", "while people meet the paywall, this is seen more often"
    ),
    Decoy("invoice-downloaded", "Invoice Downloaded", "follows", "it comes only after an expansion"),
    Decoy("dashboards", "Dashboard Viewed", "popular", "everybody does it all the time"),
    Decoy("webinar", "Webinar Joined", "season", "held at the end of quarters, when more is bought anyway"),
    Decoy("theme-changed", "Theme Changed", "noise", "it means nothing at all"),
)

MONTH = 30  # days; what a rate a month is divided by
BUYS_A_MONTH = 0.011  # decisions to buy of an account of the median size, with nothing planted true
WON = 0.75  # of the decisions, the others are lost on the way
SIZE_POWER = 0.35  # twice the seats, 1.27 times the chance: the confounder
LEAVES_A_MONTH = 0.004
SHRINKS_A_MONTH = 0.003
UNUSED_SHARE = 0.4  # below this share of seats in use, leaving and shrinking are this many times as likely:
UNUSED_TIMES = 4.0

TIERS = ("seat_upgrade", "plan_change", "add_on")
TIER_SHARES = (0.5, 0.3, 0.2)  # of what is bought for no planted reason
TIER_CYCLE = (10, 25, 12)  # days from the first word to the signature, in the median
