"""Laws `trip_cap` and `fleet`. Meaning: docs/model.md."""

from __future__ import annotations

from collections import defaultdict

from solver.block import Block
from solver.instance import Stock, TripCut
from solver.laws.stocks import whole
from solver.linear import Expression, Terms

ALLOWANCE_DENOMINATOR = 6_000_000
"""Profile in thousandths x minutes of an hour x percent."""


def add_trip_cap(block: Block) -> None:
    """Counted trips of a local day stay within what is left of the normal day's trips; trips
    that hold a least rate are exempt, by a variable of their own, up to that need."""
    grid = block.derived.grid
    cuts = {
        slot: cut
        for cut in block.derived.instance.trip_cuts
        if cut.plant == block.plant.id
        for slot in range(cut.first_slot, cut.end_slot)
    }
    days: dict[int, list[int]] = defaultdict(list)
    for slot in sorted(cuts):
        days[grid.day_of(slot)].append(slot)
    _add_safe_trips(block, cuts, days)
    for day, slots in days.items():
        counted: Terms = []
        locked = 0
        for stream in sorted(block.plant.streams, key=lambda s: s.id):
            exempt = {slot for slot in slots if stream.kind in cuts[slot].exempt_kinds}
            trips = _departures_in(block, stream.id, [s for s in slots if s not in exempt])
            where = f"stream {stream.id}, day {day}"
            counted += whole(block, trips.terms, "trip_cap", where)
            locked += trips.constant
        safe = [(-1, v) for (_, at), v in block.safe.items() if at == day]
        high = max(_allowed_trips(block, cuts, day, slots), locked, 0)
        where = f"plant {block.plant.id}, day {day}"
        block.rows.row([*counted, *safe], None, high - locked, "trip_cap", where)


def _departures_in(block: Block, stream: str, slots: list[int]) -> Expression:
    """All departures of a stream in some slots, locked ones included."""
    found, own, locked = Expression(), block.own, block.derived.locked
    for use in block.legs:
        if use.stream.id == stream:
            keys = [(use.leg.id, slot) for slot in slots]
            found.terms += [(1, own[key]) for key in keys if key in own]
            found.constant += sum(locked[key] for key in keys if key in locked)
    return found


