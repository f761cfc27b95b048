"""HubSpot's limits as it keeps them: 190 calls in 10 seconds with headers, 5 searches a second without, and a day."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from starlette.responses import JSONResponse, Response

from sandbox.kit.window import Window

TEN_SECONDS, A_SECOND = 10.0, 1.0


class Limits:
    """Counts calls; the numbers and the clock may be set by a test."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.burst, self.searches, self.daily = 190, 5, 650_000
        self.used = 0
        self._calls, self._searches = Window(TEN_SECONDS, self._time), Window(A_SECOND, self._time)

    def _time(self) -> float:
        return self.now()

    def refuse(self, search: bool) -> Response | None:
        """Count one call; the 429 if it is one too many."""
        if self.used >= self.daily:
            return self._too_many("DAILY", "You have reached your daily limit.", headers=True)
        if search and self._searches.wait(self.searches) is not None:
            return self._search()
        if self._calls.wait(self.burst) is not None:
            text = "You have reached your ten_secondly_rolling limit."
            return self._too_many("TEN_SECONDLY_ROLLING", text, headers=True)
        self._calls.count()
        if search:
            self._searches.count()
        self.used += 1
        return None

    def headers(self) -> dict[str, str]:
        left = self.burst - self._calls.used
        return {
            "X-HubSpot-RateLimit-Max": str(self.burst),
            "X-HubSpot-RateLimit-Remaining": str(max(0, left)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            "X-HubSpot-RateLimit-Daily": str(self.daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, self.daily - self.used)),
        }

    def _search(self) -> Response:
        """As recorded: the category, and neither a policy nor headers."""
        body = {"status": "error", "message": "You have reached your secondly limit."}
        return JSONResponse(body | {"correlationId": str(uuid.uuid4()), "category": "RATE_LIMITS"}, 429)

    def _too_many(self, policy: str, message: str, headers: bool) -> Response:
        body = {
            "status": "error",
            "message": message,
            "errorType": "RATE_LIMIT",
            "correlationId": str(uuid.uuid4()),
            "policyName": policy,
        }
        return JSONResponse(body, 429, self.headers() if headers else {})
