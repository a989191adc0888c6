"""What forces the shortfall of all plants together: plant by plant what its own laws force, then
what shared roads do by the plan's bound, then what nothing explains.

A plant alone, on roads without the others, is proved to lose so much at least in any plan: its
floor. Floors add up, so the plants that have one force their sum together, and without any one of
them it is not forced; within a plant a set of laws of which none can be spared forces its floor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from solver.bench import Bench
from solver.certificate import bound_of
from solver.check import check
from solver.checks.stages import UNITS
from solver.compact import residual_mpcu
from solver.derive import Derived
from solver.explain import Binding
from solver.forcing import SHORTFALLS, Forcing, forced_to
from solver.instance import Count, Id, Instance, StageName, Value
from solver.loosen import relaxations_of, relaxed, supplies_of
from solver.plan import Certificate, Plan
from solver.remedies import Remedy, of_laws
from solver.second import second_opinion

MOST_ROADS = 8


class PlantForced(Value):
    """A plant that loses `planned` of a stage and at least `floor` in any plan. `forcing` are its
    own laws that force that, None where they were not asked or not proved; `sure`: a second way
    found no plan below them either. `remedies` each lower it, all its other laws in force; where
    no law does alone, all of them together."""

    plant: Id
    planned: Count
    floor: Count
    forcing: Forcing | None = None
    sure: bool = False
    remedies: tuple[Remedy, ...] = ()


class PricedRoad(Value):
    """A link or zone that the bound prices, with what its priced slots are worth to all plants by
    those prices: an estimate of its part, in units of the stage."""

    what: str
    id: Id
    slots: tuple[Count, ...]
    worth: Count


class WholeShortfall(Value):
    """A stage of all plants: `value` as planned; of that `by_plants` is forced by the plants' own
    laws, `by_roads` more by what they share (the plan's bound, over plans whose earlier stages are
    as good), and `unexplained` is forced by nothing that was proved."""

    stage: StageName
    unit: str
    value: Count
    by_plants: Count
    by_roads: Count
    unexplained: Count
    plants: tuple[PlantForced, ...]
    roads: tuple[PricedRoad, ...]


def whole_shortfalls(
    instance: Instance, plan: Plan, work: float = 0.3, most: int = 5
) -> tuple[WholeShortfall, ...]:
    """Every shortfall of a plan. `work` is the counted work of each solve; the laws of the `most`
    plants with the greatest floors are asked for."""
    asking = _Asking(instance, plan, work, most)
    values = {stage.name: stage.value for stage in check(instance, plan).stages}
    return tuple(asking.of(stage, values[stage]) for stage in SHORTFALLS if values.get(stage))


@dataclass
class _Asking:
    instance: Instance
    plan: Plan
    work: float
    most: int

    @cached_property
    def _derived(self) -> Derived:
        return Derived(self.instance)

    def of(self, stage: StageName, value: int) -> WholeShortfall:
        plants = list(self._floors(stage))
        by_plants = sum(one.floor for one in plants)
        bound, priced = self._bound(stage)
        asked = [self._asked(stage, one) for one in plants[: self.most]]
        return WholeShortfall(
            stage=stage,
            unit=UNITS[stage],
            value=value,
            by_plants=by_plants,
            by_roads=max(0, bound - by_plants),
            unexplained=max(0, value - max(bound, by_plants)),
            plants=(*asked, *plants[self.most :]),
            roads=tuple(self._roads(priced)) if priced and bound > by_plants else (),
        )

    def _bench(self, plant: str) -> Bench:
        return Bench(self.instance, self.plan, plant, self.work, roads_free=True)

    def _floors(self, stage: StageName) -> list[PlantForced]:
        """Plants with a floor, the greatest first. One that loses nothing now has none."""
        found = []
        for plant in self.instance.plants:
            bench = self._bench(plant.id)
            planned = bench.planned[stage]
            floor = min(planned, bench.floor(stage)) if planned else 0
            if floor:
                found.append(PlantForced(plant=plant.id, planned=planned, floor=floor))
        return sorted(found, key=lambda one: (-one.floor, one.plant))

    def _asked(self, stage: StageName, one: PlantForced) -> PlantForced:
        bench = self._bench(one.plant)
        found = forced_to(bench, stage, one.floor)
        if found is None:
            return one
        return one.model_copy(
            update={
                "forcing": found,
                "sure": self._is_sure(bench, found),
                "remedies": tuple(_remedies(bench, found)),
            }
        )

    def _is_sure(self, bench: Bench, found: Forcing) -> bool:
        """Whether a second way finds no plan below, all laws in force."""
        rows = bench.rows(found.stage, found.below, bench.own)
        return rows is None or second_opinion(rows, self.work).verdict == "infeasible"

    def _bound(self, stage: StageName) -> tuple[int, Certificate | None]:
        """What is proved of a stage over all plants, and the certificate that says it, if it has
        prices of roads."""
        claimed = next((one for one in self.plan.stages if one.name == stage), None)
        if claimed is None:
            return 0, None
        names = [plant.id for plant in self.instance.plants]
        budgets = {one.name: one.handed_on for one in self.plan.stages}
        residual = partial(residual_mpcu, self._derived)
        proved = [
            (bound_of(one, names, residual, budgets), number, one)
            for number, one in enumerate(claimed.certificates)
        ]
        best, number = max(((bound, -n) for bound, n, _ in proved), default=(0, 0))
        one = claimed.certificates[-number] if proved else None
        priced = one if one is not None and one.prices else None
        return max(best, claimed.bound), priced

    def _roads(self, priced: Certificate) -> Iterator[PricedRoad]:
        worth, slots = Counter[tuple[str, str]](), dict[tuple[str, str], list[int]]()
        for price in priced.prices:
            place: tuple[str, str] = price.what, price.id
            worth[place] += price.price * residual_mpcu(
                self._derived, (price.what, price.id, price.slot)
            )
            slots.setdefault(place, []).append(price.slot)
        for what, name in sorted(worth, key=lambda p: (-worth[p], p))[:MOST_ROADS]:
            yield PricedRoad(
                what=what,
                id=name,
                slots=tuple(sorted(slots[what, name])),
                worth=worth[what, name] // priced.scale,
            )


def _remedies(bench: Bench, found: Forcing) -> Iterator[Remedy]:
    """The least of each law that lowers the floor alone; else of all together."""
    every = {
        law.key: law for law in (*relaxations_of(bench.own, bench.plant), *supplies_of(bench.plant))
    }
    laws = [(binding, every[binding.law, binding.where, binding.part]) for binding in found.objects]
    alone: list[Remedy] = []
    for binding, law in laws:
        alone += _remedy(bench, found, (binding,), bench.least(found.stage, law.edit(bench.own)))
    if alone or len(laws) < 2:
        yield from alone
        return
    loose = relaxed(bench.own, [law for _, law in laws])
    together = _remedy(bench, found, found.objects, bench.least(found.stage, loose))
    yield from (row.model_copy(update={"together": 1}) for row in together)


def _remedy(
    bench: Bench, found: Forcing, objects: Sequence[Binding], after: int | None
) -> tuple[Remedy, ...]:
    if after is None or found.value - after < bench.unit(found.stage):
        return ()
    return of_laws(bench, found.stage, objects, (found.value, after))
