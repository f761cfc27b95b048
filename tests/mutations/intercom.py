"""What Intercom would refuse, or answer otherwise."""

from __future__ import annotations

from tests.mutations.row import Mutation

_API = "integrations/intercom/client.py"
_TESTS = "integrations/test_intercom.py::"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Intercom: an API version that does not exist",
        "integrations/intercom/settings.py",
        'VERSION = "2.15"',
        'VERSION = "2.51"',
        (f"{_TESTS}test_an_event_carries_the_time_of_the_firing_and_counts_once",),
    ),
    Mutation(
        "Intercom: without the version's header the app's own version decides",
        _API,
        ', "Intercom-Version": settings.api_version',
        "",
        (f"{_TESTS}test_an_event_carries_the_time_of_the_firing_and_counts_once",),
    ),
    Mutation(
        "Intercom, Search contacts: operators are = and not ==",
        _API,
        '"field": "email", "operator": "=",',
        '"field": "email", "operator": "==",',
        (f"{_TESTS}test_a_person_is_found_by_e_mail_where_the_user_id_is_unknown",),
    ),
    Mutation(
        "Intercom, Tag a contact: by the tag's id",
        _API,
        '{"id": tag_id}, again',
        '{"name": name}, again',
        (f"{_TESTS}test_a_tag_of_another_name_may_be_given_and_its_case_does_not_matter",),
    ),
    Mutation(
        "Intercom, data attributes: an integer takes no text",
        _API,
        "value = as_type(name, value, self._type(name))",
        "value = str(value)",
        (f"{_TESTS}test_a_value_is_sent_as_its_attribute_takes_it_and_only_once",),
    ),
    Mutation(
        "Intercom, Submit a data event: created_at is whole seconds",
        _API,
        '"created_at": int(at.timestamp())',
        '"created_at": at.timestamp()',
        (f"{_TESTS}test_an_event_carries_the_time_of_the_firing_and_counts_once",),
    ),
    Mutation(
        "Intercom, Create or update a company: by our id, not by Intercom's",
        "integrations/intercom/companies.py",
        'self._api.set_company(str(company["company_id"]), values)',
        'self._api.set_company(str(company["id"]), values)',
        ("integrations/test_intercom_companies.py::test_values_are_written_as_their_attribute_takes_them",),
    ),
    Mutation(
        "Intercom, Search conversations: a date is compared by its day",
        "integrations/intercom/conversations.py",
        "(first - 2 * DAY)",
        "first",
        ("integrations/test_intercom_companies.py::test_the_search_knows_days_alone_and_what_is_older_is_left_out",),
    ),
)
