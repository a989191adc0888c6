"""What a publication says plant by plant: windows, passages and trips, and what is not made.

Trucks are followed with the checker's own reckoning, so the page shows what was checked.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from api.console.facts import Published
from scheduler.domain.schedule import ScheduledCause
from solver.checks.cycles import World, ceil_div, runs_of_true
from solver.checks.stocks import Working
from solver.checks.traffic import Run, Traffic
from solver.instance import Leg, Plant, Process, StageName, Stream
from solver.plan import Decisions
from solver.stages import UNITS

Direction = Literal["in", "out"]


@dataclass(frozen=True, slots=True, order=True)
class Passage:
    """`trips` trucks of a leg pass a gate in a slot. `first` marks a trip's first passage at the
    plant, which tells to what window the trip belongs."""

    gate: str
    slot: int
    direction: Direction
    leg: str
    trips: int
    first: bool
    departs: int
    """Slot in which the trips depart, below 0 for trips under way."""


@dataclass(frozen=True, slots=True)
class GateWindow:
    """A window as far as it is published, and the trips that belong to it."""

    gate: str
    first_slot: int
    end_slot: int
    goes_on: bool
    trips: int
    entries: int
    exits: int


@dataclass(frozen=True, slots=True)
class GateRow:
    """A gate's windows and the runs of slots in which it needs none."""

    gate: str
    windows: tuple[GateWindow, ...]
    free: tuple[range, ...]


Kind = Literal["safety", "output"]

