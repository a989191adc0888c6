"""A few plants of a plan tried anew with a window held open, in what all others leave them.

A trial decides one question: do the plants have a lawful plan beside the others, with the window
open and in use, in which no stage costs more than they are allowed?
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from solver.alone import Beside, Everyone, Taken, alone, decisions_about
from solver.asked_window import AskedWindow, hold_open, open_slots, open_window
from solver.block import Block
from solver.check import stage_values
from solver.checks.cycles import World
from solver.compact import Compact, assemble, build_block, build_windows, held_to, less
from solver.decided import rates_and_safe_trips, refusals, trips_and_windows
from solver.derive import Derived
from solver.engine import Answer, Limits, core, minimise
from solver.extract import decisions_of
from solver.instance import Instance, StageName
from solver.linear import Expression, Rows
from solver.loosen import Relaxation, relaxed
from solver.plan import Decisions
from solver.point import costs_of, overrun
from solver.second import NODES, second_opinion

Decision = Literal["fits", "no", "doubtful", "unknown"]
"""doubtful: one solve says no, and was not asked a second time."""

Way = Literal["plain", "fewest", "few", "swift", "bare"]
"""How a point is looked for: `fewest` with the fewest slots of gates that open or close against the
plan, `few` ending at the first point on the way there, `swift` with all rows relaxed from the
beginning, `bare` without presolve."""

Hold = Callable[[Block], None]

Group = tuple[str, ...]
"""Plants that are tried together."""

Cell = tuple[str, str, int]
"""("link" or "zone", id, slot): a shared capacity; of a core also ("stage", name, 0)."""

Cells = frozenset[Cell]

Most = Mapping[StageName, int]
"""What a group may cost at most, stage by stage."""

Blocks = list[Block] | None
"""Rows of a group's plants; None where no row is needed to see that they cannot hold."""

ROADS: Mapping[str, str] = {"link_capacity": "link", "zone_cap": "zone"}
"""Laws of shared capacities, and what they are of."""

AMPLE_MPCU = 2**40

WINDOWS_WORK = 0.02
"""Counted work of a question to the laws of windows alone: far more than they ever took."""


@dataclass(frozen=True)
class Found:
    """What a trial decided, the plants' decisions where it fits, and the counted work it took."""

    decision: Decision
    decisions: Decisions | None = None
    work: float = 0.0
    bare: bool = False
    """Whether it was decided without presolve: then the second way of a no is with it."""


@dataclass(frozen=True)
class Said:
    """Whether it does not fit, None where the work allowed did not decide; what that took; and
    where it fits, which roads that were open are overrun by it, and what it costs."""

    no: bool | None
    work: float = 0.0
    overrun: Cells = frozenset()
    costs: Most = field(default_factory=dict)


