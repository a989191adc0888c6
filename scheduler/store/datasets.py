"""Repository of loaded data sets, version by version."""

from sqlalchemy import func, tuple_
from sqlmodel import Session, col, select

from scheduler.domain.dataset import Dataset, DatasetKind
from scheduler.store.sealing import seal
from scheduler.store.tables import DatasetRow


def newest(session: Session, kind: DatasetKind) -> Dataset | None:
    query = select(DatasetRow).where(DatasetRow.kind == kind)
    row = session.exec(query.order_by(col(DatasetRow.version).desc()).limit(1)).one_or_none()
    return row.value() if row else None


def newest_each(session: Session, *kinds: DatasetKind) -> dict[DatasetKind, Dataset]:
    """The newest version of each of some kinds that is loaded, asked for at once."""
    kind, version = col(DatasetRow.kind), col(DatasetRow.version)
    latest = select(kind, func.max(version)).where(kind.in_(kinds)).group_by(kind)
    found = session.exec(select(DatasetRow).where(tuple_(kind, version).in_(latest)))
    return {dataset.kind: dataset for dataset in (row.value() for row in found)}


def of_kind(session: Session, kind: DatasetKind) -> list[Dataset]:
    """Every version of a kind, oldest first."""
    query = select(DatasetRow).where(DatasetRow.kind == kind).order_by(col(DatasetRow.version))
    return [row.value() for row in session.exec(query)]


def add(session: Session, dataset: Dataset) -> None:
    session.add(DatasetRow.of(dataset))
    session.flush()
    seal(session, "dataset", subject(dataset), dataset, dataset.known_at)


def subject(dataset: Dataset) -> str:
    return f"{dataset.kind}/{dataset.version}"


def every(session: Session) -> list[Dataset]:
    rows = session.exec(select(DatasetRow).order_by(DatasetRow.kind, col(DatasetRow.version)))
    return [row.value() for row in rows]
