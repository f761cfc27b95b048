"""What a mail server would refuse."""

from __future__ import annotations

from tests.mutations.row import Mutation

_MESSAGE, _CLIENT, _TESTS = (
    "integrations/email/message.py",
    "integrations/email/client.py",
    "integrations/test_email.py",
)

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "E-mail: a Message-ID",
        _MESSAGE,
        '    made["Message-ID"] = f"<{id_}>"\n',
        "",
        (f"{_TESTS}::TestSend::test_it_works",),
    ),
    Mutation(
        "E-mail: seven bits",
        _MESSAGE,
        'cte_type="7bit"',
        'cte_type="8bit"',
        (f"{_TESTS}::test_a_mail_has_all_that_servers_and_mail_programs_want",),
    ),
    Mutation(
        "E-mail: a dot alone ends the text",
        _MESSAGE,
        'return _DOT.sub(b"..", self.raw) + b".\\r\\n"',
        'return self.raw + b".\\r\\n"',
        (f"{_TESTS}::test_lines_that_begin_with_a_dot_arrive_as_they_are",),
    ),
    Mutation(
        "E-mail: signed in before anything",
        _CLIENT,
        "if self._client.settings.user:",
        "if not self._client.settings.user:",
        (f"{_TESTS}::TestSend::test_it_works",),
    ),
)
