"""What Pendo would refuse, swallow or answer otherwise."""

from __future__ import annotations

from tests.mutations.row import Mutation

_CLIENT = "integrations/pendo/client.py"
_TESTS = "integrations/test_pendo.py::"
_SOURCES = "integrations/test_pendo_sources.py::"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Pendo, metadata: ids that nobody knows are a 200",
        "integrations/pendo/actions.py",
        "if change.record in missing:",
        "if False:",
        (f"{_TESTS}test_an_id_that_comes_back_as_missing_is_refused_and_the_others_are_set",),
    ),
    Mutation(
        "Pendo, metadata: what fails is only counted",
        "integrations/pendo/actions.py",
        "if failed > len(missing):",
        "if failed > len(missing) + 9:",
        (f"{_TESTS}test_what_fails_without_a_name_is_found_in_halves",),
    ),
    Mutation(
        "Pendo, segments: the op of a patch",
        _CLIENT,
        '"op": change, "path": "/visitors"',
        '"op": change, "path": "visitors"',
        (f"{_TESTS}test_those_who_were_put_into_a_segment_are_taken_out",),
    ),
    Mutation(
        "Pendo, aggregation: a visitor of two accounts is in a segment for one",
        _CLIENT,
        '            {"bulkExpand": {"account": {"account": "accountId"}}},\n',
        "",
        (f"{_SOURCES}test_a_visitor_of_two_accounts_is_in_the_segment_for_the_one_that_its_rules_mean",),
    ),
    Mutation(
        "Pendo, aggregation: a page that is short is not the end",
        _CLIENT,
        "if len(found) < total:",
        "if False:",
        (f"{_SOURCES}TestAccount::test_an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole",),
    ),
    Mutation(
        "Pendo: moments are milliseconds",
        "integrations/pendo/schema.py",
        "milliseconds / 1000",
        "milliseconds / 1000000",
        (f"{_SOURCES}test_fields_are_named_by_where_they_come_from_and_a_moment_is_one",),
    ),
    Mutation(
        "Pendo, webhook: the signature is over the body as it came",
        "integrations/pendo/webhook.py",
        "is_signed(self._secret, call.raw, given",
        "is_signed(self._secret, call.raw.strip() + b' ', given",
        ("web/serve/test_pendo.py::test_a_signature_is_taken_in_both_usual_ways",),
    ),
)
