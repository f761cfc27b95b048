"""Map files: how the columns of a file become events or facts.

```yaml
# events
events:
  id: id                              # or [repo, commit]: joined, where no single column is an id
  event: type
  time: dt                            # ISO 8601, or epoch seconds or milliseconds
  account: {from: repo, before: "/"}  # `owner/name` -> `owner`
  user: actor
  received_at: received_at            # when it arrived, if later than it happened
  properties: [repo, action]          # left out: every other column
  empty: ["-", unknown]               # texts that say nothing; left out: NULL, nan and such
```
```yaml
facts:
  source: files.accounts              # or files.people; what facts.yaml says after `from:`
  account: account_id
  at: changed_on                      # when the values became so; left out: the time of the import
  empty: ["-", unknown]               # texts that say nothing; left out: NULL, nan and such
```
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from expansion.language.model.conditions import Strict
from expansion.text.for_people import ForPeople


class Part(Strict):
    """A part of a column's text: what stands before, or after, a separator."""

    from_: str = Field(alias="from")
    before: str | None = None
    after: str | None = None

    @model_validator(mode="after")
    def _one_side(self) -> Part:
        if (self.before is None) == (self.after is None):
            raise ValueError('say either `before: "/"` or `after: "@"`')
        return self


class EventMap(Strict):
    """Columns of an event file."""

    id: str | Annotated[list[str], Field(min_length=2)]
    event: str
    time: str
    account: str | Part | None = None
    user: str | None = None
    received_at: str | None = None
    properties: list[str] | None = None
    empty: list[str] | None = None  # texts that say nothing; left out: cells.NOTHING


class FactMap(Strict):
    """Columns of a file of account facts."""

    source: Literal["files.accounts", "files.people"] = "files.accounts"
    account: str
    user: str | None = None
    at: str | None = None
    fields: list[str] | None = None
    empty: list[str] | None = None  # texts that say nothing; left out: cells.NOTHING


class FileMap(Strict):
    """A map file holds one of the two."""

    events: EventMap | None = None
    facts: FactMap | None = None

    @model_validator(mode="after")
    def _one(self) -> FileMap:
        if (self.events is None) == (self.facts is None):
            raise ValueError("a map says either `events:` or `facts:`")
        return self


class MapError(ForPeople):
    """A map file cannot be used; the message names the file and the remedy."""


def load_map(path: Path) -> FileMap:
    """Read a map file; raises MapError with one sentence per mistake."""
    try:
        raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise MapError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from error
    if not isinstance(raw, dict):
        raise MapError(f"{path}: holds no map; it should begin with `events:` or `facts:`")
    try:
        return FileMap.model_validate(raw)
    except ValidationError as error:
        lines = [
            f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        ]
        raise MapError("\n".join([*lines, "", "hint: docs/import.md shows a map with every word"])) from error
