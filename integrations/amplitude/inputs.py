"""What authors write under `with:` of Amplitude's own actions."""

from __future__ import annotations

from pydantic import Field

from expansion.fields import Inputs, PlainText


class AddToCohort(Inputs):
    """A cohort of accounts that somebody uploaded or made by the API."""

    cohort: PlainText = Field(min_length=1, max_length=200, description="Its name, or its id in the cohort's address.")
