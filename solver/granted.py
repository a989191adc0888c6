"""What granted requests put into an instance, so that every later plan holds to it.

A window that was granted is a locked window, trips are locked trips, a gate whose window was given
back is barred to all trucks, and of trips that were given back no more than are left depart. An
emergency run is a stream of its own, carried by trucks that are called in for one trip each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import get_args

from solver.checks.cycles import World
from solver.instance import (
    Bar,
    Count,
    Fleet,
    GivenBack,
    Id,
    Instance,
    Kind,
    Leg,
    LockedTrips,
    LockedWindow,
    Plant,
    Positive,
    Stream,
    Value,
)
from solver.seam import passed_slots, windows_of

EVERY_KIND: tuple[Kind, ...] = get_args(Kind)
EMERGENCY: Kind = "emergency"
"""What a run's trips are: measures say what such are exempt from."""
CALLED_IN_MINUTES = 30 * 24 * 60
"""A truck called in for a run makes no second trip: its turn-round is longer than an episode."""


class GateRun(Value):
    """Slots `[first_slot, end_slot)` of a gate."""

    gate: Id
    first_slot: Count
    end_slot: Positive

    @property
    def slots(self) -> range:
        return range(self.first_slot, self.end_slot)


class Granted(Value):
    """What one request was granted, in slots of an instance: gates that stay open, gates that stay
    shut, trips that depart at least, and what is left of trips that were given back."""

    name: Id
    clause: str
    open: tuple[GateRun, ...] = ()
    shut: tuple[GateRun, ...] = ()
    trips: tuple[LockedTrips, ...] = ()
    left: tuple[GivenBack, ...] = ()


class EmergencyRun(Value):
    """Up to `trips` trips of a stream's good, in trucks of the class of one of its legs that pass
    the gates within `[first_slot, end_slot)`; exempt as its filing says."""

    name: Id
    clause: str
    stream: Id
    vehicle_class: Id
    trips: Positive
    first_slot: Count
    end_slot: Count

    @property
    def stream_id(self) -> str:
        return f"{self.stream}:{self.name}"

    @property
    def class_id(self) -> str:
        return f"{self.vehicle_class}:{self.name}"


def class_called_in(class_id: str) -> str:
    """The class that trucks called in are of, by the class of a run; of no run: nothing."""
    return class_id.rpartition(":")[0]


def with_granted(instance: Instance, granted: Iterable[Granted]) -> Instance:
    """The instance with what was granted locked and barred, one request after the other; of trips
    that are locked already the larger number counts, unless they were given back since, and where
    locked trips pass a gate it is locked open.

    Raises ValueError for gates or legs that the instance does not have.
    """
    rows = tuple(granted)
    if not rows:
        return instance
    bars = instance.bars
    for one in rows:
        bars = (*without_gates(bars, one.open), *_bars_of(one, instance))
    state = instance.state
    least = Counter({(t.leg, t.slot): t.trips for t in state.locked_trips})
    most = {(t.leg, t.slot): t.trips for t in state.given_back or ()}
    for one in rows:
        hold_trips(least, most, one)
    locked = tuple(LockedTrips(leg=leg, slot=t, trips=n) for (leg, t), n in sorted(least.items()))
    left = tuple(GivenBack(leg=leg, slot=t, trips=n) for (leg, t), n in sorted(most.items()))
    state = state.model_copy(update={"locked_trips": locked, "given_back": left or None})
    n_slots = instance.grid.n_slots
    kept = {(w.gate, t) for w in state.locked_windows for t in range(w.first_slot, w.end_slot)}
    kept |= {key for key in passed_slots(World(instance), state) if key[1] < n_slots}
    windows: tuple[LockedWindow, ...] = windows_of(opened_and_shut(kept, rows))
    state = state.model_copy(update={"locked_windows": windows})
    return remade(instance, bars=bars, state=state)


def _bars_of(granted: Granted, instance: Instance) -> Iterator[Bar]:
    for run in granted.shut:
        yield Bar(
            id=f"{granted.name}:{run.gate}:{run.first_slot}",
            clause=granted.clause,
            kinds=EVERY_KIND,
            classes=tuple(vehicle.id for vehicle in instance.vehicle_classes),
            gates=(run.gate,),
            first_slot=run.first_slot,
            end_slot=run.end_slot,
        )


def without_gates(bars: Iterable[Bar], runs: Iterable[GateRun]) -> tuple[Bar, ...]:
    """Bars less those of single gates in some runs: what was given back is open again."""
    left = list(bars)
    for run in runs:
        left = [part for bar in left for part in _outside_of(bar, run)]
    return tuple(left)


