"""From the decisions of a plan to values of a plant's variables, and the task for the rest."""

from __future__ import annotations

from collections.abc import Mapping

from solver.block import Block
from solver.engine import Limits
from solver.linear import Expression, Rows
from solver.plan import Decisions
from solver.tasks import Task


def start_task(block: Block, decisions: Decisions | None, limits: Limits) -> Task:
    """Values for all of a block's variables from the trips and windows of a lawful plan; from none,
    the plan that moves nothing and runs on what is in hand."""
    return task_of(block, trips_and_windows(block, decisions or Decisions()), limits)


def task_of(block: Block, known: Mapping[int, int], limits: Limits) -> Task:
    """Some of a block's variables held, the others as is best for safety and output."""
    rows = Rows()
    rows.absorb(block.rows)
    for variable, value in known.items():
        rows.lower[variable] = rows.upper[variable] = value
    return Task(rows, cheap_start(block), limits, {})


def cheap_start(block: Block) -> Expression:
    """Prices that make the left-over variables of a start sensible: safety before output."""
    safety = [(1000 * c, v) for c, v in block.stages["safety_shortfall"].terms]
    return Expression([*safety, *block.stages["output_shortfall"].terms])


def trips_and_windows(block: Block, decisions: Decisions) -> dict[int, int]:
    """Departures, releases and windows; windows that are inherited are open whatever is decided."""
    known = dict.fromkeys((*block.own.values(), *block.released.values()), 0)
    for departure in decisions.departures:
        key = (departure.leg, departure.slot)
        if key in block.own:
            known[block.own[key]] = departure.trips - block.derived.locked.get(key, 0)
    for release in decisions.releases:
        if (release.leg, release.slot) in block.released:
            known[block.released[release.leg, release.slot]] = release.trips
    known |= {v: block.rows.lower[v] for v in block.open.values()}
    gates = {gate.id for gate in block.plant.gates}
    for window in decisions.windows:
        if window.gate in gates:
            for slot in range(window.first_slot, window.end_slot):
                known[block.open[window.gate, slot]] = 1
    return known


def rates_and_safe_trips(block: Block, decisions: Decisions) -> dict[int, int]:
    """A process that is not named stands still."""
    known = dict.fromkeys((*block.rate.values(), *block.safe.values()), 0)
    for process in decisions.rates:
        for interval, rate in enumerate(process.rates):
            if (process.process, interval) in block.rate:
                known[block.rate[process.process, interval]] = rate
    for safe in decisions.safe_trips:
        if (safe.stream, safe.day) in block.safe:
            known[block.safe[safe.stream, safe.day]] = safe.trips
    return known


def refusals(block: Block, decisions: Decisions) -> dict[int, int] | None:
    """None where goods are refused in amounts that are no multiple of what moves the stock: lawful,
    and not worth looking for, so that no variable says it."""
    known = {variable: 0 for variable, _ in block.refused.values()}
    for refusal in decisions.refusals:
        key = (refusal.stock, refusal.interval, refusal.what)
        if key in block.refused:
            variable, grain = block.refused[key]
            known[variable], rest = divmod(refusal.kg, grain)
            if rest:
                return None
    return known
