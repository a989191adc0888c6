"""Kinds of trips, and the filings by which some of them are free."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from scheduler.domain.instant import Minute
from scheduler.domain.row import Id, Row, SourceText, StatusOf, Text

Kind = Literal["ordinary", "safe_production", "livelihood", "hazardous", "emergency"]
ORDINARY: Kind = "ordinary"
"""Trips that no exemption is for."""


class Filing(Row):
    """What was filed with the alert's office for a kind of trips of a plant, such as emergency
    haulage: it covers them from when it was filed, and within its own times."""

    filing_id: Annotated[Id, Field(description="the filing's id")]
    plant_id: Annotated[Id, Field(description="an id of plants.csv")]
    kind: Annotated[
        Kind,
        Field(description="ordinary, safe_production, livelihood, hazardous or emergency"),
    ]
    document: Annotated[Text, Field(description="the number of the document")]
    filed_at: Annotated[Minute, Field(description="when it was filed, as 2026-01-05 08:00")]
    starts_at: Annotated[Minute, Field(description="when it begins, as 2026-01-05 08:00")]
    ends_at: Annotated[Minute, Field(description="when it ends, as 2026-01-05 20:00")]
    source: SourceText
    status: StatusOf

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.ends_at <= max(self.starts_at, self.filed_at):
            raise PydanticCustomError("filing_over", "ends before it begins or was filed")
        return self

    def covers(self, first: datetime, end: datetime) -> bool:
        """Whether every minute between two instants is covered."""
        return max(self.starts_at, self.filed_at) <= first and end <= self.ends_at
