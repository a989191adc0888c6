"""The instance: everything a plan is derived from, as frozen, checked values.

All quantities are integers with their unit at the end of the name. `docs/model.md` states how
laws and stages follow from these values; nothing that can be derived is stored. Slots are counted
from 0 at `TimeGrid.start`; a run `[first_slot, end_slot)` is half-open. The largest integer that
any field may hold is 2^53 - 1, so that every JSON reader keeps it exactly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

LARGEST_SAFE = 2**53 - 1
"""Integers beyond this lose digits in readers that hold numbers as binary64."""

MINUTES_A_DAY = 1440

Id = Annotated[str, StringConstraints(pattern=r"^[\w.:@+/-]{1,100}$")]
Count = Annotated[int, Field(ge=0, le=LARGEST_SAFE)]
Positive = Annotated[int, Field(ge=1, le=LARGEST_SAFE)]
Percent = Annotated[int, Field(ge=0, le=100)]
Signed = Annotated[int, Field(ge=-LARGEST_SAFE, le=LARGEST_SAFE)]

Kind = Literal["ordinary", "safe_production", "livelihood", "hazardous", "emergency"]
StageName = Literal[
    "safety_shortfall", "output_shortfall", "changed_departures", "exposure", "windows"
]
STAGE_NAMES: tuple[StageName, ...] = (
    "safety_shortfall",
    "output_shortfall",
    "changed_departures",
    "exposure",
    "windows",
)


class Value(BaseModel):
    """A frozen value that refuses unknown fields and silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    def model_copy(self, *, update: Mapping[str, object] | None = None, deep: bool = False) -> Self:
        """A copy that takes over fields alone: what was computed, as a digest, is its own."""
        copy = super().model_copy(update=update, deep=deep)
        for name in copy.__dict__.keys() - type(copy).model_fields.keys():
            del copy.__dict__[name]
        return copy


class TimeGrid(Value):
    """Slots of equal length from `start`, anchored to local midnight.

    `start` is ISO 8601 with offset and falls on a slot's edge. Stock intervals are runs of
    `interval_slots` slots from slot 0; the last one may be shorter, and the first one where the
    grid begins inside an interval of an earlier grid.
    """

    _LEFT_OUT: ClassVar[tuple[str, ...]] = ("first_interval_slots",)

    start: str
    slot_minutes: Literal[15, 30, 60]
    n_slots: Positive
    interval_slots: Positive
    timezone: Literal["Asia/Shanghai"] = "Asia/Shanghai"
    first_interval_slots: Positive | None = None
    """Slots of interval 0, fewer than `interval_slots`; None: as many as every other."""

    @model_serializer(mode="wrap")
    def _without_what_is_left_out(self, made: SerializerFunctionWrapHandler) -> dict[str, object]:
        return _shortened(made(self), self._LEFT_OUT)

    @model_validator(mode="after")
    def _first_interval_is_shorter(self) -> Self:
        if (self.first_interval_slots or 0) >= self.interval_slots:
            raise ValueError(
                f"first_interval_slots {self.first_interval_slots} is not below interval_slots "
                f"{self.interval_slots}; leave it out where the first interval is whole"
            )
        return self

    @model_validator(mode="after")
    def _slots_lie_on_local_midnight(self) -> Self:
        start = datetime.fromisoformat(self.start)
        if start.tzinfo is None:
            raise ValueError(f"start {self.start} names no offset; write it as ...+08:00")
        local = start.astimezone(ZoneInfo(self.timezone))
        minute = local.hour * 60 + local.minute
        if local.second or local.microsecond or minute % self.slot_minutes:
            raise ValueError(f"start {self.start} is not on the edge of a {self.slot_minutes} slot")
        days = (minute + self.n_slots * self.slot_minutes - 1) // MINUTES_A_DAY + 1
        midnight = local.replace(hour=0, minute=0)
        for day in range(days):
            here = (midnight + timedelta(days=day)).utcoffset()
            there = (midnight + timedelta(days=day + 1)).utcoffset()
            if here != there:
                raise ValueError(f"local day {day} from {self.start} has not 1,440 minutes")
        return self

    @cached_property
    def start_minute(self) -> int:
        """Minutes from local midnight to slot 0."""
        local = datetime.fromisoformat(self.start).astimezone(ZoneInfo(self.timezone))
        return local.hour * 60 + local.minute

    @property
    def slot_s(self) -> int:
        return self.slot_minutes * 60

    @cached_property
    def n_intervals(self) -> int:
        return self.interval_of(self.n_slots - 1) + 1

    @property
    def _gone_slots(self) -> int:
        """Slots of interval 0 that lie before slot 0."""
        first = self.first_interval_slots
        return 0 if first is None else self.interval_slots - first

    @cached_property
    def n_days(self) -> int:
        return self.day_of(self.n_slots - 1) + 1

    def minute_of(self, slot: int) -> int:
        """Minutes from the local midnight before slot 0 to the start of `slot`."""
        return self.start_minute + slot * self.slot_minutes

    def day_of(self, slot: int) -> int:
        """Local day of a slot, 0 for the day of slot 0 (negative before it)."""
        return self.minute_of(slot) // MINUTES_A_DAY

    def hour_of(self, slot: int) -> int:
        """Local hour of day, 0-23, in which a slot starts."""
        return self.minute_of(slot) % MINUTES_A_DAY // 60

    def interval_of(self, slot: int) -> int:
        return (slot + self._gone_slots) // self.interval_slots

    def slots_of_interval(self, interval: int) -> range:
        first = interval * self.interval_slots - self._gone_slots
        return range(max(0, first), min(first + self.interval_slots, self.n_slots))

    def at(self, slot: int) -> datetime:
        """The instant at which a slot starts, in local time."""
        local = datetime.fromisoformat(self.start).astimezone(ZoneInfo(self.timezone))
        return local + timedelta(minutes=slot * self.slot_minutes)


