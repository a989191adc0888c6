"""Repository of the log: every record that may never change is sealed as it is added."""

from datetime import datetime

from pydantic import BaseModel
from sqlmodel import Session, col, select

from scheduler.record.canonical import canonical, digest_of
from scheduler.record.log import Entry, Noun, next_entry
from scheduler.store.tables import EntryRow, HeadRow


def seal(session: Session, noun: Noun, subject: str, record: BaseModel, at: datetime) -> None:
    """Add an entry for a record. The head's row is locked first, which orders all appends."""
    head = session.exec(select(HeadRow).with_for_update()).one()
    session.refresh(head)
    newest = select(EntryRow).order_by(col(EntryRow.number).desc()).limit(1)
    last = session.exec(newest).one_or_none()
    digest = digest_of(canonical(record))
    entry = next_entry(last.value() if last else None, noun, subject, digest, at)
    session.add(EntryRow.of(entry))
    head.digest = entry.digest
    session.add(head)
    session.flush()


def entries(session: Session) -> list[Entry]:
    """The whole log, oldest first."""
    return [row.value() for row in session.exec(select(EntryRow).order_by(col(EntryRow.number)))]


def head(session: Session) -> str:
    """The digest of the log's last entry, as it was set when that was added."""
    return session.exec(select(HeadRow)).one().digest
