"""The tables. Rows are made from checked values only, and give them back checked again.

A ``table=True`` class validates nothing, so each row has ``of`` (value to row) and ``value`` (row
to value). Tables in ``APPEND_ONLY`` refuse UPDATE and DELETE by triggers in the database.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from scheduler.domain.alert import Advice, AdvisedArea, Revision, Statement
from scheduler.domain.dataset import Dataset
from scheduler.domain.publication import Conditions, PlanRecord, Publication, Withdrawal
from scheduler.domain.recorded import Ledger, Passage, Recording, StockReading
from scheduler.domain.request import Filing, Request, RequestStep
from scheduler.record.log import Entry

DIGEST = 64
AREAS = TypeAdapter(tuple[AdvisedArea, ...])


class StoredRow(SQLModel, table=True):
    """Bytes that never change, under their SHA-256."""

    __tablename__ = "stored"
    digest: str = Field(primary_key=True, max_length=DIGEST)
    kind: str
    body: bytes


class DatasetRow(SQLModel, table=True):
    __tablename__ = "dataset"
    kind: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    name: str
    digest: str = Field(foreign_key="stored.digest", max_length=DIGEST)
    known_at: datetime

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        return cls(**dataset.model_dump())

    def value(self) -> Dataset:
        return Dataset.model_validate(self.model_dump())


class RevisionRow(SQLModel, table=True):
    __tablename__ = "revision"
    alert: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    action: str
    statement: str
    known_at: datetime

    @classmethod
    def of(cls, revision: Revision) -> Self:
        flat = revision.model_dump(exclude={"statement"})
        return cls(**flat, statement=revision.statement.model_dump_json())

    def value(self) -> Revision:
        statement = Statement.model_validate_json(self.statement)
        return Revision.model_validate({**self.model_dump(), "statement": statement})


class AdviceRow(SQLModel, table=True):
    __tablename__ = "advice"
    id: str = Field(primary_key=True)
    rule_set: str
    forecast: str
    areas: str
    known_at: datetime

    @classmethod
    def of(cls, advice: Advice) -> Self:
        areas = AREAS.dump_json(advice.areas).decode()
        return cls(**advice.model_dump(exclude={"areas"}), areas=areas)

    def value(self) -> Advice:
        areas = AREAS.validate_json(self.areas)
        return Advice.model_validate({**self.model_dump(), "areas": areas})


class PlanRow(SQLModel, table=True):
    __tablename__ = "plan"
    id: str = Field(primary_key=True)
    request: str = Field(foreign_key="stored.digest", max_length=DIGEST)
    instance: str = Field(foreign_key="stored.digest", max_length=DIGEST)
    plan_file: str = Field(foreign_key="stored.digest", max_length=DIGEST)
    plan: str = Field(max_length=DIGEST)
    schedule: str = Field(foreign_key="stored.digest", max_length=DIGEST)
    conditions: str
    reproducible: bool
    made_at: datetime

    @classmethod
    def of(cls, record: PlanRecord) -> Self:
        flat = record.model_dump(exclude={"conditions"})
        return cls(**flat, conditions=record.conditions.model_dump_json())

    def value(self) -> PlanRecord:
        conditions = Conditions.model_validate_json(self.conditions)
        return PlanRecord.model_validate({**self.model_dump(), "conditions": conditions})


class PublicationRow(SQLModel, table=True):
    __tablename__ = "publication"
    __table_args__ = (Index("ix_publication_force", "in_force_from"),)
    alert: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    plan: str = Field(foreign_key="plan.id")
    in_force_from: datetime
    published_until: datetime
    published_by: str
    known_at: datetime
    override: str | None = None

    @classmethod
    def of(cls, publication: Publication) -> Self:
        return cls(**publication.model_dump())

    def value(self) -> Publication:
        return Publication.model_validate(self.model_dump())


class WithdrawalRow(SQLModel, table=True):
    __tablename__ = "withdrawal"
    __table_args__ = (
        ForeignKeyConstraint(["alert", "number"], ["publication.alert", "publication.number"]),
    )
    alert: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    from_instant: datetime
    reason: str
    withdrawn_by: str
    known_at: datetime

    @classmethod
    def of(cls, withdrawal: Withdrawal) -> Self:
        return cls(**withdrawal.model_dump())

    def value(self) -> Withdrawal:
        return Withdrawal.model_validate(self.model_dump())


class EntryRow(SQLModel, table=True):
    __tablename__ = "log"
    __table_args__ = (UniqueConstraint("noun", "subject"),)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    noun: str
    subject: str
    record: str = Field(max_length=DIGEST)
    at: datetime
    previous: str = Field(max_length=DIGEST)

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(**entry.model_dump())

    def value(self) -> Entry:
        return Entry.model_validate(self.model_dump())


class HeadRow(SQLModel, table=True):
    """The one row that changes with every record: the digest of the log's last entry. Who appends
    locks it first, which puts appends in one order on every database."""

    __tablename__ = "log_head"
    id: int = Field(primary_key=True)
    digest: str = Field(max_length=DIGEST)


class JobRow(SQLModel, table=True):
    """Work to be done outside the request. `worker` and `lease_until` say who has it now."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state", "state", "queued_at"),)
    id: str = Field(primary_key=True)
    request: str = Field(foreign_key="stored.digest", max_length=DIGEST)
    alert: str = Field(index=True)
    state: str
    queued_at: datetime
    attempt: int = 0
    worker: str | None = None
    lease_until: datetime | None = None
    cancel_requested: bool = False
    stage: str | None = None
    value: int | None = Field(default=None, sa_type=BigInteger)
    bound: int | None = Field(default=None, sa_type=BigInteger)
    seconds: float | None = None
    ended_at: datetime | None = None
    error: str | None = None