def _outside_of(bar: Bar, run: GateRun) -> Iterator[Bar]:
    if bar.gates != (run.gate,) or bar.end_slot <= run.first_slot or run.end_slot <= bar.first_slot:
        yield bar
        return
    if bar.first_slot < run.first_slot:
        yield bar.model_copy(update={"end_slot": run.first_slot})
    if run.end_slot < bar.end_slot:
        changes = {"id": f"{bar.id}:{run.end_slot}", "first_slot": run.end_slot}
        yield bar.model_copy(update=changes)


def opened_and_shut(
    slots: set[tuple[str, int]], granted: Iterable[Granted]
) -> set[tuple[str, int]]:
    """Open slots of gates with what was granted, one request after the other."""
    kept = set(slots)
    for one in granted:
        kept |= {(run.gate, t) for run in one.open for t in run.slots}
        kept -= {(run.gate, t) for run in one.shut for t in run.slots}
    return kept


def hold_trips(
    least: Counter[tuple[str, int]], most: dict[tuple[str, int], int], granted: Granted
) -> None:
    """Put what a request was granted among the trips that depart at least and at most: who asks for
    trips where they were given back has them back, and who gives trips back asks for them no more.
    """
    for row in granted.trips:
        key = row.leg, row.slot
        least[key] = max(least[key], row.trips)
        if key in most:
            most[key] = max(most[key], row.trips)
    for left in granted.left:
        key = left.leg, left.slot
        most[key] = left.trips
        least[key] = min(least[key], left.trips)
        if not least[key]:
            del least[key]


def remade(instance: Instance, **changes: object) -> Instance:
    """The instance with other fields, checked anew."""
    fields = {name: getattr(instance, name) for name in Instance.model_fields}
    return Instance.model_validate(fields | changes)


def with_run(instance: Instance, run: EmergencyRun) -> Instance:
    """The instance with the run's stream, its trucks and their class. Every bar of the class that
    the trucks are of is theirs too; outside its time the run's trucks pass no gate. An instance
    without the stream or the class is given back as it is."""
    plant = next((p for p in instance.plants if any(s.id == run.stream for s in p.streams)), None)
    vehicle = next((c for c in instance.vehicle_classes if c.id == run.vehicle_class), None)
    if plant is None or vehicle is None:
        return instance
    called = vehicle.model_copy(update={"id": run.class_id})
    bars = tuple(
        bar.model_copy(update={"classes": (*bar.classes, called.id)})
        if vehicle.id in bar.classes
        else bar
        for bar in instance.bars
    )
    return remade(
        instance,
        vehicle_classes=(*instance.vehicle_classes, called),
        plants=tuple(_with_trucks(p, run) if p is plant else p for p in instance.plants),
        bars=(*bars, *_outside(instance, plant, run)),
    )


def _with_trucks(plant: Plant, run: EmergencyRun) -> Plant:
    stream = next(s for s in plant.streams if s.id == run.stream)
    changes: dict[str, object] = {
        "id": run.stream_id,
        "kind": EMERGENCY,
        "need_kg_day": 0,
        "baseline_trips_day": 0,
        "legs": tuple(_called_in(stream, run)),
    }
    fleet = Fleet(vehicle_class=run.class_id, trucks=run.trips)
    return plant.model_copy(
        update={
            "streams": (*plant.streams, stream.model_copy(update=changes)),
            "fleets": (*plant.fleets, fleet),
        }
    )


def _called_in(stream: Stream, run: EmergencyRun) -> Iterable[Leg]:
    """The class's legs of a stream for trucks called in: kept at the far end where they bring, at
    the plant where they take away, so that their turn-round comes last."""
    for leg in stream.legs:
        if leg.vehicle_class != run.vehicle_class:
            continue
        home = "far" if stream.direction == "in" else "plant"
        turned = leg.starts_at != home
        ways = (leg.path_back, leg.path_out) if turned else (leg.path_out, leg.path_back)
        minutes = "far_minutes" if home == "far" else "plant_minutes"
        yield leg.model_copy(
            update={
                "id": f"{leg.id}:{run.name}",
                "vehicle_class": run.class_id,
                "starts_at": home,
                "path_out": ways[0],
                "path_back": ways[1],
                "laden_out": True,
                "laden_back": False,
                "may_wait": False,
                minutes: CALLED_IN_MINUTES,
            }
        )


def _outside(instance: Instance, plant: Plant, run: EmergencyRun) -> Iterable[Bar]:
    n_slots = instance.grid.n_slots
    for first, end in ((0, min(run.first_slot, n_slots)), (min(run.end_slot, n_slots), n_slots)):
        if first < end:
            yield Bar(
                id=f"{run.name}:{first}",
                clause=run.clause,
                kinds=(EMERGENCY,),
                classes=(run.class_id,),
                plants=(plant.id,),
                first_slot=first,
                end_slot=end,
            )
