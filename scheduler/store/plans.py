"""Repository of plans, which are stored only after the checker passed them."""

from sqlmodel import Session, col, select

from scheduler.domain.publication import PlanRecord
from scheduler.store.sealing import seal
from scheduler.store.tables import PlanRow


def add(session: Session, record: PlanRecord) -> None:
    session.add(PlanRow.of(record))
    session.flush()
    seal(session, "plan", record.id, record, record.made_at)


def find(session: Session, plan: str) -> PlanRecord | None:
    row = session.get(PlanRow, plan)
    return row.value() if row else None


def every(session: Session) -> list[PlanRecord]:
    rows = session.exec(select(PlanRow).order_by(col(PlanRow.made_at), PlanRow.id))
    return [row.value() for row in rows]
