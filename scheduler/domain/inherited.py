"""What a plan inherits of the one in force, and where each item comes from."""

from typing import Literal

from scheduler.domain.instant import Instant
from solver.instance import Count, Id, Signed, Value, WorthMoving
from solver.seam import Seam

Carried = Literal["stock", "trips", "output", "windows"]
Origin = Literal["recorded", "plan"]


class Item(Value):
    """One thing carried over: kg of a stock in hand, trips made by a plant since the former seam,
    output lost by a process in units, windows a gate has used today; `by_plan` is what the plan
    alone would say. `source` and `at` tell of a record who took it and when."""

    what: Carried
    where: Id
    amount: Signed
    by_plan: Signed
    origin: Origin
    source: str = ""
    at: Instant | None = None

    @property
    def deviates(self) -> bool:
        return self.amount != self.by_plan


class Inherited(Value):
    """The seam of a re-plan at an instant of the publication in force."""

    publication: str
    plan: Id
    at: Instant
    former_instance: str
    """Digest of the instance of the plan in force."""
    slot: Count
    """The seam in the slots of that instance."""
    notice_slots: Count
    elapsed_min: Count
    """Minutes from the start of the alert's first plan to the seam."""
    worth_moving: WorthMoving
    seam: Seam
    items: tuple[Item, ...]
    deviating: tuple[Id, ...] = ()
    """Plants of which something recorded is not as planned."""
