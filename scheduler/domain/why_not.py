"""Why an enterprise has not a window that it asks for, in instants and names."""

from __future__ import annotations

from scheduler.domain.instant import Instant
from solver.instance import Id, Value
from solver.plan import Plan
from solver.window_answer import NOES, Kind, StageChange, WindowProof

Span = tuple[Instant, Instant]


class Named(Value):
    """A plant by its id and what people call it."""

    id: Id
    name_zh: str
    name_en: str


class GateSpan(Value):
    """A window of a gate."""

    gate: Id
    opens_at: Instant
    closes_at: Instant


class BarredBy(Value):
    """A law at an object, or a stage, that bars the window with the other reasons; `clause` is what
    a measure says, `sharers` take most of a link or zone then."""

    law: str
    where: str
    part: str
    clause: str
    spans: tuple[Span, ...]
    sharers: tuple[Named, ...]


class PlannedAnew(Value):
    """A plant that the plan with the window changes."""

    plant: Named
    before: tuple[GateSpan, ...]
    after: tuple[GateSpan, ...]


class WhyNot(Value):
    """The answer for one gate. What its parts say: `solver/window_answer.py`."""

    plant: Named
    publication: str | None
    asked: GateSpan
    instead_of: Span | None
    kind: Kind
    reasons: tuple[BarredBy, ...] = ()
    irreducible: bool = True
    nearest: tuple[Span, ...] = ()
    neighbourhoods: tuple[tuple[Named, ...], ...] = ()
    open_neighbourhoods: tuple[tuple[Named, ...], ...] = ()
    clocked: bool = False
    moved: tuple[PlannedAnew, ...] = ()
    stages: tuple[StageChange, ...] = ()
    proof: WindowProof | None = None
    plan: Plan | None = None

    @property
    def is_no(self) -> bool:
        return self.kind in NOES
