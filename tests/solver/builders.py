"""Small instances and plans for tests: every piece has a default, any field is set by keyword.

    from tests.solver.builders import departures, tiny_instance, plan_of, plant, stream, leg

    tiny_instance()                                 # one plant, ore in, steel out, nothing tight
    tiny_instance(n_slots=96, start="2026-01-05T16:00:00+08:00")
    tiny_instance(plants=(plant(gates=(gate(capacity_passages=1),)),))
    tiny_instance(links=(link("b", capacity_mpcu_h=5000),))
    tiny_instance(window_limits=(window_limit(max_slots=3),), state=State(...))

The world of the defaults: 30-minute slots from 2026-01-05 08:00, 8 slots, intervals of 2 slots.
Links `a`, `b` lead from the plant's gate `G` to the far end (path `away`), `c`, `d` back (path
`home`), each 6,000 m at 60 km/h = 360 s. The ore leg starts at the plant, empty out and laden home;
with 6 minutes at each end: out through the gate in slot t, in again after 1,800 s in slot t + 1,
unloaded and free after 2,160 s in slot t + 1, so that a truck is away in t and t + 1. The steel
leg is the same with the load on the way out: stock leaves in slot t.

Values per slot or interval are given as one integer for all of them or as a sequence; they are
spread when the grid is known, so pieces that hold such values are written by their fields
(`process(rate_max=10)`) and made by `tiny_instance`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from solver.check import find_violations
from solver.instance import (
    Bar,
    Emission,
    Fleet,
    Gate,
    Instance,
    Leg,
    Link,
    OutputCut,
    Path,
    Plant,
    Pollutant,
    Process,
    RecipeItem,
    State,
    Stock,
    Stream,
    TimeGrid,
    TripCut,
    Value,
    VehicleClass,
    WindowLimit,
    Zone,
)
from solver.plan import Decisions, Departure, Plan, Rates, Release, Window

PER_SLOT = {"hour_weights", "background_mpcu", "cap_mpcu"}
PER_INTERVAL = {"rate_max", "rate_min", "arrivals_kg", "dispatches_kg"}
FLAT_PROFILE = (41,) * 8 + (42,) * 16
PCU_MPCU = {"van": 1500, "heavy": 2500, "trailer": 4000}


@dataclass(frozen=True)
class Piece:
    """A value of the instance whose tuples over time await the grid."""

    kind: type[Value]
    fields: Mapping[str, Any] = field(default_factory=dict)

    def but(self, **fields: Any) -> "Piece":
        return replace(self, fields={**self.fields, **fields})

    def made(self, grid: TimeGrid) -> Any:
        return self.kind(**{name: _spread(name, v, grid) for name, v in self.fields.items()})


def _spread(name: str, value: Any, grid: TimeGrid) -> Any:
    if name in PER_SLOT | PER_INTERVAL and isinstance(value, int):
        return (value,) * (grid.n_slots if name in PER_SLOT else grid.n_intervals)
    if isinstance(value, Piece):
        return value.made(grid)
    if isinstance(value, tuple | list):
        return tuple(item.made(grid) if isinstance(item, Piece) else item for item in value)
    return value


def vehicle_class(id: str, **fields: Any) -> VehicleClass:
    emissions = (Emission(pollutant="nox", laden_mg_km=2000, empty_mg_km=1000),)
    named = {"fuel": "diesel", "emission_stage": "v", "size": id, "emissions": emissions}
    return VehicleClass(id=id, pcu_mpcu=fields.pop("pcu_mpcu", PCU_MPCU[id]), **{**named, **fields})


def zone(id: str = "Z", **fields: Any) -> Piece:
    return Piece(Zone, {"id": id, "population_weight": 1, "hour_weights": 1, **fields})


def link(id: str, **fields: Any) -> Piece:
    road = {"zone": "Z", "length_m": 6000, "speed_kmh": 60, "capacity_mpcu_h": 1_000_000}
    return Piece(Link, {"id": id, **road, "background_mpcu": 0, **fields})


def gate(id: str = "G", **fields: Any) -> Gate:
    return Gate(id=id, **{"capacity_passages": 100, **fields})


def process(id: str = "smelt", **fields: Any) -> Piece:
    """One unit of rate eats 1,000 kg of ore and makes 1,000 kg of steel: 1/30 of a trip each."""
    recipe = (
        RecipeItem(stock="ore", consumes_kg=1000),
        RecipeItem(stock="steel", produces_kg=1000),
    )
    rates = {"rate_max": 30, "rate_min": 0, "hazard_weight": 0, "utrip_per_unit": 66_667}
    return Piece(Process, {"id": id, "recipe": recipe, **rates, **fields})


def stock(id: str, **fields: Any) -> Piece:
    levels = {"now_kg": 300_000, "min_kg": 0, "max_kg": 1_000_000, "breach_process": "smelt"}
    return Piece(Stock, {"id": id, **levels, "arrivals_kg": 0, "dispatches_kg": 0, **fields})


def leg(id: str = "ore.heavy", **fields: Any) -> Leg:
    """A leg of the ore stream; `laden_out=True, laden_back=False` makes one of the steel stream."""
    cycle = {"vehicle_class": "heavy", "starts_at": "plant", "gate_in": "G", "gate_out": "G"}
    roads = {"path_out": "away", "path_back": "home", "laden_out": False, "laden_back": True}
    return Leg(id=id, **{**cycle, **roads, "plant_minutes": 6, "far_minutes": 6, **fields})


def far_leg(id: str = "ore.heavy", **fields: Any) -> Leg:
    """An ore leg that starts at the far end, where path `home` leads to the plant."""
    roads = {"path_out": "home", "path_back": "away", "laden_out": True, "laden_back": False}
    return leg(id, **{"starts_at": "far", **roads, **fields})


def stream(id: str = "ore", **fields: Any) -> Stream:
    """Ore in, or with `id="steel"` steel out; every trip carries 30 t."""
    outward = id == "steel"
    legs = (leg(f"{id}.heavy", laden_out=outward, laden_back=not outward),)
    need = {"payload_kg": 30_000, "need_kg_day": 720_000, "baseline_trips_day": 24}
    told = {"good": id, "direction": "out" if outward else "in", "stock": id, "kind": "ordinary"}
    return Stream(
        id=id, **{**told, **need, "profile_permille": FLAT_PROFILE, "legs": legs, **fields}
    )


def plant(id: str = "P", **fields: Any) -> Piece:
    parts = {
        "enterprise": f"{id}-works",
        "gates": (gate(),),
        "processes": (process(),),
        "stocks": (stock("ore"), stock("steel")),
        "streams": (stream("ore"), stream("steel")),
        "fleets": tuple(Fleet(vehicle_class=name, trucks=100) for name in sorted(PCU_MPCU)),
        "cap_floor_trips": 0,
    }
    return Piece(Plant, {"id": id, **parts, **fields})


def window_limit(**fields: Any) -> WindowLimit:
    """The gates of plant P in slots 0..7: windows of 2 to 6 slots, generous otherwise."""
    run = {"id": "W", "clause": "art. 1", "plant": "P", "first_slot": 0, "end_slot": 8}
    shape = {"min_slots": 2, "max_slots": 6, "max_open_slots_day": 48, "max_windows_day": 24}
    return WindowLimit(**{**run, **shape, "min_pause_slots": 0, **fields})


def trip_cut(**fields: Any) -> TripCut:
    """Plant P's trips halved in slots 0..7."""
    run = {"id": "C", "clause": "art. 2", "plant": "P", "first_slot": 0, "end_slot": 8}
    return TripCut(**{**run, "cut_percent": 50, **fields})


