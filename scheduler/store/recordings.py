"""Repository of deliveries of recorded passages and readings, added and never edited."""

from datetime import datetime

from sqlmodel import Session, col, select

from scheduler.domain.recorded import (
    Delivery,
    KnownLedger,
    KnownReading,
    Ledger,
    Passage,
    Recording,
    StockReading,
)
from scheduler.store import bodies
from scheduler.store.sealing import seal
from scheduler.store.tables import LedgerRow, PassageRow, ReadingRow, RecordingRow


def add(session: Session, delivery: Delivery, known_at: datetime) -> Recording:
    recording = Recording(
        number=len(every(session)) + 1,
        source=delivery.source,
        digest=bodies.keep_value(session, "recording", delivery),
        known_at=known_at,
    )
    session.add(RecordingRow.of(recording))
    session.flush()
    for n, ledger in enumerate(delivery.ledgers, start=1):
        session.add(LedgerRow.of(recording.number, n, ledger))
        session.flush()
        for k, passage in enumerate(ledger.passages, start=1):
            session.add(PassageRow.of(recording.number, n, k, passage))
    for n, reading in enumerate(delivery.readings, start=1):
        session.add(ReadingRow.of(recording.number, n, reading))
    session.flush()
    seal(session, "recording", str(recording.number), recording, known_at)
    return recording


def every(session: Session) -> list[Recording]:
    rows = session.exec(select(RecordingRow).order_by(col(RecordingRow.number)))
    return [row.value() for row in rows]


def readings(session: Session, start: datetime, end: datetime) -> list[KnownReading]:
    """Readings of a stretch of time in the order of their delivery."""
    query = (
        select(ReadingRow, RecordingRow)
        .join(RecordingRow, col(ReadingRow.recording) == RecordingRow.number)
        .where(col(ReadingRow.read_at) >= start, col(ReadingRow.read_at) <= end)
        .order_by(col(ReadingRow.recording), col(ReadingRow.number))
    )
    return [
        KnownReading(**StockReading.model_validate(row.said()).model_dump(), source=taken.source)
        for row, taken in session.exec(query)
    ]


def ledgers(session: Session, start: datetime, end: datetime) -> list[KnownLedger]:
    """Ledgers that touch a stretch of time, in the order of their delivery."""
    query = (
        select(LedgerRow, RecordingRow)
        .join(RecordingRow, col(LedgerRow.recording) == RecordingRow.number)
        .where(col(LedgerRow.from_instant) < end, col(LedgerRow.to_instant) > start)
        .order_by(col(LedgerRow.recording), col(LedgerRow.number))
    )
    return [
        KnownLedger(**_ledger(session, row).model_dump(), source=taken.source)
        for row, taken in session.exec(query)
    ]


def _ledger(session: Session, row: LedgerRow) -> Ledger:
    query = (
        select(PassageRow)
        .where(PassageRow.recording == row.recording, PassageRow.ledger == row.number)
        .order_by(col(PassageRow.number))
    )
    passages = tuple(Passage.model_validate(one.said()) for one in session.exec(query))
    return Ledger.model_validate(row.said() | {"passages": passages})
