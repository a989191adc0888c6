"""What would remove a shortfall: the least of each thing that does, found by solving.

A cause says that a law at an object makes the shortfall. Its remedy is the smallest amount by which
that law must give way, all others holding, so that the plant reaches what it would reach without:
trucks, kg in hand, open slots. The same is asked of stocks in hand before the alert, which no law
withholds, and for a plant that cannot be kept safe of what the bureau can decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from solver.alone import alone, decisions_about, taken_by_others
from solver.binding import Slots
from solver.check import stage_values
from solver.compact import assemble, build_block
from solver.engine import Limits, minimise
from solver.explain import Binding, Cause
from solver.instance import Instance, Plant, StageName, Stock, Value
from solver.irreducible import least_run
from solver.linear import Expression
from solver.loosen import relaxed, supplies_of
from solver.plan import Plan
from solver.stages import unit_values
from solver.trial import Cells, Most, Opened

Unit = Literal["truck", "kg", "passage", "slot", "window", "percent", "measure"]

ROADS = {"link_capacity": "link", "zone_cap": "zone"}
NOWHERE: Cells = frozenset()


class Remedy(Value):
    """`amount` more (or less: least stocks, least lengths, pauses, cuts) of what `law` asks at an
    object lowers the plant's value of a stage to `after`; of a road, room for all its trucks in
    `slots`. `least`: it is proved that less does not."""

    stage: StageName
    law: str
    where: str
    part: str
    amount: int
    unit: Unit
    slots: Slots = ()
    before: int
    after: int
    least: bool


@dataclass(frozen=True)
class _Knob:
    """A number of the instance that `step`s change; at most `most` of them."""

    unit: Unit
    step: int
    most: int
    turned: Callable[[int], Instance]


class _Bench:
    """One plant in what the others leave it; asks whether it reaches a value when changed."""

    def __init__(self, instance: Instance, plan: Plan, plant_id: str, work: float) -> None:
        assert plan.decisions is not None
        self.own = alone(instance, plant_id)
        self.taken = taken_by_others(instance, plan.decisions, plant_id)
        self._work = work
        planned = stage_values(self.own, decisions_about(plan.decisions, self.own.plants))
        self.planned: Most = {stage.name: stage.value for stage in planned}

    @property
    def plant(self) -> Plant:
        (plant,) = self.own.plants
        return plant

    def reaches(
        self, stage: StageName, most: int, changed: Instance, opened: Cells = NOWHERE
    ) -> bool | None:
        """Whether the stage can be at most so much, earlier ones as planned; None if undecided."""
        derived = Opened(changed, self.taken, opened)
        model = assemble(derived, [build_block(derived, *derived.plants.values())])
        within: dict[StageName, int] = {stage: most}
        if stage == "output_shortfall":
            within["safety_shortfall"] = self.planned["safety_shortfall"]
        for name, limit in within.items():
            row = model.stages[name]
            model.rows.row(row.terms, None, limit - row.constant, "stage", name)
        answer = minimise(model.rows, Expression(), Limits(counted_work=self._work))
        return {"unknown": None, "infeasible": False}.get(answer.verdict, True)

    def least(self, stage: StageName, changed: Instance) -> int | None:
        """The least value found of a stage, earlier ones as planned."""
        derived = Opened(changed, self.taken, NOWHERE)
        model = assemble(derived, [build_block(derived, *derived.plants.values())])
        if stage == "output_shortfall":
            row = model.stages["safety_shortfall"]
            high = self.planned["safety_shortfall"] - row.constant
            model.rows.row(row.terms, None, high, "stage", "safety_shortfall")
        answer = minimise(model.rows, model.stages[stage], Limits(counted_work=self._work))
        return answer.value


def remedies(
    instance: Instance, plan: Plan, plant_id: str, causes: Sequence[Cause], work: float = 0.3
) -> tuple[Remedy, ...]:
    """The remedy of each cause that is one law at one object, then of the stocks in hand, stage by
    stage; those that leave least first. `work` is the counted work of each solve."""
    bench = _Bench(instance, plan, plant_id, work)
    found = []
    for cause in causes:
        if not cause.together and cause.objects[0].law != "search":
            remedy = _of_cause(bench, cause)
            found += [] if remedy is None else [remedy]
    told = {(r.stage, r.where) for r in found if r.part == "now_kg"}
    for stage, before in _standing(causes).items():
        found += [r for r in _in_hand(bench, stage, before) if (r.stage, r.where) not in told]
        if stage == "safety_shortfall":
            found += _by_the_bureau(bench, before)
    order = ("safety_shortfall", "output_shortfall")
    return tuple(sorted(found, key=lambda r: (order.index(r.stage), r.after, r.law, r.where)))


def _standing(causes: Sequence[Cause]) -> Mapping[StageName, int]:
    """What each stage costs the plant under all laws."""
    standing: dict[StageName, int] = {}
    for cause in causes:
        left_by_search = cause.objects[0].law == "search"
        value = cause.shortfall_after if left_by_search else cause.shortfall_before
        if value:
            standing[cause.stage] = max(value, standing.get(cause.stage, 0))
    return standing


def _of_cause(bench: _Bench, cause: Cause) -> Remedy | None:
    (binding,) = cause.objects
    if binding.law in ROADS:
        return _of_road(bench, cause, binding)
    knob = _knob(bench, binding)
    if knob is None:
        return None
    after, before = cause.shortfall_after, cause.shortfall_before
    return _turned(bench, cause.stage, binding, knob, before, after)


def _turned(
    bench: _Bench, stage: StageName, binding: Binding, knob: _Knob, before: int, after: int
) -> Remedy | None:
    """The fewest steps that reach `after`, by bisection: more never harms."""
    if knob.most < 1 or not bench.reaches(stage, after, knob.turned(knob.most)):
        return None
    low, high, proved = 0, knob.most, True
    while high - low > 1:
        middle = (low + high) // 2
        said = bench.reaches(stage, after, knob.turned(middle))
        low, high = (low, middle) if said else (middle, high)
        proved = proved and said is not None
    return Remedy(
        stage=stage,
        law=binding.law,
        where=binding.where,
        part=binding.part,
        amount=high * knob.step,
        unit=knob.unit,
        before=before,
        after=after,
        least=proved,
    )


def _of_road(bench: _Bench, cause: Cause, binding: Binding) -> Remedy | None:
    """The shortest run of slots in which the road must take whatever comes."""
    what, every = ROADS[binding.law], range(bench.own.grid.n_slots)
    undecided = []

    def suffices(run: range) -> bool:
        opened = frozenset((what, binding.where, slot) for slot in run)
        said = bench.reaches(cause.stage, cause.shortfall_after, bench.own, opened)
        undecided.extend([run] if said is None else [])
        return bool(said)

    if not suffices(every):
        return None
    run = least_run(every, suffices)
    return Remedy(
        stage=cause.stage,
        law=binding.law,
        where=binding.where,
        part="",
        amount=len(run),
        unit="slot",
        slots=((run.start, run.stop),),
        before=cause.shortfall_before,
        after=cause.shortfall_after,
        least=not undecided,
    )


def _in_hand(bench: _Bench, stage: StageName, before: int) -> list[Remedy]:
    """What more in hand at slot 0 of each stock would do, all laws holding."""
    found = []
    unit = unit_values(Opened(bench.own, bench.taken, NOWHERE))[stage]
    for supply in supplies_of(bench.plant):
        after = bench.least(stage, relaxed(bench.own, (supply,)))
        if after is None or before - after < unit:
            continue
        binding = Binding(law="stock_balance", where=supply.where, part="now_kg")
        knob = _knob(bench, binding)
        assert knob is not None, "a stock in hand has a number"
        remedy = _turned(bench, stage, binding, knob, before, after)
        found += [] if remedy is None else [remedy]
    return found


def _by_the_bureau(bench: _Bench, before: int) -> list[Remedy]:
    """What the bureau can decide for a plant that cannot be kept safe: trips of safe production
    beside the cap, or no measure on the plant itself; roads and zones keep theirs."""
    own, plant = bench.own, bench.plant
    safe = tuple(c.model_copy(update={"safe_production_exempt": True}) for c in own.trip_cuts)
    bars = tuple(bar for bar in own.bars if plant.id not in bar.plants)
    lifted = {"bars": bars, "window_limits": (), "trip_cuts": ()}
    options = {
        "safe_trips": (len(own.trip_cuts), own.model_copy(update={"trip_cuts": safe})),
        "exempt": (
            len(own.window_limits) + len(own.trip_cuts) + len(own.bars) - len(bars),
            own.model_copy(update=lifted),
        ),
    }
    unit = unit_values(Opened(own, bench.taken, NOWHERE))["safety_shortfall"]
    found = []
    for law, (n_measures, changed) in options.items():
        after = bench.least("safety_shortfall", changed) if n_measures else None
        if after is not None and before - after >= unit:
            found.append(
                Remedy(
                    stage="safety_shortfall",
                    law=law,
                    where=plant.id,
                    part="",
                    amount=n_measures,
                    unit="measure",
                    before=before,
                    after=after,
                    least=False,
                )
            )
    return found


def _knob(bench: _Bench, binding: Binding) -> _Knob | None:
    own, plant = bench.own, bench.plant
    if binding.law in ("stock_balance", "end_stock"):
        stock = next(s for s in plant.stocks if s.id == binding.where)
        return _stock_knob(own, plant, stock, binding.part)
    if binding.law == "fleet":
        return _Knob("truck", 1, 200, partial(_more_trucks, own, binding.where))
    if binding.law == "gate_window":
        return _Knob("passage", 1, 200, partial(_more_passages, own, binding.where))
    if binding.law == "window_shape":
        return _limit_knob(own, binding)
    if binding.law == "trip_cap":
        cut = next(c for c in own.trip_cuts if c.id == binding.where)
        return _Knob("percent", 1, cut.cut_percent, partial(_less_cut, own, cut.id))
    return None


def _more_trucks(own: Instance, vehicle: str, n: int) -> Instance:
    (plant,) = own.plants
    fleets = tuple(
        f.model_copy(update={"trucks": f.trucks + n}) if f.vehicle_class == vehicle else f
        for f in plant.fleets
    )
    return own.model_copy(update={"plants": (plant.model_copy(update={"fleets": fleets}),)})


def _more_passages(own: Instance, gate: str, n: int) -> Instance:
    (plant,) = own.plants
    gates = tuple(
        g.model_copy(update={"capacity_passages": g.capacity_passages + n}) if g.id == gate else g
        for g in plant.gates
    )
    return own.model_copy(update={"plants": (plant.model_copy(update={"gates": gates}),)})


def _less_cut(own: Instance, cut: str, n: int) -> Instance:
    cuts = tuple(
        c.model_copy(update={"cut_percent": c.cut_percent - n}) if c.id == cut else c
        for c in own.trip_cuts
    )
    return own.model_copy(update={"trip_cuts": cuts})


def _limit_knob(own: Instance, binding: Binding) -> _Knob | None:
    limit = next(w for w in own.window_limits if w.id == binding.where)
    rising: dict[str, Unit] = {
        "max_slots": "slot",
        "max_open_slots_day": "slot",
        "max_windows_day": "window",
    }
    falling = {"min_slots": limit.min_slots - 1, "min_pause_slots": limit.min_pause_slots}
    part = binding.part
    if part in rising:
        turn = partial(_change_limit, own, limit.id, part, 1)
        return _Knob(rising[part], 1, own.grid.n_slots, turn)
    if part in falling:
        return _Knob("slot", 1, falling[part], partial(_change_limit, own, limit.id, part, -1))
    return None


def _change_limit(own: Instance, limit: str, part: str, sign: int, n: int) -> Instance:
    limits = tuple(
        w.model_copy(update={part: getattr(w, part) + sign * n}) if w.id == limit else w
        for w in own.window_limits
    )
    return own.model_copy(update={"window_limits": limits})


def _stock_knob(own: Instance, plant: Plant, stock: Stock, part: str) -> _Knob:
    """Whole units of what the recipes eat and make of a stock, or tonnes where none does."""
    items = [i for p in plant.processes for i in p.recipe if i.stock == stock.id]
    step = max(1000, min((i.consumes_kg + i.produces_kg for i in items), default=1000))
    turnover = sum(
        (i.consumes_kg + i.produces_kg) * sum(p.rate_max)
        for p in plant.processes
        for i in p.recipe
        if i.stock == stock.id
    )
    most = (turnover + stock.max_kg + sum(stock.dispatches_kg)) // step + 1
    if part == "min_kg":
        most = stock.min_kg // step
    if part == "end_min_kg":
        most = -(-(stock.end_min_kg or 0) // step)
    return _Knob("kg", step, most, partial(_change_stock, own, stock, part, step))


def _change_stock(own: Instance, stock: Stock, part: str, step: int, n: int) -> Instance:
    (plant,) = own.plants
    change: dict[str, int] = {
        "now_kg": stock.now_kg + n * step,
        "max_kg": stock.max_kg + n * step,
        "min_kg": stock.min_kg - n * step,
        "end_min_kg": max(0, (stock.end_min_kg or 0) - n * step),
        "end_max_kg": (stock.end_max_kg or 0) + n * step,
    }
    changes = {part: change[part]}
    if part == "now_kg":
        changes["max_kg"] = max(stock.max_kg, change[part])
    stocks = tuple(s.model_copy(update=changes) if s.id == stock.id else s for s in plant.stocks)
    return own.model_copy(update={"plants": (plant.model_copy(update={"stocks": stocks}),)})
