"""A window as people read it."""

from scheduler.domain.instant import Instant
from solver.instance import Id, Value


class GateWindow(Value):
    """Trucks may pass the gate from `opens_at` to `closes_at`."""

    gate: Id
    opens_at: Instant
    closes_at: Instant
