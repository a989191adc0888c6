"""What a plant or two ask for beside a plan, and whether it fits: as things are, at a price, if
others give, or not at all and why.

Asked in this order, the first that decides is the answer: with all others unchanged and no stage
worse; with all others unchanged and neither safety nor output worse, at the least exposure found;
with plants that share its tight roads planned anew. Who only gives something back keeps the rest
as it is planned (`solver/giving.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Literal

from solver.alone import Everyone
from solver.asked_window import AskedWindow, open_slots, windows_of
from solver.check import stage_values
from solver.checks.cycles import runs_of_true
from solver.derive import Derived
from solver.giving import NOT_COUNTED, asked_again, given_back, granted_back
from solver.granted import GateRun, Granted
from solver.instance import Instance, LockedTrips, StageName, Value
from solver.nearest import nearest_windows
from solver.plan import Decisions, Plan
from solver.reasons import Inquiry, Reason
from solver.sharers import sharers
from solver.splice import spliced
from solver.trial import Found, Group, Most, Trial, two_at_once
from solver.window_answer import Moved, StageChange, moved_windows, stage_changes
from solver.wish_trial import VITAL, Wish, WishTrial

WishKind = Literal["fits", "fits_if", "does_not_fit", "undecided"]
"""fits: all others unchanged. fits_if: so long as named others are planned anew. does_not_fit: not
beside the others, and not with the plants tried."""

MOST_SHARERS = 3


class WishAnswer(Value):
    """The answer. `plan` is the whole plan with the wish, `granted` what later plans must hold to;
    `worse` are the stages that cost more than before; `moved` the plants planned anew."""

    kind: WishKind
    plan: Plan | None = None
    granted: Granted | None = None
    stages: tuple[StageChange, ...] = ()
    moved: tuple[Moved, ...] = ()
    reasons: tuple[Reason, ...] = ()
    irreducible: bool = True
    nearest: tuple[tuple[int, int], ...] = ()
    """Windows near the one asked for that fit with no stage worse."""

    @property
    def worse(self) -> tuple[StageName, ...]:
        return tuple(stage.stage for stage in self.stages if stage.after > stage.before)


@dataclass(frozen=True)
class WishWork:
    """Counted work: of one trial, of one question after reasons and of all of them."""

    trial: float = 1.5
    reason: float = 0.5
    reasons: float = 3.0


def answer_wish(
    instance: Instance, plan: Plan, wish: Wish, work: WishWork | None = None
) -> WishAnswer:
    """Whether a plan that the checker passes can have a wish. Raises ValueError for a wish that
    names what the instance does not have, or a plan without decisions."""
    if plan.decisions is None:
        raise ValueError(f"the plan of instance {instance.name} is {plan.status}: no decisions")
    decisions = plan.decisions
    instance, plan = asked_again(instance, plan, wish)
    return _Answering(instance, plan, decisions, wish, work or WishWork()).answer()


class _Answering:
    def __init__(
        self, instance: Instance, plan: Plan, decisions: Decisions, wish: Wish, work: WishWork
    ) -> None:
        self._instance, self._plan, self._decisions = instance, plan, decisions
        self._wish, self._work = wish, work
        self._everyone = Everyone(instance, decisions)

    def _with(self, *others: str) -> WishTrial:
        """Those that ask and others, beside the rest of the plan."""
        return WishTrial(
            self._instance, self._decisions, self._wish, others, everyone=self._everyone
        )

    def answer(self) -> WishAnswer:
        if self._wish.gives_back:
            return self._given_back()
        beside = self._with()
        found = beside.decide(self._work.trial, beside.now, way="fewest", sure=False)
        if found.decision == "fits":
            return self._fits(found)
        limits: Most = {stage: beside.now[stage] for stage in VITAL}
        found = beside.least(self._work.trial, limits)
        if found.decision == "fits":
            return self._fits(found)
        with_others, decided = self._with_others(beside, sure=found.decision == "unknown")
        if with_others is not None:
            return with_others
        if found.decision == "unknown" and not decided:
            return WishAnswer(kind="undecided")
        return self._no(beside, limits)

    def _given_back(self) -> WishAnswer:
        found, trial, limits = given_back(
            self._instance, self._decisions, self._wish, self._work.trial
        )
        if found.decision == "fits":
            return self._fits(found)
        return WishAnswer(kind="undecided") if found.decision != "no" else self._no(trial, limits)

    def _no(self, trial: WishTrial, limits: Most) -> WishAnswer:
        with ThreadPoolExecutor(1) as aside:
            nearest = aside.submit(self._nearest, trial.asked)
            inquiry = Inquiry(trial, limits, self._work.reason, self._work.reasons)
            reasons = inquiry.reasons()
            return WishAnswer(
                kind="does_not_fit",
                reasons=reasons,
                irreducible=inquiry.proved,
                nearest=nearest.result(),
            )

    def _nearest(self, asked: AskedWindow) -> tuple[tuple[int, int], ...]:
        if len(self._wish.plants) > 1 or not self._wish.open or self._wish.gives_back:
            return ()
        trial = Trial(self._instance, self._decisions, asked, everyone=self._everyone)
        return nearest_windows(trial, self._work.reason)

    def _with_others(self, beside: WishTrial, *, sure: bool) -> tuple[WishAnswer | None, bool]:
        """Each of the closest sharers with the one that asks, then all, two at once; and whether
        there are any and all say no. Noes are `sure` where it hangs on them that there is an
        answer."""
        near = [
            name
            for name in sharers(Derived(self._instance), self._decisions, beside.asked)
            if name not in self._wish.plants
        ][:MOST_SHARERS]
        groups: list[Group] = [(name,) for name in near]
        groups += [tuple(near)] if len(near) > 1 else []
        decided = bool(groups)
        tried = partial(self._tried, sure)
        for others, found in zip(groups, two_at_once(tried, groups), strict=True):
            if found.decision == "fits":
                return self._fits(found, others), True
            decided = decided and found.decision == "no"
        return None, decided

    def _tried(self, sure: bool, others: Group) -> Found:
        trial = self._with(*others)
        vital = {stage: trial.now[stage] for stage in VITAL}
        return trial.least(self._work.trial, vital, sure=sure)

    def _fits(self, found: Found, others: tuple[str, ...] = ()) -> WishAnswer:
        """The whole plan with the wish, which the checker passes."""
        assert found.decisions is not None
        group = (*self._wish.plants, *others)
        plan, report = spliced(
            self._instance, self._plan, group, found.decisions, self._everyone.world
        )
        assert plan.decisions is not None
        if self._wish.gives_back:
            granted = granted_back(self._decisions, plan.decisions, self._wish)
        else:
            granted = granted_in(self._instance, plan.decisions, self._wish)
        counted = [s for s in report.stages if not self._wish.gives_back or s.name != NOT_COUNTED]
        return WishAnswer(
            kind="fits_if" if others else "fits",
            plan=plan,
            granted=granted,
            stages=stage_changes(self._before(), counted),
            moved=tuple(
                row
                for row in moved_windows(self._instance, self._decisions, plan.decisions, group)
                if row.before != row.after or row.plant in self._wish.plants
            ),
        )

    def _before(self) -> dict[StageName, int]:
        stages = stage_values(self._instance, self._decisions, self._everyone.world)
        return {stage.name: stage.value for stage in stages}


def granted_in(instance: Instance, decisions: Decisions, wish: Wish) -> Granted:
    """What later plans hold to: windows and trips as the plan with the wish has them."""
    trips = wish.trips
    opened = list(_opened(decisions, wish.open))
    if wish.more is not None:
        derived, more = Derived(instance), wish.more
        carrying = [
            d
            for d in decisions.departures
            if derived.legs[d.leg].stream.id == more.stream
            and more.first_slot <= d.slot < more.end_slot
        ]
        trips = tuple(LockedTrips(leg=d.leg, slot=d.slot, trips=d.trips) for d in carrying)
        passed = {
            (gate, d.slot + after)
            for d in carrying
            for gate, after in derived.legs[d.leg].departure.passages
        }
        opened += _windows_around(decisions, passed)
    return Granted(
        name=wish.name, clause=wish.clause, open=tuple(opened), shut=wish.shut, trips=trips
    )


def _opened(decisions: Decisions, runs: Iterable[GateRun]) -> Iterator[GateRun]:
    """The runs, without slots in which the gate needs no window."""
    has = open_slots(decisions)
    for run in runs:
        for part in runs_of_true(t for t in run.slots if (run.gate, t) in has):
            yield GateRun(gate=run.gate, first_slot=part.start, end_slot=part.stop)


def _windows_around(decisions: Decisions, passed: set[tuple[str, int]]) -> Iterator[GateRun]:
    for gate in sorted({gate for gate, _ in passed}):
        for first, end in windows_of(decisions, gate):
            if any((gate, slot) in passed for slot in range(first, end)):
                yield GateRun(gate=gate, first_slot=first, end_slot=end)
