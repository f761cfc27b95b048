"""What Amplitude would refuse, or answer otherwise."""

from __future__ import annotations

from tests.mutations.row import Mutation

_CLIENT, _EXPORT = "integrations/amplitude/client.py", "integrations/amplitude/export.py"
_TESTS, _ACTIONS = "integrations/test_amplitude.py::", "integrations/test_amplitude_actions.py::"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Amplitude, Behavioral Cohorts: the status of a job has an address of its own",
        _CLIENT,
        "/api/5/cohorts/request-status/{request}",
        "/api/5/cohorts/request/{request}/status",
        (f"{_TESTS}test_a_cohort_gives_the_accounts_of_its_members",),
    ),
    Mutation(
        "Amplitude, Behavioral Cohorts: properties come with props=1 alone",
        _CLIENT,
        '{"props": 1, "propKeys": property}',
        '{"propKeys": property}',
        (f"{_TESTS}test_a_cohort_gives_the_accounts_of_its_members",),
    ),
    Mutation(
        "Amplitude, Behavioral Cohorts: a large file lies at an address that takes no other authorization",
        "integrations/kit/files.py",
        'self._http.build_request("GET", address)',
        'self._http.build_request("GET", address, headers={"Authorization": "Basic eA=="})',
        (f"{_TESTS}test_a_large_file_is_fetched_from_where_it_lies_without_our_keys",),
    ),
    Mutation(
        "Amplitude, Behavioral Cohorts: 500 downloads a month",
        "integrations/amplitude/sources.py",
        "max(known) < at - _CLOCKS_APART",
        "max(known) < at - timedelta(days=9)",
        (f"{_TESTS}test_a_cohort_that_was_not_worked_out_anew_is_not_downloaded_again",),
    ),
    Mutation(
        "Amplitude, Export: 404 is no error",
        _EXPORT,
        "        except NoEvents:\n            return",
        "        except NoEvents:\n            raise",
        (f"{_TESTS}test_no_event_in_a_few_hours_is_nothing_and_in_days_is_a_wrong_setting",),
    ),
    Mutation(
        "Amplitude, Export: what came in lately is not there yet",
        _EXPORT,
        "now - self.behind)",
        "now)",
        (f"{_TESTS}test_hours_that_may_come_in_part_are_not_asked_for",),
    ),
    Mutation(
        "Amplitude, data residency: a project of the EU is on no other host",
        "integrations/amplitude/settings.py",
        '"eu": "https://analytics.eu.amplitude.com"',
        '"eu": "https://amplitude.com"',
        (f"{_TESTS}test_each_region_has_its_host",),
    ),
    Mutation(
        "Amplitude, Behavioral Cohorts: names of groups, where a group is counted",
        _CLIENT,
        '"id_type": "BY_NAME"',
        '"id_type": "BY_USER_ID"',
        (f"{_ACTIONS}test_an_account_is_put_in_and_taken_out_and_others_stay",),
    ),
    Mutation(
        "Amplitude, Behavioral Cohorts: the count group has to be that of the cohort",
        _CLIENT,
        '            "count_group": self.settings.group_type,\n',
        "",
        (f"{_ACTIONS}test_an_account_is_put_in_and_taken_out_and_others_stay",),
    ),
    Mutation(
        "Amplitude, Group Identify: fields of a form",
        _CLIENT,
        "form=form, plain=True",
        "body=form, plain=True",
        (f"{_ACTIONS}test_what_is_set_is_set_back",),
    ),
    Mutation(
        "Amplitude, cohort webhook: a header is all that tells it from others",
        "integrations/amplitude/cohorts.py",
        "if not has_secret(call.headers, self._secret):",
        "if not self._secret:",
        ("web/serve/test_webhooks.py::test_without_the_secret_header_nothing_is_taken",),
    ),
)
