"""What a request asks of the newest publication, in slots; answered by the solver."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from scheduler import datasets, grants, plans, preparation
from scheduler.domain.directory import PlantCard
from scheduler.domain.gate_window import GateWindow
from scheduler.domain.publication import Publication
from scheduler.domain.request import (
    EmergencyAsked,
    Filing,
    GiveBackTripsAsked,
    Grant,
    GrantedRun,
    GrantedTrips,
    Grants,
    RequestAnswer,
    TripsLeft,
)
from scheduler.errors import ConflictError, NotFoundError
from scheduler.preparation import Stored
from scheduler.prepare.granted import granted_in
from scheduler.prepare.instance import CaseSettings
from scheduler.slots import slot_from
from scheduler.store import bodies
from scheduler.store import datasets as dataset_repository
from scheduler.store import publications as repository
from scheduler.store import requests as request_repository
from scheduler.unaskable import declined
from scheduler.why_not import Telling, named
from scheduler.wishing import Wishing, no_stream, plant_of
from solver.giving import unlocked
from solver.granted import Granted, with_granted
from solver.instance import Instance
from solver.plan import Plan
from solver.wish import WishAnswer, answer_wish
from solver.wish_trial import Wish


class Base(NamedTuple):
    """What an answer rests on: the newest publication, and what was granted since. An answer on
    another base is stale."""

    publication: Publication
    beside: tuple[int, ...]


class Asked(NamedTuple):
    """A request with all that its answer is made from."""

    number: int
    filing: Filing
    known_at: datetime
    base: Base
    instance: Instance
    plan: Plan
    stored: Stored | None
    """To prepare anew with emergency runs; None where there is none."""
    pending: Grants
    """What was granted since the publication."""
    settled_slots: int
    cards: tuple[PlantCard, ...]


def base_of(session: Session, alert: str) -> Base:
    """Raises NotFoundError where nothing is published that stands."""
    publication = newest(session, alert)
    pending = pending_grants(session, publication)
    return Base(publication, pending.requests)


def newest(session: Session, alert: str) -> Publication:
    """The newest publication that is not withdrawn, in force or about to be."""
    standing = [
        row
        for row in repository.every(session, alert)
        if repository.find_withdrawal(session, alert, row.number) is None
    ]
    if not standing:
        raise declined(NotFoundError, "unpublished", "in_force", alert=alert)
    return standing[-1]


def pending_grants(session: Session, publication: Publication) -> Grants:
    """What was granted since a publication, whose plan is not bound by it yet."""
    request = plans.get_request(session, plans.get_record(session, publication.plan))
    known = set(grants.of_plan(session, request).requests)
    found = grants.standing(session, publication.alert, request.grid.at(0))
    return Grants(grants=tuple(g for g in found.grants if g.request not in known))


def ask(session: Session, filing: Filing, now: datetime, number: int | None = None) -> Asked:
    """All that the answer needs, read in one transaction; `number` of a request that is known."""
    publication = newest(session, filing.alert)
    record = plans.get_record(session, publication.plan)
    instance, plan = plans.get_files(session, record)
    request = plans.get_request(session, record)
    pending = pending_grants(session, publication)
    runs = isinstance(filing.asked, EmergencyAsked) or any(g.run for g in pending.grants)
    notice = timedelta(minutes=notice_minutes(session))
    grid = instance.grid
    settled = slot_from(grid, now + notice)
    if settled >= grid.n_slots:
        end = f"{grid.at(grid.n_slots):%Y-%m-%d %H:%M}"
        name = publication.name
        raise declined(ConflictError, "run_out", "next_one", publication=name, end=end)
    return Asked(
        number=number or len(request_repository.every(session)) + 1,
        filing=filing,
        known_at=now,
        base=Base(publication, pending.requests),
        instance=instance,
        plan=plan,
        stored=preparation.stored_of(session, request) if runs else None,
        pending=pending,
        settled_slots=max(0, settled),
        cards=datasets.newest_directory(session).plants,
    )


def notice_minutes(session: Session) -> int:
    """What departs so soon stays as published; 0 where the settings say nothing."""
    found = dataset_repository.newest(session, "settings")
    if found is None:
        return 0
    settings = CaseSettings.model_validate_json(bodies.body(session, found.digest)).replans
    return settings.notice_minutes if settings else 0


def solve(asked: Asked) -> RequestAnswer:
    """The answer, which takes a second or some. Raises BadInputError for what cannot be asked of
    the plan, ConflictError where what was granted before no longer fits it."""
    run = _run(asked)
    instance, plan, carried = _with_pending(asked, *_with_runs(asked, None))
    if run is not None:
        armed, _ = _with_runs(asked, run)
        instance, plan = _of(with_granted(armed, carried), plan)
    if isinstance(asked.filing.asked, GiveBackTripsAsked):
        instance, plan = unlocked(instance, plan, asked.filing.plant, asked.settled_slots)
    assert plan.decisions is not None, "what is published decides"
    grant = Grant(request=asked.number, plants=(asked.filing.plant,), run=run)
    wishing = Wishing(asked.filing, instance, plan.decisions, asked.settled_slots)
    answer = answer_wish(instance, plan, wishing.wish(grant))
    return _told(asked, instance, answer, grant)


def _run(asked: Asked) -> GrantedRun | None:
    """An emergency run by trucks of the class that the plant has most of for the stream."""
    body = asked.filing.asked
    if not isinstance(body, EmergencyAsked):
        return None
    plant = plant_of(asked.instance, asked.filing.plant)
    stream = next((s for s in plant.streams if s.id == body.stream), None)
    if stream is None or not stream.legs:
        raise no_stream(plant, body.stream)
    trucks = {fleet.vehicle_class: fleet.trucks for fleet in plant.fleets}
    named = sorted({leg.vehicle_class for leg in stream.legs})
    return GrantedRun(
        plant=plant.id,
        stream=stream.id,
        vehicle_class=max(named, key=lambda name: trucks[name]),
        trips=body.trips,
        document=body.document,
        filed_at=asked.known_at.replace(second=0, microsecond=0),
        from_instant=body.from_instant,
        to_instant=body.to_instant,
    )


def _with_runs(asked: Asked, run: GrantedRun | None) -> tuple[Instance, Plan]:
    """The instance of the publication with emergency runs and their filings in it."""
    runs = [g for g in asked.pending.grants if g.run is not None]
    rows = [Grant(request=g.request, plants=g.plants, run=g.run) for g in runs]
    if run is not None:
        rows.append(Grant(request=asked.number, plants=(run.plant,), run=run))
    if asked.stored is None or not rows:
        return asked.instance, asked.plan
    known = asked.stored.granted.grants
    stored = asked.stored._replace(granted=Grants(grants=(*known, *rows)))
    return _of(preparation.prepare(stored).instance, asked.plan)


def _of(instance: Instance, plan: Plan) -> tuple[Instance, Plan]:
    """A plan's decisions as a plan of another instance."""
    assert plan.decisions is not None, "what is published decides"
    made = Plan(
        instance_digest=instance.digest,
        status="feasible",
        decisions=plan.decisions,
        solver=plan.solver,
    )
    return instance, made


