"""What if: scenarios of an alert planned side by side before anything is published.

Every scenario is a planning job of its own with the same work and seed, so that differences are the
scenario's. A scenario's plan is stored like any other, once the checker passed it, and refused by
`publication.publish`; the alert and the data stay as they are.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlmodel import Session

from scheduler import jobs, plans, publication
from scheduler.domain.directory import PlantCard
from scheduler.domain.instant import Instant
from scheduler.domain.job import Job, JobState
from scheduler.domain.network import Network
from scheduler.domain.publication import PlanRequest
from scheduler.domain.scenario import Posed, Scenario
from scheduler.domain.schedule import PlantSchedule, Schedule
from scheduler.domain.what_if import Fares, Ordered, Outcome, PlantOutcome, WhatIf
from scheduler.errors import BadInputError, NotFoundError
from scheduler.store import bodies

AS_DECLARED = "as-declared"
MOST_SCENARIOS = 10
UTRIP = 1_000_000


class _Asked(NamedTuple):
    job: Job
    request: PlanRequest
    posed: Posed


def ask(
    session: Session, request: PlanRequest, scenarios: Sequence[Scenario], at: Instant
) -> WhatIf:
    """Queue the plans of some scenarios, and first of all that of what is declared. Raises
    BadInputError with all that is wrong."""
    _refuse(session, request, scenarios)
    group = secrets.token_hex(6)
    for number, scenario in enumerate((Scenario(name=AS_DECLARED), *scenarios)):
        posed = Posed(group=group, number=number, scenario=scenario)
        jobs.request_plan(session, request.model_copy(update={"posed": posed}), at)
    return find(session, group)


def _refuse(session: Session, request: PlanRequest, scenarios: Sequence[Scenario]) -> None:
    names = [AS_DECLARED, *(scenario.name for scenario in scenarios)]
    faults = [
        f"scenario {name} stands twice" for name in dict.fromkeys(names) if names.count(name) > 1
    ]
    faults += [f"scenario {s.name} changes nothing" for s in scenarios if s.changes_nothing]
    if not 1 <= len(scenarios) <= MOST_SCENARIOS:
        faults.append(f"{len(scenarios)} scenarios are asked for, not 1 to {MOST_SCENARIOS}")
    closed = {road.link for scenario in scenarios for road in scenario.closed}
    if closed:
        digest = next(item.digest for item in request.inputs if item.role == "network")
        network = Network.model_validate_json(bodies.body(session, digest))
        known = {link.link_id for link in network.links}
        faults += [f"there is no link {link} to close" for link in sorted(closed - known)]
    if faults:
        raise BadInputError("; ".join(faults), "Name other scenarios.")


def list_groups(session: Session) -> list[WhatIf]:
    """All that was asked, the newest first."""
    groups = dict.fromkeys(row.posed.group for row in reversed(list(_asked(session))))
    return [find(session, group) for group in groups]


def find(session: Session, group: str) -> WhatIf:
    """What was asked under an id, with the plans made so far. Raises NotFoundError."""
    asked = sorted(
        (row for row in _asked(session) if row.posed.group == group),
        key=lambda row: row.posed.number,
    )
    if not asked:
        raise NotFoundError(f"there is no what-if {group}", "List them: `cuofeng what-if list`.")
    made = {
        row.posed.number: publication.schedule_of_plan(session, row.job.id)
        for row in asked
        if row.job.state is JobState.DONE
    }
    request = asked[0].request
    return WhatIf(
        id=group,
        alert=request.alert,
        asked_at=asked[0].job.queued_at,
        starts_at=request.grid.at(0),
        published_until=request.grid.at(request.published_slots),
        ordered=tuple(Ordered(scenario=row.posed.scenario, job=row.job) for row in asked),
        outcomes=tuple(
            _outcome(session, row, made[row.posed.number], made.get(0))
            for row in asked
            if row.posed.number in made
        ),
        cards=_cards(made.values()),
    )


def cancel(session: Session, group: str, at: Instant) -> WhatIf:
    """Cancel what is not over yet of a what-if."""
    for row in find(session, group).ordered:
        if not row.job.state.is_over:
            jobs.cancel(session, row.job.id, at)
    return find(session, group)


def _asked(session: Session) -> Iterator[_Asked]:
    for job in jobs.list_jobs(session):
        request = jobs.request_of(session, job)
        if request.posed is not None:
            yield _Asked(job, request, request.posed)


def _outcome(session: Session, asked: _Asked, schedule: Schedule, base: Schedule | None) -> Outcome:
    then = {row.plant: row for row in plant_outcomes(base)} if base else {}
    return Outcome(
        scenario=asked.posed.scenario,
        plan=asked.job.id,
        reproducible=plans.get_record(session, asked.job.id).reproducible,
        stages=schedule.stages,
        plants=tuple(
            row.model_copy(update={"fares": fares(row, then[row.plant])})
            if row.plant in then
            else row
            for row in plant_outcomes(schedule)
        ),
    )


def plant_outcomes(schedule: Schedule) -> tuple[PlantOutcome, ...]:
    """What a schedule means for each plant that works, by id."""
    bound = [_bound(row, schedule) for row in schedule.plants]
    free = [
        PlantOutcome(plant=card.plant, free=True)
        for card in schedule.unplanned
        if card.status == "working"
    ]
    return tuple(sorted((*bound, *free), key=lambda row: row.plant))


def _bound(row: PlantSchedule, schedule: Schedule) -> PlantOutcome:
    until = schedule.published_until
    minutes = sum(
        (min(w.closes_at, until) - w.opens_at).total_seconds() // 60
        for w in row.windows
        if w.opens_at < until
    )
    return PlantOutcome(
        plant=row.card.plant,
        safety_missing=row.output.safety_missing,
        made_utrip=row.output.permitted_utrip - row.output.lost_utrip,
        lost_utrip=row.output.lost_utrip,
        trips=row.planned_trips,
        open_minutes=int(minutes),
    )


def fares(row: PlantOutcome, then: PlantOutcome) -> Fares:
    """How a plant fares beside what it has as declared: to be free is best, then it is kept safe,
    then it makes more by a whole trip."""
    if row.free or then.free:
        return "same" if row.free == then.free else "gains" if row.free else "loses"
    if row.safety_missing != then.safety_missing:
        return "gains" if row.safety_missing < then.safety_missing else "loses"
    more = row.made_utrip - then.made_utrip
    if abs(more) < UTRIP:
        return "same"
    return "gains" if more > 0 else "loses"


def _cards(schedules: Iterable[Schedule]) -> tuple[PlantCard, ...]:
    found: dict[str, PlantCard] = {}
    for schedule in schedules:
        cards = (*(row.card for row in schedule.plants), *schedule.unplanned)
        found |= {card.plant: card for card in cards if card.plant not in found}
    return tuple(found[plant] for plant in sorted(found))