class Trial:
    """Plants `group`, the one that asks among them, beside the rest of a plan.

    With `roads_free` the others' trips are off the roads. `now` are the group's values in the plan,
    stage by stage: what no stage may pass. `clocked`: a clock ended the second way of a solve.
    `everyone`: what all plants of the plan take, where it is known already.
    """

    def __init__(
        self,
        instance: Instance,
        decisions: Decisions,
        asked: AskedWindow,
        others: Iterable[str] = (),
        *,
        roads_free: bool = False,
        everyone: Everyone | None = None,
    ) -> None:
        self.instance, self.city, self.asked = instance, decisions, asked
        self.roads_free, self.clocked = roads_free, False
        self._built: dict[frozenset[tuple[str, str, str]], Compact | None] = {}
        self._barred: dict[frozenset[tuple[str, str, str]], bool] = {}
        self.group = (asked.plant, *others)
        self.own = _as_published(alone(instance, *self.group), instance)
        self.decisions = decisions_about(decisions, self.own.plants)
        if roads_free:
            self.taken = Taken(Counter(), Counter())
        else:
            everyone = everyone or Everyone(instance, decisions)
            self.taken = everyone.but(self.own, self.decisions)
        self.now: Most = {
            stage.name: stage.value for stage in stage_values(self.own, self.decisions)
        }

    def city_values(self, world: World | None = None) -> Most:
        """What the whole plan costs."""
        stages = stage_values(self.instance, self.city, world)
        return {stage.name: stage.value for stage in stages}

    def model(self, most: Most, hold: Hold | None = None) -> Compact | None:
        """The group's rows, and stages held at the most that the group may cost; None where no row
        is needed to see that they cannot hold. The window is held open, or what `hold` says
        instead."""
        derived, bare = self._strict
        blocks = self._held(bare, hold)
        return None if blocks is None else joined(derived, blocks, most)

    @cached_property
    def _strict(self) -> tuple[Opened, Blocks]:
        """The plants' own rows under all laws, kept for questions that hold different things."""
        derived = Opened(self.own, self.taken, frozenset())
        return derived, _bare(derived)

    def _held(self, bare: Blocks, hold: Hold | None = None) -> Blocks:
        """Rows with the window held; None where these alone cannot be."""
        if bare is None:
            return None
        blocks = [block.copy() for block in bare]
        try:
            self.hold(blocks, hold)
        except ValueError:
            return None
        return blocks

    def _coupled(self, loosened: Collection[Relaxation]) -> Compact | None:
        """The plants' own rows as on roads that take whatever comes, with rows for what is left of
        these; kept for questions that differ in roads, zones and stages alone."""
        inner = [r for r in loosened if r.law not in ROADS]
        key = frozenset(r.key for r in inner)
        if key not in self._built:
            blocks = self._held(_bare(Opened(relaxed(self.own, inner), self.taken, None)))
            # What is left of a road follows from what others take, whatever else is loosened.
            self._built[key] = None if blocks is None else joined(self._strict[0], blocks, {})
        return self._built[key]

    def hold(self, blocks: Sequence[Block], hold: Hold | None) -> None:
        """What is asked for, as rows. Raises ValueError where it can be seen not to hold."""
        block = next(b for b in blocks if b.plant.id == self.asked.plant)
        if hold is None:
            hold_open(block, self.asked)
        else:
            hold(block)

    def open_windows(self, block: Block) -> None:
        """What is asked for of the windows of the plant that asks. Raises ValueError where it can
        be seen not to hold."""
        open_window(block, self.asked)

    def decide(
        self,
        work: float,
        most: Most,
        *,
        way: Way = "plain",
        sure: bool = True,
    ) -> Found:
        """Whether it fits. A no is solved twice before it counts, unless it need not be `sure`."""
        model = self.model(most)
        if model is None:
            return Found("no")
        answer = self._solved(model, work, way)
        if answer.values:
            return Found("fits", self.decisions_in(model, answer.values), answer.counted_work)
        denied = self.denied(answer, model.rows, work, sure=sure)
        bare = denied == "doubtful" and way == "bare"
        return Found(denied, None, answer.counted_work, bare)

    def denied(self, answer: Answer, rows: Rows, work: float, *, sure: bool = True) -> Decision:
        """What an answer without values says of rows: a no is solved twice before it counts,
        unless it need not be `sure`."""
        if answer.verdict != "infeasible":
            return "unknown"
        if not sure:
            return "doubtful"
        return "no" if self.is_surely_no(rows, work) else "unknown"

    def _solved(self, model: Compact, work: float, way: Way) -> Answer:
        if way == "plain":
            return minimise(model.rows, Expression(), any_point(work))
        limits = Limits(
            counted_work=work,
            first=way != "fewest",
            presolve=way != "bare",
            brief=True,
            swift=way == "swift",
        )
        return minimise(model.rows, self._changes(model), limits, self.near_plan(model))

    def near_plan(self, model: Compact) -> dict[int, int]:
        """Values of what is decided, as the plan has them or as near as the window allows."""
        values: dict[int, int] = {}
        for block in model.blocks:
            shift, lower, upper = model.shift[block.plant.id], block.rows.lower, block.rows.upper
            known = trips_and_windows(block, self.decisions)
            known |= rates_and_safe_trips(block, self.decisions)
            known |= refusals(block, self.decisions) or {}
            for variable, value in known.items():
                values[variable + shift] = min(max(value, lower[variable]), upper[variable])
        return values

    def confirmed(
        self, found: Found, work: float, most: Most, nodes: int = NODES
    ) -> tuple[Found, float]:
        """What was found, a doubtful no solved a second way; the counted work of that."""
        if found.decision != "doubtful":
            return found, 0.0
        model = self.model(most)
        if model is None:
            return replace(found, decision="no"), 0.0
        opinion = second_opinion(model.rows, work, nodes=nodes, presolve=found.bare)
        self.clocked = self.clocked or opinion.clocked
        is_no = opinion.verdict == "infeasible"
        return replace(found, decision="no" if is_no else "unknown"), opinion.counted_work

    def is_surely_no(self, rows: Rows, work: float) -> bool:
        """Whether rows that one solve called infeasible are so by a second way."""
        opinion = second_opinion(rows, work)
        self.clocked = self.clocked or opinion.clocked
        return opinion.verdict == "infeasible"

    def says_no(
        self,
        work: float,
        loosened: Collection[Relaxation],
        most: Most,
        opened: Cells = frozenset(),
        *,
        bare: bool = False,
    ) -> Said:
        """Whether it does not fit, by one solve; `bare`: without presolve and what is spared."""
        if self.windows_bar(loosened):
            return Said(True)
        coupled, every = self._coupled(loosened), range(self.own.grid.n_slots)
        free = frozenset(
            (ROADS[r.law], r.where, t) for r in loosened if r.law in ROADS for t in every
        )
        model = None if coupled is None else held_to(less(coupled, opened | free), most)
        if model is None:
            return Said(True)
        limits = Limits(counted_work=work, presolve=False) if bare else any_point(work)
        answer = minimise(model.rows, Expression(), limits)
        if not answer.values:
            return Said(answer.verdict == "infeasible" or None, answer.counted_work)
        over = overrun(model, self._strict[0], answer.values)
        return Said(False, answer.counted_work, over, costs_of(model, answer.values))

    def windows_alone(self, loosened: Collection[Relaxation] = ()) -> Block:
        """The laws of windows alone of the plant that asks, some of them loosened."""
        derived = Derived(relaxed(self.own, loosened))
        return build_windows(derived, derived.plants[self.asked.plant])

    def windows_bar(self, loosened: Collection[Relaxation]) -> bool:
        """Whether the laws of windows alone, some of them loosened, bar what is asked for; asked
        once, for many questions differ in other laws alone."""
        inner = [r for r in loosened if r.law == "window_shape"]
        key = frozenset(r.key for r in inner)
        if key not in self._barred:
            self._barred[key] = self._windows_bar(inner)
        return self._barred[key]

    def _windows_bar(self, loosened: Collection[Relaxation]) -> bool:
        block = self.windows_alone(loosened)
        try:
            self.open_windows(block)
        except ValueError:
            return True
        answer = minimise(block.rows, Expression(), any_point(WINDOWS_WORK))
        return answer.verdict == "infeasible"

    def core(self, work: float, most: Most) -> frozenset[Cell] | None:
        """Slots of roads and zones, and stages, that one solve under all laws names in its no;
        None where it finds none. A guess (`solver/engine.py`)."""
        coupled = self._coupled(())
        model = None if coupled is None else held_to(less(coupled, frozenset()), most)
        if model is None:
            return None
        assumed: dict[int, Cell] = dict(model.shared)
        for number, row in enumerate(model.rows.rows):
            if row.law == "stage":
                assumed[number] = "stage", row.where, 0
        return core(model.rows, assumed, any_point(work))

    def _changes(self, model: Compact) -> Expression:
        """Slots of gates that open or close against the plan."""
        before = open_slots(self.decisions)
        total = Expression()
        for block in model.blocks:
            shift = model.shift[block.plant.id]
            for key, variable in block.open.items():
                total.add(-1 if key in before else 1, variable + shift)
                total.constant += key in before
        return total

    def decisions_in(self, model: Compact, values: list[int]) -> Decisions:
        parts = []
        for block in model.blocks:
            part = model.values_of(block, values)
            block.settle(part)
            parts.append((block, part))
        return decisions_of(parts)


