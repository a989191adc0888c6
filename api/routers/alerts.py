"""Alerts: declared by the bureau, read by everybody with a key."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import BureauDep, OfficialDep, PrincipalDep, SessionDep
from api.schemas import Declaring, Lifting
from scheduler import alerts, clock, preparation
from scheduler.domain.alert import Advice, Alert, Revision, Statement
from scheduler.domain.conflict import MeasureConflict

router = APIRouter(prefix="/alerts", tags=["alerts"])


@router.get("")
def list_alerts(session: SessionDep, _: PrincipalDep) -> list[Alert]:
    """Every alert with its revisions."""
    return alerts.list_alerts(session)


@router.post("", status_code=201)
def declare_alert(body: Declaring, session: SessionDep, _: BureauDep) -> Revision:
    """Record a declaration."""
    return alerts.declare(session, body.alert, body.statement, clock.now())


@router.get("/advice")
def list_advice(session: SessionDep, _: OfficialDep) -> list[Advice]:
    """What the rules advised, which declares nothing."""
    return alerts.list_advice(session)


@router.get("/{alert}")
def get_alert(alert: str, session: SessionDep, _: PrincipalDep) -> Alert:
    """An alert with its revisions."""
    return alerts.get_alert(session, alert)


@router.get("/{alert}/conflicts")
def list_conflicts(
    alert: str,
    session: SessionDep,
    _: OfficialDep,
    hours: Annotated[int, Query(ge=1, le=240)] = 48,
) -> tuple[MeasureConflict, ...]:
    """Where the newest measures conflict under an alert, known before it is planned."""
    return preparation.conflicts_of_alert(session, alert, hours)


@router.post("/{alert}/revisions", status_code=201)
def revise_alert(alert: str, body: Statement, session: SessionDep, _: BureauDep) -> Revision:
    """State an alert anew."""
    return alerts.revise(session, alert, body, clock.now())


@router.post("/{alert}/lift", status_code=201)
def lift_alert(alert: str, body: Lifting, session: SessionDep, _: BureauDep) -> Revision:
    """End an alert."""
    return alerts.lift(
        session,
        alert,
        ends_at=body.ends_at,
        document=body.document_number,
        by=body.declared_by,
        known_at=clock.now(),
    )
