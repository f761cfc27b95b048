"""What teams and connectors call the columns that a map asks for. Names are plain: small letters, underscores."""

from __future__ import annotations

import re

# Best first. Of two columns of a table the one that stands earlier is proposed, and the other is named as a doubt.
ACCOUNT = (
    "account_id", "account", "organization_id", "organisation_id", "org_id", "company_id", "workspace_id", "tenant_id",
    "customer_id", "customer", "group_id", "context_group_id", "group_0", "client_id", "team_id", "organization",
    "organisation", "org", "company", "workspace", "tenant", "site_id", "shop_id", "store_id", "merchant_id",
    "account_name", "company_name", "account_domain", "domain",
)  # fmt: skip
USER = (
    "user_id", "user", "distinct_id", "visitor_id", "person_id", "contact_id", "member_id", "actor_id", "actor",
    "requester_id", "profile_id", "customer_id", "user_pseudo_id", "domain_userid", "email", "user_email",
    "anonymous_id", "amplitude_id", "device_id",
)  # fmt: skip
# Someone who has not said who it is: asked only where the user says nothing.
NOBODY_YET = ("anonymous_id", "user_pseudo_id", "domain_userid", "device_id", "network_userid")
ID = (
    "event_id", "uuid", "insert_id", "mp_reserved_insert_id", "message_id", "fivetran_id", "transaction_id", "id",
    "key",
)  # fmt: skip
EVENT = (
    "event_name", "event", "event_type", "eventname", "event_text", "activity_type", "activity", "action", "verb",
    "action_type", "operation", "feature_name",
)  # fmt: skip
# These name a kind of thing as often as what happened: only where a table looks like nothing but events.
PERHAPS_EVENT = ("name", "type", "page", "method", "kind")
TIME = (
    "event_time", "event_timestamp", "timestamp", "time", "occurred_at", "happened_at", "original_timestamp",
    "derived_tstamp", "client_event_time", "ts", "datetime", "event_at", "event_date", "created_at", "created",
    "created_date", "createdate", "property_createdate", "create_date", "submitted_at", "opened_at", "started_at",
    "usage_date", "hour", "day", "date", "dt",
)  # fmt: skip
RECEIVED = (
    "received_at", "loaded_at", "ingested_at", "arrived_at", "server_received_time", "server_upload_time",
    "mp_processing_time_ms", "collector_tstamp", "load_tstamp", "etl_tstamp", "processed_time", "inserted_at",
)  # fmt: skip
# When a connector last wrote a row: it changes with every sync, and a sync of everything would hide the past.
SYNCED = re.compile(r"^(?:fivetran|airbyte|dlt|sdc|dbt|etl)_|^x?sdc_|_synced$|^uuid_ts$|^ingestion_")
UPDATED = (
    "updated_at", "last_modified_date", "lastmodifieddate", "hs_lastmodifieddate", "property_hs_lastmodifieddate",
    "modified_at", "last_updated_at", "lastupdated", "updated", "updated_date", "modified_date", "last_modified",
    "changed_on", "changed_at", "snapshot_date", "as_of", "as_of_date",
)  # fmt: skip
SPANS = (
    ("valid_from", "valid_to"), ("valid_from", "valid_until"), ("fivetran_start", "fivetran_end"),
    ("dbt_valid_from", "dbt_valid_to"), ("effective_from", "effective_to"), ("effective_from", "effective_until"),
    ("effective_date", "expiration_date"), ("start_date", "end_date"), ("starts_at", "ends_at"),
    ("valid_from", "valid_through"), ("row_start", "row_end"),
)  # fmt: skip
FIELD_NAME = (
    "property_name", "field_name", "field", "attribute_name", "attribute", "property", "metric_name", "metric", "name",
    "key", "fact", "measure",
)  # fmt: skip
FIELD_VALUE = ("value", "new_value", "field_value", "property_value", "attribute_value", "metric_value")
DELETED = re.compile(r"^(?:fivetran_|sdc_|x)?(?:is_)?(?:soft_)?(?:deleted|archived)(?:_flag)?$")
DELETED_AT = re.compile(r"^(?:sdc_|airbyte_ab_cdc_|ab_cdc_)?(?:deleted|archived)_at$")
CHANGES = re.compile(r"^(?:status|state|stage|stage_name|is_closed|resolved_at|closed_at|solved_at)$")
ADDRESS = ("email", "user_email", "email_address", "property_email")

# Tables whose rows are accounts, or people, and have just an `id`.
OF_ACCOUNTS = re.compile(
    r"(?:^|_)(?:accounts?|compan(?:y|ies)|organi[sz]ations?|orgs?|customers?|workspaces?|tenants?)$"
)
OF_PEOPLE = re.compile(r"(?:^|_)(?:users?|people|persons?|contacts?|visitors?|members?|leads?|profiles?)$")

MONEY = re.compile(
    r"(?:^|_)(?:mrr|arr|acv|tcv|amount|revenue|price|spend|cost|charges?|balance|total|subtotal|paid|refund|fee|value_in_"
    r"usd|usd|eur|gbp|dollars?|monthly_charges)(?:_|$)"
)
PERCENT = re.compile(r"(?:^|_)(?:percent|percentage|pct|rate|ratio|share|utilization|probability)(?:_|$)")
CENTS = re.compile(r"(?:^|_)(?:cents|amount_minor|minor_units)(?:_|$)")


def is_technical(name: str) -> bool:
    """Whether a connector added the column for itself."""
    return bool(SYNCED.search(name))


_NOT_NAMES = ("data", "raw", "export", "master", "sample", "sampled", "history", "csv", "table")

# What a row of a table is, by the table's last word; other tables say that a row was created.
_HAPPENED = {
    "ticket": "Ticket Opened", "case": "Case Opened", "issue": "Issue Opened", "page": "Page Viewed",
    "screen": "Screen Viewed", "charge": "Charge Made", "payment": "Payment Made", "purchase": "Purchase Made",
    "transaction": "Transaction Made", "order": "Order Placed", "login": "Logged In", "session": "Session Started",
    "conversation": "Conversation Started", "message": "Message Sent", "comment": "Comment Made", "usage": "Used",
    "view": "Viewed", "visit": "Visited", "click": "Clicked", "signup": "Signed Up", "download": "Downloaded",
    "call": "Called", "meeting": "Meeting Held", "task": "Task Made", "change": "Changed",
}  # fmt: skip


def constant_event(table: str) -> str:
    """A name for what each row of a table says that happened: `support_tickets` is `Support Ticket Opened`."""
    words = named_words(table)
    if not words:
        return "Row Written"
    last = singular(words[-1])
    before = " ".join(word.title() for word in words[:-1])
    if last in ("event", "activity"):
        return f"{before} {last.title()}".strip()
    is_many = last != words[-1]
    return f"{before} {_HAPPENED.get(last, last.title() + (' Created' if is_many else ' Event'))}".strip()


def named_words(table: str) -> list[str]:
    """The words of a table's name that say what its rows are."""
    return [word for word in re.split(r"[^a-z]+", table.lower()) if word and word not in _NOT_NAMES]


def singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
