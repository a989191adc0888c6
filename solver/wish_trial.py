"""What a plant or two ask for beside a plan, and the trial that holds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from solver.alone import Everyone
from solver.asked_window import AskedWindow, open_slots, passages
from solver.block import Block
from solver.compact import Compact
from solver.engine import Limits, minimise
from solver.granted import GateRun
from solver.instance import (
    Count,
    GivenBack,
    Id,
    Instance,
    LockedTrips,
    Positive,
    StageName,
    Value,
)
from solver.plan import Decisions
from solver.trial import Found, Hold, Most, Trial

Key = tuple[str, int]

VITAL: tuple[StageName, ...] = ("safety_shortfall", "output_shortfall")
LEAST: tuple[StageName, ...] = (*VITAL, "exposure", "windows")
"""Made least in this order."""


class MoreTrips(Value):
    """So many trips of a stream beyond the planned ones that depart in `[first_slot, end_slot)`."""

    stream: Id
    first_slot: Count
    end_slot: Positive
    trips: Positive

    @property
    def slots(self) -> range:
        return range(self.first_slot, self.end_slot)


class FewerTrips(Value):
    """So many trips fewer than are planned of these departures, (leg, slot)."""

    departures: tuple[tuple[Id, Count], ...]
    trips: Positive


class Wish(Value):
    """What is asked for: gates open, gates shut, trips, fewer trips. `plants` ask, two of them in a
    swap. Before `settled_slots` nothing may change: it is over, or too near."""

    name: Id
    clause: str
    plants: tuple[Id, ...]
    settled_slots: Count = 0
    open: tuple[GateRun, ...] = ()
    shut: tuple[GateRun, ...] = ()
    more: MoreTrips | None = None
    fewer: FewerTrips | None = None
    trips: tuple[LockedTrips, ...] = ()
    left: tuple[GivenBack, ...] = ()
    """Trips that depart at least and at most, where those of an earlier answer are held to."""

    @property
    def gives_back(self) -> bool:
        """Whether it gives something back and asks for nothing."""
        gives = bool(self.shut or self.fewer or self.left)
        return gives and not self.open and self.more is None


class WishTrial(Trial):
    """The plants that ask, and some others, beside the rest of a plan, with the wish held."""

    def __init__(
        self,
        instance: Instance,
        decisions: Decisions,
        wish: Wish,
        others: Iterable[str] = (),
        *,
        everyone: Everyone | None = None,
    ) -> None:
        self.wish = wish
        self.planned = Counter({(d.leg, d.slot): d.trips for d in decisions.departures})
        self._released = Counter({(r.leg, r.slot): r.trips for r in decisions.releases})
        self.open = open_slots(decisions)
        asked = asked_by(instance, wish)
        group = (*wish.plants[1:], *others)
        super().__init__(instance, decisions, asked, group, everyone=everyone)

    def hold(self, blocks: Sequence[Block], hold: Hold | None) -> None:
        for block in blocks:
            self.settle(block)
            if hold is not None:
                if block.plant.id == self.asked.plant:
                    hold(block)
                continue
            self._hold_gates(block)
            for row in self.wish.trips:
                _at_least(block, row)
            more = self.wish.more
            if more is not None and any(s.id == more.stream for s in block.plant.streams):
                self._hold_trips(block, more)

    def settle(self, block: Block) -> None:
        """What lies before `settled_slots` stays as planned, and so does what stock intervals make
        that have begun by then."""
        slots, grid, locked = self.wish.settled_slots, block.derived.grid, block.derived.locked
        if not slots:
            return
        known = {v: self.planned[k] - locked.get(k, 0) for k, v in _before(block.own, slots)}
        known |= {v: self._released[k] for k, v in _before(block.released, slots)}
        known |= {v: int(k in self.open) for k, v in _before(block.open, slots)}
        begun = grid.interval_of(slots - 1)
        rates = {row.process: row.rates for row in self.decisions.rates}
        for (process, interval), variable in block.rate.items():
            if interval <= begun:
                known[variable] = rates[process][interval] if process in rates else 0
        for variable, value in known.items():
            fix(block, variable, value, f"what is settled before slot {slots}")

    def open_windows(self, block: Block) -> None:
        for runs, value in ((self.wish.open, 1), (self.wish.shut, 0)):
            for run in runs:
                for slot in run.slots:
                    variable = block.open.get((run.gate, slot))
                    if variable is not None:
                        fix(block, variable, value, f"gate {run.gate}, slot {slot}")

    def _hold_gates(self, block: Block) -> None:
        self.open_windows(block)
        gates = {gate.id for gate in block.plant.gates}
        for run in (run for run in self.wish.open if run.gate in gates):
            passing = [(1, v) for _, v in passages(block, run.gate, run.slots)]
            where = f"gate {run.gate}, slots {run.first_slot} to {run.end_slot}"
            block.rows.row(passing, 1, None, "asked", where)

    def _hold_trips(self, block: Block, more: MoreTrips) -> None:
        """Own and locked departures together are the planned ones and more."""
        terms, least = [], more.trips
        for use in block.legs:
            if use.stream.id == more.stream:
                for slot in more.slots:
                    key = use.leg.id, slot
                    least += self.planned[key] - block.derived.locked.get(key, 0)
                    if key in block.own:
                        terms.append((1, block.own[key]))
        block.rows.row(terms, least, None, "asked", f"stream {more.stream}")

    def least(self, work: float, most: Most, *, sure: bool = True) -> Found:
        """The plants' plan with every stage as small as was found in the work allowed, one after
        the other, within the limits. A no is solved twice, unless it need not be `sure`."""
        limits, used = dict(most), 0.0
        found = Found("unknown")
        for stage in LEAST:
            model = self.model(limits)
            if model is None:
                return Found("no", None, used)
            part = Limits(counted_work=work)
            hint = self.hint(model, found.decisions or self.decisions)
            answer = minimise(model.rows, model.stages[stage], part, hint)
            used += answer.counted_work
            if not answer.values and found.decisions:
                return found
            if not answer.values:
                return Found(self.denied(answer, model.rows, work, sure=sure), None, used)
            found = Found("fits", self.decisions_in(model, answer.values), used)
            limits[stage] = model.stages[stage].value(answer.values)
        return found

    def hint(self, model: Compact, decisions: Decisions) -> dict[int, int]:
        planned = Counter({(d.leg, d.slot): d.trips for d in decisions.departures})
        opened = {(w.gate, t) for w in decisions.windows for t in range(w.first_slot, w.end_slot)}
        hint: dict[int, int] = {}
        for block in model.blocks:
            shift = model.shift[block.plant.id]
            locked = block.derived.locked
            for key, v in block.own.items():
                hint[v + shift] = max(0, planned[key] - locked.get(key, 0))
            hint |= {v + shift: int(key in opened) for key, v in block.open.items()}
        return hint


def _keys(wish: Wish) -> list[Key]:
    return [(t.leg, t.slot) for t in wish.trips] + [(t.leg, t.slot) for t in wish.left]


def _before(variables: Mapping[Key, int], slots: int) -> list[tuple[Key, int]]:
    return [(key, variable) for key, variable in variables.items() if key[1] < slots]


def _at_least(block: Block, row: LockedTrips) -> None:
    """Raises ValueError where so many trips cannot depart."""
    use = block.derived.legs.get(row.leg)
    if use is None or use.plant is not block.plant:
        return
    least = row.trips - block.derived.locked.get((row.leg, row.slot), 0)
    variable = block.own.get((row.leg, row.slot))
    if least <= 0:
        return
    if variable is None or least > block.rows.upper[variable]:
        raise ValueError(f"{row.trips} trips of {row.leg} cannot depart in slot {row.slot}")
    block.rows.lower[variable] = max(block.rows.lower[variable], least)


def fix(block: Block, variable: int, value: int, where: str) -> None:
    """Raises ValueError where the variable can have no such value."""
    bound(block, variable, value, value, where)


def bound(block: Block, variable: int, low: int, high: int, where: str) -> None:
    """Raises ValueError where the variable can have no value from `low` to `high`."""
    lower, upper = block.rows.lower, block.rows.upper
    least, most = max(lower[variable], low), min(upper[variable], high)
    if least > most:
        told = f"{lower[variable]} to {upper[variable]}"
        raise ValueError(f"{where}: nothing from {low} to {high} is in {told}")
    lower[variable], upper[variable] = least, most


def asked_by(instance: Instance, wish: Wish) -> AskedWindow:
    """Where and when the wish wants room, for those that share it and for what bars it."""
    plant = next((p for p in instance.plants if p.id == wish.plants[0]), None)
    unknown = set(wish.plants) - {p.id for p in instance.plants}
    if plant is None or unknown:
        raise ValueError(f"instance {instance.name} has no plant {', '.join(sorted(unknown))}")
    more = wish.more
    if more is not None:
        stream = next((s for s in plant.streams if s.id == more.stream), None)
        if stream is None or not stream.legs:
            raise ValueError(f"plant {plant.id} has no stream {more.stream} with a way to carry it")
        gate, first, end = stream.legs[0].gate_in, more.first_slot, more.end_slot
    else:
        own = {gate.id for gate in plant.gates}
        legs = {leg.id: leg for stream in plant.streams for leg in stream.legs}
        fewer = wish.fewer.departures if wish.fewer else ()
        rows = [*fewer, *_keys(wish)]
        trip = next(((leg, slot) for leg, slot in rows if leg in legs), None)
        run = next((run for run in (*wish.open, *wish.shut) if run.gate in own), None)
        if run is None and trip is not None:
            leg, slot = trip
            run = GateRun(gate=legs[leg].gate_in, first_slot=slot, end_slot=slot + 1)
        if run is None:
            raise ValueError(f"the wish {wish.name} asks nothing of plant {plant.id}")
        gate, first, end = run.gate, run.first_slot, run.end_slot
    return AskedWindow(plant=plant.id, gate=gate, first_slot=first, end_slot=end)