def _shortened(fields: dict[str, object], names: Iterable[str]) -> dict[str, object]:
    """What is written of a value: fields that say nothing are left out, so that what was written
    before they were thought of keeps its digest."""
    return {k: v for k, v in fields.items() if v is not None or k not in names}


class Pollutant(Value):
    """A pollutant and the weight of one mg of it in `exposure`."""

    id: Id
    weight: Count


class Phi(Value):
    """The convex price of the share of output lost: `slopes[k]` applies from
    `breakpoints_percent[k]` to the next one, the last without end."""

    breakpoints_percent: tuple[Percent, ...] = (0, 10, 25, 50)
    slopes: tuple[Positive, ...] = (1, 2, 4, 8)

    @model_validator(mode="after")
    def _convex(self) -> Self:
        points, slopes = self.breakpoints_percent, self.slopes
        if len(points) != len(slopes) or not points or points[0] != 0:
            raise ValueError("phi needs one slope per breakpoint and starts at 0 %")
        if list(points) != sorted(set(points)) or list(slopes) != sorted(slopes):
            raise ValueError("phi's breakpoints must rise and its slopes must not fall")
        return self


class Tolerance(Value):
    """What later stages may give away of a stage: v = floor(value x (1 + permyriad / 10000))."""

    stage: StageName
    permyriad: Annotated[int, Field(ge=0, le=10_000)]


class Zone(Value):
    """A part of the road network with its population and, where set, a cap on entering mPCU."""

    id: Id
    cap_mpcu: tuple[Count | None, ...] | None = None
    """mPCU that may enter the zone per slot, `[n_slots]`, None in a slot without a cap; None: no
    slot has one."""
    population_weight: Count
    hour_weights: tuple[Count, ...]
    """Dispersion weight per slot, `[n_slots]`."""


class Link(Value):
    """A directed road section. `capacity_mpcu_h` is what it carries empty; `background_mpcu`
    the traffic not ours per slot, `[n_slots]`."""

    id: Id
    zone: Id
    length_m: Positive
    speed_kmh: Positive
    capacity_mpcu_h: Count
    background_mpcu: tuple[Count, ...]


class Path(Value):
    """Links in driving order."""

    id: Id
    links: Annotated[tuple[Id, ...], Field(min_length=1)]


class Emission(Value):
    pollutant: Id
    laden_mg_km: Count
    empty_mg_km: Count


