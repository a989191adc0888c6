"""First fit for one plant: windows, then interval by interval rates and the trips they need.

By hand one would first ask what share of its output the plant's trip cap can carry, then keep
every stock on a straight line from where it stands to where it must end, ahead by one interval.
"""

from __future__ import annotations

from collections import Counter

from solver.derive import Derived, LegUse
from solver.fit_room import Ground, PlantRoom
from solver.fit_stocks import StockBook
from solver.fit_trips import Sender, TripCap
from solver.fit_windows import runs_of, shape_of, spread_windows, trim_windows
from solver.instance import Plant, Process, Stock, Stream
from solver.plan import Decisions, Departure, Rates, Refusal, Release, SafeTrips, Window
from solver.windows import gate_windows

SHARES_PERCENT = range(100, -1, -5)
"""Shares of permitted output that are tried against the trip cap."""

MANY = 20
"""More trips than a plant sends in one slot."""

Candidate = tuple[int, int, LegUse]
"""(departure slot, exposure of one trip, leg)."""


class PlantFit:
    """One plant's turn in first fit, against the room that the plants before it left."""

    def __init__(self, derived: Derived, ground: Ground, plant: Plant, early: bool = False) -> None:
        self.early = early
        self.derived, self.grid, self.plant = derived, derived.grid, plant
        self.room = PlantRoom(derived, ground, plant)
        self.book = StockBook(derived, ground, plant)
        self.cap = TripCap(derived, ground, plant)
        self.sender = Sender(derived, self.room, plant)
        self.shapes = {
            gate.id: shape_of(gate_windows(derived, plant, gate), self.grid) for gate in plant.gates
        }
        self.opened: dict[str, set[int]] = {}
        self.candidates: dict[tuple[str, int], list[Candidate]] = {}
        self.aim: dict[str, list[int]] = {}
        self._streams_of = {
            stock.id: [s.id for s in plant.streams if s.stock == stock.id] for stock in plant.stocks
        }

    def fill(self) -> None:
        """Set windows, trips and rates, lawful beside those of the plants before this one."""
        slots = {name: self.sender.departure_slots(u) for name, u in self.sender.legs.items()}
        self._open_windows(slots)
        self.sender.close(self.shapes, self.opened)
        self.sender.release_inherited()
        self._list_candidates(slots)
        self._aim_rates()
        for interval in range(self.grid.n_intervals):
            self._fill(interval)
        self._settle()
        self._trim_windows()

    def short(self) -> tuple[int, int]:
        """Units of the least rates that are missing, by hazard, and units of output lost."""
        missing = lost = 0
        for process in self.plant.processes:
            rates = self.book.rates[process.id]
            pairs = zip(self.book.least[process.id], rates, strict=True)
            missing += process.hazard_weight * sum(max(0, least - rate) for least, rate in pairs)
            lost += sum(self.book.permitted[process.id]) - sum(rates)
            lost += self.book.breach_units(process)
        return missing, lost

    def _open_windows(self, slots: dict[str, list[int]]) -> None:
        """Windows of every gate where roads and bars leave its trucks most room."""
        turns = [use.departure.away_slots for use in self.sender.legs.values()]
        turn = max(turns, default=1)
        passable = self._passable(slots)
        for name, shape in self.shapes.items():
            self.opened[name] = spread_windows(shape, turn, passable[name], self.early)

    def _passable(self, slots: dict[str, list[int]]) -> dict[str, list[int]]:
        """Trucks that could pass each gate by slot, each leg by itself, as roads and bars stand."""
        n_slots = self.grid.n_slots
        room = {gate: [0] * n_slots for gate in self.shapes}
        for name, use in self.sender.legs.items():
            trips = self.sender.most_by_slot(use, MANY)
            for slot in slots[name]:
                for gate, after in use.departure.passages:
                    if slot + after < n_slots:
                        room[gate][slot + after] += trips[slot]
        return room

    def _list_candidates(self, slots: dict[str, list[int]]) -> None:
        """Departures by stream and by the interval in which their goods move: earliest first,
        then the cleanest."""
        for stream in self.plant.streams:
            for interval in range(self.grid.n_intervals):
                self.candidates[stream.id, interval] = []
        for name, use in self.sender.legs.items():
            trips = self.sender.most_by_slot(use, 1)
            costs = self.derived.exposures(use.departure)
            for slot in slots[name]:
                moves = slot + use.stock_slots
                if moves < self.grid.n_slots and trips[slot]:
                    key = (use.stream.id, self.grid.interval_of(moves))
                    self.candidates[key].append((slot, costs[slot], use))
        for found in self.candidates.values():
            found.sort(key=lambda c: (c[0], c[1], c[2].leg.id))

    def _aim_rates(self) -> None:
        """The greatest share of output whose trips the caps let depart, never below the least."""
        trips = None
        if self.cap.left:
            trips = sum(self.cap.left.values())
        share = next(
            (s for s in SHARES_PERCENT if trips is None or self._trips_needed(s) <= trips), 0
        )
        for name, permitted in self.book.permitted.items():
            pairs = zip(permitted, self.book.least[name], strict=True)
            self.aim[name] = [max(least, most * share // 100) for most, least in pairs]

    def _trips_needed(self, share_percent: int) -> int:
        """Trips over the horizon if every process runs at a share of what is permitted."""
        total = 0
        for stock in self.book.stocks.values():
            streams = [s for s in self.plant.streams if s.stock == stock.id]
            if not streams:
                continue
            net_kg = sum(self._net_kg(stock, i, share_percent) for i in self._intervals())
            level = self.book.level[stock.id][-1]
            low = stock.min_kg if stock.end_min_kg is None else stock.end_min_kg
            high = stock.max_kg if stock.end_max_kg is None else stock.end_max_kg
            into, out = low - level - net_kg, level + net_kg - high
            payload_kg = max(s.payload_kg for s in streams)
            total += -(-max(0, into, out) // payload_kg)
        return total

    def _intervals(self) -> range:
        return range(self.grid.n_intervals)

    def _net_kg(self, stock: Stock, interval: int, share_percent: int) -> int:
        """What processes and rail add to a stock in an interval at a share of output."""
        kg = stock.arrivals_kg[interval] - stock.dispatches_kg[interval]
        for process in self.plant.processes:
            for item in process.recipe:
                if item.stock == stock.id:
                    units = self.book.permitted[process.id][interval] * share_percent // 100
                    kg += units * (item.produces_kg - item.consumes_kg)
        return kg

    def _fill(self, interval: int) -> None:
        """Run, bring in and ship in turn until nothing more goes."""
        moved = 1
        while moved:
            moved = sum(self.book.take_exogenous(s, interval) for s in self.plant.stocks)
            for process in self._by_hazard():
                moved += self.book.run(process, interval, self.book.least[process.id][interval])
            for process in self._by_hazard():
                moved += self.book.run(process, interval, self.aim[process.id][interval])
            for stream in self._by_urgency():
                moved += self._send(stream, interval)

    def _by_hazard(self) -> list[Process]:
        return sorted(self.plant.processes, key=lambda p: (-p.hazard_weight, p.id))

    def _by_urgency(self) -> list[Stream]:
        """Streams of stocks that feed or empty the most dangerous process first."""
        hazard: Counter[str] = Counter()
        for process in self.plant.processes:
            for item in process.recipe:
                hazard[item.stock] = max(hazard[item.stock], process.hazard_weight)
        return sorted(self.plant.streams, key=lambda s: (-hazard[s.stock], s.id))

    def _send(self, stream: Stream, interval: int) -> int:
        """Send what the stock wants of a stream in an interval; returns how many trips."""
        stock = self.book.stocks[stream.stock]
        kg = self._wanted_kg(stock, stream.direction == "in", interval)
        inward = stream.direction == "in"
        room_kg = (self.book.room_up if inward else self.book.room_down)(stock.id, interval)
        wanted = min(-(-kg // stream.payload_kg), room_kg // stream.payload_kg)
        sent = 0
        while wanted > sent and self.candidates[stream.id, interval]:
            slot, _, use = self.candidates[stream.id, interval][0]
            trips = self.cap.most(stream, slot, wanted - sent)
            trips = self.sender.send(use, slot, trips) if trips > 0 else 0
            self.cap.take(stream, slot, trips)
            sent += trips
            if sent < wanted:
                del self.candidates[stream.id, interval][0]
        self.book.move(stock.id, interval, (1 if inward else -1) * sent * stream.payload_kg)
        return sent

    def _wanted_kg(self, stock: Stock, inward: bool, interval: int) -> int:
        """kg by which the level, once the aimed rates run, would miss its line; where no later
        trip can mend it, what would miss the end."""
        level = self.book.level[stock.id][interval] + self._still_to_run_kg(stock, interval)
        ahead, is_last = self._ahead_kg(stock, interval)
        least, most = stock.min_kg, stock.max_kg
        if inward:
            end = least if stock.end_min_kg is None else stock.end_min_kg
            target = max(self._line_kg(stock, min(end, stock.now_kg), interval), least - ahead)
            return max(0, (max(target, end - ahead) if is_last else target) - level)
        end = most if stock.end_max_kg is None else stock.end_max_kg
        target = min(self._line_kg(stock, max(end, stock.now_kg), interval), most - ahead)
        return max(0, level - (min(target, end - ahead) if is_last else target))

    def _line_kg(self, stock: Stock, end_kg: int, interval: int) -> int:
        """Straight from where the stock stands to where it may end."""
        return stock.now_kg + (end_kg - stock.now_kg) * (interval + 1) // self._n()

    def _n(self) -> int:
        return self.grid.n_intervals

    def _still_to_run_kg(self, stock: Stock, interval: int) -> int:
        """What the aimed rates would still add in an interval that run lower so far."""
        return sum(
            (self.aim[process.id][interval] - self.book.rates[process.id][interval])
            * (item.produces_kg - item.consumes_kg)
            for process in self.plant.processes
            for item in process.recipe
            if item.stock == stock.id
        )

    def _ahead_kg(self, stock: Stock, interval: int) -> tuple[int, bool]:
        """What the intervals after this one add by themselves until trips can move the good, and
        whether none can any more."""
        total = 0
        for later in range(interval + 1, self._n()):
            own = self._still_to_run_kg(stock, later)
            total += own + stock.arrivals_kg[later] - stock.dispatches_kg[later]
            if any(self.candidates[s, later] for s in self._streams_of[stock.id]):
                return total, False
        return total, True

    def _settle(self) -> None:
        """Mend final stocks by running less at the end, then run more where they allow it."""
        for process in self._by_hazard():
            for interval in reversed(self._intervals()):
                breach = self.book.breach_units(process)
                if breach == 0:
                    break
                self.book.slow(process, interval, breach)
            for interval in self._intervals():
                self._run_spare(process, interval)

    def _run_spare(self, process: Process, interval: int) -> None:
        """Raise a rate to what is permitted as far as no final stock is breached the more."""
        breach = self.book.breach_units(process)
        raised = self.book.run(process, interval, self.book.permitted[process.id][interval])
        worse = self.book.breach_units(process) - breach
        if raised and worse > 0:
            self.book.slow(process, interval, min(raised, worse))

    def _trim_windows(self) -> None:
        passed = self.sender.passages()
        for name, shape in self.shapes.items():
            self.opened[name] = trim_windows(shape, self.opened[name], passed[name])

    def decisions(self) -> Decisions:
        """All that was decided, locked trips included."""
        departures = self.sender.departures.copy()
        for use, slot, trips in self.room.ground.fixed[self.plant.id]:
            if slot >= 0:
                departures[use.leg.id, slot] += trips
        book = self.book
        return Decisions(
            windows=tuple(
                Window(gate=gate, first_slot=run.start, end_slot=run.stop)
                for gate, opened in sorted(self.opened.items())
                for run in runs_of(opened)
            ),
            departures=tuple(
                Departure(leg=leg, slot=slot, trips=trips)
                for (leg, slot), trips in sorted(departures.items())
                if trips
            ),
            releases=tuple(
                Release(leg=leg, slot=slot, trips=trips)
                for (leg, slot), trips in sorted(self.sender.releases.items())
            ),
            rates=tuple(Rates(process=p, rates=tuple(r)) for p, r in sorted(book.rates.items())),
            refusals=self._refusals(),
            safe_trips=tuple(
                SafeTrips(stream=stream, day=day, trips=trips)
                for (stream, day), trips in sorted(self.cap.safe.items())
                if trips
            ),
        )

    def _refusals(self) -> tuple[Refusal, ...]:
        found = []
        for name, stock in sorted(self.book.stocks.items()):
            for i in self._intervals():
                come = stock.arrivals_kg[i] - self.book.arrived[name][i]
                go = stock.dispatches_kg[i] - self.book.dispatched[name][i]
                if come:
                    found.append(Refusal(stock=name, interval=i, what="arrival", kg=come))
                if go:
                    found.append(Refusal(stock=name, interval=i, what="dispatch", kg=go))
        return tuple(found)
