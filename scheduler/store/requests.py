"""Repository of what enterprises ask for and the steps taken on it, added and never edited."""

from datetime import datetime

from sqlmodel import Session, col, select

from scheduler.domain.request import Action, Filing, Request, RequestAnswer, RequestStep
from scheduler.store import bodies
from scheduler.store.sealing import seal
from scheduler.store.tables import RequestRow, RequestStepRow


def add(
    session: Session,
    filing: Filing,
    *,
    enterprise: str,
    counterpart: str | None,
    by: str,
    known_at: datetime,
) -> Request:
    request = Request(
        number=len(every(session)) + 1,
        filing=filing,
        enterprise=enterprise,
        counterpart=counterpart,
        filed_by=by,
        known_at=known_at,
    )
    session.add(RequestRow.of(request))
    session.flush()
    seal(session, "request", str(request.number), request, known_at)
    return request


def add_step(
    session: Session,
    request: int,
    action: Action,
    *,
    by: str,
    known_at: datetime,
    told: str = "",
    answer: RequestAnswer | None = None,
) -> RequestStep:
    kept = None if answer is None else bodies.keep_value(session, "request_answer", answer)
    step = RequestStep(
        request=request,
        number=len(steps(session, request)) + 1,
        action=action,
        by=by,
        told=told,
        answer=kept,
        known_at=known_at,
    )
    session.add(RequestStepRow.of(step))
    session.flush()
    seal(session, "request_step", f"{step.request}/{step.number}", step, known_at)
    return step


def find(session: Session, number: int) -> Request | None:
    row = session.get(RequestRow, number)
    return row.value() if row else None


def every(session: Session, alert: str | None = None) -> list[Request]:
    query = select(RequestRow).order_by(col(RequestRow.number))
    if alert is not None:
        query = query.where(RequestRow.alert == alert)
    return [row.value() for row in session.exec(query)]


def steps(session: Session, request: int) -> list[RequestStep]:
    query = (
        select(RequestStepRow)
        .where(RequestStepRow.request == request)
        .order_by(col(RequestStepRow.number))
    )
    return [row.value() for row in session.exec(query)]
