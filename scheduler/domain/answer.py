"""The answer to an enterprise that asks what holds for its plant at an instant."""

from enum import StrEnum

from scheduler.domain.alert import Level
from scheduler.domain.directory import PlantCard
from scheduler.domain.gate_window import GateWindow
from scheduler.domain.instant import Instant
from scheduler.domain.schedule import ScheduledTrips
from solver.instance import Value


class Standing(StrEnum):
    """open, shut: its trucks pass in windows, and now is one, or is not; free: in the alert, but
    nothing bounds its hours now; no_schedule: an alert holds and nothing is published for now."""

    OPEN = "open"
    SHUT = "shut"
    FREE = "free"
    EXEMPT = "exempt"
    BARRED = "barred"
    CLOSED = "closed"
    NO_ALERT = "no_alert"
    NO_SCHEDULE = "no_schedule"


class Answer(Value):
    """What holds for a plant at an instant, by which clause, and when that changes next (None: no
    change is known). `windows` and `trips` are all that is published and in force."""

    card: PlantCard
    at: Instant
    standing: Standing
    clause: str
    next_change: Instant | None
    level: Level | None
    alert: str | None
    publication: str | None
    windows: tuple[GateWindow, ...] = ()
    trips: tuple[ScheduledTrips, ...] = ()
    lifted_at: Instant | None = None
    """When the last alert of its city was lifted, by the document that `clause` names: trips are
    free from then on."""
