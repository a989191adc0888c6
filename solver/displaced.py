"""What a plan does when a plant makes one more trip of a stream: who moves or loses trips, and what
that costs. Solved, where `solver/one_more.py` estimates by prices.

Asked in this order, the first that decides is the answer: with all others unchanged, with the
plants that share its tight roads planned anew, neither safety nor output worse; then at the least
loss that the trip forces on them together. Of the plans that do, the one is told that changes the
fewest trips and open slots of others, then of the plant itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from solver.asked_window import open_slots
from solver.check import check
from solver.compact import Compact
from solver.derive import Derived
from solver.engine import Answer, Limits, minimise
from solver.instance import Count, Id, Instance, StageName, Value
from solver.linear import Expression
from solver.plan import Decisions, Plan
from solver.sharers import sharers
from solver.splice import spliced
from solver.trial import Most
from solver.window_answer import StageChange, stage_changes
from solver.wish_trial import VITAL, MoreTrips, Wish, WishTrial

MOST_SHARERS = 3
OF_OTHERS = 1000
"""What a changed trip or slot of another plant counts for, in those of the plant itself."""

DisplacedKind = Literal["room", "moves", "costs", "cannot", "undecided"]
"""room: others stay as they are. moves: others move, neither safety nor output gets worse. costs:
safety or output gets worse. cannot: not with these plants, whatever it costs them."""


class Shift(Value):
    """A stream of another plant with so many trips fewer (`lost`), more (`added`), or at another
    time or on another way (`moved`)."""

    plant: Id
    stream: Id
    lost: Count
    added: Count
    moved: Count


class Displaced(Value):
    """One more trip of a stream. `others` were planned anew with the plant, all else stays.
    `least`: each value told is proved to be the least among these plants. `stages` are of the
    whole plan."""

    stream: Id
    kind: DisplacedKind
    others: tuple[Id, ...] = ()
    shifts: tuple[Shift, ...] = ()
    stages: tuple[StageChange, ...] = ()
    least: bool = True


def displaced_by(
    instance: Instance, plan: Plan, plant_id: str, work: float = 1.0, settled_slots: int = 0
) -> tuple[Displaced, ...]:
    """For each stream of a plant that has a way to be carried; before `settled_slots` nothing
    changes. `work` is the counted work of each solve."""
    (plant,) = (p for p in instance.plants if p.id == plant_id)
    if settled_slots >= instance.grid.n_slots:
        return ()
    asking = _Asking(instance, plan, plant_id, work, settled_slots)
    streams = sorted((s for s in plant.streams if s.legs), key=lambda s: s.id)
    return tuple(asking.of(stream.id) for stream in streams)


class _Found(NamedTuple):
    """The plants' decisions, whether what was minimised is proved least, and whether it is proved
    that there are none."""

    decisions: Decisions | None
    least: bool
    none: bool = False


class _Asking:
    """One plant of one plan."""

    def __init__(
        self, instance: Instance, plan: Plan, plant: str, work: float, settled_slots: int
    ) -> None:
        assert plan.decisions is not None, "a plan without decisions has no trips"
        self._instance, self._plan, self._decisions = instance, plan, plan.decisions
        self._plant, self._work, self._settled = plant, work, settled_slots
        self._derived = Derived(instance)
        self._before = {s.name: s.value for s in check(instance, plan).stages}

    def of(self, stream: str) -> Displaced:
        n_slots = self._instance.grid.n_slots
        more = MoreTrips(stream=stream, first_slot=self._settled, end_slot=n_slots, trips=1)
        wish = Wish(
            name="one-more",
            clause="",
            plants=(self._plant,),
            settled_slots=self._settled,
            more=more,
        )
        alone = WishTrial(self._instance, self._decisions, wish)
        found = self._fewest(alone, _vital(alone.now))
        if found.decisions is not None:
            return self._told(stream, "room", (), found)
        near = self._near(alone)
        group = WishTrial(self._instance, self._decisions, wish, near) if near else alone
        if near:
            found = self._fewest(group, _vital(group.now))
            if found.decisions is not None:
                return self._told(stream, "moves", near, found)
        if not found.none:
            return Displaced(stream=stream, kind="undecided", others=near, least=False)
        found = self._cheapest(group)
        if found.decisions is not None:
            return self._told(stream, "costs", near, found)
        kind: DisplacedKind = "cannot" if found.none else "undecided"
        return Displaced(stream=stream, kind=kind, others=near, least=found.none)

    def _near(self, alone: WishTrial) -> tuple[str, ...]:
        n_slots = self._instance.grid.n_slots
        asked = alone.asked.at(self._settled, n_slots)
        return tuple(sharers(self._derived, self._decisions, asked)[:MOST_SHARERS])

    def _cheapest(self, trial: WishTrial) -> _Found:
        """Safety, then output as little worse as it can be, then the fewest changes."""
        limits: dict[StageName, int] = {}
        least = True
        for stage in VITAL:
            model = trial.model(limits)
            if model is None:
                return _Found(None, least=False, none=True)
            answer = minimise(
                model.rows, model.stages[stage], self._limits(), trial.near_plan(model)
            )
            if not answer.values:
                return _Found(None, least=False, none=self._is_none(trial, model, answer))
            limits[stage] = model.stages[stage].value(answer.values)
            least = least and answer.verdict == "optimal"
        found = self._fewest(trial, limits)
        return found._replace(least=found.least and least)

    def _fewest(self, trial: WishTrial, limits: Most) -> _Found:
        model = trial.model(limits)
        if model is None:
            return _Found(None, least=False, none=True)
        objective = self._changes(trial, model)
        answer = minimise(model.rows, objective, self._limits(), trial.near_plan(model))
        if not answer.values:
            return _Found(None, least=False, none=self._is_none(trial, model, answer))
        return _Found(trial.decisions_in(model, answer.values), answer.verdict == "optimal")

    def _limits(self) -> Limits:
        return Limits(counted_work=self._work)

    def _is_none(self, trial: WishTrial, model: Compact, answer: Answer) -> bool:
        """Whether no plan is there by two ways."""
        return answer.verdict == "infeasible" and trial.is_surely_no(model.rows, self._work)

    def _changes(self, trial: WishTrial, model: Compact) -> Expression:
        """Departures and open slots that differ from the plan's."""
        planned = Counter({(d.leg, d.slot): d.trips for d in trial.decisions.departures})
        opened, total = open_slots(trial.decisions), Expression()
        for block in model.blocks:
            weight = 1 if block.plant.id == self._plant else OF_OTHERS
            shift, locked = model.shift[block.plant.id], block.derived.locked
            for key, variable in block.own.items():
                before = planned[key] - locked.get(key, 0)
                total.add(weight, _apart(model, variable + shift, before))
            for key, variable in block.open.items():
                total.add(-weight if key in opened else weight, variable + shift)
                total.constant += weight * (key in opened)
        return total

    def _told(
        self, stream: str, kind: DisplacedKind, others: tuple[str, ...], found: _Found
    ) -> Displaced:
        """The whole plan with the trip, which the checker passes."""
        assert found.decisions is not None
        group = (self._plant, *others)
        plan, report = spliced(self._instance, self._plan, group, found.decisions)
        assert plan.decisions is not None
        return Displaced(
            stream=stream,
            kind=kind,
            others=others,
            shifts=tuple(self._shifts(plan.decisions, others)),
            stages=stage_changes(self._before, report.stages),
            least=found.least,
        )

    def _shifts(self, decisions: Decisions, others: tuple[str, ...]) -> Iterator[Shift]:
        now, then = self._trips(self._decisions), self._trips(decisions)
        for plant, stream in sorted(now.keys() | then.keys()):
            before, after = now.get((plant, stream)), then.get((plant, stream))
            more = ((after or Counter()) - (before or Counter())).total()
            fewer = ((before or Counter()) - (after or Counter())).total()
            if plant in others and (more or fewer):
                yield Shift(
                    plant=plant,
                    stream=stream,
                    lost=max(0, fewer - more),
                    added=max(0, more - fewer),
                    moved=min(more, fewer),
                )

    def _trips(self, decisions: Decisions) -> Mapping[tuple[str, str], Counter[tuple[str, int]]]:
        """Trips by leg and slot of each stream of each plant."""
        found: dict[tuple[str, str], Counter[tuple[str, int]]] = {}
        for departure in decisions.departures:
            use = self._derived.legs[departure.leg]
            trips = found.setdefault((use.plant.id, use.stream.id), Counter())
            trips[departure.leg, departure.slot] += departure.trips
        return found


def _vital(now: Most) -> dict[StageName, int]:
    return {stage: now[stage] for stage in VITAL}


def _apart(model: Compact, variable: int, before: int) -> int:
    """A variable that is at least the difference of another from a number."""
    rows = model.rows
    if before == 0:
        return variable
    apart = rows.variable(0, max(before, rows.upper[variable] - before))
    rows.row([(1, apart), (-1, variable)], -before, None, "asked", "changed trips")
    rows.row([(1, apart), (1, variable)], before, None, "asked", "changed trips")
    return apart
