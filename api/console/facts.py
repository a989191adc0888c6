"""What the page is told, as frozen values: the alert, the publication, its instance and plan.

`Situation` is what holds at an instant and is asked for at every request; `Published` belongs to
one publication, never changes and may be kept. Instants are aware; names are in Chinese and, where
the registry has it, in English.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from scheduler.domain.alert import Level
from scheduler.domain.directory import Provenance
from scheduler.domain.revised import Revised
from scheduler.domain.schedule import Comparison, ScheduledCause
from scheduler.domain.whole import WholeWhy
from scheduler.domain.why import Why
from scheduler.domain.why_not import WhyNot
from scheduler.texts import Language
from scheduler.why_not import Wanted
from solver.instance import Instance, StageName
from solver.plan import Plan


@dataclass(frozen=True, slots=True)
class Name:
    zh: str
    en: str | None = None

    def said(self, language: Language) -> str:
        return self.en if language == "en" and self.en else self.zh


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """One level of a declared alert and the areas that it holds for."""

    level: Level
    areas: tuple[Name, ...]
    document_number: Name
    declared_by: Name
    starts_at: datetime
    ends_at: datetime | None
    known_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class AdviceFacts:
    """The level that a rule set computes; never the declared one."""

    level: Level | None
    rule_set: Name


@dataclass(frozen=True, slots=True)
class PublicationFacts:
    publication_id: str
    number: int
    digest: str
    published_at: datetime
    in_force_from: datetime
    published_until: datetime


@dataclass(frozen=True, slots=True)
class WithdrawalFacts:
    number: int
    withdrawn_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class LiftFacts:
    """The alert that was lifted last, if lately."""

    lifted_at: datetime
    document_number: Name


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A plan that is being made, and the stage that the solver works on."""

    state: Literal["queued", "running"]
    queued_at: datetime
    stage: StageName | None


@dataclass(frozen=True, slots=True)
class NextChange:
    """The next instant at which something else holds."""

    at: datetime
    to: Literal["alert_starts", "alert_ends", "measure_starts", "measure_ends"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Why an enterprise's plant has no windows to keep: exempt, barred throughout, its output
    stopped by a measure, scheduled with no window (idle), closed or outside the alert."""

    enterprise: str
    plant_name: Name
    kind: Literal["exempt", "barred", "stopped", "idle", "closed", "outside"]
    clause: Name
    next_change: NextChange | None


@dataclass(frozen=True, slots=True)
class Situation:
    """What holds at `at`, as it was known then."""

    at: datetime
    case_note: Name | None
    """Said above everything, e.g. that the case is a what-if on past air."""
    alerts: tuple[AlertFacts, ...] = ()
    advice: AdviceFacts | None = None
    publication: PublicationFacts | None = None
    withdrawal: WithdrawalFacts | None = None
    lifted: LiftFacts | None = None
    """Only where no alert holds."""
    job: JobFacts | None = None
    standings: tuple[Standing, ...] = ()


@dataclass(frozen=True, slots=True)
class PlantFacts:
    name: Name
    enterprise: str
    enterprise_name: Name
    city: Name


@dataclass(frozen=True, slots=True)
class RoadFacts:
    """A link's name and its ends in the network's coordinates."""

    name: Name
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """A city that the map names."""

    name: Name
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Registry:
    """Names by the instance's ids: plants, roads, and `named` for gates, goods, processes,
    vehicle classes, zones and far ends of paths; clauses by their Chinese."""

    plants: Mapping[str, PlantFacts]
    roads: Mapping[str, RoadFacts]
    named: Mapping[str, Name]
    places: tuple[PlaceFacts, ...]
    geographic: bool
    """Coordinates are degrees east and north."""

    def name_of(self, object_id: str) -> Name:
        """The object's name; its id where the registry has none."""
        if object_id in self.plants:
            return self.plants[object_id].name
        if object_id in self.roads:
            return self.roads[object_id].name
        return self.named.get(object_id, Name(object_id))


@dataclass(frozen=True, slots=True)
class Published:
    """All that one publication says. Slots from `end_slot` on were planned, not published."""

    publication_id: str
    instance: Instance
    plan: Plan
    end_slot: int
    registry: Registry
    causes: Mapping[str, tuple[ScheduledCause, ...]]
    """By plant; a shortfall whose cause was not found has none."""
    comparison: Comparison | None
    provenance: Provenance
    revised: Revised | None = None
    """What changed of the publication before; None: a first plan."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom an enterprise calls about its schedule."""

    office: Name
    phone: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A stored plan of an alert's latest revision that was not published, and whom it cannot keep
    safe: each plant's name and minutes below its least rate."""

    plan: str
    alert: str
    made_at: datetime
    unsafe: tuple[tuple[Name, int], ...]


class Source(Protocol):
    """Where the page's facts come from."""

    def situation(self, at: datetime | None) -> Situation:
        """What holds at an instant, now if None."""

    def published(self, publication_id: str) -> Published:
        """What a publication in force says."""

    def enterprise_of_key(self, key: str) -> str | None:
        """The enterprise whose key this is; None for any other key."""

    def enterprise_name(self, enterprise: str) -> Name: ...

    def is_official_key(self, key: str) -> bool:
        """Whether it is the key of a bureau or an auditor, who may ask for any enterprise."""

    def enterprises(self, at: datetime | None) -> tuple[tuple[str, Name], ...]:
        """The enterprises that are scheduled at an instant, by id."""

    def pending(self) -> tuple[Pending, ...]:
        """Plans that could be published and were not, the newest first."""

    def english_clauses(self) -> Mapping[str, str]:
        """What clauses say in English, by the newest measures."""

    def waiting(self, enterprise: str | None) -> int:
        """Requests that wait for the bureau's decision, or swaps for an enterprise's agreement."""

    def why_plan(self, plan: str) -> tuple[Why, ...]:
        """The plants that a plan cannot keep safe, why, and the bureau's options. Raises
        NotFoundError where there is no such plan."""

    def whole(self, plan: str) -> tuple[WholeWhy, ...]:
        """What forces a plan's shortfall as a whole. Raises NotFoundError where there is no such
        plan."""

    def why(self, enterprise: str, at: datetime | None) -> tuple[Why, ...]:
        """Why its plants fall short in what is in force; nothing where they are not scheduled."""

    def why_not(self, enterprise: str, at: datetime | None, wanted: Wanted) -> tuple[WhyNot, ...]:
        """Why it has not a window. Raises BadInputError for what cannot be asked, NotFoundError
        where its plants are not scheduled."""
