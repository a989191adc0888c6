"""Replay: a publication is proved again from what is stored.

Every digest is computed anew, the log's chain followed, the plan checked, and the solve repeated
by its recorded counted work. A record that was changed is named.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ValidationError
from sqlmodel import Session, select

from scheduler import planning, plans, preparation, publication
from scheduler.domain.publication import PlanRecord, Publication, SolveWork
from scheduler.domain.schedule import Schedule
from scheduler.domain.verdict import Outcome, Verdict
from scheduler.errors import NotFoundError
from scheduler.prepare.instance import Prepared
from scheduler.record.canonical import canonical, digest_of
from scheduler.record.log import Entry, Noun, breaks
from scheduler.solving import run_solver, solving_in
from scheduler.store import sealing
from scheduler.store.database import Database
from scheduler.store.tables import (
    AdviceRow,
    DatasetRow,
    PlanRow,
    PublicationRow,
    RecordingRow,
    RequestRow,
    RequestStepRow,
    RevisionRow,
    StoredRow,
    WithdrawalRow,
)
from solver.check import find_violations
from solver.instance import Instance
from solver.plan import Plan


def replay(database: Database, name: str) -> Verdict:
    """Prove a publication, ALERT/NUMBER. Raises NotFoundError where there is none."""
    alert, number = publication.parse_name(name)
    with database.reading() as session:
        if session.get(PublicationRow, (alert, number)) is None:
            raise NotFoundError(f"there is no publication {name}")
        faults = list(_faults(session))
        if faults:
            return Verdict(publication=name, outcome=Outcome.BROKEN, told=tuple(faults))
        found = publication.get_publication(session, alert, number)
        record = plans.get_record(session, found.plan)
        stored = preparation.read_stored(session, record.request)
        instance, plan = plans.get_files(session, record)
        schedule = publication.schedule_of_plan(session, record.id)
        n_stored = len(session.exec(select(StoredRow.digest)).all())
        n_entries = len(sealing.entries(session))
    faults = list(_broken_plan(found, record, instance, plan))
    faults += _prepared_otherwise(record, schedule, preparation.prepare(stored))
    if faults:
        return Verdict(publication=name, outcome=Outcome.BROKEN, told=tuple(faults))
    in_order = (
        f"{n_entries} records and {n_stored} stored inputs have the digests they were sealed with",
        "the inputs make the same instance again, with the emission factors that are recorded",
        f"plan {record.id} keeps every law of its instance",
    )
    return _solved_again(name, in_order, record=record, work=stored.request.work, instance=instance)


def _faults(session: Session) -> Iterator[str]:
    """Records and stored bytes that are not what they were."""
    log = sealing.entries(session)
    yield from breaks(log, sealing.head(session))
    entries: dict[tuple[Noun, str], Entry] = {(e.noun, e.subject): e for e in log}
    for row in session.exec(select(StoredRow).order_by(StoredRow.kind, StoredRow.digest)):
        if digest_of(row.body) != row.digest:
            yield f"stored {row.kind} {row.digest} has other bytes than its digest says"
    for noun, subject, record in _records(session):
        entry = entries.pop((noun, subject), None)
        if entry is None:
            yield f"{noun} {subject} has no entry in the log"
        elif record is None or digest_of(canonical(record)) != entry.record:
            yield f"{noun} {subject} is not what log entry {entry.number} sealed"
    for entry in entries.values():
        yield f"{entry.noun} {entry.subject} of log entry {entry.number} is gone"


def _records(session: Session) -> Iterator[tuple[Noun, str, BaseModel | None]]:
    """Every record with what it is called in the log; None where it cannot be read any more."""
    for dataset in session.exec(select(DatasetRow)):
        yield "dataset", f"{dataset.kind}/{dataset.version}", _value(dataset)
    for revision in session.exec(select(RevisionRow)):
        yield "revision", f"{revision.alert}/{revision.number}", _value(revision)
    for advice in session.exec(select(AdviceRow)):
        yield "advice", advice.id, _value(advice)
    for plan in session.exec(select(PlanRow)):
        yield "plan", plan.id, _value(plan)
    for published in session.exec(select(PublicationRow)):
        yield "publication", f"{published.alert}/{published.number}", _value(published)
    for recording in session.exec(select(RecordingRow)):
        yield "recording", str(recording.number), _value(recording)
    for request in session.exec(select(RequestRow)):
        yield "request", str(request.number), _value(request)
    for step in session.exec(select(RequestStepRow)):
        yield "request_step", f"{step.request}/{step.number}", _value(step)
    for withdrawal in session.exec(select(WithdrawalRow)):
        yield "withdrawal", f"{withdrawal.alert}/{withdrawal.number}", _value(withdrawal)


_Row = (
    DatasetRow
    | RevisionRow
    | AdviceRow
    | PlanRow
    | PublicationRow
    | RecordingRow
    | RequestRow
    | RequestStepRow
    | WithdrawalRow
)


def _value(row: _Row) -> BaseModel | None:
    try:
        return row.value()
    except ValidationError:
        return None


def _broken_plan(
    found: Publication, record: PlanRecord, instance: Instance, plan: Plan
) -> Iterator[str]:
    if instance.digest != record.instance:
        yield f"instance {record.instance} of publication {found.name} reads as {instance.digest}"
    if plan.digest != record.plan:
        yield f"plan {record.id} decides otherwise than its digest {record.plan} says"
    for violation in find_violations(instance, plan):
        yield f"plan {record.id} breaks a law: {violation}"


def _prepared_otherwise(record: PlanRecord, schedule: Schedule, again: Prepared) -> Iterator[str]:
    """What the stored inputs make otherwise than the plan's record says."""
    if again.instance.digest != record.instance:
        yield f"the inputs of plan {record.id} make another instance than was solved"
    if schedule.factors != again.directory.factors:
        yield f"plan {record.id} records other emission factors than its inputs give"


def _solved_again(
    name: str,
    in_order: tuple[str, ...],
    *,
    record: PlanRecord,
    work: SolveWork,
    instance: Instance,
) -> Verdict:
    if not record.reproducible:
        told = "the plan was published as not repeatable; it was not solved again"
        return Verdict(publication=name, outcome=Outcome.HOLDS, told=(*in_order, told))
    with solving_in(work.workers) as executor:
        again = run_solver(instance, work, executor, lambda _: None, lambda: False)
    if again.digest == record.plan:
        told = f"solved again by the recorded work, the plan is the same, {record.plan}"
        return Verdict(publication=name, outcome=Outcome.HOLDS, told=(*in_order, told))
    differences = tuple(_differences(record, again))
    return Verdict(publication=name, outcome=Outcome.DIFFERS, told=(*in_order, *differences))


def _differences(record: PlanRecord, again: Plan) -> Iterator[str]:
    yield f"solved again, the plan is {again.digest}, not {record.plan}"
    if not again.reproducible:
        yield "a clock ended the search this time: this machine is slower or busier"
    then, now = record.conditions.model_dump(), planning.present_conditions().model_dump()
    same = True
    for what, was in then.items():
        if now[what] != was:
            same = False
            yield f"{what}: {was} then, {now[what]} now"
    if same:
        yield "versions and processor are the same"