class VehicleClass(Value):
    """(fuel, emission stage, size), its passenger-car units and emission factors."""

    id: Id
    fuel: Id
    emission_stage: Id
    size: Id
    pcu_mpcu: Positive
    emissions: tuple[Emission, ...]


class Gate(Value):
    """Where trucks pass; `capacity_passages` in and out together, per slot."""

    id: Id
    capacity_passages: Count


class RecipeItem(Value):
    """What one unit of rate takes from (`consumes_kg`) or adds to (`produces_kg`) a stock."""

    stock: Id
    consumes_kg: Count = 0
    produces_kg: Count = 0

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.consumes_kg > 0) == (self.produces_kg > 0):
            raise ValueError(f"recipe item {self.stock} must consume or produce, one of the two")
        return self


class Process(Value):
    """What a plant runs. `rate_max` and `rate_min` per stock interval, `[n_intervals]`, before
    output cuts; `hazard_weight` 0 means that it need not run."""

    id: Id
    recipe: Annotated[tuple[RecipeItem, ...], Field(min_length=1)]
    rate_max: tuple[Count, ...]
    rate_min: tuple[Count, ...]
    hazard_weight: Count
    utrip_per_unit: Count
    """Millionths of a road trip that one unit of rate stands for at normal working."""


class Stock(Value):
    """What is in hand of one good. `arrivals_kg` and `dispatches_kg` (rail, belt, ship) per
    stock interval, `[n_intervals]`; the breach of `end_min_kg` or `end_max_kg` counts as output
    lost by `breach_process`, in whose recipe the stock stands."""

    id: Id
    now_kg: Count
    min_kg: Count
    max_kg: Count
    end_min_kg: Count | None = None
    end_max_kg: Count | None = None
    breach_process: Id
    arrivals_kg: tuple[Count, ...]
    dispatches_kg: tuple[Count, ...]


class Leg(Value):
    """One way to carry a stream: a vehicle class on a closed cycle.

    starts_at "plant": out of `gate_out` at departure, `path_out` to the far end, `far_minutes`
    there, `path_back`, in by `gate_in`, `plant_minutes` of turn-round.
    starts_at "far": `path_out` to the plant, in by `gate_in`, `plant_minutes` there, out of
    `gate_out`, `path_back`, `far_minutes` of turn-round. With `may_wait` the truck may stand
    inside over a closed gate and leaves in a slot of its own (a release).
    """

    id: Id
    vehicle_class: Id
    starts_at: Literal["plant", "far"]
    gate_in: Id
    gate_out: Id
    path_out: Id
    path_back: Id
    laden_out: bool
    laden_back: bool
    plant_minutes: Count
    far_minutes: Count
    may_wait: bool = False

    @model_validator(mode="after")
    def _waits_only_as_a_guest(self) -> Self:
        if self.may_wait and self.starts_at != "far":
            raise ValueError(f"leg {self.id}: only a leg that starts at the far end may wait")
        return self


class Stream(Value):
    """One good of one plant, in or out, and its legs; every trip carries `payload_kg`."""

    id: Id
    good: Id
    direction: Literal["in", "out"]
    stock: Id
    kind: Kind
    payload_kg: Positive
    need_kg_day: Count
    """Road need at normal working."""
    baseline_trips_day: Count
    profile_permille: tuple[Count, ...]
    """Share of the normal day's trips by local hour, `[24]`, sums to 1,000."""
    legs: tuple[Leg, ...]

    @model_validator(mode="after")
    def _profile_is_a_whole(self) -> Self:
        if len(self.profile_permille) != 24 or sum(self.profile_permille) != 1000:
            raise ValueError(f"stream {self.id}: 24 hourly shares must sum to 1,000")
        for leg in self.legs:
            carries_out = (leg.starts_at == "plant") == (self.direction == "out")
            if not (leg.laden_out if carries_out else leg.laden_back):
                raise ValueError(f"leg {leg.id} does not carry its stream's good laden")
        return self


class Fleet(Value):
    vehicle_class: Id
    trucks: Count


