"""Scenarios side by side: what each would mean for the stages and for every enterprise."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from scheduler.domain.directory import PlantCard
from scheduler.domain.instant import Instant
from scheduler.domain.job import Job
from scheduler.domain.scenario import Scenario
from scheduler.domain.schedule import StageRow
from solver.instance import Count, Id, Signed, Value

Fares = Literal["gains", "same", "loses"]


class PlantOutcome(Value):
    """What a plant would have in a scenario: what it makes in the horizon in millionths of a road
    trip (permitted less lost), and in the published stretch its trips and open hours of gates.
    `free`: nothing is planned for it, since it is exempt or outside the alert."""

    plant: Id
    free: bool = False
    safety_missing: Count = 0
    made_utrip: Signed = 0
    lost_utrip: Count = 0
    trips: Count = 0
    open_minutes: Count = 0
    fares: Fares = "same"
    """Beside the first scenario: safety before output, and output by whole trips."""


class Outcome(Value):
    """One scenario with its plan, which the checker passed."""

    scenario: Scenario
    plan: Id
    reproducible: bool
    stages: tuple[StageRow, ...]
    plants: tuple[PlantOutcome, ...]

    @property
    def gaining(self) -> int:
        return sum(row.fares == "gains" for row in self.plants)

    @property
    def losing(self) -> int:
        return sum(row.fares == "loses" for row in self.plants)


class Ordered(Value):
    """A scenario that was asked for, and the job that plans it."""

    scenario: Scenario
    job: Job


class WhatIf(Value):
    """Scenarios of an alert that were asked for together, all with the same work and seed from the
    same instant on. The first changes nothing, and the others are compared with it."""

    id: Id
    alert: Id
    asked_at: Instant
    starts_at: Instant
    published_until: Instant
    ordered: tuple[Ordered, ...]
    outcomes: tuple[Outcome, ...] = Field(description="of the plans that are made")
    cards: tuple[PlantCard, ...]

    @property
    def is_over(self) -> bool:
        return all(row.job.state.is_over for row in self.ordered)

    def card(self, plant: str) -> PlantCard:
        return next(card for card in self.cards if card.plant == plant)
