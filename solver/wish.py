"""What a plant or two ask for beside a plan, and whether it fits: as things are, at a price, if
others give, or not at all and why.

Asked in this order, the first that decides is the answer: with all others unchanged and no stage
worse; with all others unchanged and neither safety nor output worse, at the least exposure found;
with plants that share its tight roads planned anew. A request that only gives something back fits
whatever it costs the plant, which is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from solver.asked_window import AskedWindow, open_slots, passages, windows_of
from solver.block import Block
from solver.check import check
from solver.checks.cycles import runs_of_true
from solver.compact import Compact
from solver.derive import Derived
from solver.engine import Limits, minimise
from solver.granted import GateRun, Granted
from solver.instance import Count, Id, Instance, LockedTrips, Positive, StageName, Value
from solver.nearest import nearest_windows
from solver.plan import Decisions, Plan
from solver.reasons import Inquiry, Reason
from solver.sharers import sharers
from solver.splice import spliced
from solver.trial import Found, Hold, Most, Trial
from solver.window_answer import Moved, StageChange, moved_windows, stage_changes

Key = tuple[str, int]

WishKind = Literal["fits", "fits_if", "does_not_fit", "undecided"]
"""fits: all others unchanged. fits_if: so long as named others are planned anew. does_not_fit: not
beside the others, and not with the plants tried."""

VITAL: tuple[StageName, ...] = ("safety_shortfall", "output_shortfall")
LEAST: tuple[StageName, ...] = (*VITAL, "exposure", "windows")
"""Made least in this order."""
MOST_SHARERS = 3


class MoreTrips(Value):
    """So many trips of a stream beyond the planned ones that depart in `[first_slot, end_slot)`."""

    stream: Id
    first_slot: Count
    end_slot: Positive
    trips: Positive


class Wish(Value):
    """What is asked for: gates open, gates shut, trips. `plants` ask, two of them in a swap. Before
    `settled_slots` nothing may change: it is over, or too near."""

    name: Id
    clause: str
    plants: tuple[Id, ...]
    settled_slots: Count = 0
    open: tuple[GateRun, ...] = ()
    shut: tuple[GateRun, ...] = ()
    more: MoreTrips | None = None
    trips: tuple[LockedTrips, ...] = ()
    """Trips that depart at least, where those of an earlier answer are held to."""

    @property
    def only_gives(self) -> bool:
        return not self.open and self.more is None and not self.trips


class WishAnswer(Value):
    """The answer. `plan` is the whole plan with the wish, `granted` what later plans must hold to;
    `worse` are the stages that cost more than before; `moved` the plants planned anew."""

    kind: WishKind
    plan: Plan | None = None
    granted: Granted | None = None
    stages: tuple[StageChange, ...] = ()
    moved: tuple[Moved, ...] = ()
    reasons: tuple[Reason, ...] = ()
    irreducible: bool = True
    nearest: tuple[tuple[int, int], ...] = ()
    """Windows near the one asked for that fit with no stage worse."""

    @property
    def worse(self) -> tuple[StageName, ...]:
        return tuple(stage.stage for stage in self.stages if stage.after > stage.before)


@dataclass(frozen=True)
class WishWork:
    """Counted work: of one trial, and of one question after reasons."""

    trial: float = 1.5
    reason: float = 0.5


def answer_wish(
    instance: Instance, plan: Plan, wish: Wish, work: WishWork | None = None
) -> WishAnswer:
    """Whether a plan that the checker passes can have a wish. Raises ValueError for a wish that
    names what the instance does not have, or a plan without decisions."""
    if plan.decisions is None:
        raise ValueError(f"the plan of instance {instance.name} is {plan.status}: no decisions")
    return _Answering(instance, plan, plan.decisions, wish, work or WishWork()).answer()


class WishTrial(Trial):
    """The plants that ask, and some others, beside the rest of a plan, with the wish held."""

    def __init__(
        self, instance: Instance, decisions: Decisions, wish: Wish, others: Iterable[str] = ()
    ) -> None:
        self.wish = wish
        self._planned = Counter({(d.leg, d.slot): d.trips for d in decisions.departures})
        self._released = Counter({(r.leg, r.slot): r.trips for r in decisions.releases})
        self._open = open_slots(decisions)
        asked = asked_by(instance, wish)
        super().__init__(instance, decisions, asked, (*wish.plants[1:], *others))

    def hold(self, blocks: Sequence[Block], hold: Hold | None) -> None:
        for block in blocks:
            self._settle(block)
            if hold is not None:
                if block.plant.id == self.asked.plant:
                    hold(block)
                continue
            self._hold_gates(block, {gate.id for gate in block.plant.gates})
            for row in self.wish.trips:
                _at_least(block, row)
            more = self.wish.more
            if more is not None and any(s.id == more.stream for s in block.plant.streams):
                self._hold_trips(block, more)

    def _settle(self, block: Block) -> None:
        """What lies before `settled_slots` stays as planned, and so does what stock intervals make
        that have begun by then."""
        slots, grid, locked = self.wish.settled_slots, block.derived.grid, block.derived.locked
        if not slots:
            return
        known = {v: self._planned[k] - locked.get(k, 0) for k, v in _before(block.own, slots)}
        known |= {v: self._released[k] for k, v in _before(block.released, slots)}
        known |= {v: int(k in self._open) for k, v in _before(block.open, slots)}
        begun = grid.interval_of(slots - 1)
        rates = {row.process: row.rates for row in self.decisions.rates}
        for (process, interval), variable in block.rate.items():
            if interval <= begun:
                known[variable] = rates[process][interval] if process in rates else 0
        for variable, value in known.items():
            _fix(block, variable, value, f"what is settled before slot {slots}")

    def _hold_gates(self, block: Block, gates: set[str]) -> None:
        for runs, value in ((self.wish.open, 1), (self.wish.shut, 0)):
            for run in (run for run in runs if run.gate in gates):
                for slot in run.slots:
                    variable = block.open.get((run.gate, slot))
                    if variable is not None:
                        _fix(block, variable, value, f"gate {run.gate}, slot {slot}")
        for run in (run for run in self.wish.open if run.gate in gates):
            passing = [(1, v) for _, v in passages(block, run.gate, run.slots)]
            where = f"gate {run.gate}, slots {run.first_slot} to {run.end_slot}"
            block.rows.row(passing, 1, None, "asked", where)

    def _hold_trips(self, block: Block, more: MoreTrips) -> None:
        """Own and locked departures together are the planned ones and more."""
        terms, least = [], more.trips
        for use in block.legs:
            if use.stream.id == more.stream:
                for slot in range(more.first_slot, more.end_slot):
                    key = use.leg.id, slot
                    least += self._planned[key] - block.derived.locked.get(key, 0)
                    if key in block.own:
                        terms.append((1, block.own[key]))
        block.rows.row(terms, least, None, "asked", f"stream {more.stream}")

    def least(self, work: float, most: Most) -> Found:
        """The plants' plan with every stage as small as was found in the work allowed, one after
        the other, within the limits."""
        limits, used = dict(most), 0.0
        found = Found("unknown")
        for stage in LEAST:
            model = self.model((), limits)
            if model is None:
                return Found("no", None, used)
            part = Limits(counted_work=work)
            hint = self._hint(model, found.decisions or self.decisions)
            answer = minimise(model.rows, model.stages[stage], part, hint)
            used += answer.counted_work
            if not answer.values:
                is_no = answer.verdict == "infeasible" and self.is_surely_no(model.rows, work)
                return found if found.decisions else Found("no" if is_no else "unknown", None, used)
            found = Found("fits", self.decisions_in(model, answer.values), used)
            limits[stage] = model.stages[stage].value(answer.values)
        return found

    def _hint(self, model: Compact, decisions: Decisions) -> dict[int, int]:
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


def _fix(block: Block, variable: int, value: int, where: str) -> None:
    """Raises ValueError where the variable can have no such value."""
    lower, upper = block.rows.lower, block.rows.upper
    if not lower[variable] <= value <= upper[variable]:
        raise ValueError(f"{where}: {value} is outside {lower[variable]} to {upper[variable]}")
    lower[variable] = upper[variable] = value


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
        trip = next((trip for trip in wish.trips if trip.leg in legs), None)
        run = next((run for run in (*wish.open, *wish.shut) if run.gate in own), None)
        if run is None and trip is not None:
            run = GateRun(gate=legs[trip.leg].gate_in, first_slot=trip.slot, end_slot=trip.slot + 1)
        if run is None:
            raise ValueError(f"the wish {wish.name} asks nothing of plant {plant.id}")
        gate, first, end = run.gate, run.first_slot, run.end_slot
    return AskedWindow(plant=plant.id, gate=gate, first_slot=first, end_slot=end)


class _Answering:
    def __init__(
        self, instance: Instance, plan: Plan, decisions: Decisions, wish: Wish, work: WishWork
    ) -> None:
        self._instance, self._plan, self._decisions = instance, plan, decisions
        self._wish, self._work = wish, work

    def answer(self) -> WishAnswer:
        beside = WishTrial(self._instance, self._decisions, self._wish)
        found = beside.decide(self._work.trial, beside.now, way="fewest", sure=False)
        if found.decision == "fits":
            return self._fits(found)
        vital = {stage: beside.now[stage] for stage in VITAL}
        limits: Most = {} if self._wish.only_gives else vital
        found = beside.least(self._work.trial, limits)
        if found.decision == "fits":
            return self._fits(found)
        with_others, decided = self._with_others(beside)
        if with_others is not None:
            return with_others
        if found.decision == "unknown" and not decided:
            return WishAnswer(kind="undecided")
        inquiry = Inquiry(beside, limits, self._work.reason)
        reasons = inquiry.reasons()
        return WishAnswer(
            kind="does_not_fit",
            reasons=reasons,
            irreducible=inquiry.proved,
            nearest=tuple(self._nearest(beside.asked)),
        )

    def _nearest(self, asked: AskedWindow) -> Iterator[tuple[int, int]]:
        if len(self._wish.plants) == 1 and self._wish.open:
            trial = Trial(self._instance, self._decisions, asked)
            yield from nearest_windows(trial, self._work.reason)

    def _with_others(self, beside: WishTrial) -> tuple[WishAnswer | None, bool]:
        """Each of the closest sharers with the one that asks, then all; whether a no is certain."""
        near = [
            name
            for name in sharers(Derived(self._instance), self._decisions, beside.asked)
            if name not in self._wish.plants
        ][:MOST_SHARERS]
        groups = [(name,) for name in near] + ([tuple(near)] if len(near) > 1 else [])
        decided = True
        for others in groups:
            trial = WishTrial(self._instance, self._decisions, self._wish, others)
            vital = {stage: trial.now[stage] for stage in VITAL}
            found = trial.least(self._work.trial, vital)
            if found.decision == "fits":
                return self._fits(found, others), True
            decided = decided and found.decision == "no"
        return None, decided

    def _fits(self, found: Found, others: tuple[str, ...] = ()) -> WishAnswer:
        """The whole plan with the wish, which the checker passes."""
        assert found.decisions is not None
        group = (*self._wish.plants, *others)
        plan, report = spliced(self._instance, self._plan, group, found.decisions)
        assert plan.decisions is not None
        return WishAnswer(
            kind="fits_if" if others else "fits",
            plan=plan,
            granted=granted_in(self._instance, plan.decisions, self._wish),
            stages=stage_changes(self._before(), report.stages),
            moved=tuple(
                row
                for row in moved_windows(self._instance, self._decisions, plan.decisions, group)
                if row.before != row.after or row.plant in self._wish.plants
            ),
        )

    def _before(self) -> dict[StageName, int]:
        report = check(self._instance, self._plan)
        if not report.stages:
            raise ValueError(f"the plan in force decides what cannot be: {report.violations[:3]}")
        return {stage.name: stage.value for stage in report.stages}


def granted_in(instance: Instance, decisions: Decisions, wish: Wish) -> Granted:
    """What later plans hold to: windows and trips as the plan with the wish has them."""
    trips = wish.trips
    opened = list(_opened(decisions, wish.open))
    if wish.more is not None:
        derived, more = Derived(instance), wish.more
        carrying = [
            d
            for d in decisions.departures
            if derived.legs[d.leg].stream.id == more.stream
            and more.first_slot <= d.slot < more.end_slot
        ]
        trips = tuple(LockedTrips(leg=d.leg, slot=d.slot, trips=d.trips) for d in carrying)
        passed = {
            (gate, d.slot + after)
            for d in carrying
            for gate, after in derived.legs[d.leg].departure.passages
        }
        opened += _windows_around(decisions, passed)
    return Granted(
        name=wish.name, clause=wish.clause, open=tuple(opened), shut=wish.shut, trips=trips
    )


def _opened(decisions: Decisions, runs: Iterable[GateRun]) -> Iterator[GateRun]:
    """The runs, without slots in which the gate needs no window."""
    has = open_slots(decisions)
    for run in runs:
        for part in runs_of_true(t for t in run.slots if (run.gate, t) in has):
            yield GateRun(gate=run.gate, first_slot=part.start, end_slot=part.stop)


def _windows_around(decisions: Decisions, passed: set[tuple[str, int]]) -> Iterator[GateRun]:
    for gate in sorted({gate for gate, _ in passed}):
        for first, end in windows_of(decisions, gate):
            if any((gate, slot) in passed for slot in range(first, end)):
                yield GateRun(gate=gate, first_slot=first, end_slot=end)
