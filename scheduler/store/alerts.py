"""Repository of alerts' revisions and of advice, which never mix."""

from itertools import groupby

from sqlmodel import Session, col, select

from scheduler.domain.alert import Advice, Alert, Revision
from scheduler.store.sealing import seal
from scheduler.store.tables import AdviceRow, RevisionRow


def add(session: Session, revision: Revision) -> None:
    session.add(RevisionRow.of(revision))
    session.flush()
    seal(session, "revision", subject(revision), revision, revision.known_at)


def subject(revision: Revision) -> str:
    return f"{revision.alert}/{revision.number}"


def find(session: Session, alert: str) -> Alert | None:
    query = select(RevisionRow).where(RevisionRow.alert == alert)
    rows = session.exec(query.order_by(col(RevisionRow.number))).all()
    return Alert(id=alert, revisions=tuple(row.value() for row in rows)) if rows else None


def every(session: Session) -> list[Alert]:
    query = select(RevisionRow).order_by(RevisionRow.alert, col(RevisionRow.number))
    revisions = [row.value() for row in session.exec(query)]
    return [
        Alert(id=alert, revisions=tuple(group))
        for alert, group in groupby(revisions, key=lambda revision: revision.alert)
    ]


def add_advice(session: Session, advice: Advice) -> None:
    session.add(AdviceRow.of(advice))
    session.flush()
    seal(session, "advice", advice.id, advice, advice.known_at)


def find_advice(session: Session, advice: str) -> Advice | None:
    row = session.get(AdviceRow, advice)
    return row.value() if row else None


def every_advice(session: Session) -> list[Advice]:
    query = select(AdviceRow).order_by(col(AdviceRow.known_at), AdviceRow.id)
    return [row.value() for row in session.exec(query)]
