"""Which people belong to which account, as it is known: the account of a person is the one known last."""

from __future__ import annotations

from datetime import UTC, datetime

from expansion.usage.duck import quote
from expansion.usage.marks import marked_sql


def members_sql(facts: str, by: datetime | None = None, *, of: str | None = None) -> str:
    """SQL for (account_id, user_id) of all who belong to an account; `by` says as of when, `of` of which account.

    A source tells of a person which accounts it belongs to. Where sources contradict each other, the one that last told
    of an account counts.
    """
    return f"(SELECT account_id, user_id FROM {_pairs(facts, by, of)} WHERE here)"


def left_sql(facts: str, by: datetime | None = None, *, of: str | None = None) -> str:
    """SQL for (account_id, user_id) of all who belonged to an account, and no longer do."""
    return f"(SELECT account_id, user_id FROM {_pairs(facts, by, of)} WHERE NOT here)"


def still_there(facts: str, by: datetime) -> str:
    """SQL for: this person did not leave this account. Who only did something there may still belong to it."""
    return f"(account_id, user_id) NOT IN (SELECT (account_id, user_id) FROM {left_sql(facts, by)})"


def _pairs(facts: str, by: datetime | None, of: str | None) -> str:
    moment = quote(str(by.astimezone(UTC).replace(tzinfo=None))) if by else ""
    known = f" AND since <= TIMESTAMP {moment} AND seen_at <= TIMESTAMP {moment}" if by else ""
    if of is not None:
        known += f" AND user_id IN (SELECT user_id FROM {facts} WHERE account_id = {quote(of)})"
    some = f"SELECT source, account_id, user_id, field, value, since, seen_at FROM {facts} WHERE user_id <> ''{known}"
    # Since when a source tells of an account without having ended it.
    latest = (
        f"SELECT source, account_id, user_id, NOT {marked_sql('arg_max_null(value, (since, seen_at))')} AS there, "
        f"coalesce(max(since) FILTER ({marked_sql()}), TIMESTAMP '1900-01-01') AS ended, "
        f"min(since) FILTER (NOT {marked_sql()}) AS first FROM ({some}) "
        "GROUP BY source, account_id, user_id, field"
    )
    pairs = (
        "SELECT source, account_id, user_id, bool_or(there) AS there, "
        "min(CASE WHEN there THEN greatest(first, ended) END) AS joined "
        f"FROM ({latest}) GROUP BY source, account_id, user_id"
    )
    newest = f"SELECT *, max(joined) OVER (PARTITION BY user_id, source) AS told FROM ({pairs})"
    last = f"SELECT *, max(told) OVER (PARTITION BY user_id) AS newest FROM ({newest})"
    return (
        f"(SELECT account_id, user_id, bool_or(there AND told = newest) AS here FROM ({last}) "
        "GROUP BY account_id, user_id)"
    )


def user_accounts_sql(facts: str) -> str:
    """SQL for (user_id, account_id) of those who belong to one account alone."""
    return (
        f"SELECT user_id, min(account_id) FROM {members_sql(facts)} GROUP BY user_id "
        "HAVING count(DISTINCT account_id) = 1"
    )