def _with_pending(
    asked: Asked, instance: Instance, plan: Plan
) -> tuple[Instance, Plan, list[Granted]]:
    """What was granted since the publication carried out one after the other, under all laws. What
    is settled by now can be carried out no more and is left out."""
    carried: list[Granted] = []
    for grant, granted in zip(
        asked.pending.grants, granted_in(instance, asked.pending.grants), strict=True
    ):
        if _first_slot(granted) < asked.settled_slots:
            continue
        wish = Wish(
            name=grant.name,
            clause=granted.clause,
            plants=grant.plants,
            settled_slots=asked.settled_slots,
            open=granted.open,
            shut=granted.shut,
            trips=granted.trips,
            left=granted.left,
        )
        answer = answer_wish(instance, plan, wish)
        if answer.plan is None:
            raise declined(
                ConflictError,
                "grant_unfit",
                "plan_again",
                number=grant.request,
                publication=asked.base.publication.name,
            )
        instance, plan = _of(with_granted(instance, [granted]), answer.plan)
        carried.append(granted)
    return instance, plan, carried


def _first_slot(granted: Granted) -> int:
    slots = [run.first_slot for run in (*granted.open, *granted.shut)]
    slots += [row.slot for row in granted.trips] + [row.slot for row in granted.left]
    return min(slots, default=0)


def _told(asked: Asked, instance: Instance, answer: WishAnswer, grant: Grant) -> RequestAnswer:
    tell = Telling(instance, named(asked.cards))
    return RequestAnswer(
        publication=asked.base.publication.name,
        beside=asked.base.beside,
        kind=answer.kind,
        stages=answer.stages,
        moved=tell.moved(answer.moved),
        reasons=tuple(tell.reason(reason) for reason in answer.reasons),
        irreducible=answer.irreducible,
        nearest=tuple(tell.span(slots) for slots in answer.nearest),
        grant=None if answer.granted is None else _granted(instance, answer, grant),
    )


def _granted(instance: Instance, answer: WishAnswer, grant: Grant) -> Grant:
    assert answer.granted is not None, "it fits"
    at = instance.grid.at
    shown = [
        tuple(
            GateWindow(gate=run.gate, opens_at=at(run.first_slot), closes_at=at(run.end_slot))
            for run in runs
        )
        for runs in (answer.granted.open, answer.granted.shut)
    ]
    return grant.model_copy(
        update={
            "plants": tuple(row.plant for row in answer.moved),
            "open": shown[0],
            "shut": shown[1],
            "trips": tuple(
                GrantedTrips(leg=row.leg, starts_at=at(row.slot), trips=row.trips)
                for row in answer.granted.trips
            ),
            "left": tuple(
                TripsLeft(leg=row.leg, starts_at=at(row.slot), trips=row.trips)
                for row in answer.granted.left
            ),
        }
    )
