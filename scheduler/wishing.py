"""A request as the solver takes it: gates open, gates shut, more trips and fewer, in slots."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from scheduler import clock
from scheduler.domain.request import (
    EmergencyAsked,
    Filing,
    GiveBackTripsAsked,
    Grant,
    MoreTripsAsked,
    SwapAsked,
    WindowAsked,
)
from scheduler.errors import BadInputError
from scheduler.prepare.granted import clause_of_request, run_in
from scheduler.stretches import inner_slots
from scheduler.told_window import span
from scheduler.unaskable import cannot_ask
from solver.asked_window import AskedWindow, restricted_slots, windows_of
from solver.derive import Derived, LegUse
from solver.granted import GateRun
from solver.instance import Instance, Plant, Stream
from solver.plan import Decisions
from solver.wish_trial import FewerTrips, MoreTrips, Wish

Runs = tuple[GateRun, ...]


def plant_of(instance: Instance, plant: str) -> Plant:
    found = next((p for p in instance.plants if p.id == plant), None)
    if found is None:
        raise cannot_ask("not_planned", "its_standing", plant=plant)
    return found


def no_stream(plant: Plant, stream: str) -> BadInputError:
    known = ", ".join(sorted(s.id for s in plant.streams))
    fault = {"plant": plant.id, "stream": stream}
    return cannot_ask("no_stream", "streams", field="stream", known=known, **fault)


class Wishing:
    """The parts of one request in slots. Raises BadInputError for what is not there."""

    def __init__(
        self, filing: Filing, instance: Instance, decisions: Decisions, settled_slots: int
    ) -> None:
        self._filing, self._instance, self._decisions = filing, instance, decisions
        self._settled_slots = settled_slots

    def wish(self, grant: Grant) -> Wish:
        body, plant = self._filing.asked, self._filing.plant
        plants: tuple[str, ...] = (plant,)
        opened: Runs = ()
        shut: Runs = ()
        more = fewer = None
        if isinstance(body, MoreTripsAsked | EmergencyAsked):
            more = self._more(grant)
        elif isinstance(body, SwapAsked):
            plants = (plant, body.with_plant)
            opened, shut = self._swap(body)
        elif isinstance(body, WindowAsked):
            opened, shut = self._window(body)
        elif isinstance(body, GiveBackTripsAsked):
            fewer = self._fewer(body)
        else:
            shut = (self._given_back(body.gate, body.from_instant, body.to_instant),)
        return Wish(
            name=grant.name,
            clause=clause_of_request(grant.request),
            plants=plants,
            settled_slots=self._settled_slots,
            open=opened,
            shut=shut,
            more=more,
            fewer=fewer,
        )

    def _more(self, grant: Grant) -> MoreTrips:
        body = self._filing.asked
        assert isinstance(body, MoreTripsAsked | EmergencyAsked), "asks for trips"
        run = run_in(grant, self._instance.grid)
        stream = body.stream if run is None else run.stream_id
        self._stream(stream, body.stream)
        first, end = self._slots(body.from_instant, body.to_instant)
        return MoreTrips(stream=stream, first_slot=first, end_slot=end, trips=body.trips)

    def _fewer(self, body: GiveBackTripsAsked) -> FewerTrips:
        """Of trips that are planned and not locked."""
        stream = self._stream(body.stream, body.stream)
        first, end = self._slots(body.from_instant, body.to_instant)
        run = None
        if body.gate is not None:
            gate = self._gate(self._filing.plant, body.gate)
            run = GateRun(gate=gate, first_slot=first, end_slot=end)
        derived = Derived(self._instance)
        legs = {leg.id: derived.legs[leg.id] for leg in stream.legs}
        free = {
            (row.leg, row.slot): row.trips - derived.locked.get((row.leg, row.slot), 0)
            for row in self._decisions.departures
            if row.leg in legs
            and row.slot >= self._settled_slots
            and (_passes(legs[row.leg], row.slot, run) if run else first <= row.slot < end)
        }
        if sum(free.values()) < body.trips:
            left, told = sum(free.values()), span((body.from_instant, body.to_instant))
            raise cannot_ask(
                "fewer_planned", field="trips", stream=body.stream, left=left, when=told
            )
        return FewerTrips(departures=tuple(sorted(free)), trips=body.trips)

    def _stream(self, stream: str, asked: str) -> Stream:
        plant = plant_of(self._instance, self._filing.plant)
        found = next((s for s in plant.streams if s.id == stream and s.legs), None)
        if found is None:
            raise no_stream(plant, asked)
        return found

    def _window(self, body: WindowAsked) -> tuple[Runs, Runs]:
        gate = self._gate(self._filing.plant, body.gate)
        opened = self._run(gate, body.from_instant, body.to_instant)
        self._refuse_unrestricted(opened)
        if body.instead_from is None or body.instead_to is None:
            return (opened,), ()
        given = self._whole_window(gate, body.instead_from, body.instead_to)
        return (opened,), tuple(_less(given, opened))

    def _swap(self, body: SwapAsked) -> tuple[Runs, Runs]:
        own = self._gate(self._filing.plant, body.gate)
        other = self._gate(body.with_plant, body.with_gate)
        mine = self._whole_window(own, body.from_instant, body.to_instant)
        theirs = self._whole_window(other, body.their_from, body.their_to)
        opened = (
            theirs.model_copy(update={"gate": own}),
            mine.model_copy(update={"gate": other}),
        )
        return opened, (*_less(mine, opened[0]), *_less(theirs, opened[1]))

    def _given_back(self, gate: str, start: datetime, end: datetime) -> GateRun:
        run = self._run(self._gate(self._filing.plant, gate), start, end)
        windows = windows_of(self._decisions, gate)
        if not any(first < run.end_slot and run.first_slot < last for first, last in windows):
            known = self._windows(gate)
            raise cannot_ask("none_to_give", "windows", field="own_window", gate=gate, known=known)
        return run

    def _whole_window(self, gate: str, start: datetime, end: datetime) -> GateRun:
        run = self._run(gate, start, end)
        if (run.first_slot, run.end_slot) not in windows_of(self._decisions, gate):
            told, known = span((start, end)), self._windows(gate)
            raise cannot_ask("no_window_of", "windows", gate=gate, window=told, known=known)
        return run

    def _windows(self, gate: str) -> str:
        at = self._instance.grid.at
        found = windows_of(self._decisions, gate)
        return ", ".join(span((at(first), at(end))) for first, end in found) or "–"

    def _refuse_unrestricted(self, run: GateRun) -> None:
        asked = AskedWindow(
            plant=self._filing.plant,
            gate=run.gate,
            first_slot=run.first_slot,
            end_slot=run.end_slot,
        )
        if not restricted_slots(self._instance.window_limits, asked):
            raise cannot_ask("needs_none", "may_pass", field="from_instant", gate=run.gate)

    def _gate(self, plant: str, gate: str) -> str:
        gates = sorted(g.id for g in plant_of(self._instance, plant).gates)
        if gate not in gates:
            known = ", ".join(gates)
            raise cannot_ask(
                "not_its_gate", "gates", field="gate", plant=plant, gate=gate, known=known
            )
        return gate

    def _run(self, gate: str, start: datetime, end: datetime) -> GateRun:
        first, last = self._slots(start, end)
        return GateRun(gate=gate, first_slot=first, end_slot=last)

    def _slots(self, start: datetime, end: datetime) -> tuple[int, int]:
        first, last = inner_slots(self._instance.grid, (start, end))
        settled = self._settled_slots
        if first < settled:
            told = f"{clock.local(start):%Y-%m-%d %H:%M}"
            soonest = f"{self._instance.grid.at(settled):%Y-%m-%d %H:%M}"
            raise cannot_ask("settled", "later", field="from_instant", told=told, soonest=soonest)
        return first, last


def _passes(use: LegUse, slot: int, run: GateRun) -> bool:
    """Whether a trip that departs in a slot passes a gate then, in or out."""
    passages = ((gate, slot + after) for gate, after in use.departure.passages)
    return any(gate == run.gate and at in run.slots for gate, at in passages)


def _less(given: GateRun, kept: GateRun) -> Iterable[GateRun]:
    """What of a run lies outside another one of the same gate."""
    for first, end in (
        (given.first_slot, min(given.end_slot, kept.first_slot)),
        (max(given.first_slot, kept.end_slot), given.end_slot),
    ):
        if first < end:
            yield GateRun(gate=given.gate, first_slot=first, end_slot=end)
