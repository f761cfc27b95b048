"""What Gainsight would refuse, do twice, or answer otherwise."""

from __future__ import annotations

from tests.mutations.row import Mutation

_CODE = "integrations/gainsight"
_TESTS = "integrations/test_gainsight.py::"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Gainsight, CTA API: a create is no upsert, so that a second call makes a second CTA",
        f"{_CODE}/ctas.py",
        "return {**draft.record, **own, self._key: draft.piece.key}",
        "return {**draft.record, **own}",
        (f"{_TESTS}TestCreateCta::test_a_connection_cut_after_the_work_does_not_do_it_twice",),
    ),
    Mutation(
        "Gainsight, CTA API: a list names fields by fieldName",
        f"{_CODE}/client.py",
        'name="fieldName"',
        'name="name"',
        (f"{_TESTS}TestCreateCta::test_it_works",),
    ),
    Mutation(
        "Gainsight: a reply with result false is a no, whatever its status",
        f"{_CODE}/client.py",
        'if said.get("result") is not False:',
        'if said.get("result") is False:\n        return said\n    if said.get("result") is not True:',
        (f"{_TESTS}test_a_no_with_status_200_is_a_no",),
    ),
    Mutation(
        "Gainsight, Timeline API: an ExternalId that is taken is refused, and the entry is there",
        f"{_CODE}/actions.py",
        "    taken = Taken\n",
        "    taken = None\n",
        (f"{_TESTS}test_an_entry_that_is_taken_and_cannot_be_seen_yet_is_not_made_twice",),
    ),
    Mutation(
        "Gainsight, Company API: a DATE is written year-month-day",
        f"{_CODE}/values.py",
        '"DATE": (values.day,',
        '"DATE": (values.text,',
        (f"{_TESTS}test_values_are_sent_as_their_fields_take_them",),
    ),
    Mutation(
        "Gainsight, Company API: that nothing was found may be a 400",
        f"{_CODE}/meanings.py",
        'Row("GSOBJ_1011", NoData, "nothing was found"),',
        "",
        ("integrations/test_gainsight_sources.py::test_each_way_of_saying_that_nothing_is_there_ends_a_list",),
    ),
)
