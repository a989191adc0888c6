"""Why a plant may not have a window: barred, fits, fits if others move, or proved not to fit.

Asked in this order, the first that decides is the answer: does the plan fit the window with all
others unchanged and no stage worse; do the plant's own laws allow it at all; does a bound show that
no plan as good has it; do others that share its tight roads make room. docs/model.md, "Why not".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from solver.alone import Everyone
from solver.asked_window import AskedWindow, faults_of_asked, restricted_slots
from solver.derive import Derived
from solver.instance import Instance, StageName
from solver.nearest import nearest_windows
from solver.plan import Decisions, Plan
from solver.proved_no import proved_no
from solver.reasons import Inquiry
from solver.sharers import sharers
from solver.splice import spliced
from solver.trial import Found, Group, Most, Trial, Way, two_at_once
from solver.window_answer import Kind, WindowAnswer, moved_windows, stage_changes

MOST_SHARERS = 3
"""Plants of the neighbourhood: first each of them beside the one that asks, then all."""


@dataclass(frozen=True)
class Work:
    """Counted work: of the plant alone, and of the first look at it; of all groups of plants
    together, and of the second ways of their noes; of a single question after reasons and of all of
    them; of the nearest windows on one side, and of those where the plant's own laws bar what is
    asked, which is told at once."""

    alone: float = 2.0
    first: float = 0.06
    groups: float = 2.2
    groups_again: float = 2.2
    reason: float = 0.3
    reasons: float = 3.4
    nearest: float = 0.5
    nearest_at_once: float = 0.25


ROUNDS: tuple[tuple[Way, float], ...] = (("bare", 0.12), ("few", 0.12))
"""How every group is tried, one round after the other, each time with this part of the work of all
groups: a group that is easy to decide need not wait for those that are not."""


def why_not(
    instance: Instance,
    plan: Plan,
    asked: AskedWindow,
    work: Work | None = None,
) -> WindowAnswer:
    """Answer why a window is not in a plan.

    The certificates of the plan's stages may show that no plan as good has the window. Raises
    ValueError with all that is wrong with the question, or for a plan without decisions.
    """
    if plan.decisions is None:
        raise ValueError(f"the plan of instance {instance.name} is {plan.status}: no decisions")
    faults = faults_of_asked(instance, plan.decisions, asked)
    if faults:
        raise ValueError("; ".join(faults))
    if not restricted_slots(instance.window_limits, asked):
        return WindowAnswer(asked=asked, kind="unrestricted")
    with ThreadPoolExecutor(1) as aside:
        return _Asking(instance, plan, plan.decisions, asked, work or Work(), aside).answer()


class _Asking:
    """One question about one plan; what need not be waited for is asked `aside`, one thing after
    the other: an engine that searches leaves Python to others."""

    def __init__(
        self,
        instance: Instance,
        plan: Plan,
        decisions: Decisions,
        asked: AskedWindow,
        work: Work,
        aside: Executor,
    ) -> None:
        self._instance, self._plan, self._decisions = instance, plan, decisions
        self._asked, self._work, self._aside = asked, work, aside
        self._everyone = Everyone(instance, decisions)
        self._beside = self._with(())

    def _with(self, others: tuple[str, ...]) -> Trial:
        """The plant that asks and others, beside the rest of the plan."""
        return Trial(self._instance, self._decisions, self._asked, others, everyone=self._everyone)

    def answer(self) -> WindowAnswer:
        work, now = self._work.alone, self._beside.now
        found = self._beside.decide(self._work.first, now, way="fewest", sure=False)
        if found.decision == "fits":
            return self._fits(found)
        free = Trial(self._instance, self._decisions, self._asked, roads_free=True)
        lawfully = self._aside.submit(free.decide, work, {})
        if found.decision == "unknown":
            found = self._beside.decide(work, now, way="swift", sure=False)
        lawful = lawfully.result()
        if lawful.decision == "no":
            return self._explained("barred", free, {})
        if found.decision == "fits":
            return self._fits(found)
        found, _ = self._beside.confirmed(found, work, now)
        if found.decision == "unknown" or lawful.decision == "unknown":
            clocked = self._beside.clocked or free.clocked
            return WindowAnswer(asked=self._asked, kind="undecided", clocked=clocked)
        proof = proved_no(self._plan, free, self._work.alone)
        if proof is None:
            return self._nearby(free.clocked)
        return self._explained("no_replan", *proof.bars).model_copy(update={"proof": proof.found})

    def _nearby(self, clocked: bool) -> WindowAnswer:
        """Whether plants that share tight roads make room: each of the closest, then all."""
        near = sharers(Derived(self._instance), self._decisions, self._asked)[:MOST_SHARERS]
        groups = _Groups(
            {others: self._with(others) for others in _neighbourhoods(near)}, self._work
        )
        for others, found in groups.search():
            return self._fits(*self._fewest(others, found))
        may_be_no = not near or groups.some_denied
        confirmed = self._aside.submit(groups.confirmed)
        answer = WindowAnswer(asked=self._asked, kind="undecided")
        no = self._explained("no_nearby", self._beside, self._beside.now) if may_be_no else answer
        denied, still_open = confirmed.result()
        if denied or not near:
            answer = no
        clocked = clocked or groups.clocked
        tried: dict[str, object] = {"open_neighbourhoods": still_open, "clocked": clocked}
        return answer.model_copy(update={"neighbourhoods": denied, **tried})

    def _fewest(self, others: tuple[str, ...], found: Found) -> tuple[Found, tuple[str, ...]]:
        """Of plants that make room together, those of which none can be spared."""
        for name in others if len(others) > 1 else ():
            fewer = tuple(other for other in others if other != name)
            trial = self._with(fewer)
            tried = trial.decide(self._work.groups / 4, trial.now, way="few", sure=False)
            if tried.decision == "fits":
                return self._fewest(fewer, tried)
        return found, others

    def _explained(self, kind: Kind, trial: Trial, most: Most) -> WindowAnswer:
        """A no, with what bars the window in a trial and the nearest windows that fit."""
        near = self._work.nearest_at_once if kind == "barred" else self._work.nearest
        nearest = self._aside.submit(nearest_windows, self._beside, near)
        inquiry = Inquiry(trial, most, self._work.reason, self._work.reasons)
        return WindowAnswer(
            asked=self._asked,
            kind=kind,
            reasons=inquiry.reasons(),
            irreducible=inquiry.proved,
            nearest=nearest.result(),
        )

    def _fits(self, found: Found, others: tuple[str, ...] = ()) -> WindowAnswer:
        """The whole plan with the window, which the checker passes and finds no stage worse."""
        assert found.decisions is not None
        group = (self._asked.plant, *others)
        plan, report = spliced(
            self._instance, self._plan, group, found.decisions, self._everyone.world
        )
        assert plan.decisions is not None
        stages = stage_changes(self._values(), report.stages)
        if any(s.after > s.before for s in stages):
            raise AssertionError(f"the plan with the window makes a stage worse: {stages}")
        return WindowAnswer(
            asked=self._asked,
            kind="fits_if" if others else "fits",
            plan=plan,
            moved=moved_windows(self._instance, self._decisions, plan.decisions, group),
            stages=stages,
        )

    def _values(self) -> dict[StageName, int]:
        if self._plan.stages:
            return {stage.name: stage.value for stage in self._plan.stages}
        return dict(self._beside.city_values(self._everyone.world))


class _Groups:
    """The plant that asks with each of several groups of others."""

    def __init__(self, trials: Mapping[Group, Trial], work: Work) -> None:
        self._trials, self._work = trials, work
        self._found = dict.fromkeys(trials, Found("unknown"))

    @property
    def clocked(self) -> bool:
        return any(trial.clocked for trial in self._trials.values())

    @property
    def some_denied(self) -> bool:
        """Whether it does not fit with some of them, by one solve at least."""
        return any(found.decision in ("doubtful", "no") for found in self._found.values())

    def search(self) -> Iterator[tuple[Group, Found]]:
        """The groups with which it fits, as they are found while there is work left."""
        for way, part in ROUNDS:
            tried = [others for others, one in self._found.items() if one.decision == "unknown"]
            decide = partial(self._decide, way, part * self._work.groups)
            for others, found in zip(tried, two_at_once(decide, tried), strict=True):
                self._found[others] = found
                if found.decision == "fits":
                    yield others, found

    def _decide(self, way: Way, work: float, others: Group) -> Found:
        trial = self._trials[others]
        return trial.decide(work, trial.now, way=way, sure=False)

    def confirmed(self) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
        """The groups with which it does not fit, each no solved a second way, and those that were
        not decided. What not all others together make room for, none of them does."""
        found, left = self._found, self._work.groups_again
        for others in sorted(found, key=len, reverse=True):
            if found[others].decision == "doubtful" and left > 0:
                trial = self._trials[others]
                found[others], work = trial.confirmed(found[others], left / 2, trial.now, nodes=0)
                left -= work
            if found[others].decision == "no" and len(others) > 1:
                found |= {fewer: Found("no") for fewer in found if set(fewer) <= set(others)}
        denied = tuple(others for others, one in found.items() if one.decision == "no")
        return denied, tuple(others for others in found if others not in denied)


def _neighbourhoods(near: Sequence[str]) -> Iterator[Group]:
    for name in near:
        yield (name,)
    if len(near) > 1:
        yield tuple(near)