class Opened(Beside):
    """Beside the others, with shared capacities that take whatever comes; None: all of them."""

    def __init__(self, instance: Instance, taken: Taken, opened: Cells | None) -> None:
        super().__init__(instance, taken)
        self._opened = opened

    @cached_property
    def link_residuals_mpcu(self) -> dict[str, list[int]]:
        if self._opened is None:
            n_slots = self.grid.n_slots
            return {link.id: [AMPLE_MPCU] * n_slots for link in self.instance.links}
        residuals = {link: list(row) for link, row in super().link_residuals_mpcu.items()}
        for what, name, slot in self._opened:
            if what == "link":
                residuals[name][slot] = AMPLE_MPCU
        return residuals

    @cached_property
    def zone_residuals_mpcu(self) -> dict[str, list[int | None]]:
        return {
            zone: [
                AMPLE_MPCU if mpcu is not None and self._is_open(zone, slot) else mpcu
                for slot, mpcu in enumerate(row)
            ]
            for zone, row in super().zone_residuals_mpcu.items()
        }

    def _is_open(self, zone: str, slot: int) -> bool:
        return self._opened is None or ("zone", zone, slot) in self._opened


def two_at_once(decide: Callable[[Group], Found], groups: Iterable[Group]) -> Iterator[Found]:
    """What is found of each group in turn, the next under way meanwhile: an engine that searches
    leaves Python to others."""
    with ThreadPoolExecutor(2) as threads:
        yield from threads.map(decide, groups)


def any_point(work: float) -> Limits:
    """What a question to one plant may use to which any point is an answer, or one of few values
    is."""
    return Limits(counted_work=work, brief=True, lean=True)


def _bare(derived: Derived) -> Blocks:
    """The rows of all plants; None where it can be seen that these cannot hold."""
    try:
        return [build_block(derived, plant) for plant in derived.plants.values()]
    except ValueError:
        return None


def joined(derived: Derived, blocks: list[Block], most: Most) -> Compact | None:
    """Blocks on the roads of `derived`, stages held; None where no row is needed to see that they
    cannot hold."""
    try:
        model = assemble(derived, blocks)
    except ValueError:
        return None
    return held_to(model, most)


def _as_published(own: Instance, instance: Instance) -> Instance:
    """Compared with the plan in force where the whole instance is."""
    if instance.published is None:
        return own
    legs = {leg.id for p in own.plants for stream in p.streams for leg in stream.legs}
    kept = tuple(trips for trips in instance.published if trips.leg in legs)
    return own.model_copy(update={"published": kept})
