"""Whether an instance is worth solving: a case that is not coupled proves nothing.

Shares are measured on a plan (the solver's, or first fit where none was made); what needs a proved
bound is None without one. A set of instances is refused unless the medians pass.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from fractions import Fraction
from statistics import median

import networkx as nx

from solver.baseline import first_fit
from solver.check import stage_values
from solver.compact import build_block
from solver.derive import Cell, Derived, LegUse, Move
from solver.engine import Limits
from solver.fit_room import Ground
from solver.fit_stocks import StockBook
from solver.fit_trips import TripCap
from solver.fit_windows import runs_of, starts_of
from solver.instance import Count, Instance, Plant, StageName, Stock, Value
from solver.plan import Decisions, Plan
from solver.prices import Prices, output_weight, prove
from solver.windows import GateWindows, gate_windows

ALONE_WORK = 0.5
"""Counted work for the bound of one plant alone."""


class FirstFitExcess(Value):
    """By how much first fit is worse than the bound of a stage, as a share of the bound; None
    where the bound is 0 and first fit is not."""

    stage: StageName
    first_fit: Count
    bound: Count
    share: float | None


class Worth(Value):
    """How coupled an instance is."""

    instance: str
    windows_bind: float
    """Share of plants with window limits that reach a limit of lengths, slots or windows."""
    tight_links: float
    """Share of the used link-slots in which no trip of the link's smallest class fits."""
    tight_stocks: float
    """Share of stocks and daily caps at a bound: no further unit of rate, no further trip."""
    sharing_classes: Count
    """Vehicle classes that share a tight link-slot with another one."""
    largest_group: float
    """Share of enterprises in the largest group joined by tight link-slots."""
    output_shortfall: Count
    safety_shortfall: Count
    first_fit: tuple[FirstFitExcess, ...] | None = None
    coordination: float | None = None
    """Greatest part of a stage's value that is above the bound of plants alone on the roads."""


class Verdict(Value):
    """The reasons for which a set of instances proves nothing; none if it is worth solving."""

    refused: tuple[str, ...]

    @property
    def is_worth_solving(self) -> bool:
        return not self.refused


def shares_of(instance: Instance) -> Worth:
    """The shares measured on first fit alone, without any solve."""
    decisions = first_fit(instance)
    return _measured(instance, decisions)


def worth(
    instance: Instance, plan: Plan, fitted: Decisions, alone: Mapping[StageName, int] | None = None
) -> Worth:
    """The shares measured on a plan, with its bounds against first fit.

    `alone` holds what `bounds_alone` proved for the plan, where that was asked for. Raises
    ValueError for a plan without decisions: nothing can be measured on it.
    """
    if plan.decisions is None:
        raise ValueError(f"plan of {instance.name} is {plan.status}: there is nothing to measure")
    measured = _measured(instance, plan.decisions)
    reached = {stage.name: stage.value for stage in stage_values(instance, fitted)}
    excess = tuple(
        FirstFitExcess(
            stage=stage.name,
            first_fit=reached[stage.name],
            bound=stage.bound,
            share=_excess(reached[stage.name], stage.bound),
        )
        for stage in plan.stages
    )
    values = {stage.name: stage.value for stage in plan.stages}
    shared = [max(0, values[s] - bound) / max(1, values[s]) for s, bound in (alone or {}).items()]
    return measured.model_copy(
        update={"first_fit": excess, "coordination": max(shared, default=None)}
    )


def bounds_alone(
    instance: Instance, plan: Plan, executor: Executor | None = None
) -> dict[StageName, int]:
    """Proved bounds of output shortfall and exposure if every plant had the roads for itself and
    the earlier stages were what the plan hands on: the bound at zero prices of road and zone."""
    derived = Derived(instance)
    blocks = [build_block(derived, plant) for plant in derived.plants.values()]
    weight = output_weight(derived)
    bounds: dict[StageName, int] = {}
    budgets: dict[StageName, int] = {}
    for stage in plan.stages:
        if stage.name in ("output_shortfall", "exposure"):
            multipliers: dict[StageName, int] = {}
            if stage.name == "exposure":
                multipliers["output_shortfall"] = weight
            prices, limits = Prices(stages=multipliers), Limits(counted_work=ALONE_WORK)
            alone = prove(blocks, stage.name, prices, limits, executor)
            bounds[stage.name] = min(alone.bound({}, budgets), stage.value)
        budgets[stage.name] = stage.handed_on
    return bounds


def _excess(value: int, bound: int) -> float | None:
    if bound == 0:
        return 0.0 if value == 0 else None
    return (value - bound) / bound


def _measured(instance: Instance, decisions: Decisions) -> Worth:
    derived = Derived(instance)
    traffic = _Traffic(derived, decisions)
    values = {stage.name: stage.value for stage in stage_values(instance, decisions)}
    enterprises = {plant.enterprise for plant in instance.plants}
    return Worth(
        instance=instance.name,
        windows_bind=_share(_windows_bind(derived, decisions)),
        tight_links=_share([cell in traffic.tight for cell in traffic.load]),
        tight_stocks=_share(_tight_stocks_and_caps(derived, decisions)),
        sharing_classes=len(traffic.sharing_classes()),
        largest_group=traffic.largest_group() / max(1, len(enterprises)),
        output_shortfall=values["output_shortfall"],
        safety_shortfall=values["safety_shortfall"],
    )


