"""A case of three plants of Fushun, planned and published step by step in a database."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlmodel import Session

from fixtures.liaoning import Case, load_case
from scheduler import alerts, datasets, inputs, planning, preparation, publication, solving
from scheduler.domain.alert import Area, Level, Revision, Statement
from scheduler.domain.publication import PlanRecord, Publication, SolveWork
from scheduler.domain.revised import Revised
from scheduler.prepare.instance import CaseInputs
from scheduler.revising import revised_of
from scheduler.store import bodies
from scheduler.store.database import Database
from scheduler.timetable import make_schedule
from solver.instance import Instance
from solver.plan import Decisions, Plan

PLANTS = ("fushun-aluminium", "fushun-tegang", "fushun-xingang")
WORK = SolveWork(time_limit_s=None, deterministic_limit=0.5, seed=0, workers=1)
SLOT_MINUTES = 60
CITY = "fushun"


def at(text: str) -> datetime:
    """An instant of November 2015, as 06T16:20."""
    return datetime.fromisoformat(f"2015-11-{text}:00+08:00")


@cache
def whole_case() -> Case:
    return load_case()


def only(registry: Any, plants: Iterable[str]) -> Any:
    """The registry with the rows of some plants."""
    kept = set(plants)
    rows = {
        name: tuple(row for row in getattr(registry, name) if row.plant_id in kept)
        for name in ("plants", "gates", "processes", "stocks", "streams", "fleets")
    }
    processes = {row.process_id for row in rows["processes"]}
    stocks = {row.stock_id for row in rows["stocks"]}
    rows["recipes"] = tuple(r for r in registry.recipes if r.process_id in processes)
    rows["consignments"] = tuple(c for c in registry.consignments if c.stock_id in stocks)
    fields = {name: getattr(registry, name) for name in type(registry).model_fields}
    return type(registry)(**(fields | rows))


def small_inputs() -> CaseInputs:
    """Three plants; from hour 120 of an episode orange cuts trips by more."""
    given = whole_case().inputs
    orange = next(rule for rule in given.measures.trip_caps if rule.measure_id == "trips-orange")
    later = orange.model_copy(
        update={
            "measure_id": "trips-orange-120",
            "from_episode_hour": 120,
            "cut_percent": min(100, orange.cut_percent + 20),
        }
    )
    caps = tuple(sorted((*given.measures.trip_caps, later), key=lambda rule: rule.measure_id))
    return given._replace(
        registry=only(given.registry, PLANTS),
        measures=given.measures.model_copy(update={"trip_caps": caps}),
    )


def load(session: Session, given: CaseInputs, known_at: datetime) -> None:
    inputs.load_inputs(session, Loaded(given), known_at)


class Loaded(NamedTuple):
    """What `load_inputs` asks of a case."""

    inputs: CaseInputs

    @property
    def forecast(self) -> Any:
        return whole_case().forecast

    @property
    def settings(self) -> Any:
        return whole_case().settings


def statement(level: Level, start: str, end: str | None, number: str) -> Statement:
    return Statement(
        areas=(Area(level=level, cities=(CITY,)),),
        starts_at=at(start),
        ends_at=at(end) if end else None,
        declared_by="Fushun",
        document_number=number,
    )


class Step(NamedTuple):
    """A publication with what it was made of."""

    publication: Publication
    instance: Instance
    decisions: Decisions
    revised: Revised | None
    notice_slots: int


def step(database: Database, alert: str, seam: datetime | None, now: datetime) -> Step:
    """Plan an alert, from a seam on if one is named, and publish the plan."""
    with database.writing() as session:
        request = preparation.ask_first_or_again(
            session,
            alert,
            seam,
            now=now,
            hours=36,
            published_hours=24,
            work=WORK,
            slot_minutes=SLOT_MINUTES,
        )
        stored = preparation.stored_of(session, request)
        digest = bodies.keep_value(session, "request", request)
    record, instance, plan, change = made_of(database, stored, digest, now)
    with database.writing() as session:
        made = publication.publish(
            session,
            record.id,
            in_force_from=publication.first_instant(session, record.id, now),
            by="bureau",
            known_at=now,
        )
    assert plan.decisions is not None
    notice = stored.inherited.notice_slots if stored.inherited else 0
    return Step(made, instance, plan.decisions, change, notice)


def made_of(
    database: Database, stored: preparation.Stored, request: str, now: datetime
) -> tuple[PlanRecord, Instance, Plan, Revised | None]:
    """The plan of a request, solved, checked and stored; causes of shortfalls are not asked."""
    prepared = preparation.prepare(stored)
    instance = prepared.instance
    with solving.solving_in(WORK.workers) as executor:
        plan = solving.run_solver(instance, WORK, executor, lambda _: None, lambda: False)
    planning.refuse_unlawful(instance, plan)
    assert plan.decisions is not None
    change = None
    if stored.inherited is not None:
        change = revised_of(instance, plan, stored.inherited, prepared.overrides, prepared.lost)
    schedule = make_schedule(
        instance,
        plan,
        prepared.directory,
        published_slots=stored.request.published_slots,
        causes={},
        comparison=None,
        revised=change,
    )
    with database.writing() as session:
        datasets.load(session, "directory", instance.name, prepared.directory, now)
        record = planning.keep_plan(
            session,
            f"plan-{stored.request.alert}-{now:%d%H%M}",
            request,
            instance=instance,
            plan=plan,
            schedule=schedule,
            made_at=now,
        )
    return record, instance, plan, change


def declared(database: Database, alert: str, said: Statement, known: datetime) -> Revision:
    with database.writing() as session:
        return alerts.declare(session, alert, said, known)


def revised(database: Database, alert: str, said: Statement, known: datetime) -> Revision:
    with database.writing() as session:
        return alerts.revise(session, alert, said, known)
