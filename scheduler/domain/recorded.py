"""What was recorded: trucks at gates, and readings of stocks, each with its source and time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scheduler.domain.instant import Instant
from scheduler.domain.received import Received
from scheduler.domain.row import Id, Text
from solver.instance import Count, Positive, Value

Direction = Literal["in", "out"]


class Passage(Received):
    """Trucks of a leg that passed a gate."""

    gate: Annotated[Id, Field(description="the gate")]
    leg: Annotated[Id, Field(description="the way of carrying, as the schedule names it")]
    direction: Annotated[Direction, Field(description="in or out")]
    passed_at: Annotated[Instant, Field(description="when, with its offset")]
    trips: Annotated[Positive, Field(description="how many trucks")] = 1


class StockReading(Received):
    """What of a stock was in hand at an instant."""

    stock: Annotated[Id, Field(description="the stock")]
    read_at: Annotated[Instant, Field(description="when, with its offset")]
    kg: Annotated[Count, Field(description="kg in hand")]


class Ledger(Received):
    """All passages of a plant in a stretch of time: what is not in it did not take place."""

    plant: Id
    from_instant: Instant
    to_instant: Instant
    passages: tuple[Passage, ...] = ()


class Delivery(Received):
    """What one sender hands in."""

    source: Text
    ledgers: tuple[Ledger, ...] = ()
    readings: tuple[StockReading, ...] = ()


class Recording(Value):
    """The nth delivery, kept under the digest of its bytes."""

    number: Positive
    source: Text
    digest: str
    known_at: Instant


class KnownReading(StockReading):
    source: str


class KnownLedger(Ledger):
    source: str


class Facts(Value):
    """What is recorded of a stretch of time: the newest reading of each stock, and the ledgers."""

    ledgers: tuple[KnownLedger, ...] = ()
    readings: tuple[KnownReading, ...] = ()

    @property
    def is_any(self) -> bool:
        return bool(self.ledgers or self.readings)

    def reading_of(self, stock: str) -> KnownReading | None:
        return next((row for row in self.readings if row.stock == stock), None)

    def ledger_of(self, plant: str) -> KnownLedger | None:
        """The last ledger of a plant."""
        return next((row for row in reversed(self.ledgers) if row.plant == plant), None)
