"""Random instances of one to three plants on shared roads, with states that no one would plan for:
stocks out of bounds, windows open for long, overspent caps, more trips under way than trucks.
"""

from itertools import pairwise
from random import Random

from solver.instance import (
    Bar,
    Fleet,
    GateState,
    Held,
    Instance,
    LockedTrips,
    LockedWindow,
    PlantState,
    ProcessState,
    PublishedTrips,
    RecipeItem,
    State,
    TripCut,
    UnderWay,
    WindowLimit,
)
from tests.solver.builders import (
    PCU_MPCU,
    Piece,
    bar,
    far_leg,
    gate,
    leg,
    link,
    output_cut,
    plant,
    process,
    stock,
    stream,
    tiny_instance,
    trip_cut,
    window_limit,
    zone,
)

CLASSES = tuple(sorted(PCU_MPCU))


def wild_instance(rng: Random, n_plants: int | None = None, sane: bool = False) -> Instance:
    """An instance in which links, zones, windows, stocks, fleets and caps are tight; `sane` leaves
    the state as new and locks nothing."""
    n_slots = rng.randrange(6, 13)
    interval_slots = rng.choice((1, 2, 3, 4))
    n_intervals = -(-n_slots // interval_slots)
    names = [f"P{k}" for k in range(n_plants or rng.randrange(1, 4))]
    state = State() if sane else _state(rng, names, n_slots)
    published = None
    if not sane and rng.random() < 0.3:
        rows = {(f"{p}.ore.0", rng.randrange(n_slots)): rng.randrange(1, 4) for p in names}
        published = tuple(PublishedTrips(leg=n, slot=t, trips=k) for (n, t), k in rows.items())
    return tiny_instance(
        start=f"2026-01-05T{rng.choice((8, 20, 22, 23)):02}:00:00+08:00",
        n_slots=n_slots,
        interval_slots=interval_slots,
        plants=tuple(_plant(rng, name, n_intervals, sane) for name in names),
        links=tuple(_road(rng, id) for id in "abcd"),
        zones=(
            zone("Y", cap_mpcu=rng.choice((8_000, 16_000, 30_000)), population_weight=3),
            zone("Z", hour_weights=tuple(rng.randrange(1, 4) for _ in range(n_slots))),
        ),
        window_limits=tuple(w for name in names for w in _limits(rng, name, n_slots)),
        trip_cuts=tuple(c for name in names for c in _cuts(rng, name, n_slots)),
        output_cuts=tuple(
            output_cut(id=f"O.{n}", process=f"{n}.smelt", end_interval=1, cut_percent=30)
            for n in names
            if rng.random() < 0.3
        ),
        bars=_bars(rng, names, n_slots),
        state=state,
        published=published,
    )


def _limits(rng: Random, name: str, n_slots: int) -> list[WindowLimit]:
    """Up to two limits of different shape; sometimes they touch."""
    if rng.random() < 0.15:
        return []
    edges = [0, n_slots]
    if rng.random() < 0.5:
        edges = sorted(rng.sample(range(n_slots + 1), 3))
    limits = []
    for k, (first, end) in enumerate(pairwise(edges)):
        least = rng.randrange(1, 4)
        limits.append(
            window_limit(
                id=f"W{k}.{name}",
                plant=name,
                first_slot=first,
                end_slot=end,
                partial_slots=(first,) if rng.random() < 0.3 else (),
                min_slots=least,
                max_slots=least + rng.randrange(4),
                max_open_slots_day=rng.randrange(0, 9),
                max_windows_day=rng.randrange(0, 4),
                min_pause_slots=rng.randrange(4),
            )
        )
    return limits


def _cuts(rng: Random, name: str, n_slots: int) -> list[TripCut]:
    if rng.random() < 0.4:
        return []
    middle = rng.randrange(1, n_slots)
    return [
        trip_cut(
            id=f"C1.{name}",
            plant=name,
            end_slot=middle,
            cut_percent=rng.randrange(101),
            safe_production_exempt=rng.random() < 0.5,
        ),
        trip_cut(
            id=f"C2.{name}",
            plant=name,
            first_slot=middle,
            end_slot=n_slots,
            exempt_kinds=("livelihood",) if rng.random() < 0.5 else (),
            safe_production_exempt=rng.random() < 0.5,
        ),
    ]


def _bars(rng: Random, names: list[str], n_slots: int) -> tuple[Bar, ...]:
    place = rng.choice(({"links": ("b",)}, {"zones": ("Y",)}, {"plants": (names[0],)}))
    first = rng.randrange(n_slots)
    end = rng.randrange(first + 1, min(n_slots, first + 4) + 1)
    classes = tuple(rng.sample(CLASSES, 2))
    ban = bar(first_slot=first, end_slot=end, classes=classes, **place)
    return (ban,) if rng.random() < 0.4 else ()


def _plant(rng: Random, name: str, n_intervals: int, sane: bool) -> Piece:
    minutes = {"plant_minutes": rng.choice((0, 6, 31)), "far_minutes": rng.choice((0, 6, 45))}
    gates = {"gate_in": f"{name}.G", "gate_out": rng.choice((f"{name}.G", f"{name}.H"))}
    into, out = {"laden_out": True, "laden_back": False}, {"laden_out": False, "laden_back": True}
    ore_legs = (
        leg(f"{name}.ore.0", vehicle_class=rng.choice(CLASSES), **minutes, **gates),
        far_leg(
            f"{name}.ore.1", vehicle_class=rng.choice(CLASSES), may_wait=True, **minutes, **gates
        ),
    )
    steel_legs = (
        leg(f"{name}.steel.0", vehicle_class=rng.choice(CLASSES), **minutes, **into, **gates),
        far_leg(
            f"{name}.steel.1", vehicle_class=rng.choice(CLASSES), **minutes, **out, **gates
        ).model_copy(update={"may_wait": rng.random() < 0.3}),
    )
    # Kilograms share few divisors on purpose; a unit may be less than a load or more.
    per_unit = rng.choice((1000, 1500, 700, 47_000))
    most, least = (
        tuple(rng.choice((0, 30, 60)) for _ in range(n_intervals)),
        rng.choice((0, 10, 20)),
    )
    smelt = process(
        f"{name}.smelt",
        recipe=(
            RecipeItem(stock=f"{name}.ore", consumes_kg=per_unit),
            RecipeItem(stock=f"{name}.steel", produces_kg=rng.choice((1000, 900))),
        ),
        rate_max=most,
        rate_min=tuple(min(least, rate) for rate in most),
        hazard_weight=rng.choice((0, 3)),
    )
    kg = (0, 0, 20_000, 45_000)
    moved = {"breach_process": f"{name}.smelt"}
    ore = stock(
        f"{name}.ore",
        now_kg=rng.choice((60_000, 100_000) if sane else (0, 60_000, 350_000)),
        min_kg=rng.choice((0, 30_000)),
        max_kg=rng.choice((120_000, 300_000)),
        end_min_kg=rng.choice((None, 50_000, 80_000)),
        arrivals_kg=tuple(rng.choice(kg) for _ in range(n_intervals)),
        **moved,
    )
    steel = stock(
        f"{name}.steel",
        now_kg=rng.choice((60_000, 100_000) if sane else (0, 60_000, 350_000)),
        max_kg=rng.choice((120_000, 300_000)),
        end_max_kg=rng.choice((None, 50_000, 80_000)),
        dispatches_kg=tuple(rng.choice(kg) for _ in range(n_intervals)),
        **moved,
    )
    told = {"baseline_trips_day": rng.randrange(1, 150), "payload_kg": rng.choice((30_000, 25_000))}
    trucks = (3, 4, 8) if sane else (0, 1, 4, 8)
    return plant(
        name,
        gates=(
            gate(f"{name}.G", capacity_passages=rng.randrange(1, 6)),
            gate(f"{name}.H", capacity_passages=rng.randrange(1, 6)),
        ),
        processes=(smelt,),
        stocks=(ore, steel),
        streams=(
            stream(f"{name}.ore", legs=ore_legs, **told),
            stream(
                f"{name}.steel",
                direction="out",
                legs=steel_legs,
                kind=rng.choice(("ordinary", "livelihood")),
                **told,
            ),
        ),
        fleets=tuple(Fleet(vehicle_class=c, trucks=rng.choice(trucks)) for c in CLASSES),
        cap_floor_trips=rng.randrange(3),
    )


def _road(rng: Random, id: str) -> Piece:
    return link(
        id,
        zone=rng.choice("YZ"),
        length_m=rng.choice((3_000, 6_000, 21_000)),
        capacity_mpcu_h=rng.choice((9_000, 16_000, 21_000, 60_000)),
        background_mpcu=rng.choice((0, 500)),
    )


def _state(rng: Random, names: list[str], n_slots: int) -> State:
    legs = [f"{name}.{good}" for name in names for good in ("ore.0", "ore.1", "steel.0")]
    first = rng.randrange(n_slots)
    kept = {(rng.choice(legs), rng.randrange(n_slots // 2)): rng.randrange(1, 3) for _ in range(2)}
    return State(
        gates=tuple(
            GateState(
                gate=f"{name}.G",
                open_slots_before=rng.choice((0, 0, 1, 2, 30)),
                closed_slots_before=rng.choice((0, 1, 4, 50)),
                windows_today=rng.randrange(4),
                open_slots_today=rng.choice((0, 3, 40)),
            )
            for name in names
            if rng.random() < 0.7
        ),
        processes=tuple(
            ProcessState(process=f"{name}.smelt", lost_units=40, permitted_units=100)
            for name in names
            if rng.random() < 0.3
        ),
        plants=tuple(
            PlantState(plant=name, trips_made_today=rng.choice((0, 2, 60)))
            for name in names
            if rng.random() < 0.5
        ),
        under_way=tuple(
            UnderWay(leg=rng.choice(legs), slots_ago=rng.randrange(1, 5), trips=rng.randrange(1, 9))
            for _ in range(rng.randrange(3))
        ),
        held=tuple(
            Held(leg=f"{name}.ore.1", trips=rng.randrange(1, 9))
            for name in names
            if rng.random() < 0.4
        ),
        locked_trips=tuple(LockedTrips(leg=n, slot=t, trips=k) for (n, t), k in kept.items())
        if rng.random() < 0.4
        else (),
        locked_windows=(
            LockedWindow(
                gate=f"{names[0]}.G", first_slot=first, end_slot=rng.randrange(first, n_slots) + 1
            ),
        )
        if rng.random() < 0.4
        else (),
    )


def absurd_instance(rng: Random) -> Instance:
    """A wild instance whose state goes beyond all reason: drives of days, trips that left hundreds
    of slots ago and come to load what is not there, windows open for weeks, locked windows of one
    slot, caps overspent a millionfold."""
    whole = wild_instance(rng)
    n_slots = whole.grid.n_slots
    legs = [x.id for p in whole.plants for s in p.streams for x in s.legs]
    links = tuple(
        road.model_copy(
            update={
                "length_m": rng.choice((3_000, 6_000, 21_000, 400_000)),
                "speed_kmh": rng.choice((10, 60)),
            }
        )
        for road in whole.links
    )
    state = State(
        gates=tuple(_absurd_gate(rng, g.id) for p in whole.plants for g in p.gates),
        processes=tuple(
            ProcessState(process=x.id, lost_units=rng.choice((0, 10**9)), permitted_units=100)
            for p in whole.plants
            for x in p.processes
        ),
        plants=tuple(
            PlantState(
                plant=p.id,
                trips_made_today=rng.choice((0, 60, 10**6)),
                allowance_numerator_today=rng.choice((0, 10**7)),
            )
            for p in whole.plants
        ),
        under_way=tuple(
            UnderWay(
                leg=rng.choice(legs),
                slots_ago=rng.choice((1, 2, 5, 30, 500)),
                trips=rng.choice((1, 3, 50)),
            )
            for _ in range(rng.randrange(6))
        ),
        held=tuple(
            Held(leg=x.id, trips=rng.choice((1, 50)))
            for p in whole.plants
            for s in p.streams
            for x in s.legs
            if x.may_wait and rng.random() < 0.5
        ),
        locked_trips=tuple(
            LockedTrips(
                leg=rng.choice(legs), slot=rng.randrange(n_slots), trips=rng.randrange(1, 9)
            )
            for _ in range(rng.choice((0, 0, 0, 2)))
        ),
        locked_windows=tuple(
            _absurd_window(rng, rng.choice(p.gates).id, n_slots)
            for p in whole.plants
            if rng.random() < 0.6
        ),
    )
    told = whole.model_copy(update={"links": links, "state": state})
    return Instance.model_validate(told.model_dump())


def _absurd_gate(rng: Random, gate_id: str) -> GateState:
    return GateState(
        gate=gate_id,
        open_slots_before=rng.choice((0, 0, 1, 2, 9999)),
        closed_slots_before=rng.choice((0, 1, 50)),
        windows_today=rng.choice((0, 1, 99)),
        open_slots_today=rng.choice((0, 3, 99)),
    )


def _absurd_window(rng: Random, gate_id: str, n_slots: int) -> LockedWindow:
    first = rng.randrange(n_slots)
    end = min(n_slots, first + rng.choice((1, 1, 2, n_slots)))
    return LockedWindow(gate=gate_id, first_slot=first, end_slot=end)
