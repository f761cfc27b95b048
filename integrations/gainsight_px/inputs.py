"""What authors write under `with:` of Gainsight PX's action."""

from __future__ import annotations

from pydantic import Field

from expansion.fields import Inputs, People, PlainText


class AddToSegment(Inputs):
    """People and the external segment that an engagement's audience asks for."""

    segment: PlainText = Field(
        min_length=1, max_length=100, description="Its name in PX; made where there is none yet."
    )
    people: People = Field(description="A people group from facts.yaml, or `involved`.")
