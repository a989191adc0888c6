"""Repository of stored bytes, each under its own SHA-256."""

from pydantic import BaseModel
from sqlmodel import Session, select

from scheduler.errors import NotFoundError
from scheduler.record.canonical import canonical, digest_of
from scheduler.store.tables import StoredRow


def keep(session: Session, kind: str, body: bytes) -> str:
    """Store bytes and give their digest; what is there already stays as it is."""
    digest = digest_of(body)
    if session.get(StoredRow, digest) is None:
        session.add(StoredRow(digest=digest, kind=kind, body=body))
        session.flush()
    return digest


def keep_value(session: Session, kind: str, value: BaseModel) -> str:
    return keep(session, kind, canonical(value))


def body(session: Session, digest: str) -> bytes:
    row = session.get(StoredRow, digest)
    if row is None:
        raise NotFoundError(f"nothing is stored under {digest}")
    return row.body


def of_kind(session: Session, kind: str) -> list[bytes]:
    """All bytes of a kind, by digest."""
    query = select(StoredRow).where(StoredRow.kind == kind).order_by(StoredRow.digest)
    return [row.body for row in session.exec(query)]