class KeyRow(SQLModel, table=True):
    """A bearer key by its SHA-256; a key is 256 random bits, so no slow hash is needed."""

    __tablename__ = "api_key"
    id: str = Field(primary_key=True)
    digest: str = Field(unique=True, max_length=DIGEST)
    role: str
    enterprise: str | None = None
    label: str
    made_at: datetime
    revoked_at: datetime | None = None


class RecordingRow(SQLModel, table=True):
    """A delivery of recorded passages and readings; its bytes are stored as they came."""

    __tablename__ = "recording"
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    source: str
    digest: str = Field(foreign_key="stored.digest", max_length=DIGEST)
    known_at: datetime

    @classmethod
    def of(cls, recording: Recording) -> Self:
        return cls(**recording.model_dump())

    def value(self) -> Recording:
        return Recording.model_validate(self.model_dump())


class LedgerRow(SQLModel, table=True):
    """A stretch of time of which all passages of a plant are recorded."""

    __tablename__ = "ledger"
    __table_args__ = (Index("ix_ledger_time", "from_instant", "to_instant"),)
    recording: int = Field(primary_key=True, foreign_key="recording.number")
    number: int = Field(primary_key=True)
    plant: str
    from_instant: datetime
    to_instant: datetime

    @classmethod
    def of(cls, recording: int, number: int, ledger: Ledger) -> Self:
        return cls(recording=recording, number=number, **ledger.model_dump(exclude={"passages"}))

    def said(self) -> dict[str, object]:
        return self.model_dump(exclude={"recording", "number"})


class PassageRow(SQLModel, table=True):
    """Trucks that passed a gate, as a ledger has them."""

    __tablename__ = "passage"
    __table_args__ = (
        ForeignKeyConstraint(["recording", "ledger"], ["ledger.recording", "ledger.number"]),
        Index("ix_passage_gate", "gate", "passed_at"),
    )
    recording: int = Field(primary_key=True)
    ledger: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    gate: str
    leg: str
    direction: str
    passed_at: datetime
    trips: int

    @classmethod
    def of(cls, recording: int, ledger: int, number: int, passage: Passage) -> Self:
        return cls(recording=recording, ledger=ledger, number=number, **passage.model_dump())

    def said(self) -> dict[str, object]:
        return self.model_dump(exclude={"recording", "ledger", "number"})


class ReadingRow(SQLModel, table=True):
    """What of a stock was in hand at an instant."""

    __tablename__ = "stock_reading"
    __table_args__ = (Index("ix_stock_reading_time", "read_at"),)
    recording: int = Field(primary_key=True, foreign_key="recording.number")
    number: int = Field(primary_key=True)
    stock: str
    read_at: datetime
    kg: int = Field(sa_type=BigInteger)

    @classmethod
    def of(cls, recording: int, number: int, reading: StockReading) -> Self:
        return cls(recording=recording, number=number, **reading.model_dump())

    def said(self) -> dict[str, object]:
        return self.model_dump(exclude={"recording", "number"})


class RequestRow(SQLModel, table=True):
    """What an enterprise asks for, as it was filed."""

    __tablename__ = "request"
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    alert: str = Field(index=True)
    plant: str
    enterprise: str
    counterpart: str | None = None
    filing: str
    filed_by: str
    known_at: datetime

    @classmethod
    def of(cls, request: Request) -> Self:
        filing = request.filing
        return cls(
            **request.model_dump(exclude={"filing"}),
            alert=filing.alert,
            plant=filing.plant,
            filing=filing.model_dump_json(),
        )

    def value(self) -> Request:
        filing = Filing.model_validate_json(self.filing)
        flat = self.model_dump(exclude={"alert", "plant", "filing"})
        return Request.model_validate({**flat, "filing": filing})


class RequestStepRow(SQLModel, table=True):
    """An answer, an agreement or a decision on a request."""

    __tablename__ = "request_step"
    request: int = Field(primary_key=True, foreign_key="request.number")
    number: int = Field(primary_key=True)
    action: str
    by: str
    told: str
    answer: str | None = Field(default=None, foreign_key="stored.digest", max_length=DIGEST)
    known_at: datetime

    @classmethod
    def of(cls, step: RequestStep) -> Self:
        return cls(**step.model_dump())

    def value(self) -> RequestStep:
        return RequestStep.model_validate(self.model_dump())


APPEND_ONLY = (
    "advice",
    "dataset",
    "ledger",
    "log",
    "passage",
    "plan",
    "publication",
    "recording",
    "request",
    "request_step",
    "revision",
    "stock_reading",
    "stored",
    "withdrawal",
)
