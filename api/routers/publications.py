"""Publications: what is official. Every plan is published or withdrawn by a record."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import BureauDep, OfficialDep, SessionDep
from api.schemas import Publishing, Withdrawing
from scheduler import clock, publication
from scheduler.domain.publication import Publication, Withdrawal
from scheduler.domain.schedule import Schedule

router = APIRouter(prefix="/publications", tags=["publications"])


@router.get("")
def list_publications(
    session: SessionDep, _: OfficialDep, alert: Annotated[str | None, Query()] = None
) -> list[Publication]:
    """Every publication, of one alert or of all."""
    return publication.list_publications(session, alert)


@router.post("", status_code=201)
def publish_plan(body: Publishing, session: SessionDep, _: BureauDep) -> Publication:
    """Put a stored plan in force. Where it cannot keep plants safe they are named instead, until
    that is acknowledged; `/v1/plans/{plan}/why` tells the bureau's options."""
    return publication.publish(
        session,
        body.plan,
        in_force_from=body.in_force_from,
        by=body.published_by,
        known_at=clock.now(),
        override=body.override,
        unsafe_acknowledged=body.acknowledge_unsafe,
    )


@router.get("/withdrawals")
def list_withdrawals(session: SessionDep, _: OfficialDep) -> list[Withdrawal]:
    """Every withdrawal."""
    return publication.list_withdrawals(session)


@router.get("/{alert}/{number}")
def get_publication(alert: str, number: int, session: SessionDep, _: OfficialDep) -> Publication:
    """One publication."""
    return publication.get_publication(session, alert, number)


@router.get("/{alert}/{number}/schedule")
def get_schedule(alert: str, number: int, session: SessionDep, _: OfficialDep) -> Schedule:
    """The schedule that a publication puts in force."""
    found = publication.get_publication(session, alert, number)
    return publication.schedule_of_plan(session, found.plan)


@router.post("/{alert}/{number}/withdrawal", status_code=201)
def withdraw_publication(
    alert: str, number: int, body: Withdrawing, session: SessionDep, _: BureauDep
) -> Withdrawal:
    """Take a publication out of force."""
    return publication.withdraw(
        session,
        alert,
        number,
        from_instant=body.from_instant,
        reason=body.reason,
        by=body.withdrawn_by,
        known_at=clock.now(),
    )
