"""Files as Amplitude gives them: a zip of gzipped lines an hour, and the members of a cohort as CSV."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Record = dict[str, Any]
APP = 153957
# Every key of an event, as the page of the Export API lists them; what an event has not is null.
_KEYS = (
    "server_received_time", "app", "device_carrier", "city", "user_id", "uuid", "event_time", "platform", "os_version",
    "amplitude_id", "processed_time", "version_name", "ip_address", "paying", "dma", "group_properties",
    "user_properties", "client_upload_time", "$insert_id", "event_type", "library", "amplitude_attribution_ids",
    "device_type", "start_version", "location_lng", "server_upload_time", "event_id", "location_lat", "os_name",
    "groups", "event_properties", "data", "device_id", "language", "country", "region", "session_id", "device_family",
    "sample_rate", "client_event_time",
)  # fmt: skip


def exported(event: Mapping[str, Any]) -> Record:
    """An event as the export writes it."""
    plain: Record = dict.fromkeys(_KEYS) | {"app": APP, "group_properties": {}, "user_properties": {}, "data": {}}
    return plain | {"groups": {}, "event_properties": {}, "library": "http/2.0"} | dict(event)


def archive(by_hour: Mapping[str, Sequence[Record]]) -> bytes:
    """A zip file, and in it a gzip file for each hour that has events."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as packed:
        for hour, events in sorted(by_hour.items()):
            lines = "".join(f"{json.dumps(exported(event), ensure_ascii=False)}\n" for event in events)
            packed.writestr(f"{APP}/{APP}_{hour.replace('T', '_')}#0.json.gz", gzip.compress(lines.encode(), mtime=0))
    return whole.getvalue()


def members(rows: Iterable[Mapping[str, Any]], properties: Sequence[str]) -> bytes:
    """`amplitude_id` and `user_id`, which Amplitude's own client reads, and the properties that were asked for."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["amplitude_id", "user_id", *properties])
    for row in rows:
        known = row["properties"]
        writer.writerow([row["amplitude_id"], row["user_id"], *(_cell(known.get(name)) for name in properties)])
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    return "" if value is None else json.dumps(value) if isinstance(value, list) else str(value)
