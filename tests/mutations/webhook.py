"""What a receiver of webhooks would refuse, or take twice."""

from __future__ import annotations

from tests.mutations.row import Mutation

_TESTS = "integrations/test_webhook.py"

ROWS: tuple[Mutation, ...] = (
    Mutation(
        "Webhook: the time is signed, too",
        "integrations/webhook/signing.py",
        "(message_id.encode(), str(at).encode(), body)",
        "(message_id.encode(), body)",
        (f"{_TESTS}::TestSend::test_it_works",),
    ),
    Mutation(
        "Webhook: receivers tell repeats by the id",
        "integrations/webhook/actions.py",
        "Message(wanted.to, piece.key, body(piece))",
        "Message(wanted.to, piece.account.name, body(piece))",
        (f"{_TESTS}::TestSend::test_it_works",),
    ),
)
