"""Random small instances and lawful plans for them, drawn from a seeded `random.Random`.

A plan grows from the one that keeps only what must be kept: candidates are tried one by one and
stay where the checker finds no breach. So plans press against the laws without any solver.
"""

from random import Random
from typing import NamedTuple

from solver.check import find_violations
from solver.instance import (
    Fleet,
    GateState,
    Held,
    Instance,
    LockedTrips,
    LockedWindow,
    PlantState,
    State,
    UnderWay,
    WindowLimit,
)
from solver.plan import Decisions, Departure, Plan, Rates, Refusal, Release, Window
from tests.solver.builders import (
    Piece,
    bar,
    far_leg,
    gate,
    leg,
    link,
    output_cut,
    plan_of,
    plant,
    process,
    stock,
    stream,
    tiny_instance,
    trip_cut,
    window_limit,
    zone,
)

LEGS = ("ore.heavy", "ore.wait", "steel.far", "steel.heavy")


class Choice(NamedTuple):
    """What a plan holds, by key, while it grows."""

    open_slots: frozenset[tuple[str, int]]
    departures: dict[tuple[str, int], int]
    releases: dict[tuple[str, int], int]
    rates: tuple[int, ...]
    refused: dict[tuple[str, int, str], int]


def random_instance(rng: Random) -> Instance:
    """One plant with two gates, four legs (one may wait), every kind of measure and of state.

    Limits differ in place, not in shape; stocks start in the middle of their range.
    """
    interval_slots = rng.choice((1, 2, 3))
    n_slots = rng.randrange(6, 17)
    hour = rng.choice((6, 20, 21, 22, 23))
    limits = _limits(rng, n_slots)
    n_intervals = -(-n_slots // interval_slots)
    cuts = ()
    if rng.random() < 0.7:
        middle = rng.randrange(1, n_slots)
        exempt = ("livelihood",) if rng.random() < 0.5 else ()
        cuts = (
            trip_cut(end_slot=middle, cut_percent=rng.randrange(0, 90)),
            trip_cut(id="C2", first_slot=middle, end_slot=n_slots, exempt_kinds=exempt),
        )
    cut = output_cut(end_interval=rng.randrange(1, n_intervals + 1), cut_percent=30)
    first = rng.randrange(n_slots)
    ban = bar(first_slot=first, end_slot=rng.randrange(first + 1, n_slots + 1), links=("b",))
    return tiny_instance(
        start=f"2026-01-05T{hour:02}:00:00+08:00",
        n_slots=n_slots,
        interval_slots=interval_slots,
        plants=(_plant(rng, n_intervals),),
        links=tuple(_road(rng, id) for id in "abcd"),
        zones=(zone("Y", cap_mpcu=rng.choice((8_000, 30_000))), zone("Z")),
        window_limits=limits,
        trip_cuts=cuts,
        output_cuts=(cut,) if rng.random() < 0.5 else (),
        bars=(ban,) if rng.random() < 0.5 else (),
        state=_state(rng, n_slots, limits),
    )


def _limits(rng: Random, n_slots: int) -> tuple[WindowLimit, ...]:
    least = rng.randrange(1, 4)
    shape = {
        "min_slots": least,
        "max_slots": least + rng.randrange(4),
        "max_open_slots_day": rng.randrange(3, 9),
        "max_windows_day": rng.randrange(1, 4),
        "min_pause_slots": rng.randrange(4),
    }
    edges = sorted(rng.sample(range(n_slots + 1), 4))
    runs = ((edges[0], edges[1]), (edges[2], edges[3])) if rng.random() < 0.5 else ((0, n_slots),)
    return tuple(
        window_limit(id=f"W{k}", first_slot=a, end_slot=b, partial_slots=_partial(rng, a), **shape)
        for k, (a, b) in enumerate(runs)
    )


def _partial(rng: Random, slot: int) -> tuple[int, ...]:
    return (slot,) if rng.random() < 0.5 else ()


def _plant(rng: Random, n_intervals: int) -> Piece:
    minutes = {"plant_minutes": rng.choice((0, 6, 31)), "far_minutes": rng.choice((0, 6, 45))}
    into, out = {"laden_out": True, "laden_back": False}, {"laden_out": False, "laden_back": True}
    ore_legs = (
        leg("ore.heavy", gate_in="H", **minutes),
        far_leg("ore.wait", vehicle_class="van", may_wait=True, **minutes, **into),
    )
    steel_legs = (
        leg("steel.heavy", **minutes, **into),
        far_leg("steel.far", vehicle_class="trailer", gate_out="H", **minutes, **out),
    )
    arrivals = tuple(rng.choice((0, 20_000)) for _ in range(n_intervals))
    return plant(
        gates=(gate("G", capacity_passages=rng.randrange(1, 6)), gate("H", capacity_passages=4)),
        processes=(process(rate_min=5, hazard_weight=1),),
        stocks=(
            stock("ore", now_kg=500_000, min_kg=100_000, arrivals_kg=arrivals),
            stock("steel", now_kg=500_000, min_kg=100_000),
        ),
        streams=(
            stream("ore", legs=ore_legs, baseline_trips_day=rng.randrange(1, 150)),
            stream("steel", legs=steel_legs, kind="livelihood"),
        ),
        fleets=(
            Fleet(vehicle_class="heavy", trucks=rng.randrange(4, 8)),
            Fleet(vehicle_class="trailer", trucks=4),
            Fleet(vehicle_class="van", trucks=rng.randrange(7, 9)),
        ),
        cap_floor_trips=rng.randrange(3),
    )


def _road(rng: Random, id: str) -> Piece:
    return link(
        id,
        zone=rng.choice("YZ"),
        length_m=rng.choice((3_000, 6_000, 21_000)),
        capacity_mpcu_h=rng.choice((9_000, 16_000, 60_000)),
        background_mpcu=rng.choice((0, 500)),
    )


def _state(rng: Random, n_slots: int, limits: tuple[WindowLimit, ...]) -> State:
    rows = tuple((rng.choice(LEGS), rng.randrange(1, 4)) for _ in range(rng.randrange(3)))
    keep = rng.random() < 0.4 and limits[0].end_slot - limits[0].first_slot >= limits[0].min_slots
    first = limits[0].first_slot
    windows = (first, first + limits[0].min_slots)
    locked = (LockedTrips(leg="steel.heavy", slot=rng.randrange(n_slots - 3), trips=1),)
    return State(
        gates=(
            GateState(
                gate="G",
                open_slots_before=rng.choice((0, 0, 1, 2)),
                closed_slots_before=rng.randrange(5),
                windows_today=rng.randrange(2),
                open_slots_today=rng.randrange(3),
            ),
        ),
        plants=(PlantState(plant="P", trips_made_today=rng.randrange(3)),),
        under_way=tuple(UnderWay(leg=name, slots_ago=ago, trips=1) for name, ago in rows),
        held=(Held(leg="ore.wait", trips=2),) if rng.random() < 0.5 else (),
        locked_trips=locked if rng.random() < 0.4 else (),
        locked_windows=(LockedWindow(gate="G", first_slot=windows[0], end_slot=windows[1]),)
        if keep
        else (),
    )


def least_plan(instance: Instance) -> Plan:
    """Keeps what must be kept and does nothing else."""
    return _plan(instance, _least_choice(instance))


def random_plan(rng: Random, instance: Instance, tries: int = 60) -> Plan | None:
    """A lawful plan; None where even the least one breaks a law, as with a locked trip in a bar."""
    choice = _least_choice(instance)
    if find_violations(instance, _plan(instance, choice)):
        return None
    for _ in range(tries):
        candidate = _candidate(rng, instance, choice)
        if not find_violations(instance, _plan(instance, candidate)):
            choice = candidate
    return _plan(instance, choice)


def _least_choice(instance: Instance) -> Choice:
    """Locked trips, inherited open slots, every arrival refused, processes still."""
    grid, limits = instance.grid, instance.window_limits
    under = {t: limit for limit in limits for t in range(limit.first_slot, limit.end_slot)}
    slots = set()
    for kept in instance.state.locked_windows:
        slots |= {(kept.gate, t) for t in range(kept.first_slot, kept.end_slot) if t in under}
    for state in instance.state.gates:
        t = 0
        while state.open_slots_before and t in under:
            if t >= under[0].min_slots - state.open_slots_before:
                break
            slots.add((state.gate, t))
            t += 1
    locked = {(trips.leg, trips.slot): trips.trips for trips in instance.state.locked_trips}
    refused = {
        (stock.id, i, "arrival"): kg
        for plant in instance.plants
        for stock in plant.stocks
        for i, kg in enumerate(stock.arrivals_kg)
        if kg
    }
    return Choice(frozenset(slots), locked, {}, (0,) * grid.n_intervals, refused)


def _candidate(rng: Random, instance: Instance, choice: Choice) -> Choice:
    grid = instance.grid
    slot, name = rng.randrange(grid.n_slots), rng.choice(LEGS)
    what = rng.choice(("window", "window", "departure", "departure", "release", "rate", "refusal"))
    if what == "window":
        gate_id, end = rng.choice("GH"), min(grid.n_slots, slot + rng.randrange(1, 6))
        under = {t for x in instance.window_limits for t in range(x.first_slot, x.end_slot)}
        more = {(gate_id, t) for t in range(slot, end) if t in under}
        return choice._replace(open_slots=choice.open_slots | more)
    if what == "departure":
        return choice._replace(departures=_one_more(choice.departures, (name, slot)))
    if what == "release":
        return choice._replace(releases=_one_more(choice.releases, ("ore.wait", slot)))
    interval = grid.interval_of(slot)
    if what == "rate":
        rates = list(choice.rates)
        rates[interval] += rng.randrange(1, 20)
        return choice._replace(rates=tuple(rates))
    kept = {key: kg for key, kg in choice.refused.items() if key[1] != interval}
    return choice._replace(refused=kept)


def _one_more(
    trips: dict[tuple[str, int], int], key: tuple[str, int]
) -> dict[tuple[str, int], int]:
    return trips | {key: trips.get(key, 0) + 1}


def _plan(instance: Instance, choice: Choice) -> Plan:
    decisions = Decisions(
        windows=_windows(choice.open_slots),
        departures=tuple(
            Departure(leg=name, slot=t, trips=n)
            for (name, t), n in sorted(choice.departures.items())
        ),
        releases=tuple(
            Release(leg=name, slot=t, trips=n) for (name, t), n in sorted(choice.releases.items())
        ),
        rates=(Rates(process="smelt", rates=choice.rates),),
        refusals=tuple(
            Refusal(stock=name, interval=i, what=what, kg=kg)
            for (name, i, what), kg in sorted(choice.refused.items())
        ),
    )
    return plan_of(instance).model_copy(update={"decisions": decisions})


def _windows(open_slots: frozenset[tuple[str, int]]) -> tuple[Window, ...]:
    rows: list[tuple[str, int, int]] = []
    for gate_id, slot in sorted(open_slots):
        if rows and rows[-1][0] == gate_id and rows[-1][2] == slot:
            rows[-1] = (gate_id, rows[-1][1], slot + 1)
        else:
            rows.append((gate_id, slot, slot + 1))
    return tuple(Window(gate=gate_id, first_slot=a, end_slot=b) for gate_id, a, b in rows)
