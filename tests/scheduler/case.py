"""A published case of one plant in a database: an alert, its plan, and who the plants are.

The tiny instance of the solver's tests from 08:00 to 12:00 with a window limit over all of it; the
plan opens gate G from 08:30 to 10:00. Plant P works, X is exempt, C is closed.
"""

from datetime import datetime, timedelta

from sqlmodel import Session

from scheduler import alerts, datasets, planning, plans, publication
from scheduler.domain.alert import Area, Level, Statement
from scheduler.domain.directory import Directory, PlantCard, Provenance, UsedFactor
from scheduler.domain.gate_window import GateWindow
from scheduler.domain.measure import Exemption, MeasureSet, WindowRule
from scheduler.domain.publication import (
    InputDigest,
    PlanRecord,
    PlanRequest,
    Publication,
    SolveWork,
)
from scheduler.domain.revised import MovedWindow, PlantChange, Revised
from scheduler.domain.schedule import Schedule
from scheduler.store import bodies
from scheduler.timetable import make_schedule
from solver.instance import Instance, RecipeItem
from solver.plan import Plan
from tests.solver.builders import (
    Piece,
    departures,
    gate,
    leg,
    link,
    plan_of,
    plant,
    process,
    rates,
    stock,
    stream,
    tiny_instance,
    trip_cut,
    window_limit,
    windows,
)

KNOWN = datetime.fromisoformat("2026-01-05T07:00:00+08:00")
START = datetime.fromisoformat("2026-01-05T08:00:00+08:00")
WORK = SolveWork(time_limit_s=60, deterministic_limit=1, seed=0, workers=1)


def at(time: str, day: int = 5) -> datetime:
    return datetime.fromisoformat(f"2026-01-{day:02}T{time}:00+08:00")


def statement(level: Level = Level.RED, end: datetime | None = None) -> Statement:
    return Statement(
        areas=(Area(level=level, cities=("shenyang",)),),
        starts_at=START,
        ends_at=end,
        declared_by="Shenyang",
        document_number="2026-1",
    )


def card(plant: str, city: str = "shenyang", **fields: object) -> PlantCard:
    named = {"name_zh": f"{plant}厂", "name_en": f"{plant} works", "sector": "steel", "grade": "B"}
    told = {"plant": plant, "enterprise": f"{plant}-works", "city": city, **named, **fields}
    return PlantCard.model_validate(told)


def directory() -> Directory:
    return Directory(
        plants=(
            card("C", status="closed", clause="closed in 2020"),
            card("D", city="dalian"),
            card("P"),
            card("X", exempt_clause="grade A, art. 7"),
        ),
        provenance=Provenance(read=1, derived=2, assumed=3),
    )


def worked_plan(**fields: object) -> tuple[Instance, Plan]:
    instance = tiny_instance(window_limits=(window_limit(),))
    plan = plan_of(
        instance,
        departures=departures(("ore.heavy", 1, 2), ("steel.heavy", 2, 1)),
        windows=windows(("G", 1, 4)),
        rates=rates(smelt=(20, 20, 30, 30)),
    )
    return instance, plan.model_copy(update={"reproducible": True, **fields})


def scheduled(
    instance: Instance, plan: Plan, named: Directory | None = None, published_slots: int = 8
) -> Schedule:
    return make_schedule(
        instance,
        plan,
        named or directory(),
        published_slots=published_slots,
        causes={},
        comparison=None,
    )


def put_inputs(session: Session, instance: Instance) -> PlanRequest:
    """Declare the alert, load the directory, keep the instance."""
    alerts.declare(session, "a-1", statement(), KNOWN)
    loaded, _ = datasets.load(session, "directory", "case", directory(), KNOWN)
    return PlanRequest(
        alert="a-1",
        revision=1,
        inputs=(InputDigest(role="directory", digest=loaded.digest),),
        instance=bodies.keep(session, "instance", instance.canonical()),
        grid=instance.grid,
        published_slots=8,
        work=WORK,
    )


def put_plan(
    session: Session,
    plan_id: str = "plan-1",
    factors: tuple[UsedFactor, ...] = (),
    **fields: object,
) -> PlanRecord:
    instance, plan = worked_plan(**fields)
    planning.refuse_unlawful(instance, plan)
    request = bodies.keep_value(session, "request", put_inputs(session, instance))
    return planning.keep_plan(
        session,
        plan_id,
        request,
        instance=instance,
        plan=plan,
        schedule=scheduled(instance, plan).model_copy(update={"factors": factors}),
        made_at=KNOWN,
    )


