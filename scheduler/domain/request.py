"""What enterprises ask of a plan in force, how they are answered, and what becomes of it.

A request is filed, answered at once, agreed to by the other side where two swap, and granted or
refused; one that is granted becomes part of the next publication. Nothing is edited: each of these
is a step of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scheduler.domain.alert import Text
from scheduler.domain.gate_window import GateWindow
from scheduler.domain.instant import Instant, Minute
from scheduler.domain.received import Received
from scheduler.domain.why_not import BarredBy, Named, PlannedAnew, Span
from solver.instance import Count, Id, Positive, StageName, Value
from solver.window_answer import StageChange
from solver.wish import WishKind

Action = Literal["answered", "agreed", "declined", "granted", "refused", "withdrawn"]
State = Literal[
    "answered", "awaits_agreement", "granted", "published", "refused", "declined", "withdrawn"
]
"""answered: it waits for the bureau. awaits_agreement: it waits for the other side of a swap.
granted: it becomes part of the next publication; published: it is part of one."""
OPEN_STATES: tuple[State, ...] = ("answered", "awaits_agreement", "granted")
POSSIBLE_IN: dict[Action, tuple[State, ...]] = {
    "agreed": ("awaits_agreement",),
    "declined": ("awaits_agreement",),
    "granted": ("answered",),
    "refused": ("answered", "awaits_agreement"),
    "withdrawn": OPEN_STATES,
}
"""In which states a request may be so decided."""
DECIDED_AT_ONCE = "automatic"
"""Who decides where no stage gets worse."""


class _Stretch(Received):
    from_instant: Annotated[Minute, Field(description="from when, with its offset")]
    to_instant: Annotated[Minute, Field(description="until when")]

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.to_instant <= self.from_instant:
            raise ValueError(f"{self.to_instant} is not after {self.from_instant}")
        return self


class MoreTripsAsked(_Stretch):
    """More trips of a stream than are planned in a stretch of time."""

    kind: Literal["more_trips"] = "more_trips"
    stream: Id
    trips: Positive


class EmergencyAsked(_Stretch):
    """Trips for an emergency, filed under the number of a document: trucks called in for one trip
    each, exempt from what the measures exempt filed emergencies from."""

    kind: Literal["emergency"] = "emergency"
    stream: Id
    trips: Positive
    document: Text


class WindowAsked(_Stretch):
    """A gate open in a stretch of time, perhaps in exchange for a window that closes."""

    kind: Literal["window"] = "window"
    gate: Id
    instead_from: Minute | None = None
    instead_to: Minute | None = None

    @model_validator(mode="after")
    def _gives_up_a_whole_window(self) -> Self:
        if (self.instead_from is None) != (self.instead_to is None):
            raise ValueError("give both ends of the window to give up, or neither")
        return self


class GiveBackAsked(_Stretch):
    """A window of a gate that the plant does not need."""

    kind: Literal["give_back"] = "give_back"
    gate: Id


class GiveBackTripsAsked(_Stretch):
    """Trips of a stream that the plant does not need: of those that depart in a stretch of time,
    or, with a gate, of those that pass it then, such as in a window of it."""

    kind: Literal["give_back_trips"] = "give_back_trips"
    stream: Id
    trips: Positive
    gate: Id | None = None


class SwapAsked(_Stretch):
    """An own window for another plant's: each gets the other's time at its own gate."""

    kind: Literal["swap"] = "swap"
    gate: Id
    with_plant: Id
    with_gate: Id
    their_from: Minute
    their_to: Minute


Asked = Annotated[
    MoreTripsAsked | EmergencyAsked | WindowAsked | GiveBackAsked | GiveBackTripsAsked | SwapAsked,
    Field(discriminator="kind"),
]


class Filing(Received):
    """What is handed in."""

    alert: Id
    plant: Id
    asked: Asked
    reason: Text


class Request(Value):
    """The nth request, as it was filed. `counterpart` is the enterprise of the other side."""

    number: Positive
    filing: Filing
    enterprise: Id
    counterpart: Id | None
    filed_by: Text
    known_at: Instant

    @property
    def name(self) -> str:
        return f"request-{self.number}"


class RequestStep(Value):
    """The nth step of a request: who did what, with what words or which answer (its digest)."""

    request: Positive
    number: Positive
    action: Action
    by: Text
    told: str
    answer: str | None
    known_at: Instant


class GrantedTrips(Value):
    leg: Id
    starts_at: Instant
    trips: Positive


class TripsLeft(Value):
    """What is left of a departure of which trips were given back."""

    leg: Id
    starts_at: Instant
    trips: Count


class GrantedRun(Value):
    """An emergency run: trips of a stream in trucks called in, under a filing."""

    plant: Id
    stream: Id
    vehicle_class: Id
    trips: Positive
    document: Text
    filed_at: Minute
    from_instant: Minute
    to_instant: Minute


class Grant(Value):
    """What one request binds every later plan to, until its time is over: gates open, gates shut,
    trips that depart at least, what is left of trips given back. `plants` are planned anew for it:
    those that ask, and who gives."""

    request: Positive
    plants: tuple[Id, ...]
    open: tuple[GateWindow, ...] = ()
    shut: tuple[GateWindow, ...] = ()
    trips: tuple[GrantedTrips, ...] = ()
    left: tuple[TripsLeft, ...] = ()
    run: GrantedRun | None = None

    @property
    def name(self) -> str:
        return f"request-{self.request}"

    @property
    def until(self) -> datetime:
        ends = [window.closes_at for window in (*self.open, *self.shut)]
        ends += [row.starts_at for row in self.trips]
        ends += [row.starts_at for row in self.left]
        ends += [self.run.to_instant] if self.run else []
        return max(ends)


class Grants(Value):
    """All that binds a plan, in order of the requests."""

    grants: tuple[Grant, ...] = ()

    @property
    def requests(self) -> tuple[int, ...]:
        return tuple(grant.request for grant in self.grants)


class RequestAnswer(Value):
    """The answer against a publication and what had been granted since. `worse` are the stages that
    would cost more; what would be granted is told where it fits."""

    publication: str
    beside: tuple[Count, ...]
    """Numbers of the requests granted since that publication."""
    kind: WishKind
    stages: tuple[StageChange, ...] = ()
    moved: tuple[PlannedAnew, ...] = ()
    reasons: tuple[BarredBy, ...] = ()
    irreducible: bool = True
    nearest: tuple[Span, ...] = ()
    grant: Grant | None = None

    @property
    def worse(self) -> tuple[StageName, ...]:
        return tuple(stage.stage for stage in self.stages if stage.after > stage.before)

    @property
    def harms_nobody(self) -> bool:
        """Whether it may be granted at once: nobody else moves and no stage gets worse."""
        return self.kind == "fits" and not self.worse

    @property
    def is_no(self) -> bool:
        return self.kind in ("does_not_fit", "undecided")


class RequestCase(Value):
    """A request with all that became of it."""

    request: Request
    plant: Named
    counterpart: Named | None
    """The plant of the other side."""
    state: State
    steps: tuple[RequestStep, ...]
    answer: RequestAnswer
    """The newest one."""
    published_in: str | None
    """The first publication that it is part of."""


def state_of(request: Request, steps: Sequence[RequestStep], is_published: bool) -> State:
    """What became of a request by its steps."""
    actions = [step.action for step in steps]
    for over in ("withdrawn", "refused", "declined"):
        if over in actions:
            return over
    if "granted" in actions:
        return "published" if is_published else "granted"
    if request.counterpart is not None and "agreed" not in actions:
        return "awaits_agreement"
    return "answered"