class Plant(Value):
    """A site of an enterprise: gates, processes, stocks, streams, fleets."""

    id: Id
    enterprise: Id
    gates: tuple[Gate, ...]
    processes: Annotated[tuple[Process, ...], Field(min_length=1)]
    stocks: tuple[Stock, ...]
    streams: tuple[Stream, ...]
    fleets: tuple[Fleet, ...]
    cap_floor_trips: Count
    """Least daily trip cap, in cycles, whatever is cut."""


class Bar(Value):
    """No truck of `classes` on an errand of `kinds` in the slots `[first_slot, end_slot)` at a
    gate of `plants` or one of `gates`, on a link of `zones` or on one of `links`. Polarity is
    resolved: only what is barred stands here; slots are the outer ones."""

    _LEFT_OUT: ClassVar[tuple[str, ...]] = ("gates",)

    id: Id
    clause: str
    kinds: tuple[Kind, ...]
    classes: tuple[Id, ...]
    plants: tuple[Id, ...] = ()
    zones: tuple[Id, ...] = ()
    links: tuple[Id, ...] = ()
    gates: tuple[Id, ...] | None = None
    """Single gates, such as one whose window its plant gave back; None: none."""
    first_slot: Count
    end_slot: Count

    @model_serializer(mode="wrap")
    def _without_what_is_left_out(self, made: SerializerFunctionWrapHandler) -> dict[str, object]:
        return _shortened(made(self), self._LEFT_OUT)


class WindowLimit(Value):
    """From `first_slot` to `end_slot` the plant's gates pass trucks only in open slots; in
    `partial_slots` (only partly in force) no window may start."""

    id: Id
    clause: str
    plant: Id
    first_slot: Count
    end_slot: Count
    partial_slots: tuple[Count, ...] = ()
    min_slots: Positive
    max_slots: Positive
    max_open_slots_day: Count
    max_windows_day: Count
    min_pause_slots: Count

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min_slots > self.max_slots:
            raise ValueError(f"window limit {self.id}: least {self.min_slots} > {self.max_slots}")
        return self


class TripCut(Value):
    """From `first_slot` to `end_slot` the plant's normal trips are cut by `cut_percent`; trips
    of `exempt_kinds` do not count, safe-production trips up to their need where it says so."""

    id: Id
    clause: str
    plant: Id
    first_slot: Count
    end_slot: Count
    cut_percent: Percent
    exempt_kinds: tuple[Kind, ...] = ()
    safe_production_exempt: bool = False


class OutputCut(Value):
    """Lowers what a process may make in stock intervals `[first_interval, end_interval)`."""

    id: Id
    clause: str
    process: Id
    first_interval: Count
    end_interval: Count
    cut_percent: Percent


class GateState(Value):
    """A gate at slot 0. `open_slots_before`: slots its window has been open without a break, 0 if
    closed; `closed_slots_before`: slots since it closed (ignored while open)."""

    gate: Id
    open_slots_before: Count = 0
    closed_slots_before: Count = LARGEST_SAFE
    windows_today: Count = 0
    open_slots_today: Count = 0


class ProcessState(Value):
    """Output lost and permitted since the episode began, in units of rate."""

    process: Id
    lost_units: Count = 0
    permitted_units: Count = 0


class PlantState(Value):
    """Trips counted under the cap today before slot 0, and the allowance of those slots as the
    numerator over 6,000,000 of the trip cap's formula."""

    plant: Id
    trips_made_today: Count = 0
    allowance_numerator_today: Count = 0


class UnderWay(Value):
    """Trips of a leg that departed `slots_ago` slots before slot 0 and go on to their end."""

    leg: Id
    slots_ago: Positive
    trips: Positive


class Held(Value):
    """Trips of a waiting leg that are ready inside the gate at slot 0."""

    leg: Id
    trips: Positive


class LockedTrips(Value):
    """Published departures inside the notice period: at least these trips depart."""

    leg: Id
    slot: Count
    trips: Positive


class GivenBack(Value):
    """What is left of published departures that their plant gave back: at most these trips depart,
    or the locked ones if they are more."""

    leg: Id
    slot: Count
    trips: Count


class LockedWindow(Value):
    """A published window, or the part of it inside the notice period: it stays open."""

    gate: Id
    first_slot: Count
    end_slot: Count


