"""What Mixpanel would refuse, or answer otherwise."""

from __future__ import annotations

from tests.mutations.row import Mutation

_CALLS, _SOURCES, _ZONE = (
    "integrations/mixpanel/client.py",
    "integrations/mixpanel/sources.py",
    "integrations/mixpanel/zone.py",
)
_TESTS, _ZONES = "integrations/test_mixpanel.py::", "integrations/test_mixpanel_zone.py::"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Mixpanel, Query Profiles: project_id is a part of the query string",
        _CALLS,
        'f"engage?project_id={self.settings.project_id}"',
        '"engage"',
        (f"{_TESTS}test_a_group_profile_gives_the_facts_asked_for",),
    ),
    Mutation(
        "Mixpanel, Query Profiles: the published path is /query/engage",
        _CALLS,
        'utils.import_api = f"{utils.formatted_api}/query"',
        'utils.import_api = f"{utils.formatted_api}/2.0/query"',
        (f"{_TESTS}test_a_group_profile_gives_the_facts_asked_for", f"{_TESTS}test_each_region_has_its_hosts"),
    ),
    Mutation(
        "Mixpanel, data residency: a project of the EU is on no other host",
        _CALLS,
        "residency=settings.region,",
        'residency="us",',
        (f"{_TESTS}test_each_region_has_its_hosts",),
    ),
    Mutation(
        "Mixpanel, Query Profiles: a later page needs the session of the first",
        _CALLS,
        '"session_id": page["session_id"], "page": page["page"] + 1',
        '"page": page["page"] + 1',
        (f"{_TESTS}test_pages_are_read_in_one_session_to_the_last",),
    ),
    Mutation(
        "Mixpanel, Query Profiles: filter_by_cohort is an object as JSON",
        _SOURCES,
        'json.dumps({"id": self._id(name)})',
        "str(self._id(name))",
        (f"{_TESTS}test_a_cohort_gives_the_accounts_of_its_members",),
    ),
    Mutation(
        "Mixpanel, List Saved Cohorts: by POST alone",
        _CALLS,
        '"POST", "query/cohorts/list"',
        '"GET", "query/cohorts/list"',
        (f"{_TESTS}test_a_cohort_gives_the_accounts_of_its_members",),
    ),
    Mutation(
        "Mixpanel, Raw Event Export: to_date cannot be later than today, in the project's zone",
        _ZONE,
        "return first, min(last, now.astimezone(zone).date())",
        "return first, last",
        (f"{_ZONES}test_tomorrow_is_never_asked_for_and_all_that_happened_is_read",),
    ),
    Mutation(
        "Mixpanel, Export Methods: projects made before 2023 keep the wall clock of their zone",
        _ZONE,
        "return whole - _offset(wall, zone) * unit",
        "return whole",
        (f"{_ZONES}test_every_event_is_read_as_it_happened_in_every_zone",),
    ),
    Mutation(
        "Mixpanel takes events of clients that were offline for five days",
        "integrations/mixpanel/settings.py",
        """read_again_days: int = Field(
        5,""",
        """read_again_days: int = Field(
        2,""",
        ("flows/test_late_events.py::test_what_a_client_sends_four_days_late_counts_on_the_day_it_happened",),
    ),
    Mutation(
        "Mixpanel, Group Profiles: updates come in a list",
        "integrations/mixpanel/groups.py",
        "_WHAT, [update], params",
        "_WHAT, update, params",
        ("integrations/test_mixpanel_groups.py::test_what_is_set_is_set_back_and_the_rest_stays",),
    ),
    Mutation(
        "Mixpanel, Group Profiles: only with verbose is said what is wrong",
        "integrations/mixpanel/groups.py",
        '{"verbose": 1, "ip": 0}',
        '{"ip": 0}',
        ("integrations/test_mixpanel_groups.py::test_what_is_set_is_set_back_and_the_rest_stays",),
    ),
    Mutation(
        "Mixpanel, cohort sync: the password is all that tells it from others",
        "integrations/mixpanel/cohorts.py",
        "must_be_one_of((self._password,), basic_password(call.headers)",
        "must_be_one_of((self._password,), self._password",
        ("web/serve/test_mixpanel_cohorts.py::test_without_the_password_nothing_is_taken",),
    ),
    Mutation(
        "Mixpanel, cohort sync: a page is not the whole cohort",
        "integrations/mixpanel/cohorts.py",
        "page=self.number, pages=self.pages)",
        "page=1, pages=1)",
        ("web/serve/test_mixpanel_cohorts.py::test_pages_count_once_all_are_there_and_a_repeat_changes_nothing",),
    ),
)
