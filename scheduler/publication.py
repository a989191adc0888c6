"""Publishing: a plan becomes official by a numbered record, and stops being so by another one."""

from datetime import datetime, timedelta
from functools import lru_cache

from sqlmodel import Session

from scheduler import alerts, grants, plans
from scheduler.domain.alert import Alert
from scheduler.domain.inherited import Inherited
from scheduler.domain.publication import PlanRequest, Publication, Withdrawal
from scheduler.domain.schedule import PlantSchedule, Schedule
from scheduler.errors import BadInputError, ConflictError, NotFoundError
from scheduler.store import bodies
from scheduler.store import publications as repository
from solver.check import find_violations


def publish(
    session: Session,
    plan: str,
    *,
    in_force_from: datetime,
    by: str,
    known_at: datetime,
    override: str | None = None,
    unsafe_acknowledged: bool = True,
) -> Publication:
    """Put a stored plan in force. It is checked once more, whatever made it.

    Raises ConflictError, naming them, where it leaves plants that cannot be kept safe and that is
    not acknowledged.
    """
    record = plans.get_record(session, plan)
    request = plans.get_request(session, record)
    alert = alerts.get_alert(session, request.alert)
    _refuse_scenario(plan, request)
    _refuse_unfit(alert, request, record.reproducible or override is not None)
    if not unsafe_acknowledged:
        _refuse_unsafe(schedule_of_plan(session, plan), plan)
    if in_force_from < known_at:
        raise BadInputError(
            f"what is published at {known_at} cannot be in force from {in_force_from} on",
            "Give an instant that is not over.",
        )
    _refuse_a_broken_seam(session, request, in_force_from)
    _refuse_without_grants(session, request, in_force_from)
    violations = find_violations(*plans.get_files(session, record))
    if violations:
        raise ConflictError(f"plan {plan} breaks {len(violations)} laws, first {violations[0]}")
    publication = Publication(
        alert=alert.id,
        number=len(repository.every(session, alert.id)) + 1,
        plan=plan,
        in_force_from=in_force_from,
        published_until=schedule_of_plan(session, plan).published_until,
        published_by=by,
        known_at=known_at,
        override=None if record.reproducible else override,
    )
    repository.add(session, publication)
    return publication


def unsafe(schedule: Schedule) -> tuple[PlantSchedule, ...]:
    """The plants that cannot be kept safe, the worst first."""
    short = [plant for plant in schedule.plants if plant.output.safety_missing]
    return tuple(sorted(short, key=lambda p: (-p.output.safety_missing, p.card.plant)))


def _refuse_unsafe(schedule: Schedule, plan: str) -> None:
    named = "; ".join(
        f"{row.card.plant} ({row.card.name_zh}, {row.card.enterprise}): "
        f"{row.output.safety_missing} minutes below its least rate"
        for row in unsafe(schedule)
    )
    if named:
        raise ConflictError(
            f"plan {plan} cannot keep plants safe: {named}",
            f"Read the causes and the bureau's options (GET /v1/plans/{plan}/why, or "
            f"`cuofeng why --plan {plan}`), then publish and acknowledge it.",
        )


def _refuse_scenario(plan: str, request: PlanRequest) -> None:
    if request.posed is not None:
        raise ConflictError(
            f"plan {plan} is of scenario {request.posed.scenario.name}, which nobody declared",
            "Declare or load what it supposes, plan again and publish that plan.",
        )


def _refuse_unfit(alert: Alert, request: PlanRequest, may_be_published: bool) -> None:
    if alert.is_lifted:
        raise ConflictError(f"alert {alert.id} was lifted", "There is nothing left to publish.")
    if request.revision != alert.latest.number:
        raise ConflictError(
            f"the plan answers revision {request.revision} of alert {alert.id}, which stands at "
            f"revision {alert.latest.number}",
            "Plan again.",
        )
    if not may_be_published:
        raise ConflictError(
            "the plan cannot be repeated: a clock ended its search",
            "Plan with counted work, or say in an override why it is published all the same.",
        )