def put_measures(session: Session) -> None:
    """Measures whose clauses are the case's, with what they say in English."""
    of = {"source": "test", "status": "assumed"}
    windows = WindowRule(
        measure_id="windows",
        min_minutes=60,
        max_minutes=180,
        max_open_minutes_day=240,
        max_windows_day=2,
        min_pause_minutes=30,
        clause="art. 1",
        clause_en="article one: windows",
        **of,
    )
    free = Exemption(
        measure_id="grade-a", clause="grade A, art. 7", clause_en="article seven: grade A", **of
    )
    measures = MeasureSet(
        name="case",
        emission_bars=(),
        trip_caps=(),
        window_limits=(windows,),
        output_cuts=(),
        exemptions=(free,),
        drawdowns=(),
        zone_caps=(),
    )
    datasets.load(session, "measures", "case", measures, KNOWN)


def put_revised_plan(session: Session, plan_id: str = "plan-3") -> PlanRecord:
    """The first plan again as one that goes on from publication 1, whose window opened earlier."""
    was = GateWindow(gate="G", opens_at=at("08:00"), closes_at=at("10:00"))
    moved = MovedWindow(
        plant="P",
        was=was,
        now=was.model_copy(update={"opens_at": at("08:30")}),
        by_minutes=30,
        reason="worth",
    )
    revised = Revised(
        publication="a-1/1",
        at=START,
        items=(),
        n_windows=1,
        n_moved=1,
        n_forced=0,
        changes=(PlantChange(plant="P", windows=(moved,), trips_more=0, trips_fewer=0),),
        overrides=(),
        lost=(),
    )
    instance, plan = worked_plan()
    return planning.keep_plan(
        session,
        plan_id,
        plans.get_record(session, "plan-1").request,
        instance=instance,
        plan=plan,
        schedule=scheduled(instance, plan).model_copy(update={"revised": revised}),
        made_at=KNOWN,
    )


def put_unsafe_plan(session: Session, plan_id: str = "plan-2") -> PlanRecord:
    """Beside the first plan one of the same alert that cannot keep the furnace of P going: its
    yard is empty and no trip is allowed."""
    furnace = plant(
        processes=(process(rate_min=10, hazard_weight=1),),
        stocks=(stock("ore", now_kg=0), stock("steel")),
        streams=(stream("ore"),),
    )
    instance = tiny_instance(
        plants=(furnace,),
        window_limits=(window_limit(),),
        trip_cuts=(trip_cut(cut_percent=100),),
    )
    made = plan_of(instance, rates=rates(smelt=(0, 0, 0, 0)))
    plan = made.model_copy(update={"reproducible": True})
    planning.refuse_unlawful(instance, plan)
    first = plans.get_request(session, plans.get_record(session, "plan-1"))
    of = {"instance": bodies.keep(session, "instance", instance.canonical())}
    request = bodies.keep_value(session, "request", first.model_copy(update=of))
    return planning.keep_plan(
        session,
        plan_id,
        request,
        instance=instance,
        plan=plan,
        schedule=scheduled(instance, plan),
        made_at=KNOWN,
    )


def publish(session: Session, start: datetime = START, plan: str = "plan-1") -> Publication:
    return publication.publish(
        session, plan, in_force_from=start, by="bureau", known_at=KNOWN + timedelta(minutes=5)
    )


def _crowded_plant(number: int) -> Piece:
    """Ore in by two classes of truck and steel out by a third, from a plant that lives hand to
    mouth."""
    ore, steel, made, gate_id = (f"{name}{number}" for name in ("ore", "steel", "smelt", "G"))
    gates = {"gate_in": gate_id, "gate_out": gate_id}
    out = {"vehicle_class": "trailer", "laden_out": True, "laden_back": False}
    recipe = (RecipeItem(stock=ore, consumes_kg=1000), RecipeItem(stock=steel, produces_kg=1000))
    ore_legs = tuple(leg(f"{ore}.{c}", vehicle_class=c, **gates) for c in ("heavy", "van"))
    steel_legs = (leg(f"{steel}.trailer", **out, **gates),)
    return plant(
        f"P{number}",
        gates=(gate(gate_id, capacity_passages=4),),
        processes=(process(made, recipe=recipe),),
        stocks=(
            stock(ore, breach_process=made, now_kg=40_000, end_min_kg=40_000),
            stock(steel, breach_process=made, now_kg=0, max_kg=200_000),
        ),
        streams=(
            stream("ore").model_copy(update={"id": ore, "stock": ore, "legs": ore_legs}),
            stream("steel").model_copy(update={"id": steel, "stock": steel, "legs": steel_legs}),
        ),
    )


def crowded_instance(n_plants: int) -> Instance:
    """Plants that share one tight link for a day, hard enough to keep the solver busy."""
    limits = (
        window_limit(id=f"W{n}", plant=f"P{n}", end_slot=48, max_open_slots_day=14)
        for n in range(n_plants)
    )
    return tiny_instance(
        n_slots=48,
        plants=tuple(_crowded_plant(n) for n in range(n_plants)),
        window_limits=tuple(limits),
        links=(link("b", capacity_mpcu_h=20_000 + 4000 * n_plants),),
    )