STAGE_OF: dict[Kind, StageName] = {"safety": "safety_shortfall", "output": "output_shortfall"}


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Of what a process may or must make over the horizon, what it does not, in thousandths."""

    plant: str
    process: str
    kind: Kind
    lost_permille: int
    lost_mtrip: int
    first_interval: int | None
    """The first interval in which it makes less; None where only the final stock is short."""
    end_interval: int | None
    causes: tuple[ScheduledCause, ...]


@dataclass(frozen=True, slots=True)
class PlantSchedule:
    plant: str
    gates: tuple[GateRow, ...]
    trips: int
    """Cycles whose first passage at the plant is in a published slot."""
    normal_trips: int
    """What the plant would drive in the same slots at normal working."""
    shortfalls: tuple[Shortfall, ...]

    @property
    def worst(self) -> tuple[int, int]:
        """For ordering: safety before output, more before less."""
        safety = [s.lost_permille for s in self.shortfalls if s.kind == "safety"]
        output = [s.lost_permille for s in self.shortfalls if s.kind == "output"]
        return max(safety, default=0), max(output, default=0)


class Schedule:
    """A publication worked out once."""

    def __init__(self, published: Published) -> None:
        self.published = published
        self.instance = published.instance
        self.world = World(published.instance)
        self.traffic = Traffic(self.world, published.plan.decisions or Decisions())
        self.working = Working(self.traffic)

    @cached_property
    def plants(self) -> tuple[PlantSchedule, ...]:
        """Shortfalls first, then by id."""
        rows = [self._plant(plant) for plant in self.instance.plants]
        return tuple(sorted(rows, key=lambda r: (-r.worst[0], -r.worst[1], r.plant)))

    @cached_property
    def passages(self) -> dict[str, tuple[Passage, ...]]:
        """Published passages by gate, in order of time."""
        table: dict[str, list[Passage]] = {gate: [] for gate in self.world.plant_of_gate}
        for passage in self._passages():
            table[passage.gate].append(passage)
        return {gate: tuple(sorted(rows)) for gate, rows in table.items()}

    def leg(self, leg_id: str) -> tuple[Leg, Stream]:
        cycle = self.world.cycles[leg_id]
        return cycle.leg, cycle.stream

    def _passages(self) -> Iterator[Passage]:
        slot_s = self.instance.grid.slot_s
        for run in self.traffic.runs:
            for place, (gate, offset_s) in enumerate(run.half.passages):
                slot = run.slot + offset_s // slot_s
                if 0 <= slot < self.published.end_slot:
                    direction, first = _direction(run, place)
                    leg = run.cycle.leg.id
                    yield Passage(gate, slot, direction, leg, run.trips, first, run.slot)

    def _plant(self, plant: Plant) -> PlantSchedule:
        gates = tuple(self._gate(plant, gate.id) for gate in plant.gates)
        passages = [p for gate in plant.gates for p in self.passages[gate.id]]
        return PlantSchedule(
            plant=plant.id,
            gates=gates,
            trips=sum(p.trips for p in passages if p.first),
            normal_trips=self._normal_trips(plant),
            shortfalls=tuple(s for p in plant.processes for s in self._shortfalls(plant, p)),
        )

    def _normal_trips(self, plant: Plant) -> int:
        grid = self.instance.grid
        minute_permille = sum(
            stream.baseline_trips_day * stream.profile_permille[grid.hour_of(slot)]
            for stream in plant.streams
            for slot in range(self.published.end_slot)
        )
        return minute_permille * grid.slot_minutes // 60_000

    def _gate(self, plant: Plant, gate: str) -> GateRow:
        limits = self.world.limits_by_slot.get(plant.id, [None] * self.instance.grid.n_slots)
        free = runs_of_true(s for s in range(self.published.end_slot) if limits[s] is None)
        windows = (self.published.plan.decisions or Decisions()).windows
        shown = [w for w in windows if w.gate == gate and w.first_slot < self.published.end_slot]
        rows = tuple(self._window(gate, w.first_slot, w.end_slot) for w in shown)
        return GateRow(gate, rows, tuple(free))

    def _window(self, gate: str, first: int, end: int) -> GateWindow:
        shown_end = min(end, self.published.end_slot)
        inside = [p for p in self.passages[gate] if first <= p.slot < shown_end]
        return GateWindow(
            gate=gate,
            first_slot=first,
            end_slot=shown_end,
            goes_on=end > shown_end,
            trips=sum(p.trips for p in inside if p.first),
            entries=sum(p.trips for p in inside if p.direction == "in"),
            exits=sum(p.trips for p in inside if p.direction == "out"),
        )

    def _shortfalls(self, plant: Plant, process: Process) -> Iterator[Shortfall]:
        rates = self.working.rates[process.id]
        least = self.working.least_rates(process)
        missing = [max(0, low - rate) for low, rate in zip(least, rates, strict=True)]
        if sum(missing):
            yield self._shortfall(plant, process, "safety", missing, whole=sum(least))
        permitted = self.working.permitted[process.id]
        lost = [most - rate for most, rate in zip(permitted, rates, strict=True)]
        breach = self._breach(process)
        if sum(lost) + breach:
            whole = sum(permitted)
            yield self._shortfall(plant, process, "output", lost, whole=whole, breach=breach)

    def _shortfall(
        self,
        plant: Plant,
        process: Process,
        kind: Kind,
        missing: list[int],
        *,
        whole: int,
        breach: int = 0,
    ) -> Shortfall:
        units = sum(missing) + breach
        where = [i for i, amount in enumerate(missing) if amount]
        return Shortfall(
            plant=plant.id,
            process=process.id,
            kind=kind,
            lost_permille=ceil_div(1000 * units, max(1, whole)),
            lost_mtrip=ceil_div(units * process.utrip_per_unit, 1000) if kind == "output" else 0,
            first_interval=where[0] if where else None,
            end_interval=where[-1] + 1 if where else None,
            causes=tuple(
                cause
                for cause in self.published.causes.get(plant.id, ())
                if cause.unit == UNITS[STAGE_OF[kind]]
            ),
        )

    def _breach(self, process: Process) -> int:
        """Units that the final stocks lack, by law end_stock: the worst of them."""
        worst = 0
        for stock in self.world.stocks.values():
            if stock.breach_process == process.id:
                level = self.working.levels[stock.id][-1]
                least = level if stock.end_min_kg is None else stock.end_min_kg
                most = level if stock.end_max_kg is None else stock.end_max_kg
                item = next(i for i in process.recipe if i.stock == stock.id)
                kg = max(0, least - level, level - most)
                worst = max(worst, ceil_div(kg, item.consumes_kg or item.produces_kg))
        return worst


def _direction(run: Run, place: int) -> tuple[Direction, bool]:
    """Of the nth passage of a run: in or out, and whether it is the trip's first at the plant."""
    leaves_first = run.cycle.leg.starts_at == "plant"
    if run.half is run.cycle.leaving:
        return "out", False
    return ("out" if leaves_first == (place == 0) else "in"), place == 0


def totalled(passages: list[Passage]) -> list[tuple[str, Direction, int]]:
    """Trips by leg and direction, in order of legs."""
    sums: Counter[tuple[str, Direction]] = Counter()
    for passage in passages:
        sums[passage.leg, passage.direction] += passage.trips
    return [(leg, direction, trips) for (leg, direction), trips in sorted(sums.items())]