def _share(found: list[bool]) -> float:
    return float(Fraction(sum(found), max(1, len(found))))


class _Traffic:
    """Own trips on the links: load, classes and enterprises by link and slot."""

    def __init__(self, derived: Derived, decisions: Decisions) -> None:
        self._derived = derived
        self.load: defaultdict[Cell, int] = defaultdict(int)
        self.classes: defaultdict[Cell, set[str]] = defaultdict(set)
        self.enterprises: defaultdict[Cell, set[str]] = defaultdict(set)
        for one in decisions.departures:
            own = one.trips - derived.locked.get((one.leg, one.slot), 0)
            use = derived.legs[one.leg]
            self._add(use, use.departure, one.slot, own)
        for out in decisions.releases:
            use = derived.legs[out.leg]
            if use.release is not None:
                self._add(use, use.release, out.slot, out.trips)
        self.tight = self._tight()

    def _add(self, use: LegUse, move: Move, slot: int, trips: int) -> None:
        for link, after in move.links:
            if trips and slot + after < self._derived.grid.n_slots:
                cell = (link, slot + after)
                self.load[cell] += trips * use.pcu_mpcu
                self.classes[cell].add(use.leg.vehicle_class)
                self.enterprises[cell].add(use.plant.enterprise)

    def _tight(self) -> set[Cell]:
        smallest: dict[str, int] = {}
        for use in self._derived.legs.values():
            for move in (use.departure, use.release):
                for link, _ in move.links if move else ():
                    smallest[link] = min(smallest.get(link, use.pcu_mpcu), use.pcu_mpcu)
        return {
            (link, slot)
            for (link, slot), mpcu in self.load.items()
            if self._derived.link_residual_mpcu(link, slot) - mpcu < smallest[link]
        }

    def sharing_classes(self) -> set[str]:
        shared = [self.classes[cell] for cell in self.tight if len(self.classes[cell]) > 1]
        return set().union(*shared)

    def largest_group(self) -> int:
        graph: nx.Graph[str] = nx.Graph()
        for cell in self.tight:
            first, *others = sorted(self.enterprises[cell])
            graph.add_node(first)
            graph.add_edges_from((first, other) for other in others)
        return max((len(group) for group in nx.connected_components(graph)), default=0)


def _windows_bind(derived: Derived, decisions: Decisions) -> list[bool]:
    """For every plant with window limits, whether one of its gates reaches one."""
    opened: defaultdict[str, set[int]] = defaultdict(set)
    for window in decisions.windows:
        opened[window.gate].update(range(window.first_slot, window.end_slot))
    limited = {limit.plant for limit in derived.instance.window_limits}
    return [
        any(
            _reaches(derived, gate_windows(derived, plant, gate), opened[gate.id])
            for gate in plant.gates
        )
        for plant in derived.plants.values()
        if plant.id in limited
    ]


def _reaches(derived: Derived, gate: GateWindows, opened: set[int]) -> bool:
    runs = runs_of(opened)
    for run in runs:
        before = gate.state.open_slots_before if run.start == 0 else 0
        if before + len(run) >= gate.limit[run.start].max_slots:
            return True
    starts = starts_of(gate, runs)
    for day in range(derived.grid.n_days):
        of_day = {slot for slot in gate.limit if derived.grid.day_of(slot) == day}
        if opened & of_day:
            limits = [gate.limit[slot] for slot in of_day]
            slots_made = gate.state.open_slots_today if day == 0 else 0
            made = gate.state.windows_today if day == 0 else 0
            if slots_made + len(opened & of_day) >= max(x.max_open_slots_day for x in limits):
                return True
            if made + len(of_day & starts) >= max(x.max_windows_day for x in limits):
                return True
    return False


def _tight_stocks_and_caps(derived: Derived, decisions: Decisions) -> list[bool]:
    """For every stock whether it comes within one load of a bound, for every plant's day under a
    cap whether no further trip may depart."""
    ground = Ground(derived)
    own: defaultdict[str, list[tuple[LegUse, int, int]]] = defaultdict(list)
    for one in decisions.departures:
        use = derived.legs[one.leg]
        own[use.plant.id].append(
            (use, one.slot, one.trips - derived.locked.get((one.leg, one.slot), 0))
        )
    safe: Counter[tuple[str, int]] = Counter()
    for exempt in decisions.safe_trips:
        safe[exempt.stream, exempt.day] += exempt.trips
    books = {name: StockBook(derived, ground, plant) for name, plant in derived.plants.items()}
    _play(books, decisions)
    found: list[bool] = []
    for name, plant in derived.plants.items():
        cap = TripCap(derived, ground, plant)
        for use, slot, trips in own[name]:
            cap.count(use.stream, slot, trips)
            sign = 1 if use.stream.direction == "in" else -1
            moves = slot + use.stock_slots
            if moves < derived.grid.n_slots:
                interval = derived.grid.interval_of(moves)
                books[name].move(use.stream.stock, interval, sign * trips * use.stream.payload_kg)
        spared = {day: sum(safe[s.id, day] for s in plant.streams) for day in cap.left}
        found += [left + spared[day] < 1 for day, left in cap.left.items()]
        found += [_is_tight(books[name], stock, plant) for stock in plant.stocks]
    return found


