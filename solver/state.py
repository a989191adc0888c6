"""What a plan leaves behind: the state and the levels that a next instance inherits.

`docs/model.md`, "State-out", says what is carried and what is judged anew.
"""

from __future__ import annotations

from collections import Counter

from solver.checks.cycles import Cycle, World
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
    TimeGrid,
    UnderWay,
)
from solver.plan import Decisions


def state_after(instance: Instance, decisions: Decisions, slot: int) -> State:
    """What an instance that starts at `slot` inherits; at `n_slots` it is the state-out.

    Locked trips and windows are not among it: what is kept of the rest of a plan is for the
    caller to say. Raises ValueError where `slot` cuts a stock interval.
    """
    _needs_an_edge(instance.grid, slot)
    traffic = Traffic(World(instance), decisions)
    under_way, held = _trips(traffic, slot)
    return State(
        gates=_gates(traffic, slot),
        processes=_processes(Working(traffic), slot),
        plants=_plants(traffic, slot),
        under_way=under_way,
        held=held,
    )


def levels_after(instance: Instance, decisions: Decisions, slot: int) -> dict[str, int]:
    """kg in hand per stock at the start of `slot`: none where trucks left without their load.
    Raises ValueError as `state_after` does."""
    interval = _needs_an_edge(instance.grid, slot)
    working = Working(Traffic(World(instance), decisions))
    return {
        name: max(0, working.levels[name][interval - 1]) if interval else stock.now_kg
        for name, stock in working.world.stocks.items()
    }


def _needs_an_edge(grid: TimeGrid, slot: int) -> int:
    """The number of stock intervals before `slot`, all of them whole."""
    if slot == grid.n_slots:
        return grid.n_intervals
    if not 0 <= slot < grid.n_slots or slot % grid.interval_slots:
        raise ValueError(
            f"slot {slot} is not on the edge of a stock interval: use a multiple of "
            f"{grid.interval_slots} up to {grid.n_slots}, or {grid.n_slots} itself"
        )
    return grid.interval_of(slot)


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
    grid, rows = working.world.instance.grid, []
    n = _needs_an_edge(grid, slot)
    states = {s.process: s for s in working.world.instance.state.processes}
    for name in sorted(working.world.processes):
        state = states.get(name, ProcessState(process=name))
        permitted = sum(working.permitted[name][:n])
        rows.append(
            ProcessState(
                process=name,
                lost_units=state.lost_units + permitted - sum(working.rates[name][:n]),
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
        tuple(Held(leg=leg, trips=trips) for leg, trips in sorted(ready.items()) if trips),
    )


def _last_slot(cycle: Cycle, slot_s: int) -> int:
    """Slots from the departure to the last one in which the trip still does something: a drive, a
    passage, a stock move, being away; of a waiting leg up to its readiness."""
    passages = [offset_s // slot_s for _, offset_s in cycle.going.passages]
    away = cycle.ready_slots if cycle.leg.may_wait else cycle.away_slots - 1
    return max(*passages, cycle.move_s // slot_s, away)