def output_cut(**fields: Any) -> OutputCut:
    """Process smelt halved in intervals 0..3."""
    run = {"id": "O", "clause": "art. 3", "process": "smelt", "first_interval": 0}
    return OutputCut(**{**run, "end_interval": 4, "cut_percent": 50, **fields})


def bar(**fields: Any) -> Bar:
    """Class heavy on ordinary errands in slots 0..7; say where by plants, zones or links."""
    run = {"id": "B", "clause": "art. 4", "kinds": ("ordinary",), "classes": ("heavy",)}
    return Bar(**{**run, "first_slot": 0, "end_slot": 8, **fields})


def tiny_instance(
    *,
    start: str = "2026-01-05T08:00:00+08:00",
    slot_minutes: int = 30,
    n_slots: int = 8,
    interval_slots: int = 2,
    links: Sequence[Piece] = (),
    plants: Sequence[Piece] = (),
    zones: Sequence[Piece] = (),
    **fields: Any,
) -> Instance:
    """`links` stand in for the default ones of the same id or are added; all else replaces."""
    grid = TimeGrid(
        start=start, slot_minutes=slot_minutes, n_slots=n_slots, interval_slots=interval_slots
    )
    roads = {piece.fields["id"]: piece for piece in (*map(link, "abcd"), *links)}
    world = {
        "name": "tiny",
        "pollutants": (Pollutant(id="nox", weight=1),),
        "exposure_divisor": 1,
        "zones": zones or (zone(),),
        "links": tuple(roads[id] for id in sorted(roads)),
        "paths": (Path(id="away", links=("a", "b")), Path(id="home", links=("c", "d"))),
        "vehicle_classes": tuple(vehicle_class(id) for id in sorted(PCU_MPCU)),
        "plants": plants or (plant(),),
        "state": State(),
    }
    return Piece(Instance, {"grid": grid, **world, **fields}).made(grid)


def idle_rates(instance: Instance) -> tuple[Rates, ...]:
    """Every process stands still."""
    still = (0,) * instance.grid.n_intervals
    ids = sorted(p.id for plant in instance.plants for p in plant.processes)
    return tuple(Rates(process=id, rates=still) for id in ids)


def departures(*rows: tuple[str, int, int]) -> tuple[Departure, ...]:
    """Departures from rows (leg, slot, trips), sorted."""
    return tuple(Departure(leg=leg, slot=slot, trips=n) for leg, slot, n in sorted(rows))


def releases(*rows: tuple[str, int, int]) -> tuple[Release, ...]:
    """Releases from rows (leg, slot, trips), sorted."""
    return tuple(Release(leg=leg, slot=slot, trips=n) for leg, slot, n in sorted(rows))


def windows(*rows: tuple[str, int, int]) -> tuple[Window, ...]:
    """Windows from rows (gate, first slot, end slot), sorted."""
    return tuple(Window(gate=gate, first_slot=a, end_slot=b) for gate, a, b in sorted(rows))


def rates(**runs: Sequence[int]) -> tuple[Rates, ...]:
    """rates(smelt=(10, 10, 0, 0)), sorted by process."""
    return tuple(Rates(process=name, rates=tuple(run)) for name, run in sorted(runs.items()))


def plan_of(instance: Instance, **fields: Any) -> Plan:
    """A feasible plan for the instance that claims no stage; processes stand still unless said."""
    decisions = Decisions(**{"rates": idle_rates(instance), **fields})
    return Plan(instance_digest=instance.digest, status="feasible", decisions=decisions)


Breach = tuple[str, str, int | None, int, int]


def breaches_of(instance: Instance, plan: Plan) -> list[Breach]:
    """What the checker finds, as rows (law, where, slot, amount, allowed)."""
    found = find_violations(instance, plan)
    return [(v.law, v.where, v.slot, v.amount, v.allowed) for v in found]