def _play(books: dict[str, StockBook], decisions: Decisions) -> None:
    """Set the decided rates, and what rail and belt bring and take."""
    rates = {one.process: one.rates for one in decisions.rates}
    refused = {(one.stock, one.interval, one.what): one.kg for one in decisions.refusals}
    for book in books.values():
        for process in book.processes.values():
            for interval, units in enumerate(rates.get(process.id, ())):
                book.change_rate(process, interval, units)
        for name, stock in book.stocks.items():
            for interval in range(book.grid.n_intervals):
                come = stock.arrivals_kg[interval] - refused.get((name, interval, "arrival"), 0)
                go = stock.dispatches_kg[interval] - refused.get((name, interval, "dispatch"), 0)
                book.move(name, interval, come - go)


def _is_tight(book: StockBook, stock: Stock, plant: Plant) -> bool:
    loads = [s.payload_kg for s in plant.streams if s.stock == stock.id]
    process = book.processes[stock.breach_process]
    item = next(i for i in process.recipe if i.stock == stock.id)
    load_kg = max(loads, default=item.consumes_kg + item.produces_kg)
    levels = book.level[stock.id]
    slacks = [kg - low for kg, low in zip(levels, book.low[stock.id], strict=True)]
    slacks += [high - kg for kg, high in zip(levels, book.high[stock.id], strict=True)]
    if stock.end_min_kg is not None:
        slacks.append(levels[-1] - stock.end_min_kg)
    if stock.end_max_kg is not None:
        slacks.append(stock.end_max_kg - levels[-1])
    return min(slacks) < load_kg


WINDOWS_BIND_AT_LEAST = 0.5
TIGHT_LINKS_AT_LEAST = 0.05
TIGHT_STOCKS_AT_LEAST = 0.10
SHARING_CLASSES_AT_LEAST = 3
FIRST_FIT_EXCESS_AT_LEAST = 0.10
COORDINATION_AT_LEAST = 0.05
LARGEST_GROUP_AT_LEAST = 0.5
OUTPUT_SHORT_AT_LEAST = Fraction(4, 5)
SAFETY_SHORT_AT_LEAST = Fraction(1, 5)


def verdict(cases: Sequence[Worth]) -> Verdict:
    """Whether a set of instances, one a seed, is coupled in the median; what was not measured
    refuses it too. Raises ValueError for an empty set."""
    if not cases:
        raise ValueError("no case was measured; give one worth per seed")
    reasons = [
        *_below(cases, "windows bind", lambda w: w.windows_bind, WINDOWS_BIND_AT_LEAST),
        *_below(cases, "tight link-slots", lambda w: w.tight_links, TIGHT_LINKS_AT_LEAST),
        *_below(cases, "tight stocks and caps", lambda w: w.tight_stocks, TIGHT_STOCKS_AT_LEAST),
        *_below(
            cases,
            "classes sharing tight links",
            lambda w: w.sharing_classes,
            SHARING_CLASSES_AT_LEAST,
        ),
        *_below(cases, "first fit over the bound", _worst_excess, FIRST_FIT_EXCESS_AT_LEAST),
        *_below(cases, "coordination", lambda w: w.coordination, COORDINATION_AT_LEAST),
        *_below(cases, "largest group", lambda w: w.largest_group, LARGEST_GROUP_AT_LEAST),
        *_too_seldom(cases, "output", lambda w: w.output_shortfall, OUTPUT_SHORT_AT_LEAST),
        *_too_seldom(cases, "safety", lambda w: w.safety_shortfall, SAFETY_SHORT_AT_LEAST),
    ]
    return Verdict(refused=tuple(reasons))


def _worst_excess(one: Worth) -> float | None:
    """First fit's excess in its worst stage; endless where it pays and the bound is 0."""
    if one.first_fit is None:
        return None
    return max((float("inf") if x.share is None else x.share for x in one.first_fit), default=0.0)


def _below(
    cases: Sequence[Worth], what: str, of: Callable[[Worth], float | None], least: float
) -> list[str]:
    found = [of(one) for one in cases]
    known = [value for value in found if value is not None]
    if len(known) < len(found):
        return [f"{what}: not measured on {len(found) - len(known)} of {len(found)} cases"]
    middle = median(known)
    return [] if middle >= least else [f"{what}: median {middle:.3g}, at least {least:g} needed"]


def _too_seldom(
    cases: Sequence[Worth], what: str, of: Callable[[Worth], int], least: Fraction
) -> list[str]:
    short = sum(of(one) > 0 for one in cases)
    if Fraction(short, len(cases)) >= least:
        return []
    return [f"{what} falls short in {short} of {len(cases)} cases, {least} of them needed"]
