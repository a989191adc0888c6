"""Repository of bearer keys, by their digests."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from scheduler.domain.key import Key, Principal, Role
from scheduler.store.tables import KeyRow


def _value(row: KeyRow) -> Key:
    principal = Principal(key=row.id, role=Role(row.role), enterprise=row.enterprise)
    return Key(
        principal=principal,
        digest=row.digest,
        label=row.label,
        made_at=row.made_at,
        revoked_at=row.revoked_at,
    )


def add(session: Session, key: Key) -> None:
    who = key.principal
    session.add(
        KeyRow(
            id=who.key,
            digest=key.digest,
            role=who.role,
            enterprise=who.enterprise,
            label=key.label,
            made_at=key.made_at,
        )
    )
    session.flush()


def find_by_digest(session: Session, digest: str) -> Key | None:
    row = session.exec(select(KeyRow).where(KeyRow.digest == digest)).one_or_none()
    return _value(row) if row else None


def every(session: Session) -> list[Key]:
    rows = session.exec(select(KeyRow).order_by(col(KeyRow.made_at), KeyRow.id))
    return [_value(row) for row in rows]


def revoke(session: Session, key: str, at: datetime) -> bool:
    statement = (
        update(KeyRow)
        .where(col(KeyRow.id) == key, col(KeyRow.revoked_at).is_(None))
        .values(revoked_at=at)
        .returning(col(KeyRow.id))
    )
    return session.execute(statement).one_or_none() is not None
