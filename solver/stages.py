"""The stages of the objective in their order: name, expression, unit. Their meaning: docs/model.md.

Every stage of a plant is a linear expression over its block; the stage's value is their sum.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from solver.block import Block
from solver.derive import Derived
from solver.instance import STAGE_NAMES, Instance, Process, StageName
from solver.linear import Expression

UNITS: dict[StageName, str] = {
    "safety_shortfall": "weighted process-minute / 1000",
    "output_shortfall": "trip / 1000000",
    "changed_departures": "trip",
    "exposure": "exposure unit",
    "windows": "open slot",
}

SHORTFALL_UNITS: dict[StageName, int] = {"safety_shortfall": 1000, "output_shortfall": 1_000_000}
"""A weighted process-minute and a trip in the units of their stages."""


@dataclass(frozen=True)
class Segment:
    """A piece of phi: up to `width` units lost cost `price` each; None: without end."""

    width: int | None
    price: int


def stage_names(derived: Derived) -> tuple[StageName, ...]:
    """The stages that count: `changed_departures` only in re-plans."""
    is_replan = derived.instance.published is not None
    return tuple(s for s in STAGE_NAMES if is_replan or s != "changed_departures")


def unit_values(derived: Derived) -> dict[StageName, int]:
    """Within one of these of its bound a stage counts as solved."""
    return {
        **SHORTFALL_UNITS,
        "changed_departures": 1,
        "exposure": _least_exposure(derived),
        "windows": window_price(derived),
    }


def window_price(derived: Derived) -> int:
    """Open slots that one window is worth: more than there can be."""
    n_gates = sum(len(plant.gates) for plant in derived.plants.values())
    return 1 + n_gates * derived.grid.n_slots


def _least_exposure(derived: Derived) -> int:
    found = [
        exposure
        for use in derived.legs.values()
        for exposure in derived.exposures(use.departure)[: max(0, derived.horizon_of(use))]
        if exposure > 0
    ]
    return min(found, default=1)


def phi_segments(derived: Derived, process: Process, day: int) -> tuple[Segment, ...]:
    """The price of the cumulated loss of a process on a local day, piece by piece; none if
    nothing was permitted that day."""
    permitted = derived.permitted[process.id]
    today = up_to = 0
    for interval, rate in enumerate(permitted):
        at = derived.day_of_interval(interval)
        today += rate if at == day else 0
        up_to += rate if at <= day else 0
    if today == 0:
        return ()
    cumulated = up_to + _inherited(derived, process)[1]
    phi = derived.instance.phi
    edges = [-(-p * cumulated // 100) for p in phi.breakpoints_percent]
    prices = [-(-s * process.utrip_per_unit * today // cumulated) for s in phi.slopes]
    widths = [b - a for a, b in pairwise(edges)]
    return tuple(
        Segment(width, price) for width, price in zip([*widths, None], prices, strict=True)
    )


def _inherited(derived: Derived, process: Process) -> tuple[int, int]:
    """(lost, permitted) units since the episode began."""
    for state in derived.instance.state.processes:
        if state.process == process.id:
            return state.lost_units, state.permitted_units
    return 0, 0


def add_output_shortfall(block: Block) -> None:
    """Output lost, priced by phi of its cumulated share, process by process and day by day."""
    derived = block.derived
    for process in block.plant.processes:
        permitted = derived.permitted[process.id]
        for day in sorted({derived.day_of_interval(i) for i in range(len(permitted))}):
            segments = phi_segments(derived, process, day)
            if segments:
                _add_phi(block, process, day, segments)


def _add_phi(block: Block, process: Process, day: int, segments: tuple[Segment, ...]) -> None:
    derived, rows = block.derived, block.rows
    intervals = [i for i in range(derived.grid.n_intervals) if derived.day_of_interval(i) <= day]
    permitted = sum(derived.permitted[process.id][i] for i in intervals)
    known = _inherited(derived, process)[0] + permitted
    breach = block.breach.get(process.id)
    most = known + (rows.upper[breach] if breach is not None else 0)
    # lost = known + breach - rates = sum of the pieces; pieces fill in order, being convex.
    terms = [(1, block.rate[process.id, i]) for i in intervals]
    if breach is not None:
        terms.append((-1, breach))
    stage = block.stages["output_shortfall"]
    made = Expression(list(terms), -known)
    pieces: list[int] = []
    for segment in segments:
        width = most if segment.width is None else min(segment.width, most)
        pieces.append(rows.variable(0, width))
        terms.append((1, pieces[-1]))
        stage.add(segment.price, pieces[-1])
    block.settlers.append(partial(_settle_pieces, pieces, made, rows.upper))
    rows.row(terms, known, None, "output_shortfall", f"process {process.id}, day {day}")


def _settle_pieces(
    pieces: list[int], less: Expression, widths: list[int], values: list[int]
) -> None:
    lost = -less.value(values)
    for piece in pieces:
        values[piece] = max(0, min(lost, widths[piece]))
        lost -= values[piece]


def compared_slots(instance: Instance) -> int:
    """The first slots of the horizon, in which departures are compared with the published ones."""
    n_slots = instance.grid.n_slots
    return n_slots if instance.in_force is None else min(n_slots, instance.in_force.published_slots)


def add_changed_departures(block: Block) -> None:
    """Trips added to or taken from the plan in force, leg by leg and slot by slot."""
    derived = block.derived
    if derived.instance.published is None:
        return
    published: dict[tuple[str, int], int] = defaultdict(int)
    slots = range(compared_slots(derived.instance))
    for trips in derived.instance.published:
        if derived.legs[trips.leg].plant is block.plant and trips.slot in slots:
            published[trips.leg, trips.slot] += trips.trips
    locked = {key for key in derived.locked if derived.legs[key[0]].plant is block.plant}
    stage = block.stages["changed_departures"]
    for leg, slot in sorted({*published, *block.own, *locked}):
        if slot not in slots:
            continue
        before = published.get((leg, slot), 0)
        now = block.departures(leg, slot)
        if not now.terms:
            stage.constant += abs(now.constant - before)
            continue
        own = now.terms[0][1]
        if now.constant >= before:
            stage.add(1, own)
            stage.constant += now.constant - before
            continue
        most = max(before, now.constant + block.rows.upper[own])
        changed = block.rows.variable(0, most)
        where = f"leg {leg}, slot {slot}"
        for sign in (1, -1):
            # changed >= sign * (now - before)
            block.rows.row(
                [(1, changed), (-sign, own)],
                sign * (now.constant - before),
                None,
                "changed_departures",
                where,
            )
        stage.add(1, changed)
        block.settlers.append(partial(_settle_change, changed, own, now.constant - before))


def _settle_change(changed: int, own: int, difference: int, values: list[int]) -> None:
    values[changed] = abs(values[own] + difference)


def add_exposure(block: Block) -> None:
    """Exposure of departures and releases; trucks that stay inside pay their way back at the
    horizon's end, so that holding them saves nothing."""
    derived = block.derived
    last = derived.grid.n_slots - 1
    stage = block.stages["exposure"]
    own_plant = [u for u in block.legs if u.release is not None]
    for _, move, moving in block.moving():
        exposures = derived.exposures(move)
        for slot, variable in moving:
            stage.add(exposures[slot], variable)
    for (leg, slot), trips in derived.locked.items():
        use = derived.legs[leg]
        if use.plant is block.plant:
            stage.constant += trips * derived.exposure(use.departure, slot)
    for use in own_plant:
        assert use.release is not None
        price = derived.exposure(use.release, last)
        end = block.inside_at_end[use.leg.id]
        stage.constant += price * end.constant
        for coefficient, variable in end.terms:
            stage.add(price * coefficient, variable)


def add_windows(block: Block) -> None:
    """Windows first, then open slots."""
    stage = block.stages["windows"]
    price = window_price(block.derived)
    for start in block.start.values():
        stage.add(price, start)
    for slot in block.open.values():
        stage.add(1, slot)
