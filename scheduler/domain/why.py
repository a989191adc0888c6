"""Why a plant falls short in what is published: each cause with what relaxing it gave back."""

from __future__ import annotations

from scheduler.domain.directory import PlantCard
from scheduler.domain.instant import Instant
from scheduler.domain.schedule import Output
from solver.instance import Id, StageName, Value


class Object(Value):
    """A law at an object of the instance, and the stretches in which it binds; `clause` is what a
    measure says. Law `search` has no object."""

    law: str
    where: str
    part: str
    clause: str
    binds: tuple[tuple[Instant, Instant], ...]


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


class Why(Value):
    """What a plant loses by a publication, and why."""

    card: PlantCard
    publication: Id
    output: Output
    causes: tuple[SolvedCause, ...]
