"""What a plan avoids against business as usual, in parts that add up exactly.

Business as usual serves the need at the normal profile with today's fleet and no measure. Stream
by stream the way from it to the plan is taken in steps: fewer trips (first those that lost output
spared, then those that stocks put off, and only what remains is avoided), other vehicles at the
same hours and on the same way, and then other hours and ways. Integer divisions leave their
remainder in the last step of each, so nothing is counted twice or dropped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from fractions import Fraction
from typing import Self

from pydantic import model_validator

from solver.derive import Derived, LegUse, driving_s
from solver.instance import (
    Count,
    Id,
    Instance,
    Path,
    RecipeItem,
    Signed,
    Stock,
    Stream,
    Value,
)
from solver.plan import Decisions


class Mass(Value):
    """Micrograms of a pollutant: mg/km x m, exact."""

    pollutant: Id
    ug: Signed

    @property
    def kg(self) -> float:
        return self.ug / 1e9


class Amount(Value):
    """Trips with their exposure and emissions; a difference may be below 0."""

    trips: Signed
    exposure: Signed
    emitted: tuple[Mass, ...]

    def plus(self, other: Amount) -> Amount:
        return _combined(self, other, lambda one, two: one + two)

    def less(self, other: Amount) -> Amount:
        return _combined(self, other, lambda one, two: one - two)

    def part(self, numerator: int, denominator: int) -> Amount:
        """The share numerator / denominator, each number rounded down."""
        return Amount(
            trips=self.trips * numerator // denominator,
            exposure=self.exposure * numerator // denominator,
            emitted=tuple(
                Mass(pollutant=m.pollutant, ug=m.ug * numerator // denominator)
                for m in self.emitted
            ),
        )


def _combined(one: Amount, two: Amount, how: Callable[[int, int], int]) -> Amount:
    return Amount(
        trips=how(one.trips, two.trips),
        exposure=how(one.exposure, two.exposure),
        emitted=tuple(
            Mass(pollutant=a.pollutant, ug=how(a.ug, b.ug))
            for a, b in zip(one.emitted, two.emitted, strict=True)
        ),
    )


class UsualTrips(Value):
    """Trips of a leg that business as usual sends in a slot."""

    leg: Id
    slot: Count
    trips: Count


class BusinessAsUsual(Value):
    """What would drive without an alert: trips by leg and slot, and their worth by stream."""

    trips: tuple[UsualTrips, ...]
    by_stream: tuple[tuple[Id, Amount], ...]
    total: Amount


class Totals(Value):
    """A plan against business as usual. `avoided` never includes what is deferred or lost."""

    usual: Amount
    plan: Amount
    moved: Amount
    """Trips moved in time or place."""
    cleaner: Amount
    """Cleaner vehicles."""
    not_made: Amount
    """Trips not made that neither lost output nor stocks explain: spared by cuts in output and by
    rail. Below 0: trips more than usual that went into no stock, such as those in place of rail."""
    deferred: Amount
    """Trips put off, since stocks gave or took their loads. Below 0: trips more than usual, made
    beforehand for the stocks."""
    lost: Amount
    """Trips not made since output that was permitted was not made."""

    @property
    def avoided(self) -> Amount:
        return self.moved.plus(self.cleaner).plus(self.not_made)

    @model_validator(mode="after")
    def _parts_add_up(self) -> Self:
        parts = self.avoided.plus(self.deferred).plus(self.lost)
        if parts != self.usual.less(self.plan):
            raise ValueError("the parts of what is avoided do not add up")
        return self


def business_as_usual(instance: Instance) -> BusinessAsUsual:
    """The need served at the normal profile: each class by its share of the trucks, on its
    quickest way."""
    usual = _Usual(Derived(instance))
    streams = [s for p in usual.derived.plants.values() for s in sorted(p.streams, key=_id)]
    rows = [row for stream in streams for row in usual.trips_of(stream)]
    by_stream = tuple((stream.id, usual.amount(stream)) for stream in streams)
    total = usual.nothing
    for _, amount in by_stream:
        total = total.plus(amount)
    return BusinessAsUsual(
        trips=tuple(sorted(rows, key=lambda r: (r.leg, r.slot))), by_stream=by_stream, total=total
    )


def totals(instance: Instance, decisions: Decisions) -> Totals:
    """The parts of what decisions avoid, summed over the streams."""
    usual = _Usual(Derived(instance))
    made = _Made(usual, decisions)
    sums = dict.fromkeys(Totals.model_fields, usual.nothing)
    for plant in usual.derived.plants.values():
        for stream in sorted(plant.streams, key=_id):
            for name, amount in _parts(usual, made, stream).items():
                sums[name] = sums[name].plus(amount)
    return Totals(**sums)


def _id(stream: Stream) -> str:
    return stream.id


def _parts(usual: _Usual, made: _Made, stream: Stream) -> dict[str, Amount]:
    before, after = usual.amount(stream), made.amount[stream.id]
    same_hours = usual.nothing
    for use_id, trips in made.trips_by_class(stream).items():
        same_hours = same_hours.plus(usual.as_usual(stream, use_id, trips))
    if before.trips:
        fewer = before.part(after.trips, before.trips).model_copy(update={"trips": after.trips})
    else:
        fewer = same_hours
    lost_kg, deferred_kg = _explained_kg(
        (before.trips - after.trips) * stream.payload_kg,
        made.lost_kg(stream),
        made.drawn_kg(stream),
    )
    per_kg = max(1, before.trips) * stream.payload_kg
    lost = before.part(lost_kg, per_kg)
    deferred = before.part(lost_kg + deferred_kg, per_kg).less(lost)
    return {
        "usual": before,
        "plan": after,
        "moved": same_hours.less(after),
        "cleaner": fewer.less(same_hours),
        "not_made": before.less(fewer).less(deferred).less(lost),
        "deferred": deferred,
        "lost": lost,
    }


def _explained_kg(fewer_kg: int, lost_kg: int, drawn_kg: int) -> tuple[int, int]:
    """Of the loads fewer than usual those that lost output spared and those that were put off;
    never more than there are, so that rail that goes on while a plant rests explains no trip."""
    lost = min(lost_kg, max(0, fewer_kg))
    rest = fewer_kg - lost
    return lost, max(min(0, rest), min(drawn_kg, max(0, rest)))


class _Usual:
    """Business as usual by stream."""

    def __init__(self, derived: Derived) -> None:
        self.derived, self.grid = derived, derived.grid
        self.nothing = Amount(
            trips=0,
            exposure=0,
            emitted=tuple(Mass(pollutant=p.id, ug=0) for p in derived.instance.pollutants),
        )
        self._seconds = {name: self._driving_s(path) for name, path in derived.paths.items()}
        self._amounts: dict[str, Amount] = {}

    def _driving_s(self, path: Path) -> int:
        return sum(driving_s(self.derived.links[link]) for link in path.links)

    def amount(self, stream: Stream) -> Amount:
        if stream.id not in self._amounts:
            total = self.nothing
            for row in self.trips_of(stream):
                total = total.plus(self.worth(self.derived.legs[row.leg], row.slot, row.trips))
            self._amounts[stream.id] = total
        return self._amounts[stream.id]

    def worth(self, use: LegUse, slot: int, trips: int) -> Amount:
        """Trips of a leg that nothing holds up."""
        exposure = self.derived.exposure(use.departure, slot)
        if use.release is not None:
            exposure += self.derived.exposure(use.release, slot + use.ready_slots)
        return self.emitting(use, trips).model_copy(update={"exposure": trips * exposure})

    def emitting(self, use: LegUse, trips: int) -> Amount:
        """Trips of a leg with what they emit, wherever and whenever."""
        derived, leg = self.derived, use.leg
        metres = {False: 0, True: 0}
        for path, laden in ((leg.path_out, leg.laden_out), (leg.path_back, leg.laden_back)):
            metres[laden] += sum(derived.links[x].length_m for x in derived.paths[path].links)
        factors = {e.pollutant: e for e in derived.classes[leg.vehicle_class].emissions}
        return Amount(
            trips=trips,
            exposure=0,
            emitted=tuple(
                Mass(
                    pollutant=p.id,
                    ug=trips
                    * (
                        factors[p.id].laden_mg_km * metres[True]
                        + factors[p.id].empty_mg_km * metres[False]
                    ),
                )
                for p in derived.instance.pollutants
            ),
        )

    def trips_of(self, stream: Stream) -> list[UsualTrips]:
        """Whole trips by slot along the normal profile; each goes to the class that is furthest
        behind its share of the trucks."""
        rows, dealt = Counter[tuple[str, int]](), Counter[str]()
        legs, numerator = self._quickest(stream), 0
        trucks = self._trucks(legs)
        for slot in range(self.grid.n_slots):
            numerator += self._per_slot(stream, slot)
            while legs and (dealt.total() + 1) * 60_000 <= numerator:
                turn = min(trucks, key=lambda c: (Fraction(dealt[c] + 1, trucks[c]), c))
                dealt[turn] += 1
                rows[legs[turn], slot] += 1
        return [UsualTrips(leg=leg, slot=slot, trips=n) for (leg, slot), n in sorted(rows.items())]

    def _per_slot(self, stream: Stream, slot: int) -> int:
        """Normal trips of a slot in 60,000ths."""
        share = stream.profile_permille[self.grid.hour_of(slot)]
        return stream.baseline_trips_day * share * self.grid.slot_minutes

    def _quickest(self, stream: Stream) -> dict[str, str]:
        """The leg of least driving time by vehicle class."""
        best: dict[str, tuple[int, str]] = {}
        for leg in stream.legs:
            seconds = self._seconds[leg.path_out] + self._seconds[leg.path_back]
            known = best.get(leg.vehicle_class, (seconds, leg.id))
            best[leg.vehicle_class] = min(known, (seconds, leg.id))
        return {vehicle: leg for vehicle, (_, leg) in sorted(best.items())}

    def _trucks(self, legs: dict[str, str]) -> dict[str, int]:
        """Trucks by class, one each where the plant has none of any."""
        fleets = [f for leg in legs.values() for f in self.derived.legs[leg].plant.fleets]
        trucks = {f.vehicle_class: f.trucks for f in fleets if f.vehicle_class in legs}
        return {c: n for c, n in trucks.items() if n} or dict.fromkeys(legs, 1)

    def as_usual(self, stream: Stream, vehicle_class: str, trips: int) -> Amount:
        """Trips of a class on its usual way, spread over the usual hours."""
        use = self.derived.legs[self._quickest(stream)[vehicle_class]]
        weights = [self._per_slot(stream, slot) for slot in range(self.grid.n_slots)]
        weighted = sum(
            weight * self.worth(use, slot, 1).exposure
            for slot, weight in enumerate(weights)
            if weight
        )
        exposure = trips * weighted // max(1, sum(weights))
        return self.emitting(use, trips).model_copy(update={"exposure": exposure})


class _Made:
    """What decisions make of each stream: trips, output, and what is drawn from stocks."""

    def __init__(self, usual: _Usual, decisions: Decisions) -> None:
        self._derived, self._decisions = usual.derived, decisions
        self._rates = {rates.process: rates.rates for rates in decisions.rates}
        self.amount: dict[str, Amount] = defaultdict(lambda: usual.nothing)
        self._classes: dict[str, Counter[str]] = defaultdict(Counter)
        self._plants = {s.id: p for p in self._derived.plants.values() for s in p.streams}
        self._inside = _inherited_inside(self._derived)
        for one in decisions.departures:
            self._depart(usual, self._derived.legs[one.leg], one.slot, one.trips)
        for out in decisions.releases:
            self._leave(self._derived.legs[out.leg], out.slot, out.trips)
            self._inside[out.leg] -= out.trips
        for leg, trips in sorted(self._inside.items()):
            self._leave(self._derived.legs[leg], self._derived.grid.n_slots - 1, trips)

    def _depart(self, usual: _Usual, use: LegUse, slot: int, trips: int) -> None:
        exposure = trips * self._derived.exposure(use.departure, slot)
        amount = usual.emitting(use, trips).model_copy(update={"exposure": exposure})
        self.amount[use.stream.id] = self.amount[use.stream.id].plus(amount)
        self._classes[use.stream.id][use.leg.vehicle_class] += trips
        if use.release is not None:
            self._inside[use.leg.id] += trips

    def _leave(self, use: LegUse, slot: int, trips: int) -> None:
        assert use.release is not None
        known = self.amount[use.stream.id]
        exposure = known.exposure + trips * self._derived.exposure(use.release, slot)
        self.amount[use.stream.id] = known.model_copy(update={"exposure": exposure})

    def trips_by_class(self, stream: Stream) -> dict[str, int]:
        return dict(sorted(self._classes[stream.id].items()))

    def lost_kg(self, stream: Stream) -> int:
        """kg of the good that output permitted and not made would have taken or given. Rail and
        belt go on whatever the output, so all of it was the road's to carry."""
        inward = stream.direction == "in"
        lost_kg = sum(
            (item.consumes_kg if inward else item.produces_kg) * lost
            for item, _, lost in self._runs(stream)
        )
        peers = [s for s in self._streams(stream) if s.direction == stream.direction]
        return _share(stream, peers, lost_kg)

    def drawn_kg(self, stream: Stream) -> int:
        """By how much the stock fell (goods in) or rose (goods out), trucks on the road included:
        a load that was under way at slot 0 is in hand already."""
        stock = self._stock(stream)
        change = sum(stock.arrivals_kg) - sum(stock.dispatches_kg)
        for refusal in self._decisions.refusals:
            if refusal.stock == stock.id:
                change += refusal.kg if refusal.what == "dispatch" else -refusal.kg
        for other in self._streams(stream):
            sign = 1 if other.direction == "in" else -1
            change += sign * self.amount[other.id].trips * other.payload_kg
        change += sum((i.produces_kg - i.consumes_kg) * made for i, made, _ in self._runs(stream))
        fallen = -change if stream.direction == "in" else change
        return _share(stream, self._streams(stream), fallen)

    def _runs(self, stream: Stream) -> list[tuple[RecipeItem, int, int]]:
        """Who uses the stream's stock: the recipe's item, the units made and those lost."""
        found = []
        for process in self._plants[stream.id].processes:
            permitted = self._derived.permitted[process.id]
            made = sum(self._rates.get(process.id, (0,) * len(permitted)))
            for item in process.recipe:
                if item.stock == stream.stock:
                    found.append((item, made, sum(permitted) - made))
        return found

    def _stock(self, stream: Stream) -> Stock:
        return next(s for s in self._plants[stream.id].stocks if s.id == stream.stock)

    def _streams(self, stream: Stream) -> list[Stream]:
        return [s for s in self._plants[stream.id].streams if s.stock == stream.stock]


def _share(stream: Stream, among: list[Stream], kg: int) -> int:
    """A stream's part of kg, by normal need."""
    if len(among) == 1:
        return kg
    return kg * stream.need_kg_day // max(1, sum(s.need_kg_day for s in among))


def _inherited_inside(derived: Derived) -> Counter[str]:
    """Waiting trucks that slot 0 inherits, held inside or under way, by leg."""
    inside: Counter[str] = Counter()
    for held in derived.instance.state.held:
        inside[held.leg] += held.trips
    for under_way in derived.instance.state.under_way:
        if derived.legs[under_way.leg].release is not None:
            inside[under_way.leg] += under_way.trips
    return inside
