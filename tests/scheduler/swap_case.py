"""Two plants in a database: P opens G from 08:00 to 09:00, Q opens H from 09:00 to 10:00, and one
truck a slot has room."""

from sqlmodel import Session

from scheduler import datasets, planning
from scheduler.store import bodies
from tests.scheduler.case import KNOWN, card, directory, publish, put_inputs, scheduled
from tests.solver.test_wish import both, two


def publish_both(session: Session) -> None:
    instance = two()
    plan = both(instance, 2)
    request = bodies.keep_value(session, "request", put_inputs(session, instance))
    named = directory().model_copy(update={"plants": (*directory().plants, card("Q"))})
    datasets.load(session, "directory", "case", named, KNOWN)
    planning.keep_plan(
        session,
        "plan-1",
        request,
        instance=instance,
        plan=plan.model_copy(update={"reproducible": True}),
        schedule=scheduled(instance, plan, named),
        made_at=KNOWN,
    )
    publish(session)
