"""The answer to "why not this window?": what it says, what proves it, the plan where it fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from solver.asked_window import AskedWindow, windows_of
from solver.checks.verdict import StageValue
from solver.instance import Count, Id, Instance, StageName, Value
from solver.plan import Decisions, Plan
from solver.reasons import Reason

Kind = Literal[
    "unrestricted",
    "barred",
    "fits",
    "fits_if",
    "no_nearby",
    "no_replan",
    "undecided",
]
"""unrestricted: the gate needs no window then. barred: the plant's own laws forbid it, whatever the
others do. fits: all others unchanged and no stage worse. fits_if: so long as named others move.
no_nearby: not within the neighbourhoods named as decided. no_replan: in no plan as good. undecided:
the work allowed did not decide."""

NOES: tuple[Kind, ...] = ("barred", "no_nearby", "no_replan")


class Moved(Value):
    """A plant that was planned anew, with its windows (gate, first slot, end slot) before and
    after."""

    plant: Id
    before: tuple[tuple[Id, int, int], ...]
    after: tuple[tuple[Id, int, int], ...]


class StageChange(Value):
    """What a stage costs in all, as planned and with the window."""

    stage: StageName
    before: int
    after: int


def stage_changes(
    before: Mapping[StageName, int], after: Iterable[StageValue]
) -> tuple[StageChange, ...]:
    return tuple(StageChange(stage=s.name, before=before[s.name], after=s.value) for s in after)


def moved_windows(
    instance: Instance, before: Decisions, after: Decisions, plants: Iterable[str]
) -> tuple[Moved, ...]:
    """The windows of plants that were planned anew."""
    known = {plant.id: plant for plant in instance.plants}

    def of(plant: str, decisions: Decisions) -> tuple[tuple[Id, int, int], ...]:
        gates = known[plant].gates
        return tuple((g.id, *span) for g in gates for span in windows_of(decisions, g.id))

    return tuple(Moved(plant=p, before=of(p, before), after=of(p, after)) for p in plants)


class WindowProof(Value):
    """What proves that no plan as good has the window: with it, `stage` costs at least `bound`,
    above the most that the plan hands on of it. `by` tells how: `laws` by the plant alone on
    roads without the others, `whole` by all plants together, `prices` by a certificate of the plan.
    `allowed` is what was not found possible together up to that stage: of `laws` the most that the
    plant may cost beside what others are proved to need, of `whole` the most of all."""

    stage: StageName
    bound: int
    handed_on: int
    by: Literal["laws", "whole", "prices"]
    allowed: tuple[tuple[StageName, Count], ...] = ()


class WindowAnswer(Value):
    """The answer. `reasons` bar the window together and none can be spared (`irreducible`: every
    question that shows it was decided); `nearest` are windows `(first_slot, end_slot)` that fit
    with all others unchanged and no stage worse; `neighbourhoods` the sets of other plants that
    were tried together with the one that asks, each decided with a no, `open_neighbourhoods` those
    that the work allowed did not decide. `clocked`: a clock ended a solve, so more may be undecided
    here than if it is asked again."""

    asked: AskedWindow
    kind: Kind
    plan: Plan | None = None
    moved: tuple[Moved, ...] = ()
    stages: tuple[StageChange, ...] = ()
    neighbourhoods: tuple[tuple[Id, ...], ...] = ()
    open_neighbourhoods: tuple[tuple[Id, ...], ...] = ()
    clocked: bool = False
    reasons: tuple[Reason, ...] = ()
    irreducible: bool = True
    nearest: tuple[tuple[int, int], ...] = ()
    proof: WindowProof | None = None

    @property
    def is_no(self) -> bool:
        return self.kind in NOES
