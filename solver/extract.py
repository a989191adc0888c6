"""From variables' values to decisions that anyone can read and check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from solver.block import Block
from solver.plan import Decisions, Departure, Rates, Refusal, Release, SafeTrips, Window


def decisions_of(parts: Iterable[tuple[Block, list[int]]]) -> Decisions:
    """The decisions in the values of each plant's block, sorted by their keys."""
    windows: list[Window] = []
    departures: list[Departure] = []
    releases: list[Release] = []
    rates: list[Rates] = []
    refusals: list[Refusal] = []
    safe_trips: list[SafeTrips] = []
    for block, values in parts:
        windows += _windows(block, values)
        departures += _departures(block, values)
        releases += [
            Release(leg=leg, slot=slot, trips=values[v])
            for (leg, slot), v in block.released.items()
            if values[v]
        ]
        rates += _rates(block, values)
        refusals += [
            Refusal(stock=stock, interval=interval, what=what, kg=values[v] * grain)
            for (stock, interval, what), (v, grain) in block.refused.items()
            if values[v]
        ]
        safe_trips += [
            SafeTrips(stream=stream, day=day, trips=values[v])
            for (stream, day), v in block.safe.items()
            if values[v]
        ]
    return Decisions(
        windows=tuple(sorted(windows, key=lambda w: (w.gate, w.first_slot))),
        departures=tuple(sorted(departures, key=lambda d: (d.leg, d.slot))),
        releases=tuple(sorted(releases, key=lambda r: (r.leg, r.slot))),
        rates=tuple(sorted(rates, key=lambda r: r.process)),
        refusals=tuple(sorted(refusals, key=lambda r: (r.stock, r.interval, r.what))),
        safe_trips=tuple(sorted(safe_trips, key=lambda s: (s.stream, s.day))),
    )


def _windows(block: Block, values: list[int]) -> list[Window]:
    windows: list[Window] = []
    for gate in block.plant.gates:
        slots = sorted(s for (g, s), v in block.open.items() if g == gate.id and values[v])
        first = None
        for slot in slots:
            if first is None:
                first = slot
            if slot + 1 not in slots:
                windows.append(Window(gate=gate.id, first_slot=first, end_slot=slot + 1))
                first = None
    return windows


def _departures(block: Block, values: list[int]) -> list[Departure]:
    total: dict[tuple[str, int], int] = defaultdict(int)
    for key, trips in block.derived.locked.items():
        if block.derived.legs[key[0]].plant is block.plant:
            total[key] += trips
    for key, variable in block.own.items():
        total[key] += values[variable]
    return [Departure(leg=leg, slot=slot, trips=n) for (leg, slot), n in total.items() if n]


def _rates(block: Block, values: list[int]) -> list[Rates]:
    n = block.derived.grid.n_intervals
    return [
        Rates(process=p.id, rates=tuple(values[block.rate[p.id, i]] for i in range(n)))
        for p in block.plant.processes
    ]