def _allowed_trips(block: Block, cuts: dict[int, TripCut], day: int, slots: list[int]) -> int:
    grid, plant = block.derived.grid, block.plant
    state = next((s for s in block.derived.instance.state.plants if s.plant == plant.id), None)
    allowance = sum(
        stream.baseline_trips_day
        * stream.profile_permille[grid.hour_of(slot)]
        * grid.slot_minutes
        * (100 - cuts[slot].cut_percent)
        for stream in plant.streams
        for slot in slots
        if stream.kind not in cuts[slot].exempt_kinds
    )
    made = 0
    if day == 0 and state is not None:
        allowance += state.allowance_numerator_today
        made = state.trips_made_today
    return max(plant.cap_floor_trips, allowance // ALLOWANCE_DENOMINATOR) - made


def _add_safe_trips(block: Block, cuts: dict[int, TripCut], days: dict[int, list[int]]) -> None:
    """Safe-production trips: at most the counted departures of their stream, and together, up to
    each day, at most what holds the least rates beyond the stock in hand."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    payload = {stream.id: stream.payload_kg for stream in block.plant.streams}
    for stream in sorted(block.plant.streams, key=lambda s: s.id):
        groups[stream.stock, stream.direction].append(stream.id)
    for (stock_id, direction), streams in groups.items():
        stock = next(s for s in block.plant.stocks if s.id == stock_id)
        largest = max(payload[name] for name in streams)
        so_far: Terms = []
        for day, slots in days.items():
            safe_slots = [slot for slot in slots if cuts[slot].safe_production_exempt]
            # Needed by an earlier day stays needed, whatever rail or belt bring after it.
            need_kg = max(_safe_need_kg(block, stock, direction, d) for d in range(day + 1))
            room_kg = -(-need_kg // largest) * largest
            if not safe_slots or room_kg == 0:
                continue
            for name in streams:
                variable = _safe_variable(block, cuts, name, day, safe_slots, room_kg)
                if variable is not None:
                    so_far.append((payload[name], variable))
            block.rows.row(list(so_far), None, room_kg, "trip_cap", f"stock {stock_id}, day {day}")


def _safe_variable(
    block: Block, cuts: dict[int, TripCut], stream: str, day: int, slots: list[int], room_kg: int
) -> int | None:
    kind = next(s.kind for s in block.plant.streams if s.id == stream)
    counted = _departures_in(
        block, stream, [slot for slot in slots if kind not in cuts[slot].exempt_kinds]
    )
    payload_kg = next(s.payload_kg for s in block.plant.streams if s.id == stream)
    most = room_kg // payload_kg
    if not counted.terms and counted.constant == 0:
        return None
    variable = block.rows.variable(0, most)
    block.safe[stream, day] = variable
    block.rows.row(
        [(1, variable), *((-c, v) for c, v in counted.terms)],
        None,
        counted.constant,
        "trip_cap",
        f"stream {stream}, day {day}",
    )
    return variable


def _safe_need_kg(block: Block, stock: Stock, direction: str, day: int) -> int:
    """kg that must come in (or go out) up to a day so that every least rate holds."""
    derived = block.derived
    intervals = [i for i in range(derived.grid.n_intervals) if derived.day_of_interval(i) <= day]
    inward = direction == "in"
    needed = sum(
        (item.consumes_kg if inward else item.produces_kg) * derived.least_rates(process)[i]
        for process in block.plant.processes
        for item in process.recipe
        if item.stock == stock.id
        for i in intervals
    )
    if inward:
        in_hand = max(0, stock.now_kg - stock.min_kg) + sum(stock.arrivals_kg[i] for i in intervals)
    else:
        in_hand = max(0, stock.max_kg - stock.now_kg)
        in_hand += sum(stock.dispatches_kg[i] for i in intervals)
    return max(0, needed - in_hand)


def add_fleet(block: Block) -> None:
    """Trips of a class away or in turn-round at once are at most the fleet."""
    n_slots = block.derived.grid.n_slots
    away: dict[tuple[str, int], Terms] = defaultdict(list)
    taken: dict[tuple[str, int], int] = defaultdict(int)
    for use, move, moving in block.moving():
        of_class = [away[use.leg.vehicle_class, slot] for slot in range(n_slots)]
        for slot, variable in moving:
            term = 1, variable
            for terms in of_class[slot : slot + move.away_slots]:
                terms.append(term)
    for use, slot, trips in block.fixed_departures:
        for at in range(max(0, slot), min(slot + use.departure.away_slots, n_slots)):
            taken[use.leg.vehicle_class, at] += trips
    ready = _waiting_inside(block, away)
    for fleet in block.plant.fleets:
        for slot in range(n_slots):
            key = (fleet.vehicle_class, slot)
            # Inherited trucks may stand inside whatever the fleet: they are there already.
            most = max(0, fleet.trucks - taken[key], ready[key])
            where = f"plant {block.plant.id}, class {fleet.vehicle_class}, slot {slot}"
            block.rows.row(away[key], None, most, "fleet", where)


def _waiting_inside(block: Block, away: dict[tuple[str, int], Terms]) -> dict[tuple[str, int], int]:
    """Add the trucks that stand inside through a slot to those away; returns how many of them,
    by class and slot, were inherited or locked."""
    derived, n_slots = block.derived, block.derived.grid.n_slots
    ready: dict[tuple[str, int], int] = defaultdict(int)
    arrived = [(derived.legs[h.leg], 0, h.trips) for h in derived.instance.state.held]
    arrived += [
        (use, max(0, slot + use.ready_slots), trips)
        for use, slot, trips in block.fixed_departures
        if use.release is not None
    ]
    for use, first, trips in arrived:
        if use.plant is block.plant:
            for slot in range(first, n_slots):
                ready[use.leg.vehicle_class, slot] += trips
    for (leg, slot), inside in block.inside.items():
        away[derived.legs[leg].leg.vehicle_class, slot].append((1, inside))
    return ready


def add_fleet_turns(block: Block) -> None:
    """Implied by `fleet` and `gate_window`: in a run of open slots of length n a truck starts
    cycles of at most n - 1 slots and one more. Holds for classes that leave by one gate at
    departure; it ties fleet and windows together where the relaxation would spread both."""
    legs = block.derived.legs
    by_class: dict[str, dict[int, Terms]] = defaultdict(lambda: defaultdict(list))
    gates: dict[str, set[str]] = defaultdict(set)
    longest: dict[str, int] = defaultdict(int)
    for (leg, slot), variable in block.own.items():
        use = legs[leg]
        name = use.leg.vehicle_class
        turn = use.departure.away_slots
        starts_here = use.leg.starts_at == "plant"
        gates[name].add(use.leg.gate_out if starts_here else "")
        longest[name] = max(longest[name], turn)
        by_class[name][slot].append((turn, variable))
    for fleet in block.plant.fleets:
        name = fleet.vehicle_class
        (gate, *others) = gates[name] or {""}
        if others or not gate:
            continue
        trucks = block.trucks_at_once[name]
        for first, end in _spans(block.derived.grid.n_slots, longest[name]):
            _add_turns(block, gate, trucks, longest[name], by_class[name], first, end)


def _spans(n_slots: int, turn: int) -> list[tuple[int, int]]:
    """Runs of slots over which turns are counted: every two turns' length, and the whole."""
    length = 2 * turn
    short = [(a, min(a + length, n_slots)) for a in range(0, n_slots, turn)] if turn else []
    return [*short, (0, n_slots)] if turn else []


def _add_turns(
    block: Block,
    gate: str,
    trucks: int,
    longest: int,
    by_slot: dict[int, Terms],
    first: int,
    end: int,
) -> None:
    slots = range(first, end)
    if any((gate, slot) not in block.open for slot in slots):
        return
    terms = [term for slot in slots for term in by_slot[slot]]
    terms += [(-trucks, block.open[gate, slot]) for slot in slots]
    more = -trucks * (longest - 1)
    terms.append((more, block.open[gate, first]))
    terms += [(more, block.start[gate, slot]) for slot in slots if slot > first]
    where = f"gate {gate}, slots {first}..{end}"
    block.rows.row(terms, None, 0, "fleet", where)
