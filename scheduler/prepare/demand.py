"""What plants need and move: processes, stocks, streams and the legs that can carry them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from scheduler.domain import enterprise
from scheduler.domain.enterprise import Registry
from scheduler.domain.filing import ORDINARY, Kind
from scheduler.prepare.paths import Detours, Path, Router
from solver import instance
from solver.instance import Fleet, Gate, Leg, Plant, Process, RecipeItem, Stock, Stream, TimeGrid

MINUTES_A_DAY = 1440
WHOLE_TONNE_KG = 1000


def spread(amount_day: int, step: int, grid: TimeGrid, elapsed_min: int = 0) -> tuple[int, ...]:
    """A day's amount over the stock intervals in whole steps, never more by any interval's end
    than its minutes have earned, counted from `elapsed_min` before the grid begins."""
    shares, minutes = [], elapsed_min
    given = amount_day * minutes // (MINUTES_A_DAY * step)
    for interval in range(grid.n_intervals):
        minutes += len(grid.slots_of_interval(interval)) * grid.slot_minutes
        due = amount_day * minutes // (MINUTES_A_DAY * step)
        shares.append((due - given) * step)
        given = due
    return tuple(shares)


@dataclass
class Ways:
    """Ways between places, asked once each; `paths` are all that legs use, by id."""

    router: Router
    alternative_percent: int
    """How long an alternative cycle may take, in percent of the quickest one's time."""
    detours: Detours | None = None
    """Ways around closed links, where there are any."""
    paths: dict[str, Path] = field(default_factory=dict)
    _found: dict[tuple[str, str], tuple[Path, ...]] = field(default_factory=dict)

    def cycles(self, start: str, end: str, *, alternative: bool) -> Iterator[tuple[str, str, str]]:
        """A cycle's name with the ids of its path out and its path back: the quickest, perhaps
        another, and one around closed links if the quickest uses any."""
        out, back = self._ways(start, end), self._ways(end, start)
        if not out or not back:
            raise ValueError(f"the network has no way between {start} and {end}")
        yield "0", self._keep(start, end, 0), self._keep(end, start, 0)
        yield from self._around(start, end, {*out[0].link_ids, *back[0].link_ids})
        other = min(1, len(out) - 1), min(1, len(back) - 1)
        if not alternative or other == (0, 0):
            return
        quickest = out[0].free_travel_s + back[0].free_travel_s
        longer = out[other[0]].free_travel_s + back[other[1]].free_travel_s
        if longer * 100 <= quickest * self.alternative_percent:
            yield "1", self._keep(start, end, other[0]), self._keep(end, start, other[1])

    def _around(self, start: str, end: str, used: set[str]) -> Iterator[tuple[str, str, str]]:
        if self.detours is None or not self.detours.closed & used:
            return
        out, back = (
            self.detours.router.two_ways(*ends)[:1] for ends in ((start, end), (end, start))
        )
        if out and back:
            names = f"{start}:{end}:detour", f"{end}:{start}:detour"
            self.paths |= dict(zip(names, (*out, *back), strict=True))
            yield "detour", *names

    def _ways(self, start: str, end: str) -> tuple[Path, ...]:
        if (start, end) not in self._found:
            self._found[start, end] = self.router.two_ways(start, end)
        return self._found[start, end]

    def _keep(self, start: str, end: str, rank: int) -> str:
        name = f"{start}:{end}:{rank}"
        self.paths[name] = self._ways(start, end)[rank]
        return name


