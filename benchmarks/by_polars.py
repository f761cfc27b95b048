"""The triggers of triggers.yaml in Polars, each as one lazy query over raw events, as an analyst writes it.

The windows are those of by_hand.sql. Everything is exact: `n_unique` counts, and values are added as decimals.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import polars as pl

from benchmarks.place import Place
from benchmarks.timing import Found, Job, Took, note_fired, timed

Query = Callable[[pl.LazyFrame], pl.LazyFrame]

day, event, value = pl.col("day"), pl.col("event"), pl.col("value")
feature, department = pl.col("feature"), pl.col("department")


def _since(month: int, of_month: int) -> pl.Expr:
    return day >= date(2025, month, of_month)


def _before(month: int, of_month: int) -> pl.Expr:
    return day < date(2025, month, of_month)


def _different(column: str, where: pl.Expr | None = None) -> pl.Expr:
    """How many different values, as COUNT(DISTINCT …) has it: what is empty is none."""
    values = pl.col(column) if where is None else pl.col(column).filter(where)
    return values.drop_nulls().n_unique()


def _times(where: pl.Expr) -> pl.Expr:
    """How many events are such; what is empty is no yes."""
    return where.sum()


def _per_account(events: pl.LazyFrame, where: pl.Expr, having: pl.Expr) -> pl.LazyFrame:
    return events.filter(where).group_by("account").agg(fires=having).filter("fires").select("account")


def _has(where: pl.Expr, having: pl.Expr) -> Query:
    """The accounts whose events of this kind are like that together."""
    return lambda events: _per_account(events, where, having)


def _without_paywall(events: pl.LazyFrame) -> pl.LazyFrame:
    premium = feature.is_in(["premium_export", "premium_sso", "premium_roles"])
    keen = _per_account(events, _since(11, 2) & premium, pl.len() >= 15)
    saw_it = events.filter(_since(12, 2), event == "paywall_viewed").select("account")
    return keen.join(saw_it, on="account", how="anti")


QUERIES: dict[str, Query] = {
    "many-reports-viewed": _has(_since(12, 2) & (event == "report_viewed"), pl.len() >= 20),
    "shares-of-two-kinds": _has(
        _since(12, 4) & event.is_in(["report_shared", "dashboard_shared"]),
        pl.len() >= 5,
    ),
    "a-few-exports": _has(_since(12, 18) & (event == "export_viewed"), pl.len().is_between(3, 10)),
    "large-values": _has(_since(11, 2) & (event == "report_created") & (value >= 250), pl.len() >= 2),
    "premium-features": _has(
        _since(10, 3) & (event == "export_viewed") & feature.str.starts_with("premium"),
        pl.len() > 4,
    ),
    "two-departments-only": _has(
        _since(11, 17) & (event == "template_viewed") & department.is_in(["sales", "marketing"]),
        pl.len() >= 3,
    ),
    "five-people-on-dashboards": _has(_since(12, 4) & (event == "dashboard_viewed"), _different("user") >= 4),
    "people-behind-paywall": _has(_since(12, 18) & (event == "paywall_viewed"), _different("user") >= 2),
    "people-on-premium": _has(
        _since(11, 2) & event.is_in(["report_viewed", "export_viewed"]) & (feature == "premium_sso"),
        _different("user") >= 3,
    ),
    "anybody-this-week": _has(_since(12, 25), _different("user") >= 3),
    "comments-by-several": _has(
        _since(12, 2) & (event == "comment_viewed"),
        (pl.len() >= 10) & (_different("user") >= 3),
    ),
    "ten-days-of-reports": _has(_since(12, 2) & (event == "report_viewed"), _different("day") >= 8),
    "days-in-a-quarter": _has(_since(10, 3), _different("day") >= 30),
    "api-keys-on-days": _has(
        _since(11, 2) & (event == "api_key_viewed"),
        (pl.len() >= 8) & (_different("day") >= 4),
    ),
    "integrations-days-and-people": _has(
        _since(10, 3) & (event == "integration_viewed"),
        (_different("day") >= 5) & (_different("user") >= 3),
    ),
    "features-tried": _has(
        _since(12, 2) & event.is_in(["report_viewed", "dashboard_viewed", "export_viewed"]),
        _different("feature") >= 9,
    ),
    "across-departments": _has(_since(12, 4) & (event == "share_link_viewed"), _different("department") >= 3),
    "value-of-automations": _has(_since(10, 3) & (event == "automation_viewed"), value.sum() >= 1500),
    "value-in-sales": _has(
        _since(11, 2) & (event == "report_viewed") & (department == "sales"),
        value.sum() > Decimal("2000.50"),
    ),
    "reports-growing": _has(
        _since(11, 6) & (event == "report_viewed"),
        (_times(_before(12, 4)) >= 5) & (2 * _times(_since(12, 4)) >= 3 * _times(_before(12, 4))),
    ),
    "people-growing": _has(
        _since(11, 2),
        (_different("user", _before(12, 2)) >= 2)
        & (2 * _different("user", _since(12, 2)) >= 3 * _different("user", _before(12, 2))),
    ),
    "value-growing": _has(
        _since(10, 3) & (event == "dashboard_viewed"),
        (value.filter(_before(11, 17)).sum() >= 200)
        & (value.filter(_since(11, 17)).sum() >= 2 * value.filter(_before(11, 17)).sum()),
    ),
    "usage-falling": _has(
        _since(11, 2),
        (_times(_before(12, 2)) >= 40) & (5 * _times(_since(12, 2)) <= 2 * _times(_before(12, 2))),
    ),
    "active-without-invites": _has(
        _since(11, 2),
        (pl.len() >= 60) & (_times(event.is_in(["seat_invite_created", "seat_invite_viewed"])) == 0),
    ),
    "quiet-this-fortnight": _has(_since(10, 3), (pl.len() >= 30) & (day.max() < date(2025, 12, 18))),
    "premium-without-paywall": _without_paywall,
    "any-sharing": _has(
        _since(12, 2) & event.is_in(["share_link_created", "comment_created"]),
        (_times(event == "share_link_created") >= 4) | (_different("user", event == "comment_created") >= 3),
    ),
    "two-signs-of-three": _has(
        _since(10, 3) & event.is_in(["api_key_created", "integration_created", "automation_created"]),
        (_times(event == "api_key_created") >= 3).cast(pl.Int8)
        + (_times(event == "integration_created") >= 3).cast(pl.Int8)
        + (_different("day", event == "automation_created") >= 3).cast(pl.Int8)
        >= 2,
    ),
    "builders-who-do-not-share": _has(
        _since(12, 2) & event.is_in(["report_created", "dashboard_created", "report_shared", "dashboard_shared"]),
        (_times(event.is_in(["report_created", "dashboard_created"])) >= 5)
        & (_times(event == "report_shared") < 2)
        & (_times(event == "dashboard_shared") < 2),
    ),
    "engineers-at-scale": _has(
        _since(11, 2) & ((department == "engineering") | event.is_in(["api_key_viewed", "audit_viewed"])),
        (_times((department == "engineering") & _since(12, 2)) >= 20)
        & (_different("user", (department == "engineering") & _since(12, 2)) >= 2)
        & (
            (_times((event == "api_key_viewed") & (value >= 10) & _since(12, 2)) >= 3)
            | (_times(event == "audit_viewed") >= 3)
        ),
    ),
}


def polars_30(place: Place, events: int) -> tuple[Took, Found]:
    """One after the other, like the SQL. All in one `collect_all` took as long at ten million events, and twice the
    memory; at one million it took two thirds of the time (measured).
    """

    def ask() -> dict[str, list[str]]:
        raw = pl.scan_parquet(place.raw)
        return {name: query(raw).collect(engine="streaming")["account"].to_list() for name, query in QUERIES.items()}

    took, fired = timed(ask)
    note_fired(place, "polars_30", fired)
    return took, {}


JOBS: dict[str, Job] = {"polars_30": polars_30}
