"""Repository of publications and withdrawals, both added and never edited."""

from datetime import datetime

from sqlmodel import Session, col, select

from scheduler.domain.publication import Publication, Withdrawal
from scheduler.store.sealing import seal
from scheduler.store.tables import PublicationRow, WithdrawalRow


def add(session: Session, publication: Publication) -> None:
    session.add(PublicationRow.of(publication))
    session.flush()
    seal(session, "publication", publication.name, publication, publication.known_at)


def withdraw(session: Session, withdrawal: Withdrawal) -> None:
    session.add(WithdrawalRow.of(withdrawal))
    session.flush()
    subject = f"{withdrawal.alert}/{withdrawal.number}"
    seal(session, "withdrawal", subject, withdrawal, withdrawal.known_at)


def find(session: Session, alert: str, number: int) -> Publication | None:
    row = session.get(PublicationRow, (alert, number))
    return row.value() if row else None


def find_withdrawal(session: Session, alert: str, number: int) -> Withdrawal | None:
    row = session.get(WithdrawalRow, (alert, number))
    return row.value() if row else None


def every(session: Session, alert: str | None = None) -> list[Publication]:
    query = select(PublicationRow).order_by(PublicationRow.alert, col(PublicationRow.number))
    if alert is not None:
        query = query.where(PublicationRow.alert == alert)
    return [row.value() for row in session.exec(query)]


def every_withdrawal(session: Session) -> list[Withdrawal]:
    query = select(WithdrawalRow).order_by(WithdrawalRow.alert, col(WithdrawalRow.number))
    return [row.value() for row in session.exec(query)]


def in_force(session: Session, alert: str, at: datetime) -> Publication | None:
    """The publication of an alert that counts at an instant: the newest one in force by then,
    unless it is withdrawn by then."""
    query = (
        select(PublicationRow)
        .where(PublicationRow.alert == alert, col(PublicationRow.in_force_from) <= at)
        .order_by(col(PublicationRow.number).desc())
        .limit(1)
    )
    row = session.exec(query).one_or_none()
    if row is None:
        return None
    withdrawal = find_withdrawal(session, alert, row.number)
    withdrawn = withdrawal is not None and withdrawal.from_instant <= at
    return None if withdrawn else row.value()


def next_change(session: Session, alert: str, at: datetime) -> datetime | None:
    """The next instant after `at` at which another publication, or none, counts."""
    rows = every(session, alert)
    withdrawals = [w for w in every_withdrawal(session) if w.alert == alert]
    instants = [row.in_force_from for row in rows] + [w.from_instant for w in withdrawals]
    return min((instant for instant in instants if instant > at), default=None)
