"""Why a plant falls short in what is published: each cause with what relaxing it gave back."""

from __future__ import annotations

from scheduler.domain.directory import PlantCard
from scheduler.domain.instant import Instant
from scheduler.domain.schedule import Output, Restriction
from scheduler.domain.why_not import Named
from solver.displaced import DisplacedKind
from solver.instance import Id, StageName, Value
from solver.levers import Unit as RemedyUnit
from solver.window_answer import StageChange


class Object(Value):
    """A law at an object of the instance, and the stretches in which it binds; `clause` is what a
    measure says, `sharers` the plants that take most of a link or zone then. Law `search` has no
    object."""

    law: str
    where: str
    part: str
    clause: str
    binds: tuple[tuple[Instant, Instant], ...]
    sharers: tuple[Named, ...] = ()


class SolvedRemedy(Value):
    """What would remove a shortfall, solved: `amount` units more or less of what a law asks at an
    object, of a road room in some stretches, lower the stage from `before` to `after`. `least`: it
    is proved that less does not."""

    stage: StageName
    law: str
    where: str
    part: str
    amount: int
    unit: RemedyUnit
    spans: tuple[tuple[Instant, Instant], ...]
    before: int
    after: int
    least: bool
    together: int = 0
    """Above 0: of use only with the others of the same number."""


class Forced(Value):
    """A set of laws that, with all others of the plant relaxed, keeps a stage of its own at
    `value`; `irreducible`: each was left out and solved, and without it the stage can fall. No
    object: what is permitted and the state at the start do it alone."""

    stage: StageName
    value: int
    objects: tuple[Object, ...]
    irreducible: bool


class SolvedCause(Value):
    """Relaxing all of the objects, solved again, lowered a stage of the plant's own from `before`
    to `after`; of several none can be spared. `proved`: a bound shows that no plan of the plant
    reaches it under all laws. Of law `search`: planning the plant once more, alone beside the
    others and under all laws, already did."""

    stage: StageName
    unit: str
    objects: tuple[Object, ...]
    before: int
    after: int
    proved: bool

    @property
    def relief(self) -> int:
        return self.before - self.after


class TripPrice(Value):
    """What one more trip of a stream would cost where it is cheapest within the plant's windows, in
    units of exposure: `own` is its own; `others`, an estimate from the roads' prices in the plan's
    certificate and nothing that was solved, what the roads that it takes are worth to all;
    `displaced` take most of them then."""

    stream: Id
    leg: Id
    departs_at: Instant
    own: int
    others: int
    displaced: tuple[Named, ...]


class TripsShifted(Value):
    """A stream of another plant with so many trips fewer, more, or at another time or way."""

    plant: Named
    stream: Id
    lost: int
    added: int
    moved: int


class TripDisplaces(Value):
    """What the plan would do were one more trip of a stream made, solved with the plants `others`
    planned anew and all else as it is (`solver/displaced.py`). `stages` are of the whole plan;
    `least`: proved that no less of others changes, at no smaller loss."""

    stream: Id
    kind: DisplacedKind
    others: tuple[Named, ...]
    shifts: tuple[TripsShifted, ...]
    stages: tuple[StageChange, ...]
    least: bool


class Why(Value):
    """What a plant may do by a publication, what it loses, why, and what would remove that."""

    card: PlantCard
    publication: Id
    output: Output
    restrictions: tuple[Restriction, ...] = ()
    """The measures in force for the plant, each with its clause."""
    causes: tuple[SolvedCause, ...]
    forced: tuple[Forced, ...] = ()
    remedies: tuple[SolvedRemedy, ...] = ()
    trip_prices: tuple[TripPrice, ...] = ()
    trip_displaces: tuple[TripDisplaces, ...] = ()