@dataclass(frozen=True)
class Demand:
    """Turns plants of a registry into the solver's; made once per instance."""

    registry: Registry
    grid: TimeGrid
    ways: Ways
    elapsed_min: int = 0
    """Minutes from the start of the alert's first plan."""

    def plant(
        self,
        row: enterprise.Plant,
        *,
        drawdown_percent: int,
        alternative: bool = True,
        as_ordinary: frozenset[Kind] = frozenset(),
    ) -> Plant:
        """A plant whose stocks may move by `drawdown_percent` hundredths of a day's road need, and
        whose trips of the kinds `as_ordinary` are ordinary ones."""
        registry, plant = self.registry, row.plant_id
        streams = [
            s.model_copy(update={"kind": ORDINARY}) if s.kind in as_ordinary else s
            for s in registry.streams
            if s.plant_id == plant
        ]
        needs: dict[str, int] = {}
        for stream in streams:
            needs[stream.stock_id] = needs.get(stream.stock_id, 0) + stream.need_kg_day
        fleets = [f for f in registry.fleets if f.plant_id == plant]
        return Plant(
            id=plant,
            enterprise=row.enterprise_id,
            gates=tuple(self._gate(g) for g in registry.gates if g.plant_id == plant),
            processes=tuple(
                self._process(p, streams) for p in registry.processes if p.plant_id == plant
            ),
            stocks=tuple(
                self._stock(s, needs.get(s.stock_id, 0) * drawdown_percent // 100)
                for s in registry.stocks
                if s.plant_id == plant
            ),
            streams=tuple(self._stream(s, fleets, alternative) for s in streams),
            fleets=tuple(Fleet(vehicle_class=f.class_id, trucks=f.trucks) for f in fleets),
            cap_floor_trips=row.cap_floor_trips,
        )

    def _gate(self, row: enterprise.Gate) -> Gate:
        return Gate(id=row.gate_id, capacity_passages=row.passages_h * self.grid.slot_minutes // 60)

    def _recipe(self, process: str) -> Mapping[str, enterprise.RecipeItem]:
        return {r.stock_id: r for r in self.registry.recipes if r.process_id == process}

    def _process(self, row: enterprise.Process, streams: list[enterprise.Stream]) -> Process:
        recipe = self._recipe(row.process_id)
        rates = spread(row.units_day, 1, self.grid, self.elapsed_min)
        return Process(
            id=row.process_id,
            recipe=tuple(
                RecipeItem(
                    stock=item.stock_id,
                    consumes_kg=item.consumes_kg,
                    produces_kg=item.produces_kg,
                )
                for item in recipe.values()
            ),
            rate_max=rates,
            rate_min=tuple(rate * row.must_run_percent // 100 for rate in rates),
            hazard_weight=row.hazard_weight,
            utrip_per_unit=sum(
                -(-1_000_000 * stream.need_kg_day // (stream.payload_kg * row.units_day))
                for stream in streams
                if stream.stock_id in recipe
            ),
        )

    def _stock(self, row: enterprise.Stock, move_kg: int) -> Stock:
        item = self._recipe(row.breach_process)[row.stock_id]
        move = move_kg // WHOLE_TONNE_KG * WHOLE_TONNE_KG
        least, most = max(row.min_kg, row.now_kg - move), min(row.max_kg, row.now_kg + move)
        return Stock(
            id=row.stock_id,
            now_kg=row.now_kg,
            min_kg=row.min_kg,
            max_kg=row.max_kg,
            end_min_kg=_given(row.end_min_kg, least if item.consumes_kg else None),
            end_max_kg=_given(row.end_max_kg, most if item.produces_kg else None),
            breach_process=row.breach_process,
            arrivals_kg=other_modes(self.registry, row, "in", self.grid, self.elapsed_min),
            dispatches_kg=other_modes(self.registry, row, "out", self.grid, self.elapsed_min),
        )

    def _stream(
        self, row: enterprise.Stream, fleets: list[enterprise.Fleet], alternative: bool
    ) -> Stream:
        return Stream(
            id=row.stream_id,
            good=row.good,
            direction=row.direction,
            stock=row.stock_id,
            kind=row.kind,
            payload_kg=row.payload_kg,
            need_kg_day=row.need_kg_day,
            baseline_trips_day=row.baseline_trips_day,
            profile_permille=self.registry.profile_permille[row.profile],
            legs=tuple(self._legs(row, fleets, alternative)),
        )

    def _legs(
        self, row: enterprise.Stream, fleets: list[enterprise.Fleet], alternative: bool
    ) -> Iterator[Leg]:
        ends = (row.plant_id, row.far_place)
        start, end = ends if row.starts_at == "plant" else ends[::-1]
        laden_out = (row.direction == "out") == (row.starts_at == "plant")
        cycles = list(self.ways.cycles(start, end, alternative=alternative))
        for fleet in fleets:
            if self.registry.class_by_id[fleet.class_id].size != row.size:
                continue
            for name, path_out, path_back in cycles:
                yield Leg(
                    id=f"{row.stream_id}:{fleet.class_id}:{name}",
                    vehicle_class=fleet.class_id,
                    starts_at=row.starts_at,
                    gate_in=row.gate_id,
                    gate_out=row.gate_id,
                    path_out=path_out,
                    path_back=path_back,
                    laden_out=laden_out,
                    laden_back=not laden_out,
                    plant_minutes=row.plant_minutes,
                    far_minutes=row.far_minutes,
                )


def other_modes(
    registry: Registry,
    row: enterprise.Stock,
    direction: Literal["in", "out"],
    grid: TimeGrid,
    elapsed_min: int = 0,
) -> tuple[int, ...]:
    """What rail, belt and ship bring or take in each stock interval: the usual amount, and the
    consignments of the horizon in the interval in which they come or go."""
    usual_kg_day = row.arrivals_kg_day if direction == "in" else row.dispatches_kg_day
    item = next(
        r
        for r in registry.recipes
        if r.process_id == row.breach_process and r.stock_id == row.stock_id
    )
    step = _step(usual_kg_day, item.consumes_kg or item.produces_kg)
    kg = list(spread(usual_kg_day, step, grid, elapsed_min))
    start = datetime.fromisoformat(grid.start)
    for one in registry.consignments:
        if (one.stock_id, one.direction) == (row.stock_id, direction):
            slot = (one.at - start) // timedelta(minutes=grid.slot_minutes)
            if 0 <= slot < grid.n_slots:
                kg[grid.interval_of(slot)] += one.kg
    return tuple(kg)


def come_by(registry: Registry, grid: TimeGrid, elapsed_min: int) -> dict[str, tuple[int, int]]:
    """kg that other modes bring and take in a whole grid, by stock."""
    return {
        row.stock_id: (
            sum(other_modes(registry, row, "in", grid, elapsed_min)),
            sum(other_modes(registry, row, "out", grid, elapsed_min)),
        )
        for row in registry.stocks
    }


def _given(own: int | None, by_measures: int | None) -> int | None:
    """A plant's own bound at the end comes before the one that the measures set."""
    return by_measures if own is None else own


def _step(amount_day: int, step: int) -> int:
    """Whole recipes where the day's amount is made of such, else whole tonnes, else kg."""
    return next(s for s in (step, WHOLE_TONNE_KG, 1) if amount_day % s == 0)


def paths_of(ways: Ways) -> tuple[instance.Path, ...]:
    """Every path that a leg uses, in order of the ids."""
    return tuple(
        instance.Path(id=name, links=ways.paths[name].link_ids) for name in sorted(ways.paths)
    )
