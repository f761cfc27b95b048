"""Notes on accounts, each made once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from expansion.contract import Piece
from expansion.text.shorten import shorten
from integrations.kit.keyed import Draft, Keyed, MakesOnce
from integrations.kit.shapes import reads
from tests.example.beacon.integration.client import Client
from tests.example.beacon.integration.inputs import PostNote
from tests.example.beacon.integration.meanings import Taken

TITLE, TEXT = 120, 5000  # characters that Beacon takes


class Notes(Keyed[Draft]):
    """Notes by their external id, which is our key."""

    taken = Taken

    def __init__(self, client: Client) -> None:
        self._client = client

    def existing(self, pieces: Sequence[Piece]) -> dict[str, str]:
        return {note["external_id"]: str(note["id"]) for note in self._client.notes([piece.key for piece in pieces])}

    def make(self, draft: Draft) -> str:
        return self._client.post_note({"external_id": draft.piece.key, **draft.record})

    def link(self, thing: str) -> str:
        return f"{self._client.app}/notes/{thing}"


@reads("Beacon")
class PostNoteAction(MakesOnce[Draft]):
    """Posts a note on the account."""

    name = "beacon.post_note"
    title = "Post a note on the account in Beacon"
    input_model = PostNote
    repeatable = True

    def draft(self, piece: Piece) -> Draft:
        note = cast(PostNote, piece.input)
        on = {"external_id": piece.account.account_id}
        return Draft(piece, {"account": on, "title": shorten(note.title, TITLE), "text": shorten(note.text, TEXT)})