def first_instant(session: Session, plan: str, now: datetime) -> datetime:
    """From when a plan would be in force if nobody says: now, or a re-plan's seam if it is yet to
    come."""
    request = plans.get_request(session, plans.get_record(session, plan))
    if request.inherited is None:
        return now
    body = bodies.body(session, request.inherited)
    return max(now, Inherited.model_validate_json(body).at)


def _refuse_a_broken_seam(session: Session, request: PlanRequest, in_force_from: datetime) -> None:
    """A re-plan counts from its seam on, at the latest while what departs is the same in both
    plans, and only after the publication that it goes on from."""
    if request.inherited is None:
        return
    inherited = Inherited.model_validate_json(bodies.body(session, request.inherited))
    notice = timedelta(minutes=inherited.notice_slots * request.grid.slot_minutes)
    if not inherited.at <= in_force_from <= inherited.at + notice:
        raise ConflictError(
            f"the plan goes on from {inherited.at} and what departs until {inherited.at + notice} "
            f"stays as published; it cannot be in force from {in_force_from} on",
            "Publish it from its first instant on, or plan again.",
        )
    found = repository.in_force(session, request.alert, inherited.at)
    if found is None or found.name != inherited.publication:
        raise ConflictError(
            f"the plan goes on from publication {inherited.publication}, which is not the one in "
            f"force at {inherited.at}",
            "Plan again.",
        )


def _refuse_without_grants(session: Session, request: PlanRequest, in_force_from: datetime) -> None:
    """What was granted becomes part of the next publication, and what was withdrawn of none."""
    bound = {grant.request: grant for grant in grants.of_plan(session, request).grants}
    standing = {
        grant.request: grant
        for grant in grants.standing(session, request.alert, in_force_from).grants
    }
    lacking = sorted(standing.keys() - bound.keys())
    gone = sorted(n for n, g in bound.items() if n not in standing and g.until > in_force_from)
    if lacking or gone:
        told = ", ".join(map(str, (*lacking, *gone)))
        raise ConflictError(
            f"requests were granted or withdrawn since the plan was asked for: {told}",
            "Plan again.",
        )


def withdraw(
    session: Session,
    alert: str,
    number: int,
    *,
    from_instant: datetime,
    reason: str,
    by: str,
    known_at: datetime,
) -> Withdrawal:
    """Take a publication out of force; the record of it stays."""
    get_publication(session, alert, number)
    if repository.find_withdrawal(session, alert, number) is not None:
        raise ConflictError(f"publication {alert}/{number} was withdrawn already")
    withdrawal = Withdrawal(
        alert=alert,
        number=number,
        from_instant=from_instant,
        reason=reason,
        withdrawn_by=by,
        known_at=known_at,
    )
    repository.withdraw(session, withdrawal)
    return withdrawal


def get_publication(session: Session, alert: str, number: int) -> Publication:
    found = repository.find(session, alert, number)
    if found is None:
        raise NotFoundError(f"there is no publication {alert}/{number}")
    return found


def parse_name(name: str) -> tuple[str, int]:
    """The alert and number of a publication's name, ALERT/NUMBER."""
    alert, _, number = name.rpartition("/")
    if not alert or not number.isdecimal():
        raise BadInputError(f"{name} names no publication", "Write ALERT/NUMBER.")
    return alert, int(number)


def list_publications(session: Session, alert: str | None = None) -> list[Publication]:
    return repository.every(session, alert)


def list_withdrawals(session: Session) -> list[Withdrawal]:
    return repository.every_withdrawal(session)


def schedule_of_plan(session: Session, plan: str) -> Schedule:
    return _read_schedule(bodies.body(session, plans.get_record(session, plan).schedule))


@lru_cache(maxsize=8)
def _read_schedule(body: bytes) -> Schedule:
    return Schedule.model_validate_json(body)
