"""Which people belong to which account, as it is known: the account of a person is the one known last."""

from __future__ import annotations

from datetime import datetime

from expansion.usage.storage.answers import NEWEST_VALUE
from expansion.usage.storage.fact_relations import FactRelations, stored
from expansion.usage.storage.marks import marked_sql


def members_sql(facts: FactRelations, by: datetime | None = None, *, of: str | None = None) -> str:
    """SQL for (account_id, user_id) of all who belong to an account; `by` says as of when, `of` of which account.

    A source tells of a person which accounts it belongs to. Where sources contradict each other, the one that last told
    of an account counts.
    """
    return f"(SELECT account_id, user_id FROM {_pairs(facts, by, of)} WHERE here)"


def left_sql(facts: FactRelations, by: datetime | None = None, *, of: str | None = None) -> str:
    """SQL for (account_id, user_id) of all who belonged to an account, and no longer do."""
    return f"(SELECT account_id, user_id FROM {_pairs(facts, by, of)} WHERE NOT here)"


def still_there(facts: FactRelations, by: datetime) -> str:
    """SQL for: this person did not leave this account. Who only did something there may still belong to it."""
    return f"(account_id, user_id) NOT IN (SELECT (account_id, user_id) FROM {left_sql(facts, by)})"


def _pairs(facts: FactRelations, by: datetime | None, of: str | None) -> str:
    known = f" AND since <= {stored(by)} AND seen_at <= {stored(by)}" if by else ""
    if of is not None:
        known += f" AND user_id IN ({facts.people_of(of)})"
    parts = [facts.belonging(_pulled(f"SELECT * FROM {facts.as_told} WHERE user_id <> ''{known}"))]
    if people := facts.people():
        named = f"(SELECT *, known AS seen_at FROM {people})"
        parts.append(_stated(f"SELECT * FROM {named} WHERE true{known}", _snapshots(facts, by)))
    pairs = " UNION ALL ".join(f"SELECT * FROM {part}" for part in parts)
    newest = f"SELECT *, max(joined) OVER (PARTITION BY user_id, source) AS told FROM ({pairs})"
    last = f"SELECT *, max(told) OVER (PARTITION BY user_id) AS newest FROM ({newest})"
    return (
        f"(SELECT account_id, user_id, bool_or(there AND told = newest) AS here FROM ({last}) "
        "GROUP BY account_id, user_id)"
    )


def _pulled(some: str) -> str:
    """SQL for (source, account_id, user_id, there, joined): since when a source tells of an account without having
    ended it."""
    latest = (
        f"SELECT source, account_id, user_id, NOT {marked_sql(NEWEST_VALUE)} AS there, "
        f"coalesce(max(since) FILTER ({marked_sql()}), TIMESTAMP '1900-01-01') AS ended, "
        f"min(since) FILTER (NOT {marked_sql()}) AS first FROM ({some}) "
        "GROUP BY source, account_id, user_id, field"
    )
    return (
        "(SELECT source, account_id, user_id, bool_or(there) AS there, "
        "min(CASE WHEN there THEN greatest(first, ended) END) AS joined "
        f"FROM ({latest}) GROUP BY source, account_id, user_id)"
    )


def _stated(some: str, snapshots: str) -> str:
    """SQL for the same of statements: of a person the accounts count that are named last, all of one moment together;
    and nobody who is in no snapshot since then."""
    named = f"SELECT DISTINCT source, account_id, user_id, (since, known, said) AS told_at FROM ({some})"
    ends = "SELECT source, user_id, max(told_at) AS newest FROM named GROUP BY ALL"
    # The last moment at which a person was named, and not in this account.
    elsewhere = (
        "SELECT pairs.source, pairs.account_id, pairs.user_id, max(told_at) AS last FROM "
        "(SELECT DISTINCT source, account_id, user_id FROM named) AS pairs "
        "JOIN (SELECT DISTINCT source, user_id, told_at FROM named) AS moments USING (source, user_id) "
        "ANTI JOIN named USING (source, account_id, user_id, told_at) GROUP BY ALL"
    )
    whole = f"SELECT source, max((since, known, said)) AS last FROM ({snapshots}) GROUP BY source"
    return (
        f"(WITH named AS MATERIALIZED ({named}), ends AS ({ends}), elsewhere AS ({elsewhere}), whole AS ({whole}) "
        "SELECT source || ' ' AS source, account_id, user_id, "
        "max(told_at) = any_value(newest) AND coalesce(max(told_at) >= any_value(whole.last), true) AS there, "
        "min(struct_extract_at(told_at, 1)) FILTER (elsewhere.last IS NULL OR told_at > elsewhere.last) AS joined "
        "FROM named JOIN ends USING (source, user_id) LEFT JOIN elsewhere USING (source, account_id, user_id) "
        "LEFT JOIN whole USING (source) GROUP BY source, account_id, user_id)"
    )


def _snapshots(facts: FactRelations, by: datetime | None) -> str:
    """SQL for the snapshots of people."""
    known = f" AND since <= {stored(by)} AND known <= {stored(by)}" if by else ""
    some = facts.snapshots()
    nothing = "NULL::VARCHAR AS source, NULL::TIMESTAMP AS since, NULL::TIMESTAMP AS known, NULL::TIMESTAMP AS said"
    return f"SELECT * FROM ({some}) WHERE of_people{known}" if some else f"SELECT {nothing} WHERE false"


def user_accounts_sql(facts: FactRelations) -> str:
    """SQL for (user_id, account_id) of those who belong to one account alone."""
    return (
        f"SELECT user_id, min(account_id) FROM {members_sql(facts)} GROUP BY user_id "
        "HAVING count(DISTINCT account_id) = 1"
    )
