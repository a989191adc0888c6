"""An alert that lives on a small case: seams with random revisions, and what was really in force.

`whole` is the data as they became, slot by slot from the first plan on: a revision changes them
from its seam on. Every plan is made of what is left of `whole` at its seam. What was really in
force is sewn together of all plans, each up to the next seam, and is judged on `whole` alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby, pairwise
from random import Random
from typing import Any, NamedTuple

from scheduler.domain.recorded import Facts
from scheduler.prepare.facts import as_recorded, levels_by_readings
from scheduler.prepare.granted import kept_to
from solver.checks.cycles import World
from solver.checks.stocks import Working
from solver.checks.traffic import Traffic
from solver.cut import Stretch, first_slots
from solver.granted import GateRun, Granted, with_granted
from solver.instance import (
    Fleet,
    Instance,
    LockedTrips,
    LockedWindow,
    RecipeItem,
    TripCut,
    WindowLimit,
    WorthMoving,
)
from solver.overrides import overridden
from solver.plan import Decisions, Departure, LockedConflict, Plan, Rates, Window
from solver.seam import Level, Seam, in_force_of, merged, seam_at
from solver.solve import SolveParams, solve
from solver.state import levels_after, reached_before
from tests.solver.builders import (
    Piece,
    bar,
    gate,
    leg,
    link,
    plan_of,
    plant,
    process,
    stock,
    stream,
    tiny_instance,
)

KINDS = ("ordinary", "safe_production", "livelihood", "hazardous", "emergency")
WORTH = WorthMoving(safety=1, output_utrip=500_000, exposure=2_000, trips_a_window=10)
PARAMS = SolveParams(time_limit_s=None, deterministic_limit=0.2, workers=1)
N_SLOTS, PLANNED, PUBLISHED, NOTICE = 96, 30, 20, 2
ORDERS = {
    1: {"max_open_slots_day": 12, "max_windows_day": 4, "cut": 10},
    2: {"max_open_slots_day": 8, "max_windows_day": 3, "cut": 40},
    3: {"max_open_slots_day": 4, "max_windows_day": 2, "cut": 70},
}
"""Windows a day and the cut of trips by level."""
REVISIONS = (
    "nothing",
    "nothing",
    "raise",
    "lower",
    "extend",
    "lift",
    "back",
    "closure",
    "registry",
    "facts",
)
"""`roll` beside them: no data change, and every plant may be bettered all the same."""


class Made(NamedTuple):
    """A plan from a slot of `whole` on; `decisions` before the next seam as they took place."""

    slot: int
    instance: Instance
    decisions: Decisions


def city() -> Instance:
    """Two plants whose trucks share a tight link; a round takes two slots of an hour."""
    return tiny_instance(
        start="2026-01-05T16:00:00+08:00",
        slot_minutes=60,
        n_slots=N_SLOTS,
        interval_slots=4,
        plants=(_plant(0), _plant(1)),
        links=(link("b", capacity_mpcu_h=9_000),),
    )


def _plant(number: int) -> Piece:
    ore, steel, made, name = (f"{what}{number}" for what in ("ore", "steel", "smelt", "G"))
    gates = {"gate_in": name, "gate_out": name, "far_minutes": 70}
    laden = {"laden_out": True, "laden_back": False}
    recipe = (RecipeItem(stock=ore, consumes_kg=1000), RecipeItem(stock=steel, produces_kg=1000))
    used = {"baseline_trips_day": 30}
    return plant(
        f"P{number}",
        gates=(gate(name, capacity_passages=4),),
        processes=(process(made, recipe=recipe, rate_max=70, rate_min=20, hazard_weight=2),),
        stocks=(
            stock(ore, breach_process=made, now_kg=90_000, end_min_kg=60_000, max_kg=400_000),
            stock(steel, breach_process=made, now_kg=60_000, max_kg=300_000),
        ),
        streams=(
            stream("ore", **used).model_copy(
                update={
                    "id": ore,
                    "stock": ore,
                    "legs": tuple(
                        leg(f"{ore}.{c}", vehicle_class=c, **gates) for c in ("heavy", "van")
                    ),
                }
            ),
            stream("steel", **used).model_copy(
                update={
                    "id": steel,
                    "stock": steel,
                    "legs": (leg(f"{steel}.trailer", vehicle_class="trailer", **laden, **gates),),
                }
            ),
        ),
        fleets=tuple(Fleet(vehicle_class=c, trucks=3) for c in ("heavy", "trailer", "van")),
    )


@dataclass
class Living:
    """An alert with its plans so far; `levels` holds its level in every slot, 0 for none."""

    rng: Random
    whole: Instance = field(default_factory=city)
    levels: list[int] = field(default_factory=lambda: [2] * 40 + [0] * (N_SLOTS - 40))
    made: list[Made] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    strict_from: int = 0
    """The last seam from which something stricter held: what was before it may be beyond it. A day
    of which a lift leaves a part has a smaller cap than the whole day that was planned for."""
    closures: dict[str, int] = field(default_factory=dict)
    """The seam at which each road was closed."""
    trucks: list[tuple[int, dict[tuple[str, str], int]]] = field(default_factory=list)
    corrected: Counter[tuple[str, int]] = field(default_factory=Counter)
    """kg by which a stock was not what the plans make of it, by (stock, interval)."""
    overrides: list[LockedConflict] = field(default_factory=list)
    granted: list[Granted] = field(default_factory=list)
    """What requests were granted, in slots of `whole`."""
    published: int = PUBLISHED
    worth: WorthMoving = WORTH

    def begin(self) -> None:
        self._order()
        self._note_fleets(0)
        instance = first_slots(self.whole, PLANNED)
        self._keep(0, instance, solve(instance, PARAMS))

    def go_on(self, revision: str, after: int) -> None:
        """Re-plan so many slots after the last seam, with what is revised from there on."""
        last = self.made[-1]
        slot = last.slot + after
        facts = self._facts(last, after) if revision == "facts" else Facts()
        self._revise(revision, slot)
        self.told.append(f"{revision} at {slot}")
        carried = as_recorded(last.instance, last.decisions, facts, after)
        self.made[-1] = last._replace(decisions=carried)
        seam = self._seam(last.instance, carried, facts, after)
        end = min(N_SLOTS, slot + PLANNED)
        rest = Stretch(self.whole, slot, end).cut(_within(seam, end - slot))
        known = () if revision != "nothing" else tuple(p.id for p in rest.plants)
        granted = [moved_by(one, -slot, end - slot) for one in self.granted]
        kept = kept_to(_within(seam, end - slot), rest, granted)
        in_force = in_force_of(kept, self.worth, known)
        again = rest.model_copy(update={"published": kept.trips, "in_force": in_force})
        asked, gone = overridden(with_granted(again, granted))
        self.overrides = list(gone)
        self._keep(slot, asked, solve(asked, PARAMS))
        self._correct(slot, seam, after, facts)

    def _keep(self, slot: int, instance: Instance, plan: Plan) -> None:
        assert plan.decisions is not None, f"{plan.status}: {plan.conflicts} after {self.told}"
        self.made.append(Made(slot, instance, plan.decisions))

    def _seam(self, instance: Instance, made: Decisions, facts: Facts, after: int) -> Seam:
        seam = seam_at(instance, made, after, notice_slots=NOTICE, published_slots=self.published)
        levels = {level.stock: level.kg for level in seam.levels}
        read = levels_by_readings(instance, made, facts, after, levels)
        rows = tuple(Level(stock=s, kg=kg) for s, kg in sorted(read.items()))
        return seam.model_copy(update={"levels": rows})

    def _revise(self, revision: str, slot: int) -> None:
        before = list(self.levels)
        end = next((t for t in range(slot, N_SLOTS) if not self.levels[t]), N_SLOTS)
        if revision in ("raise", "lower"):
            by = 1 if revision == "raise" else -1
            first = min(N_SLOTS, slot + self.rng.choice((0, 0, 3)))
            for t in range(first, end):
                self.levels[t] = min(3, max(1, self.levels[t] + by))
        elif revision == "extend":
            more = self.levels[end - 1] or 1
            self.levels[end : end + 14] = [more] * len(self.levels[end : end + 14])
        elif revision == "lift":
            self.levels[slot:] = [0] * (N_SLOTS - slot)
        elif revision == "back":
            first = slot + self.rng.randrange(4)
            self.levels[first : first + 24] = [2] * len(self.levels[first : first + 24])
        elif revision == "closure":
            self._close(slot)
        elif revision == "registry":
            self._register(slot)
        if revision == "lift" or any(
            new > old for new, old in zip(self.levels, before, strict=True)
        ):
            self.strict_from = slot
        self._order()

    def _order(self) -> None:
        limits, cuts, at = [], [], 0
        for level, run in groupby(self.levels):
            first, at = at, at + len(list(run))
            if not level:
                continue
            order = dict(ORDERS[level])
            cut = order.pop("cut")
            for p in self.whole.plants:
                told: dict[str, Any] = {"clause": f"level {level}", "plant": p.id}
                told |= {"first_slot": first, "end_slot": at}
                shape = {"min_slots": 2, "max_slots": 5, "min_pause_slots": 1}
                told["id"] = f"windows.{p.id}@{first}"
                limits.append(WindowLimit.model_validate(told | shape | order))
                told["id"] = f"trips.{p.id}@{first}"
                cuts.append(TripCut.model_validate(told | {"cut_percent": cut}))
        self.whole = self.whole.model_copy(
            update={"window_limits": tuple(limits), "trip_cuts": tuple(cuts)}
        )

    def _close(self, slot: int) -> None:
        name = f"shut@{slot}"
        self.closures[name] = slot
        shut = bar(
            id=name,
            clause="bridge closed",
            kinds=KINDS,
            classes=tuple(v.id for v in self.whole.vehicle_classes),
            links=(self.rng.choice(("b", "d")),),
            first_slot=slot,
            end_slot=min(N_SLOTS, slot + 4),
        )
        self.whole = self.whole.model_copy(update={"bars": (*self.whole.bars, shut)})

    def _register(self, slot: int) -> None:
        """A late registry: other fleets."""
        plants = tuple(
            p.model_copy(
                update={
                    "fleets": tuple(
                        f.model_copy(update={"trucks": max(0, f.trucks + self.rng.choice((-1, 2)))})
                        for f in p.fleets
                    )
                }
            )
            for p in self.whole.plants
        )
        self.whole = self.whole.model_copy(update={"plants": plants})
        self._note_fleets(slot)

    def _note_fleets(self, slot: int) -> None:
        named = {(p.id, f.vehicle_class): f.trucks for p in self.whole.plants for f in p.fleets}
        self.trucks.append((slot, named))

    def _facts(self, last: Made, after: int) -> Facts:
        """Of one plant some trucks did not come in the interval that the seam cuts; one stock was
        read as something else."""
        grid, rng = last.instance.grid, self.rng
        plant_id = rng.choice([p.id for p in last.instance.plants])
        cycles = World(last.instance).cycles
        first = grid.slots_of_interval(grid.interval_of(after - 1)).start
        passages = []
        for row in last.decisions.departures:
            came = rng.randrange(row.trips + 1)
            cycle = cycles[row.leg]
            if cycle.plant.id == plant_id and first <= row.slot < after and came:
                for way, (name, offset_s) in zip(("out", "in"), cycle.going.passages, strict=True):
                    at = grid.at(row.slot) + timedelta(seconds=offset_s)
                    if at < grid.at(after):
                        told = {"gate": name, "leg": row.leg, "direction": way, "trips": came}
                        passages.append(told | {"passed_at": at})
        read = rng.choice([s.id for p in last.instance.plants for s in p.stocks])
        span = {"from_instant": grid.at(first), "to_instant": grid.at(after)}
        ledger = {"plant": plant_id, "passages": passages, "source": "gate"}
        kg = rng.randrange(0, 250_000)
        reading = {"stock": read, "read_at": grid.at(after), "kg": kg, "source": "yard"}
        return Facts.model_validate(
            {"ledgers": [ledger | span], "readings": [reading]}, strict=False
        )

    def _correct(self, slot: int, seam: Seam, after: int, facts: Facts) -> None:
        """What the seam says of stocks beside what the plans make of them: nothing, but where it
        was read, or where trucks left without a load."""
        former, now = self.made[-2], self.made[-1]
        interval = self.whole.grid.interval_of(
            slot - 1 if not reached_before(self.whole.grid, slot).done else slot
        )
        edge = self.whole.grid.slots_of_interval(interval).stop
        planned = _levels(now.instance, now.decisions)
        sewn_levels = _levels(*self.in_force(edge))
        levels = {level.stock: level.kg for level in seam.levels}
        first = not reached_before(self.whole.grid, slot).done
        for name, kg in levels.items():
            then = kg if first else planned[name][0]
            by = then - sewn_levels[name][interval]
            read = facts.reading_of(name) is not None
            clipped = levels_after(former.instance, former.decisions, after)[name] == 0
            assert by == 0 or read or (clipped and by > 0), f"{name} is {by} kg off at {slot}"
            self.corrected[name, interval] += by

    def in_force(self, end: int | None = None) -> tuple[Instance, Decisions]:
        """The data as they became up to a slot (the last plan's end), and what was in force."""
        last = self.made[-1]
        stop = last.slot + last.instance.grid.n_slots if end is None else end
        instance = first_slots(self._corrected(), stop)
        opened, trips = list[Window](), Counter[tuple[str, int]]()
        made: dict[str, list[int]] = defaultdict(lambda: [0] * self.whole.grid.n_intervals)
        for one, until in self._pieces(stop):
            opened += [
                Window(gate=w.gate, first_slot=w.first_slot + one.slot, end_slot=last_slot)
                for w in one.decisions.windows
                if (last_slot := min(until, w.end_slot + one.slot)) > w.first_slot + one.slot
            ]
            for row in one.decisions.departures:
                if row.slot + one.slot < until:
                    trips[row.leg, row.slot + one.slot] += row.trips
            self._add_rates(made, one, until)
        rows = ((leg, slot, n) for (leg, slot), n in sorted(trips.items()) if n)
        return instance, Decisions(
            windows=tuple(merged(opened)),
            departures=tuple(Departure(leg=leg, slot=slot, trips=n) for leg, slot, n in rows),
            rates=tuple(
                Rates(process=name, rates=tuple(row[: instance.grid.n_intervals]))
                for name, row in sorted(made.items())
            ),
        )

    def _add_rates(self, made: dict[str, list[int]], one: Made, until: int) -> None:
        grid = one.instance.grid
        reached = reached_before(grid, min(grid.n_slots, until - one.slot))
        first = self.whole.grid.interval_of(one.slot)
        for row in one.decisions.rates:
            for i, rate in enumerate(row.rates):
                if i < reached.whole:
                    made[row.process][first + i] += rate
                elif i == reached.whole and reached.done:
                    made[row.process][first + i] += reached.part(rate)

    def _pieces(self, stop: int) -> Iterator[tuple[Made, int]]:
        ends = [*(two.slot for _, two in pairwise(self.made)), stop]
        for one, end in zip(self.made, ends, strict=True):
            if one.slot < min(end, stop):
                yield one, min(end, stop)

    def _corrected(self) -> Instance:
        """`whole` with what was read of stocks as if it had come or gone by rail, and the most
        trucks that there ever were (`fleets_kept` counts them by their time)."""
        return self.whole.model_copy(
            update={
                "plants": tuple(
                    p.model_copy(
                        update={
                            "stocks": tuple(self._with_corrections(s) for s in p.stocks),
                            "fleets": tuple(
                                f.model_copy(update={"trucks": self._most(p.id, f.vehicle_class)})
                                for f in p.fleets
                            ),
                        }
                    )
                    for p in self.whole.plants
                )
            }
        )

    def _with_corrections(self, held: Any) -> Any:
        by = [self.corrected[held.id, i] for i in range(self.whole.grid.n_intervals)]
        return held.model_copy(
            update={
                "arrivals_kg": tuple(max(0, kg) for kg in by),
                "dispatches_kg": tuple(max(0, -kg) for kg in by),
            }
        )

    def _most(self, plant_id: str, vehicle: str) -> int:
        return max(named[plant_id, vehicle] for _, named in self.trucks)

    def excused(self, instance: Instance) -> Instance:
        """With what was open, or had departed, before the last stricter seam, or was locked there,
        as inherited: that alone may be beyond what holds from there on."""
        seam = next(i for i, one in enumerate(self.made) if one.slot >= self.strict_from)
        at, (_, before) = self.made[seam], self.in_force(self.made[seam].slot)
        open_slots = {(w.gate, t) for w in before.windows for t in range(w.first_slot, w.end_slot)}
        locked = at.instance.state
        open_slots |= {
            (w.gate, at.slot + t)
            for w in locked.locked_windows
            for t in range(w.first_slot, w.end_slot)
        }
        trips = [(d.leg, d.slot, d.trips) for d in before.departures]
        took = {(d.leg, d.slot): d.trips for d in self.in_force()[1].departures}
        for row in locked.locked_trips:
            key = row.leg, at.slot + row.slot
            # Of what was locked, only what was not recorded as never having come.
            if n := min(row.trips, took.get(key, 0)):
                trips.append((*key, n))
        windows = merged(
            Window(gate=g, first_slot=t, end_slot=t + 1) for g, t in sorted(open_slots)
        )
        state = instance.state.model_copy(
            update={
                "locked_windows": tuple(LockedWindow(**w.model_dump()) for w in windows),
                "locked_trips": tuple(
                    LockedTrips(leg=leg, slot=slot, trips=n) for leg, slot, n in sorted(trips)
                ),
            }
        )
        return instance.model_copy(update={"state": state})

    def fleets_kept(self) -> None:
        """Who is away at once are no more than there are trucks, but for those that were on the
        road, or had to be, when the fleet became smaller."""
        instance, sewn = self.in_force()
        cycles = World(instance).cycles
        for since, named in self.trucks:
            until = min((t for t, _ in self.trucks if t > since), default=instance.grid.n_slots)
            bound = self._bound_at(since)
            away, inherited = Counter[tuple[str, str, int]](), Counter[tuple[str, str, int]]()
            for row in sewn.departures:
                cycle = cycles[row.leg]
                free = row.slot + cycle.away_slots
                for t in range(row.slot, free):
                    key = cycle.plant.id, cycle.vehicle.id, t
                    away[key] += row.trips
                    kept = row.trips if row.slot < since else bound[row.leg, row.slot]
                    inherited[key] += min(kept, row.trips)
            for (plant_id, vehicle, t), n in away.items():
                if since <= t < until:
                    most = max(named[plant_id, vehicle], inherited[plant_id, vehicle, t])
                    assert n <= most, f"{n} trucks {vehicle} of {plant_id} away in slot {t}"

    def _bound_at(self, slot: int) -> Counter[tuple[str, int]]:
        """Departures locked at any seam from a slot on."""
        bound = Counter[tuple[str, int]]()
        for one in self.made:
            if one.slot >= slot:
                for row in one.instance.state.locked_trips:
                    bound[row.leg, one.slot + row.slot] |= row.trips
        return bound


def moved_by(granted: Granted, slots: int, n_slots: int) -> Granted:
    """What was granted so many slots later, as far as it lies in a horizon."""

    def rows(found: Any) -> Any:
        moved = (row.model_copy(update={"slot": row.slot + slots}) for row in found)
        return tuple(row for row in moved if 0 <= row.slot < n_slots)

    def runs(found: tuple[GateRun, ...]) -> tuple[GateRun, ...]:
        spans = ((run, run.first_slot + slots, run.end_slot + slots) for run in found)
        return tuple(
            run.model_copy(update={"first_slot": max(0, first), "end_slot": min(n_slots, end)})
            for run, first, end in spans
            if end > 0 and first < n_slots
        )

    return granted.model_copy(
        update={
            "open": runs(granted.open),
            "shut": runs(granted.shut),
            "trips": rows(granted.trips),
            "left": rows(granted.left),
        }
    )


def _levels(instance: Instance, decisions: Decisions) -> dict[str, tuple[int, ...]]:
    return Working(Traffic(World(instance), decisions)).levels


def _within(seam: Seam, n_slots: int) -> Seam:
    """What a shorter horizon knows of a seam."""
    return seam.model_copy(
        update={
            "trips": tuple(t for t in seam.trips if t.slot < n_slots),
            "releases": tuple(t for t in seam.releases if t.slot < n_slots),
            "windows": tuple(
                w.model_copy(update={"end_slot": min(w.end_slot, n_slots)})
                for w in seam.windows
                if w.first_slot < n_slots
            ),
            "planned_slots": min(seam.planned_slots, n_slots),
            "published_slots": min(seam.published_slots, n_slots),
        }
    )


def sewn(living: Living) -> tuple[Instance, Plan]:
    """What was really in force as one plan for one instance."""
    instance, decisions = living.in_force()
    return instance, plan_of(instance, **{n: getattr(decisions, n) for n in Decisions.model_fields})
