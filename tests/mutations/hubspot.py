"""What HubSpot would refuse, or answer otherwise."""

from __future__ import annotations

from tests.mutations.row import Mutation

_TASKS, _VALUES = "integrations/hubspot/tasks.py", "integrations/hubspot/values.py"
_TESTS, _FACTS = "integrations/test_hubspot.py::", "integrations/test_hubspot_facts.py::"
_DEALS, _TICKETS = "integrations/test_hubspot_deals.py::", "integrations/test_hubspot_tickets.py::"
_A_TASK = (f"{_TESTS}test_a_task_holds_what_the_seller_needs",)

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "HubSpot: 204 puts a task on a contact, not on a company",
        _TASKS,
        "TASK_TO_COMPANY = 192",
        "TASK_TO_COMPANY = 204",
        _A_TASK,
    ),
    Mutation(
        "HubSpot: 191 leads from a company to a task",
        _TASKS,
        "TASK_TO_COMPANY = 192",
        "TASK_TO_COMPANY = 191",
        _A_TASK,
    ),
    Mutation(
        "HubSpot: the type is HubSpot's own, not an integrator's",
        _TASKS,
        '"associationCategory": "HUBSPOT_DEFINED"',
        '"associationCategory": "INTEGRATOR_DEFINED"',
        _A_TASK,
    ),
    Mutation(
        "HubSpot: an association needs its types",
        _TASKS,
        '{"to": {"id": draft.company}, "types": types}',
        '{"to": {"id": draft.company}}',
        _A_TASK,
    ),
    Mutation(
        "HubSpot: without trace ids one bad input refuses the batch",
        _TASKS,
        '                "objectWriteTraceId": draft.piece.key,\n',
        "",
        (f"{_FACTS}test_a_company_that_is_gone_in_hubspots_own_words_leaves_a_task_and_a_note",),
    ),
    Mutation(
        "HubSpot: a company that is gone is said in the context, without a code",
        "integrations/hubspot/meanings.py",
        'context.get("INVALID_OBJECT_IDS")',
        'context.get("OBJECT_NOT_FOUND")',
        (f"{_FACTS}test_a_company_that_is_gone_in_hubspots_own_words_leaves_a_task_and_a_note",),
    ),
    Mutation(
        "HubSpot: reads give a few properties unless more are asked for",
        _TASKS,
        '                "properties": [self._key],\n                "propertiesWithHistory"',
        '                "propertiesWithHistory"',
        (f"{_TESTS}test_a_task_that_cannot_be_made_twice_is_there",),
    ),
    Mutation(
        "HubSpot: lists give a few properties unless more are asked for",
        "integrations/hubspot/companies.py",
        '{"properties": ",".join(asked), "archived": "false"}',
        '{"archived": "false"}',
        (f"{_FACTS}test_a_property_is_found_whatever_the_case_and_given_by_the_name_asked",),
    ),
    Mutation(
        "HubSpot: a list of the archived has none of the living",
        "integrations/hubspot/companies.py",
        '{"properties": ",".join(asked), "archived": "false"}',
        '{"properties": ",".join(asked), "archived": "true"}',
        (f"{_FACTS}test_a_property_is_found_whatever_the_case_and_given_by_the_name_asked",),
    ),
    Mutation(
        "HubSpot: a search filters by properties that there are",
        _TASKS,
        '{"propertyName": self._key, "operator": "IN"',
        '{"propertyName": "hs_expansion_key", "operator": "IN"',
        (f"{_TESTS}test_what_this_process_made_is_known_before_search_shows_it",),
    ),
    Mutation(
        "HubSpot: IN takes values, not a value",
        _TASKS,
        '"operator": "IN", "values": list(some)}',
        '"operator": "EQ", "values": list(some)}',
        (f"{_TESTS}test_what_this_process_made_is_known_before_search_shows_it",),
    ),
    Mutation(
        "HubSpot: a number has no thousands marks",
        _VALUES,
        "return None if found is None else values.digits(found)",
        'return None if found is None else f"{found:,}"',
        (f"{_FACTS}test_a_value_arrives_as_its_propertys_type",),
    ),
    Mutation(
        "HubSpot: a checkbox takes true, not True",
        _VALUES,
        "str(found).lower()",
        "str(found)",
        (f"{_FACTS}test_a_value_arrives_as_its_propertys_type",),
    ),
    Mutation(
        "HubSpot: every value is text",
        "integrations/kit/values.py",
        "return digits(Decimal(str(value))) if isinstance(value, int | float) else str(value)",
        "return value",
        (f"{_FACTS}test_a_value_arrives_as_its_propertys_type",),
    ),
    Mutation(
        "HubSpot: a percentage holds 0.12 for 12 %",
        "integrations/hubspot/money.py",
        "return as_share(value, 100)",
        "return as_share(value)",
        (f"{_FACTS}test_a_percentage_holds_012_for_12_percent",),
    ),
    Mutation(
        "HubSpot: a version that is not served is not found",
        "integrations/hubspot/settings.py",
        'Field("2026-03"',
        'Field("2026-04"',
        _A_TASK,
    ),
    Mutation(
        "HubSpot: what was merged is searched for by whether it has the property",
        "integrations/hubspot/merges.py",
        '"operator": "HAS_PROPERTY"',
        '"operator": "EXISTS"',
        ("integrations/test_merged_accounts.py::test_companies_are_known_by_the_records_that_they_were",),
    ),
    Mutation(
        "HubSpot: a merge names all its records, between semicolons",
        "integrations/hubspot/merges.py",
        'for record in _NUMBER.findall(str(properties.get(MERGED) or "")):',
        'for record in [str(properties.get(MERGED) or "")]:',
        ("integrations/test_merged_accounts.py::test_companies_are_known_by_the_records_that_they_were",),
    ),
    Mutation(
        "HubSpot, webhooks: what is signed has the address that HubSpot was told",
        "integrations/hubspot/webhook.py",
        'f"{call.method}{self._url}".encode()',
        'f"{call.method}{call.path}".encode()',
        ("web/serve/test_hubspot.py::test_what_hubspot_s_own_library_signs_is_taken",),
    ),
    Mutation(
        "HubSpot, webhooks: a change counts from the moment that it is of",
        "integrations/hubspot/webhook.py",
        'at, _ = when(one.get("occurredAt"), arrived)',
        "at, _ = when(None, arrived)",
        ("web/serve/test_hubspot.py::test_neither_order_nor_repeats_nor_runs_in_between_play_a_part",),
    ),
    Mutation(
        "HubSpot: a query ends at ten thousand results",
        "integrations/hubspot/search.py",
        '"operator": "GT", "value": str(last)',
        '"operator": "GTE", "value": str(last)',
        (f"{_DEALS}test_more_deals_than_a_search_pages_through_are_all_read",),
    ),
    Mutation(
        "HubSpot: a search is in nobody's order unless one is asked for",
        "integrations/hubspot/search.py",
        '            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],\n',
        '            "sorts": [],\n',
        (f"{_DEALS}test_more_deals_than_a_search_pages_through_are_all_read",),
    ),
    Mutation(
        "HubSpot: 341 leads from a deal to any of its companies, 5 to the primary one",
        "integrations/hubspot/associations.py",
        '"deals": 5',
        '"deals": 341',
        (f"{_DEALS}test_a_deal_counts_for_its_primary_company_and_without_one_for_all",),
    ),
    Mutation(
        "HubSpot: a record that stands on nothing is an error of a 207",
        "integrations/hubspot/associations.py",
        'NONE = "NO_ASSOCIATIONS_FOUND"',
        'NONE = "NOTHING_FOUND"',
        (f"{_DEALS}test_a_deal_counts_for_its_primary_company_and_without_one_for_all",),
    ),
    Mutation(
        "HubSpot: a stage's metadata is text",
        "integrations/hubspot/pipelines.py",
        'if str(metadata.get("isClosed")).lower() != "true":',
        'if metadata.get("isClosed") is not True:',
        (f"{_DEALS}test_open_deals_are_counted_by_what_their_stages_mean_whatever_they_are_called",),
    ),
    Mutation(
        "HubSpot: several categories stand between semicolons",
        "integrations/hubspot/tickets.py",
        'str(value or "").split(";")',
        'str(value or "").split(",")',
        (f"{_TICKETS}test_a_ticket_is_an_event_and_so_is_each_of_its_categories",),
    ),
)