class State(Value):
    """What slot 0 inherits. Gates, processes and plants not named are as new."""

    _LEFT_OUT: ClassVar[tuple[str, ...]] = ("given_back",)

    gates: tuple[GateState, ...] = ()
    processes: tuple[ProcessState, ...] = ()
    plants: tuple[PlantState, ...] = ()
    under_way: tuple[UnderWay, ...] = ()
    held: tuple[Held, ...] = ()
    locked_trips: tuple[LockedTrips, ...] = ()
    locked_windows: tuple[LockedWindow, ...] = ()
    given_back: tuple[GivenBack, ...] | None = None
    """No leg and slot twice; None: nothing."""

    @model_serializer(mode="wrap")
    def _without_what_is_left_out(self, made: SerializerFunctionWrapHandler) -> dict[str, object]:
        return _shortened(made(self), self._LEFT_OUT)


class PublishedTrips(Value):
    """A departure of the plan in force that `changed_departures` compares with."""

    leg: Id
    slot: Count
    trips: Positive


class PublishedWindow(Value):
    """A window of the plan in force. One that was open before slot 0 starts at slot 0 here."""

    gate: Id
    first_slot: Count
    end_slot: Positive


class WorthMoving(Value):
    """What moving a published window must gain at least, in units of the stage that gains. A
    departure that changes and moves no window counts as `trips_a_window` parts of one."""

    safety: Positive
    output_utrip: Positive
    exposure: Positive
    trips_a_window: Positive


class InForce(Value):
    """The plan in force, that a re-plan keeps to; its trips are the instance's `published`.

    It reaches to the first `planned_slots` slots. `windows` that open in the first
    `published_slots` slots are published, and so are the trips that depart in them; what lies
    beyond may change freely. Of `unchanged` plants no data changed: what is published of them
    moves only where others must have their room.
    """

    windows: tuple[PublishedWindow, ...]
    published_slots: Count
    planned_slots: Count
    releases: tuple[PublishedTrips, ...] = ()
    """When trucks of waiting legs were to leave again."""
    worth_moving: WorthMoving
    unchanged: tuple[Id, ...] = ()


class Instance(Value):
    """A complete solver input. `published` is None except in re-plans, and so is `in_force`."""

    _LEFT_OUT: ClassVar[tuple[str, ...]] = ("in_force",)

    format: Literal["cuofeng-instance"] = "cuofeng-instance"
    version: Literal[1] = 1
    name: str
    grid: TimeGrid
    pollutants: tuple[Pollutant, ...]
    exposure_divisor: Positive
    phi: Phi = Phi()
    tolerances: tuple[Tolerance, ...] = (Tolerance(stage="exposure", permyriad=50),)
    zones: tuple[Zone, ...]
    links: tuple[Link, ...]
    paths: tuple[Path, ...]
    vehicle_classes: tuple[VehicleClass, ...]
    plants: tuple[Plant, ...]
    bars: tuple[Bar, ...] = ()
    window_limits: tuple[WindowLimit, ...] = ()
    trip_cuts: tuple[TripCut, ...] = ()
    output_cuts: tuple[OutputCut, ...] = ()
    state: State = State()
    published: tuple[PublishedTrips, ...] | None = None
    in_force: InForce | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_left_out(self, made: SerializerFunctionWrapHandler) -> dict[str, object]:
        return _shortened(made(self), self._LEFT_OUT)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        from solver.instance_faults import faults_of

        faults = faults_of(self)
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def tolerance_permyriad(self, stage: StageName) -> int:
        return next((t.permyriad for t in self.tolerances if t.stage == stage), 0)

    def canonical(self) -> bytes:
        """RFC 8785 canonical JSON: one instance, one sequence of bytes."""
        # With whole numbers alone and names of fields in ASCII, the standard library writes just
        # that, in a tenth of the time.
        body, separators = self.model_dump(mode="json"), (",", ":")
        return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=separators).encode()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical form, in hex."""
        return hashlib.sha256(self.canonical()).hexdigest()


def read_instance(text: str | bytes) -> Instance:
    """Read an instance from JSON. Raises pydantic.ValidationError naming every fault."""
    return Instance.model_validate_json(text)
