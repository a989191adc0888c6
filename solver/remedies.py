"""What would remove a shortfall: the least of each thing that does, found by solving.

A cause says that laws at objects make the shortfall. Its remedy is the smallest amount by which
they must give way, all others holding, so that the plant reaches what it would reach without:
trucks, kg in hand, open slots, hours of a road or of a bar. The same is asked of stocks in hand
before the alert, which no law withholds, and for a plant that cannot be kept safe of what the
bureau can decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from solver.bench import NOWHERE, Bench
from solver.binding import Slots
from solver.explain import Binding, Cause
from solver.instance import Instance, StageName, Value
from solver.levers import Given, Lever, Unit, lever_of
from solver.loosen import relaxed, supplies_of
from solver.plan import Plan


class Remedy(Value):
    """`amount` more (or less: least stocks, least lengths, pauses, cuts) of what `law` asks at an
    object lowers the plant's value of a stage to `after`; of a road or a bar, room for all its
    trucks in `slots`. `least`: it is proved that less does not. Remedies that share a number above
    0 in `together` do it only together: each is the least beside the others."""

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
    together: int = 0


def remedies(
    instance: Instance, plan: Plan, plant_id: str, causes: Sequence[Cause], work: float = 0.3
) -> tuple[Remedy, ...]:
    """The remedy of each cause, then of the stocks in hand, stage by stage; those that leave least
    first. `work` is the counted work of each solve."""
    bench = Bench(instance, plan, plant_id, work)
    found: list[Remedy] = []
    for number, cause in enumerate(causes, 1):
        if cause.objects[0].law != "search":
            remedy = of_laws(bench, cause.stage, cause.objects, _span(cause))
            several = number if cause.together else 0
            found += [row.model_copy(update={"together": several}) for row in remedy]
    told = {(r.stage, r.where) for r in found if r.part == "now_kg" and not r.together}
    for stage, before in standing_of(causes).items():
        found += [r for r in _in_hand(bench, stage, before) if (r.stage, r.where) not in told]
        if stage == "safety_shortfall":
            found += _by_the_bureau(bench, before)
    order = ("safety_shortfall", "output_shortfall")
    return tuple(
        sorted(found, key=lambda r: (order.index(r.stage), r.after, r.together, r.law, r.where))
    )


def standing_of(causes: Sequence[Cause]) -> Mapping[StageName, int]:
    """What each stage costs the plant under all laws."""
    standing: dict[StageName, int] = {}
    for cause in causes:
        left_by_search = cause.objects[0].law == "search"
        value = cause.shortfall_after if left_by_search else cause.shortfall_before
        if value:
            standing[cause.stage] = max(value, standing.get(cause.stage, 0))
    return standing


def _span(cause: Cause) -> tuple[int, int]:
    return cause.shortfall_before, cause.shortfall_after


def of_laws(
    bench: Bench, stage: StageName, objects: Sequence[Binding], span: tuple[int, int]
) -> tuple[Remedy, ...]:
    """The least by which several laws together give way so that the stage falls from `span[0]` to
    `span[1]`: one after the other, the rest as far as found or fully lifted. None where a law has
    no number, or all of them lifted do not do it."""
    before, after = span
    levers = [(binding, lever_of(bench.own, binding)) for binding in objects]
    held = [(binding, lever) for binding, lever in levers if lever is not None]
    if len(held) < len(levers):
        return ()
    settings: list[int | range] = [lever.full for _, lever in held]
    undecided: list[Given] = []

    def suffices(given: Given) -> bool:
        said = bench.reaches(stage, after, *given)
        undecided.extend([given] if said is None else [])
        return bool(said)

    if not all(settings) or not suffices(_given(bench, held, settings)):
        return ()
    for n, (_, lever) in enumerate(held):
        rest = _given(bench, held, settings, but=n)
        settings[n] = lever.least(rest, suffices)
    return tuple(
        Remedy(
            stage=stage,
            law=binding.law,
            where=binding.where,
            part=binding.part,
            amount=lever.amount(setting),
            unit=lever.unit,
            slots=((setting.start, setting.stop),) if isinstance(setting, range) else (),
            before=before,
            after=after,
            least=not undecided,
        )
        for (binding, lever), setting in zip(held, settings, strict=True)
    )


def _given(
    bench: Bench,
    held: Sequence[tuple[Binding, Lever]],
    settings: Sequence[int | range],
    but: int | None = None,
) -> Given:
    given: Given = bench.own, NOWHERE
    for n, ((_, lever), setting) in enumerate(zip(held, settings, strict=True)):
        if n != but:
            given = lever.given(given, setting)
    return given


def _in_hand(bench: Bench, stage: StageName, before: int) -> Iterator[Remedy]:
    """What more in hand at slot 0 of each stock would do, all laws holding."""
    for supply in supplies_of(bench.plant):
        after = bench.least(stage, relaxed(bench.own, (supply,)))
        if after is not None and before - after >= bench.unit(stage):
            binding = Binding(law="stock_balance", where=supply.where, part="now_kg")
            yield from of_laws(bench, stage, (binding,), (before, after))


def _by_the_bureau(bench: Bench, before: int) -> list[Remedy]:
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
    unit = bench.unit("safety_shortfall")
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
