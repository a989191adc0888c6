"""What a plan leaves behind: the state and the levels that a next instance inherits.

`docs/model.md`, "State-out", says what is carried and what is judged anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from solver.checks.cycles import Cycle, World, ceil_div
from solver.checks.gates import GateLine, gate_lines
from solver.checks.stocks import Working
from solver.checks.traffic import Traffic
from solver.checks.trips import allowance_numerator, is_counted, may_be_safe
from solver.instance import (
    LARGEST_SAFE,
    GateState,
    Held,
    Instance,
    PlantState,
    ProcessState,
    State,
    Stock,
    TimeGrid,
    UnderWay,
)
from solver.plan import Decisions


@dataclass(frozen=True)
class Reached:
    """How far stock intervals have come before a slot: `whole` of them, and of the next one `done`
    of its `length` slots."""

    whole: int
    done: int
    length: int

    def part(self, amount: int) -> int:
        """What the begun interval has had of an amount, rounded up: a unit begun is made."""
        return ceil_div(amount * self.done, self.length)


Come = Mapping[str, tuple[int, int]]
"""kg that other modes have brought and taken, by stock."""


def state_after(instance: Instance, decisions: Decisions, slot: int) -> State:
    """What an instance that starts at `slot` inherits; at `n_slots` it is the state-out.

    Locked trips and windows are not among it: what is kept of the rest of a plan is for the
    caller to say. Of a stock interval that `slot` cuts, the slots before it have had their share of
    the output. Raises ValueError for a slot that the horizon does not have.
    """
    reached_before(instance.grid, slot)
    traffic = Traffic(World(instance), decisions)
    under_way, held = _trips(traffic, slot)
    return State(
        gates=_gates(traffic, slot),
        processes=_processes(Working(traffic), slot),
        plants=_plants(traffic, slot),
        under_way=under_way,
        held=held,
    )


def levels_after(
    instance: Instance, decisions: Decisions, slot: int, come: Come | None = None
) -> dict[str, int]:
    """kg in hand per stock at the start of `slot`: none where trucks left without their load.

    `come` says what other modes have moved of the interval that `slot` cuts, refusals not counted;
    without it that is a share of the interval's. Raises ValueError as `state_after` does.
    """
    reached = reached_before(instance.grid, slot)
    working = Working(Traffic(World(instance), decisions))
    return {
        name: max(0, _level(working, stock, reached, slot, (come or {}).get(name)))
        for name, stock in working.world.stocks.items()
    }


def _level(
    working: Working, stock: Stock, reached: Reached, slot: int, come: tuple[int, int] | None
) -> int:
    whole, name = reached.whole, stock.id
    level = working.levels[name][whole - 1] if whole else stock.now_kg
    if not reached.done:
        return level
    usual = stock.arrivals_kg[whole], stock.dispatches_kg[whole]
    came, went = come or tuple(amount * reached.done // reached.length for amount in usual)
    level += min(came, usual[0] - working.refused[name, whole, "arrival"])
    level -= min(went, usual[1] - working.refused[name, whole, "dispatch"])
    for process_id, process in working.world.processes.items():
        for item in process.recipe:
            if item.stock == name:
                made = reached.part(working.rates[process_id][whole])
                level += made * (item.produces_kg - item.consumes_kg)
    first = working.world.instance.grid.slots_of_interval(whole).start
    return level + working.moved_kg(name, range(first, slot))


def reached_before(grid: TimeGrid, slot: int) -> Reached:
    """The stock intervals before a slot. Raises ValueError for one that the horizon does not
    have."""
    if not 0 <= slot <= grid.n_slots:
        raise ValueError(f"slot {slot} is not in the horizon: give one from 0 to {grid.n_slots}")
    if slot == grid.n_slots:
        return Reached(grid.n_intervals, 0, 1)
    interval = grid.interval_of(slot)
    slots = grid.slots_of_interval(interval)
    return Reached(interval, slot - slots.start, len(slots))


def _gates(traffic: Traffic, slot: int) -> tuple[GateState, ...]:
    lines = gate_lines(traffic.world, traffic.decisions)
    return tuple(_gate(line, slot) for line in lines)


def _gate(line: GateLine, slot: int) -> GateState:
    grid, day = line.grid, line.grid.day_of(slot)
    before = {t for t in line.open if t < slot}
    run = 0
    while slot - run - 1 in before:
        run += 1
    reaches_back = run == slot and line.open_before
    run += line.state.open_slots_before if reaches_back else 0
    closed = 0 if run else line.pause_before(slot)
    return GateState(
        gate=line.gate,
        open_slots_before=run,
        closed_slots_before=min(closed, LARGEST_SAFE),
        windows_today=sum(t < slot and grid.day_of(t) == day for t in line.starts)
        + (line.state.windows_today if day == 0 else 0),
        open_slots_today=sum(grid.day_of(t) == day for t in before)
        + (line.state.open_slots_today if day == 0 else 0),
    )


def _processes(working: Working, slot: int) -> tuple[ProcessState, ...]:
    """Output lost and permitted since the episode began."""
    rows, reached = [], reached_before(working.world.instance.grid, slot)
    n = reached.whole
    states = {s.process: s for s in working.world.instance.state.processes}
    for name in sorted(working.world.processes):
        state = states.get(name, ProcessState(process=name))
        permitted = sum(working.permitted[name][:n])
        made = sum(working.rates[name][:n])
        if reached.done:
            permitted += reached.part(working.permitted[name][n])
            made += reached.part(working.rates[name][n])
        rows.append(
            ProcessState(
                process=name,
                lost_units=state.lost_units + permitted - made,
                permitted_units=state.permitted_units + permitted,
            )
        )
    return tuple(rows)


def _plants(traffic: Traffic, slot: int) -> tuple[PlantState, ...]:
    """Trips counted and allowance earned on the local day of `slot`, before it."""
    world, grid = traffic.world, traffic.world.instance.grid
    day = grid.day_of(slot)
    states = {s.plant: s for s in world.instance.state.plants} if day == 0 else {}
    counted = _counted_trips(traffic, slot)
    rows = []
    for name in sorted(world.cuts_by_slot.keys() | states.keys()):
        state = states.get(name, PlantState(plant=name))
        slots = [t for t in world.cuts_by_slot.get(name, ()) if t < slot and grid.day_of(t) == day]
        allowance = sum(allowance_numerator(world, world.plants[name], t) for t in slots)
        rows.append(
            PlantState(
                plant=name,
                trips_made_today=state.trips_made_today + counted[name],
                allowance_numerator_today=state.allowance_numerator_today + allowance,
            )
        )
    return tuple(rows)


def _counted_trips(traffic: Traffic, slot: int) -> Counter[str]:
    """Counted trips per plant on the day of `slot` before it, less safe ones: of those of the
    day, as many as departed before `slot`."""
    world, grid = traffic.world, traffic.world.instance.grid
    day = grid.day_of(slot)
    counted, may_be_spared = Counter[str](), Counter[str]()
    for (leg, t), trips in traffic.departed.items():
        cycle = world.cycles[leg]
        if t < slot and grid.day_of(t) == day and is_counted(world, cycle, t):
            counted[cycle.plant.id] += trips
            if may_be_safe(world, cycle, t):
                may_be_spared[cycle.stream.id] += trips
    for safe in traffic.decisions.safe_trips:
        if safe.day == day:
            plant = world.plant_of_stream[safe.stream].id
            counted[plant] -= min(safe.trips, may_be_spared[safe.stream])
    return counted


def _trips(traffic: Traffic, slot: int) -> tuple[tuple[UnderWay, ...], tuple[Held, ...]]:
    """Trips that have something left to do, and trucks of waiting legs that stand ready."""
    cycles, slot_s = traffic.world.cycles, traffic.world.instance.grid.slot_s
    under_way, ready = Counter[tuple[str, int]](), Counter(traffic.held)
    for (leg, t), trips in (*traffic.under_way.items(), *traffic.departed.items()):
        cycle = cycles[leg]
        if t >= slot:
            continue
        if t + _last_slot(cycle, slot_s) >= slot:
            under_way[leg, slot - t] += trips
        elif cycle.leg.may_wait:
            ready[leg] += trips
    for (leg, t), trips in traffic.released.items():
        if t < slot:
            ready[leg] -= trips
    return (
        tuple(
            UnderWay(leg=leg, slots_ago=ago, trips=trips)
            for (leg, ago), trips in sorted(under_way.items())
        ),
        tuple(Held(leg=leg, trips=trips) for leg, trips in sorted(ready.items()) if trips > 0),
    )


def _last_slot(cycle: Cycle, slot_s: int) -> int:
    """Slots from the departure to the last one in which the trip still does something: a drive, a
    passage, a stock move, being away; of a waiting leg up to its readiness."""
    passages = [offset_s // slot_s for _, offset_s in cycle.going.passages]
    away = cycle.ready_slots if cycle.leg.may_wait else cycle.away_slots - 1
    return max(*passages, cycle.move_s // slot_s, away)
