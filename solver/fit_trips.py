"""Trips that first fit sends: the daily cap with its exemptions, and departures with releases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from solver.derive import Derived, LegUse
from solver.fit_room import Ground, PlantRoom
from solver.fit_windows import Shape
from solver.instance import Plant, Stream, TripCut

ALLOWANCE_DENOMINATOR = 6_000_000
"""100 % x 1,000 permille x 60 minutes: from the cap's numerator to trips."""


class TripCap:
    """What is left of law `trip_cap` for a plant, day by day."""

    def __init__(self, derived: Derived, ground: Ground, plant: Plant) -> None:
        self._derived, self._plant, self._grid = derived, plant, derived.grid
        self._fixed = ground.fixed[plant.id]
        self._cut: dict[int, TripCut] = {
            slot: cut
            for cut in ground.cuts[plant.id]
            for slot in range(cut.first_slot, cut.end_slot)
        }
        days = sorted({self._grid.day_of(slot) for slot in self._cut})
        locked = self._locked_counted()
        self.left = {day: max(self._allowed(day), locked[day]) - locked[day] for day in days}
        self.safe: Counter[tuple[str, int]] = Counter()
        self._safe_kg: Counter[tuple[str, str, int]] = Counter()
        self._safe_room: dict[tuple[str, str], dict[int, int]] = {}

    def _locked_counted(self) -> Counter[int]:
        counted: Counter[int] = Counter()
        for use, slot, trips in self._fixed:
            if self._counts(use.stream, slot):
                counted[self._grid.day_of(slot)] += trips
        return counted

    def _counts(self, stream: Stream, slot: int) -> bool:
        return slot in self._cut and stream.kind not in self._cut[slot].exempt_kinds

    def _allowed(self, day: int) -> int:
        """The day's cap less the trips made before slot 0."""
        allowance, made = 0, 0
        for slot, cut in self._cut.items():
            if self._grid.day_of(slot) == day:
                hour, kept = self._grid.hour_of(slot), 100 - cut.cut_percent
                allowance += kept * sum(
                    s.baseline_trips_day * s.profile_permille[hour] * self._grid.slot_minutes
                    for s in self._plant.streams
                    if s.kind not in cut.exempt_kinds
                )
        for state in self._derived.instance.state.plants:
            if day == 0 and state.plant == self._plant.id:
                allowance += state.allowance_numerator_today
                made = state.trips_made_today
        return max(self._plant.cap_floor_trips, allowance // ALLOWANCE_DENOMINATOR) - made

    def most(self, stream: Stream, slot: int, wanted: int) -> int:
        """How many of the wanted trips the cap lets depart, exempt ones included."""
        if not self._counts(stream, slot):
            return wanted
        return min(wanted, self._safe_most(stream, slot) + self.left[self._grid.day_of(slot)])

    def count(self, stream: Stream, slot: int, trips: int) -> None:
        """Count trips without exemption, whatever is left."""
        if self._counts(stream, slot):
            self.left[self._grid.day_of(slot)] -= trips

    def take(self, stream: Stream, slot: int, trips: int) -> None:
        """Count trips, the exempt part first."""
        if not self._counts(stream, slot):
            return
        day = self._grid.day_of(slot)
        safe = min(trips, self._safe_most(stream, slot))
        if safe:
            self.safe[stream.id, day] += safe
            self._safe_kg[stream.stock, stream.direction, day] += safe * stream.payload_kg
        self.left[day] -= trips - safe

    def _safe_most(self, stream: Stream, slot: int) -> int:
        """Trips that a least rate still needs: the sum up to every later day must fit."""
        if not self._cut[slot].safe_production_exempt:
            return 0
        key = (stream.stock, stream.direction)
        if key not in self._safe_room:
            self._safe_room[key] = self._need_kg_by_day(stream)
        first, used, room = self._grid.day_of(slot), 0, []
        for day, need_kg in self._safe_room[key].items():
            used += self._safe_kg[(*key, day)]
            if day >= first:
                room.append(need_kg - used)
        return max(0, min(room) // stream.payload_kg)

    def _need_kg_by_day(self, stream: Stream) -> dict[int, int]:
        """What the least rates need beyond what is in hand, in whole loads, up to each day."""
        derived, inward = self._derived, stream.direction == "in"
        stock = next(s for s in self._plant.stocks if s.id == stream.stock)
        load = max(
            s.payload_kg
            for s in self._plant.streams
            if (s.stock, s.direction) == (stream.stock, stream.direction)
        )
        in_hand = stock.now_kg - stock.min_kg if inward else stock.max_kg - stock.now_kg
        in_hand = max(0, in_hand)
        helped = stock.arrivals_kg if inward else stock.dispatches_kg
        needed, by_day = 0, {}
        for interval in range(self._grid.n_intervals):
            in_hand += helped[interval]
            for process in self._plant.processes:
                for item in process.recipe:
                    if item.stock == stock.id:
                        kg = item.consumes_kg if inward else item.produces_kg
                        needed += kg * derived.least_rates(process)[interval]
            need = -(-max(0, needed - in_hand) // load) * load
            by_day[derived.day_of_interval(interval)] = need
        last = max(by_day, default=0)
        return {day: by_day.get(day, by_day[last]) for day in range(self._grid.n_days)}


class Sender:
    """Sends a plant's trips within its windows, and lets its waiting trucks out again."""

    def __init__(self, derived: Derived, room: PlantRoom, plant: Plant) -> None:
        self._derived, self._room, self.grid = derived, room, derived.grid
        self._ground, self._plant = room.ground, plant
        self.legs = {
            leg.id: derived.legs[leg.id] for stream in plant.streams for leg in stream.legs
        }
        self.departures: Counter[tuple[str, int]] = Counter()
        self.releases: Counter[tuple[str, int]] = Counter()
        self._going = {name: room.cells(u, u.departure) for name, u in self.legs.items()}
        self._leaving = {
            name: room.cells(u, u.release) for name, u in self.legs.items() if u.release is not None
        }

    def departure_slots(self, use: LegUse) -> list[int]:
        """Slots in which a trip may depart as far as bars and the horizon go."""
        barred = self._derived.barred_slots(use, use.departure)
        return [slot for slot in range(self._derived.horizon_of(use)) if slot not in barred]

    def most_by_slot(self, use: LegUse, wanted: int) -> list[int]:
        """How many of the wanted trips could depart in each slot by itself, before any is sent."""
        derived, n_slots = self._derived, self.grid.n_slots
        trucks = self._room.trucks_away(use, use.departure.away_slots)
        most = list(map(min, trucks, self._going[use.leg.id].most_by_slot(n_slots, wanted)))
        if derived.given_back:
            most = [min(n, derived.left_to_own(use.leg.id, t)) for t, n in enumerate(most)]
        return [max(0, n) for n in most]

    def most(self, use: LegUse, slot: int, wanted: int) -> int:
        """How many of the wanted trips roads, gates, trucks and what was given back let depart in a
        slot."""
        left = self._derived.left_to_own(use.leg.id, slot) - self.departures[use.leg.id, slot]
        wanted = min(wanted, left)
        end = slot + use.departure.away_slots
        slots = range(slot, min(self.grid.n_slots, end))
        return max(
            0, min(self._going[use.leg.id].most(slot, wanted), self._room.trucks(use, slots))
        )

    def send(self, use: LegUse, slot: int, trips: int) -> int:
        """Send up to so many trips; returns how many. Waiting trucks go one by one, each with
        the earliest slot to leave again, or stay inside if there is none."""
        if use.release is None:
            trips = self.most(use, slot, trips)
            if trips > 0:
                end = min(self.grid.n_slots, slot + use.departure.away_slots)
                self._room.hold(use, range(slot, end), trips)
                self._depart(use, slot, trips)
            return trips
        sent = 0
        while sent < trips and self._send_waiting(use, slot):
            sent += 1
        return sent

    def _depart(self, use: LegUse, slot: int, trips: int) -> None:
        self._going[use.leg.id].take(slot, trips)
        self.departures[use.leg.id, slot] += trips

    def _send_waiting(self, use: LegUse, slot: int) -> bool:
        if self.most(use, slot, 1) < 1:
            return False
        leaves = self._first_release(use, slot + use.ready_slots)
        away = range(slot, self._back_slot(use, leaves))
        if self._room.trucks(use, away) < 1:
            return False
        self._room.hold(use, away, 1)
        self._depart(use, slot, 1)
        if leaves is not None:
            self._leave(use, leaves)
        return True

    def _first_release(self, use: LegUse, ready: int) -> int | None:
        assert use.release is not None
        for slot in range(ready, self.grid.n_slots):
            free = self._leaving[use.leg.id].most(slot, 1) == 1
            if free and self._derived.may_move(use, use.release, slot):
                return slot
        return None

    def _back_slot(self, use: LegUse, leaves: int | None) -> int:
        """The slot in which a truck is free again; the horizon's end if it stays inside."""
        if leaves is None or use.release is None:
            return self.grid.n_slots
        return min(self.grid.n_slots, leaves + use.release.away_slots)

    def _leave(self, use: LegUse, slot: int) -> None:
        self._leaving[use.leg.id].take(slot, 1)
        self.releases[use.leg.id, slot] += 1

    def give_back(self) -> None:
        """Return what all trips and releases took of the roads."""
        for (leg, slot), trips in self.departures.items():
            self._going[leg].take(slot, -trips)
        for (leg, slot), trips in self.releases.items():
            self._leaving[leg].take(slot, -trips)

    def release_inherited(self) -> None:
        """Let out the waiting trucks that are held, under way or locked, in the earliest slots."""
        for use, ready, trips in self._inherited():
            for _ in range(trips):
                leaves = self._first_release(use, ready)
                if leaves is None:
                    break
                self._leave(use, leaves)
                self._room.hold(use, range(self._back_slot(use, leaves), self.grid.n_slots), -1)

    def _inherited(self) -> Iterator[tuple[LegUse, int, int]]:
        for use, trips in self._ground.held[self._plant.id]:
            yield use, 0, trips
        for use, slot, trips in self._ground.fixed[self._plant.id]:
            if use.release is not None:
                yield use, max(0, slot + use.ready_slots), trips

    def close(self, shapes: dict[str, Shape], opened: dict[str, set[int]]) -> None:
        """Take all room from the restricted slots in which a gate is closed."""
        for name, shape in shapes.items():
            for slot in shape.gate.limit:
                if slot not in opened[name]:
                    self._room.gates[name][slot] = 0

    def passages(self) -> dict[str, set[int]]:
        """Slots in which trucks that were sent or let out pass, by gate."""
        used: dict[str, set[int]] = {gate: set() for gate in self._room.gates}
        for leg, slot in self.departures:
            for gate, after in self.legs[leg].departure.passages:
                used[gate].add(slot + after)
        for leg, slot in self.releases:
            release = self.legs[leg].release
            assert release is not None
            for gate, after in release.passages:
                used[gate].add(slot + after)
        return used
