"""Alerts: declared by the bureau, read by everybody with a key."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.deps import BureauDep, OfficialDep, PrincipalDep, SessionDep
from api.schemas import Declaring, Lifting, Received
from scheduler import alerts, clock, fairness, preparation
from scheduler.cap import exchange
from scheduler.domain.alert import Advice, Alert, Revision, Statement
from scheduler.domain.cap import CapStatus
from scheduler.domain.conflict import MeasureConflict
from scheduler.domain.fairness import Fairness
from scheduler.domain.instant import Instant

router = APIRouter(prefix="/alerts", tags=["alerts"])
CAP = "application/cap+xml"


async def _raw(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_raw)]


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


@router.post(
    "/cap",
    status_code=201,
    openapi_extra={"requestBody": {"required": True, "content": {CAP: {}}}},
)
def receive_cap(
    body: RawBody,
    session: SessionDep,
    _: BureauDep,
    exercise: Annotated[bool, Query(description="Whether exercises are taken as well.")] = False,
) -> Received:
    """Take in a message of CAP 1.2 as a revision of its alert; one that came before makes none."""
    message, revision = exchange.take(session, body, clock.now(), exercise=exercise)
    return Received(message=message.identifier, revision=revision)


@router.get("/{alert}/cap", response_class=Response, responses={200: {"content": {CAP: {}}}})
def get_cap(
    alert: str,
    session: SessionDep,
    _: OfficialDep,
    sender: Annotated[str, Query(description="Who sends it, such as sthj.shenyang.gov.cn.")],
    number: Annotated[int | None, Query(ge=1, description="A revision; else the latest.")] = None,
    status: Annotated[CapStatus, Query(description="Whether it is in earnest.")] = "Actual",
) -> Response:
    """A revision as a message of CAP 1.2: Alert, Update with its references, or Cancel."""
    body = exchange.write(session, alert, number, sender=sender, status=status)
    return Response(body, media_type=CAP)


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


@router.get("/{alert}/fairness")
def get_fairness(
    alert: str,
    session: SessionDep,
    _: OfficialDep,
    at: Annotated[Instant | None, Query(description="Up to then; now, if left out.")] = None,
) -> Fairness:
    """The share of permitted output kept over the alert's episode, by sector, grade and size."""
    return fairness.of_alert(session, alert, at or clock.now())


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
        document_en=body.document_number_en,
        by=body.declared_by,
        by_en=body.declared_by_en,
        known_at=clock.now(),
    )
