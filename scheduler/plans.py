"""Reading stored plans and all that belongs to them."""

from functools import lru_cache

from sqlmodel import Session

from scheduler.domain.publication import PlanRecord, PlanRequest
from scheduler.errors import NotFoundError
from scheduler.store import bodies
from scheduler.store import plans as repository
from solver.instance import Instance, read_instance
from solver.plan import Plan, read_plan


def get_record(session: Session, plan: str) -> PlanRecord:
    found = repository.find(session, plan)
    if found is None:
        raise NotFoundError(f"there is no plan {plan}")
    return found


def list_records(session: Session) -> list[PlanRecord]:
    return repository.every(session)


def get_request(session: Session, record: PlanRecord) -> PlanRequest:
    return PlanRequest.model_validate_json(bodies.body(session, record.request))


def get_files(session: Session, record: PlanRecord) -> tuple[Instance, Plan]:
    """The instance and the plan as the solver and the checker know them."""
    instance = _read_instance(bodies.body(session, record.instance))
    return instance, read_plan(bodies.body(session, record.plan_file))


@lru_cache(maxsize=2)
def _read_instance(body: bytes) -> Instance:
    return read_instance(body)
