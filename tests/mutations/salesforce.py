"""What Salesforce would refuse, or answer otherwise."""

from __future__ import annotations

from tests.mutations.row import Mutation

_RECORDS, _ACCOUNT = "integrations/salesforce/records.py", "integrations/salesforce/accounts.py"
_TESTS, _FACTS = "integrations/test_salesforce.py::", "integrations/test_salesforce_facts.py::"
_VALUES = "integrations/test_salesforce_values.py::"

_CAMPAIGNS = "integrations/test_salesforce_campaigns.py::"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Salesforce, sObject Collections: allOrNone takes 199 good tasks back for one bad one",
        _RECORDS,
        'body = {"allOrNone": False,',
        'body = {"allOrNone": True,',
        (f"{_TESTS}test_only_records_whose_row_is_locked_are_sent_again",),
    ),
    Mutation(
        "Salesforce, sObject Collections: allOrNone takes 199 good updates back for one bad one",
        "integrations/salesforce/actions.py",
        '{"allOrNone": False, "records"',
        '{"allOrNone": True, "records"',
        (f"{_TESTS}test_an_update_of_a_lost_account_is_refused_and_the_others_done",),
    ),
    Mutation(
        "Salesforce, SOQL: parentheses are required whenever AND and OR mix",
        _ACCOUNT,
        '("COUNT(Id)", "IsClosed = false", 0)',
        '("COUNT(Id)", "IsClosed = false OR IsWon = null", 0)',
        (f"{_TESTS}test_the_source_counts_opportunities",),
    ),
    Mutation(
        "Salesforce, SOQL: a moment is not enclosed in quotes",
        _RECORDS,
        "format_soql(soql, accounts, since)",
        "format_soql(soql, accounts, since.isoformat())",
        (f"{_TESTS}test_without_the_key_field_the_key_stands_in_the_last_line",),
    ),
    Mutation(
        "Salesforce, SOQL: a checkbox is compared with true, not with a text",
        _RECORDS,
        "WHERE IsActive = true AND",
        "WHERE IsActive = 'true' AND",
        (f"{_TESTS}test_a_task_holds_what_the_seller_needs",),
    ),
    Mutation(
        "Salesforce, SOQL: a day is no moment",
        _RECORDS,
        "format_soql(soql, accounts, since)",
        "format_soql(soql, accounts, since.date())",
        (f"{_TESTS}test_without_the_key_field_the_key_stands_in_the_last_line",),
    ),
    Mutation(
        "Salesforce: a version that is not out yet is not found",
        "integrations/salesforce/settings.py",
        'api_version: str = Field("67.0"',
        'api_version: str = Field("99.0"',
        (f"{_FACTS}test_the_version_asked_for_where_nobody_sets_one_is_served",),
    ),
    Mutation(
        "Salesforce: a version that was retired is not found",
        "integrations/salesforce/settings.py",
        'api_version: str = Field("67.0"',
        'api_version: str = Field("30.0"',
        (f"{_FACTS}test_the_version_asked_for_where_nobody_sets_one_is_served",),
    ),
    Mutation(
        "Salesforce: a date field takes no moment",
        "integrations/salesforce/actions.py",
        '"ActivityDate": task.due,',
        '"ActivityDate": f"{task.due}T09:00:00Z",',
        (f"{_TESTS}test_a_task_holds_what_the_seller_needs",),
    ),
    Mutation(
        "Salesforce: a currency field takes no thousands marks",
        "integrations/salesforce/actions.py",
        'record["Amount"] = _amount(deal.amount)',
        'record["Amount"] = f"{_amount(deal.amount):,}"',
        (f"{_TESTS}test_an_opportunity_holds_what_was_said",),
    ),
    Mutation(
        "Salesforce: a percent field holds 12 for 12 %",
        _ACCOUNT,
        "return as_share(value)",
        "return value",
        (f"{_FACTS}test_a_percent_field_holds_12_for_12_percent",),
    ),
    Mutation(
        "Salesforce: a lost deal keeps a close date that lies ahead",
        _ACCOUNT,
        "IsClosed = true AND CloseDate <= {today}",
        "IsClosed = true",
        (f"{_FACTS}test_a_close_date_that_lies_ahead_closed_nothing_yet",),
    ),
    Mutation(
        "Salesforce: an upsert goes by an external id",
        _RECORDS,
        'path = f"composite/sobjects/{self._kind.sobject}/{self._key_field}" if upsert',
        'path = f"composite/sobjects/{self._kind.sobject}/Subject" if upsert',
        (f"{_TESTS}test_where_the_field_is_not_unique_what_is_there_is_looked_up_first",),
    ),
    Mutation(
        "Salesforce: a reply spells fields as describe does",
        "integrations/salesforce/fields.py",
        'path = f"{way}.{name}" if way else name',
        "path = asked",
        (f"{_FACTS}test_a_field_is_found_whatever_the_case_and_given_by_the_name_asked",),
    ),
    Mutation(
        "Salesforce: a percent field takes 93.75, not 0.9375",
        "integrations/salesforce/values.py",
        "values.json_number(share * 100)",
        "values.json_number(share)",
        (f"{_VALUES}test_a_value_arrives_as_its_fields_type",),
    ),
    Mutation(
        "Salesforce: a number field takes a number, not what people read",
        "integrations/salesforce/values.py",
        '**dict.fromkeys(("double", "int", "long", "currency"), (_number, "a number")),',
        '**dict.fromkeys(("double", "int", "long", "currency"), (str, "a number")),',
        (f"{_VALUES}test_a_value_arrives_as_its_fields_type",),
    ),
    Mutation(
        "Salesforce: a text field takes no number",
        "integrations/salesforce/values.py",
        "return values.text(value)",
        "return value",
        (f"{_VALUES}test_a_value_arrives_as_its_fields_type",),
    ),
    Mutation(
        "Salesforce: rates are units of a currency for one of the corporate one",
        "integrations/salesforce/money.py",
        "return mine / other if",
        "return other / mine if",
        (f"{_FACTS}test_money_in_another_currency_is_converted_by_the_orgs_rate",),
    ),
    Mutation(
        "Salesforce: a query does not show what lies in the recycle bin",
        "integrations/salesforce/client.py",
        '"queryAll/" if deleted else "query/"',
        '"query/"',
        ("integrations/test_merged_accounts.py::test_the_record_that_lost_still_says_which_account_it_was",),
    ),
    Mutation(
        "Salesforce: the record that was kept may lie in the recycle bin, too",
        "integrations/salesforce/merges.py",
        'WHERE Id IN ({named})", deleted=True)',
        'WHERE Id IN ({named})", deleted=False)',
        ("integrations/test_merged_accounts.py::test_who_was_merged_on_has_the_id_of_each_step",),
    ),
    Mutation(
        "Salesforce: a case that is closed is open no more",
        "integrations/salesforce/open_records.py",
        'where = "IsClosed = false AND AccountId != null"',
        'where = "AccountId != null"',
        ("integrations/test_salesforce_cases.py::test_open_cases_are_counted_by_priority_and_none_is_zero",),
    ),
    Mutation(
        "Salesforce, SOQL: a moment is written with its zone, and without quotes",
        "integrations/salesforce/values.py",
        'return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")',
        "return at.date().isoformat()",
        ("integrations/test_salesforce_cases.py::test_an_end_that_came_later_comes_with_the_next_pull",),
    ),
    Mutation(
        "Salesforce: a status that the campaign does not have is taken without a word",
        "integrations/salesforce/campaigns.py",
        "if one.lower() == asked.lower():",
        "if one:",
        (f"{_CAMPAIGNS}test_a_campaign_status_or_field_that_is_not_there_is_named",),
    ),
    Mutation(
        "Salesforce: a person is a campaign's member once",
        "integrations/salesforce/campaigns.py",
        'found = _failures(results, ("DUPLICATE_VALUE",))',
        "found = _failures(results, ())",
        (f"{_CAMPAIGNS}test_who_is_in_it_already_is_left_as_they_are",),
    ),
    Mutation(
        "Salesforce: a lead that was converted is a contact",
        "integrations/salesforce/people.py",
        "IsConverted = false AND Email",
        "Email",
        (f"{_CAMPAIGNS}test_who_is_no_contact_yet_is_a_lead_and_one_that_was_converted_is_none",),
    ),
)
