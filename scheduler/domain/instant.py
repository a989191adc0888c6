"""Instants: aware, kept in UTC, so that one instant has one canonical form."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def _in_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


def _on_the_minute(instant: datetime) -> datetime:
    if instant.second or instant.microsecond:
        raise ValueError(f"{instant.isoformat()} is not on a whole minute")
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Minute = Annotated[Instant, AfterValidator(_on_the_minute)]
