"""The only module that reads the clock."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def stopwatch_s() -> float:
    """Seconds from an arbitrary point; only differences mean anything."""
    return time.monotonic()


def local(instant: datetime) -> datetime:
    """An instant as people in Liaoning read it."""
    return instant.astimezone(SHANGHAI)
