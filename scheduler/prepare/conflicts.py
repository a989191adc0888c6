"""Conflicts of measures, found on the instance before anything is planned and named by rule.

Bars, window limits, trip caps and output cuts bear the id of the rule that they come from before
their first `@`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from scheduler.domain.conflict import ConflictingRule, ConflictKind, MeasureConflict
from scheduler.domain.measure import Drawdown, EmissionBar, MeasureSet, Rule, ZoneCap
from scheduler.prepare.bars import HOURS_SUFFIX
from scheduler.prepare.levels import Run, runs_of
from scheduler.prepare.measures import Subject, exempting_rule
from scheduler.prepare.supply import NO_RULE, Supply
from solver.derive import Derived
from solver.instance import Instance, Plant, Process, TimeGrid, WindowLimit


def conflicts_of(
    measures: MeasureSet, subjects: Sequence[Subject], instance: Instance
) -> Iterator[MeasureConflict]:
    """Every conflict, by kind, then by plant."""
    telling = _Telling(measures, instance.grid)
    found = _Conflicts(instance, telling)
    yield from _exempt_and_ordered(measures, subjects, telling)
    yield from _windows_unlike(measures, subjects, telling)
    yield from found.no_window_left()
    yield from found.must_run_unsupplied()
    yield from found.must_run_stopped()


class _Telling:
    """Names rules and times."""

    def __init__(self, measures: MeasureSet, grid: TimeGrid) -> None:
        self._measures = measures
        self._rules = {rule.measure_id: rule for rule in measures.rules}
        self._grid = grid

    def rule_id(self, id: str) -> str:
        """The rule that a measure of the instance comes from."""
        name = id.partition("@")[0]
        return name if name in self._rules else name.removesuffix(HOURS_SUFFIX)

    def conflict(
        self,
        kind: ConflictKind,
        rules: Iterable[str],
        plants: Iterable[str],
        slots: Run,
        where: str = "",
    ) -> MeasureConflict:
        return MeasureConflict(
            kind=kind,
            rules=tuple(self._named(rule) for rule in rules),
            plants=tuple(sorted(plants)),
            where=where,
            from_instant=self._grid.at(slots.first_slot),
            to_instant=self._grid.at(slots.end_slot),
        )

    def _named(self, rule_id: str) -> ConflictingRule:
        rule = self._rules[rule_id]
        return ConflictingRule(
            measure=rule_id,
            set_id=self._measures.set_of(rule_id),
            clause=rule.clause,
            clause_en=rule.clause_en,
        )


def _orders(measures: MeasureSet) -> list[Rule]:
    """Rules that order something of plants: no exemptions, and none of places or stocks."""
    exempting = {rule.measure_id for rule in measures.exemptions}
    return [
        rule
        for rule in measures.rules
        if rule.measure_id not in exempting
        and not isinstance(rule, Drawdown | ZoneCap)
        and not (isinstance(rule, EmissionBar) and rule.at != "gate")
    ]


def _exempt_and_ordered(
    measures: MeasureSet, subjects: Sequence[Subject], telling: _Telling
) -> Iterator[MeasureConflict]:
    """Plants that one set leaves alone and another gives orders at the same time."""
    held: dict[tuple[str, str], dict[str, Run]] = {}
    for subject in subjects:
        free = exempting_rule(measures, subject)
        if free is None:
            continue
        for rule in _orders(measures):
            if measures.set_of(rule.measure_id) != measures.set_of(free.measure_id):
                for run in list(runs_of(subject.slots(rule)))[:1]:
                    held.setdefault((free.measure_id, rule.measure_id), {})[subject.plant] = run
    for rules, plants in sorted(held.items()):
        yield telling.conflict("exempt_and_ordered", rules, plants, min(plants.values()))


def _windows_unlike(
    measures: MeasureSet, subjects: Sequence[Subject], telling: _Telling
) -> Iterator[MeasureConflict]:
    """Two window rules of which no window can keep both."""
    held: dict[tuple[str, str], dict[str, Run]] = {}
    for subject in subjects:
        if exempting_rule(measures, subject) is not None:
            continue
        for one in measures.window_limits:
            for other in measures.window_limits:
                if one.min_minutes > other.max_minutes:
                    both = sorted({*subject.slots(one)} & {*subject.slots(other)})
                    for run in list(runs_of(both))[:1]:
                        rules = one.measure_id, other.measure_id
                        held.setdefault(rules, {})[subject.plant] = run
    for rules, plants in sorted(held.items()):
        yield telling.conflict("windows_unlike", rules, plants, min(plants.values()))


class _Conflicts:
    """What the measures of an instance leave its plants."""

    def __init__(self, instance: Instance, telling: _Telling) -> None:
        self._instance = instance
        self._derived = Derived(instance)
        self._telling = telling

    def no_window_left(self) -> Iterator[MeasureConflict]:
        """Window limits whose slots bars of several rules, or hours of their own, cut too short. A
        single bar that closes a gate is an order to stop, and no conflict."""
        held: dict[tuple[str, ...], dict[str, Run]] = {}
        for limit in self._instance.window_limits:
            run = Run(limit.first_slot, limit.end_slot)
            supply = self._supply(self._derived.plants[limit.plant])
            is_cut = partial(_cuts_short, supply, limit)
            if is_cut(NO_RULE) or not is_cut(supply.rules):
                continue
            own = self._telling.rule_id(limit.id)
            closing = self._irreducible(supply.rules, is_cut)
            if len(closing) > 1 or closing == (own,):
                key = tuple(dict.fromkeys((own, *closing)))
                held.setdefault(key, {})[limit.plant] = run
        for rules, plants in sorted(held.items()):
            yield self._telling.conflict("no_window_left", rules, plants, min(plants.values()))

    def must_run_unsupplied(self) -> Iterator[MeasureConflict]:
        """Stocks of processes that must run, for which the rules leave no trip and which what is
        in hand does not see through the horizon."""
        for plant in self._derived.plants.values():
            supply = self._supply(plant)
            for stock in self._needed_stocks(plant):
                is_stuck = partial(_is_stuck, supply, stock)
                ends = supply.ends_at(stock)
                if ends is not None and is_stuck(supply.rules) and not is_stuck(NO_RULE):
                    rules = self._irreducible(supply.rules, is_stuck)
                    run = Run(ends, self._instance.grid.n_slots)
                    yield self._telling.conflict(
                        "must_run_unsupplied", rules, (plant.id,), run, where=stock
                    )

    def _needed_stocks(self, plant: Plant) -> list[str]:
        """Stocks in the recipes of the plant's processes that must run."""
        running = [p for p in plant.processes if any(self._derived.least_rates(p))]
        return sorted({item.stock for process in running for item in process.recipe})

    def _supply(self, plant: Plant) -> Supply:
        return Supply(self._derived, plant, self._telling.rule_id)

    def must_run_stopped(self) -> Iterator[MeasureConflict]:
        """Output cuts that take a process below the least rate at which it is safe."""
        grid = self._instance.grid
        processes = {x.id: (p, x) for p in self._derived.plants.values() for x in p.processes}
        for cut in self._instance.output_cuts:
            plant, process = processes[cut.process]
            stopped = [
                interval
                for interval in range(cut.first_interval, cut.end_interval)
                if _is_stopped(process, cut.cut_percent, interval)
            ]
            if process.hazard_weight and stopped:
                run = Run(
                    grid.slots_of_interval(stopped[0]).start,
                    grid.slots_of_interval(stopped[-1]).stop,
                )
                rules = (self._telling.rule_id(cut.id),)
                yield self._telling.conflict(
                    "must_run_stopped", rules, (plant.id,), run, where=process.id
                )

    def _irreducible(
        self, rules: frozenset[str], conflicts: Callable[[frozenset[str]], bool]
    ) -> tuple[str, ...]:
        """A least part of the rules that conflicts: without any one of them it does not."""
        kept = set(rules)
        for rule in sorted(rules):
            if conflicts(frozenset(kept - {rule})):
                kept.remove(rule)
        return tuple(sorted(kept))


def _cuts_short(supply: Supply, limit: WindowLimit, rules: frozenset[str]) -> bool:
    """Whether the bars of some rules leave no run of slots as long as a window must be."""
    slots = range(limit.first_slot, limit.end_slot)
    open_runs = runs_of(slot for slot in slots if supply.passes_gate(slot, rules))
    return all(run.end_slot - run.first_slot < limit.min_slots for run in open_runs)


def _is_stuck(supply: Supply, stock: str, rules: frozenset[str]) -> bool:
    """Whether some rules leave no trip that carries a stock's good."""
    return not supply.can_move(stock, rules)


def _is_stopped(process: Process, cut_percent: int, interval: int) -> bool:
    left = process.rate_max[interval] * (100 - cut_percent) // 100
    return left < process.rate_min[interval]
