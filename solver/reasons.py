"""Why a window does not fit: a least set of laws, stages and objects that bar it together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from solver.barring import Barring, Item, Laws, ReasonLaw
from solver.binding import Slots
from solver.compact import build_block
from solver.derive import Derived
from solver.instance import Bar, Id, TripCut, Value, WindowLimit
from solver.irreducible import least_run, least_set
from solver.loosen import loads_of, relaxations_of, supplies_of
from solver.shared import Resource
from solver.sharers import Takers, takers, tight_resources
from solver.trial import ROADS, Cells, Most, Trial

ORDER: tuple[ReasonLaw, ...] = (
    "bar",
    "window_shape",
    "trip_cap",
    "gate_window",
    "fleet",
    "stock_balance",
    "link_capacity",
    "zone_cap",
    "stage",
    "end_stock",
)
"""What is told rather than what follows it, where either would do."""

MEASURES: tuple[ReasonLaw, ...] = ("bar", "window_shape", "trip_cap")
SHARED: tuple[ReasonLaw, ...] = ("link_capacity", "zone_cap", "stage")
"""What couples plants."""

MOST_SHARERS = 5

MORE_WORK = 4
"""How many times the usual work a question gets on which it hangs that a set is irreducible."""

RUNS_SHARE = 0.2
"""Part of the work for all questions in which runs of slots are made shorter, at most."""


class Reason(Value):
    """A law at an object (a measure, gate, vehicle class, stock, link or zone), or a stage that may
    not get worse, in the runs of slots `[first_slot, end_slot)` where it has any. `sharers` are the
    plants that take most of a link or zone then. Law `decisions`: whatever is left out, no truck
    that needs the window can pass then."""

    law: ReasonLaw
    where: str
    part: str = ""
    slots: Slots = ()
    sharers: tuple[Id, ...] = ()


def items_of(trial: Trial, most: Most) -> tuple[Item, ...]:
    """All that could be left out for the plant that asks, in the order of `ORDER`."""
    plant = next(p for p in trial.own.plants if p.id == trial.asked.plant)
    found = [*relaxations_of(trial.own, plant), *supplies_of(plant), *loads_of(plant)]
    items = [Item(r.law, r.where, r.part, r) for r in found]
    items += [Item("stage", name, "", None) for name in most]
    return tuple(sorted(items, key=lambda item: (ORDER.index(item.law), item.where, item.part)))


class Inquiry:
    """What bars the window of a trial that ended in no, `most` being what stages may cost. `proved`
    says whether it is decided of every reason that it cannot be spared."""

    def __init__(self, trial: Trial, most: Most, work: float, total: float) -> None:
        self._trial, self._most, self._work, self._total = trial, most, work, total
        self._every = items_of(trial, most)
        self._barring = Barring(trial, most, self._every, work, total)
        self.proved = True

    @cached_property
    def _derived(self) -> Derived:
        return Derived(self._trial.instance)

    @cached_property
    def _taken(self) -> Takers:
        return {} if self._trial.roads_free else takers(self._derived, self._trial.city)

    def reasons(self) -> tuple[Reason, ...]:
        """An irreducible set of reasons, of roads with runs of slots as short as the work lets them
        be made. What makes it so is asked with more work where the usual did not decide it; other
        questions may stay open, for what is not known to bar is kept."""
        least = self._least()
        while any(self._barring.bars(Laws(one), MORE_WORK) for one in _one_less(least)):
            least = self._least()
        self.proved = all(self._barring.bars(Laws(one)) is False for one in _one_less(least))
        if not least:
            asked = self._trial.asked
            slots = ((asked.first_slot, asked.end_slot),)
            return (Reason(law="decisions", where=asked.gate, slots=slots),)
        self._barring.limit(RUNS_SHARE * self._total)
        runs: dict[Item, range] = {}
        for item in least:
            if item.law in ROADS:
                runs[item] = self._run(least, self._outside_of(runs), item)
        return tuple(self._reason(item, runs.get(item)) for item in least)

    def _least(self) -> tuple[Item, ...]:
        """Items that bar, none of which is known to be spared."""
        return self._none_spared(least_set(self._candidates(), self._bars))

    @cached_property
    def _core(self) -> Cells | None:
        """Roads and stages that may be needed; none where others' trips are off the roads and no
        stage is held."""
        if self._trial.roads_free and not self._most:
            return frozenset()
        return self._trial.core(self._work, self._most)

    def _candidates(self) -> tuple[Item, ...]:
        """Fewer items that bar as well, so that fewer questions are asked: a least set of what
        windows are limited by, where that alone bars; else of roads and stages those that one solve
        names in its no, with the measures alone or with all other laws."""
        limits = [item for item in self._every if item.law == "window_shape"]
        if self._limits_bar(limits):
            return least_set(limits, self._limits_bar)
        if self._core is None:
            return self._every
        named = Counter((what, where) for what, where, _ in self._core)
        apart = [i for i in self._every if i.law not in SHARED or named[i.place]]
        # Those that are named in most slots first: what is likely not needed is left out together.
        apart.sort(key=lambda item: (ORDER.index(item.law), -named[item.place]))
        for items in ([i for i in apart if i.law in (*MEASURES, *SHARED)], apart):
            if self._bars(items):
                return tuple(items)
        return self._every

    def _limits_bar(self, enforced: Sequence[Item]) -> bool:
        """Whether some limits of windows bar the window whatever all other laws say."""
        loose = [i.relaxation for i in self._every if i.relaxation and i not in enforced]
        return self._trial.windows_bar(loose)

    def _none_spared(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        """The items less those without which the rest still bars, each left out and solved: some
        laws have coarser rows where another is left out (refusals go in whole grains), so the set
        may not be least yet."""
        for item in items:
            fewer = tuple(other for other in items if other != item)
            if self._bars(fewer):
                return self._none_spared(fewer)
        return items

    @cached_property
    def _tight(self) -> set[Resource]:
        plant = self._derived.plants[self._trial.asked.plant]
        return tight_resources(self._derived, build_block(self._derived, plant), self._taken)

    def _bars(self, enforced: Iterable[Item], opened: Cells = frozenset()) -> bool:
        """Whether these items alone are known to bar the window, all others being left out."""
        return bool(self._barring.bars(Laws(frozenset(enforced), opened)))

    @cached_property
    def _every_slot(self) -> range:
        return range(self._trial.own.grid.n_slots)

    def _outside_of(self, runs: Mapping[Item, range]) -> Cells:
        """Slots of the roads that have runs, but for those."""
        return frozenset[tuple[str, str, int]]().union(
            *(_outside(item, run, self._every_slot) for item, run in runs.items())
        )

    def _run(self, least: tuple[Item, ...], elsewhere: Cells, item: Item) -> range:
        """The shortest run of a road's slots known to bar still, with all else of the set."""

        def bars(run: range) -> bool:
            return self._bars(least, elsewhere | _outside(item, run, self._every_slot))

        for cells in (self._core or frozenset(), self._tight):
            slots = [slot for what, where, slot in cells if (what, where) == item.place]
            run = range(min(slots, default=0), max(slots, default=-1) + 1)
            if run and bars(run):
                return least_run(run, bars)
        return least_run(self._every_slot, bars)

    def _reason(self, item: Item, run: range | None) -> Reason:
        if run is not None:
            sharers = self._sharers(item, run)
            slots = ((run.start, run.stop),)
            return Reason(law=item.law, where=item.where, slots=slots, sharers=sharers)
        when = _measure_slots(self._trial, item)
        return Reason(law=item.law, where=item.where, part=item.part, slots=when)

    def _sharers(self, item: Item, run: range) -> tuple[str, ...]:
        """The plants of the plan, but for those that were tried, that take most there then."""
        total = Counter[str]()
        for (what, where, slot), theirs in self._taken.items():
            if (what, where) == item.place and slot in run:
                total.update(theirs)
        names = sorted(total.keys() - set(self._trial.group), key=lambda p: (-total[p], p))
        return tuple(names[:MOST_SHARERS])


def _one_less(items: Sequence[Item]) -> list[frozenset[Item]]:
    return [frozenset(items) - {item} for item in items]


def _outside(item: Item, run: range, every: range) -> Cells:
    return frozenset((*item.place, slot) for slot in every if slot not in run)


def _measure_slots(trial: Trial, item: Item) -> Slots:
    """When a measure is in force; passages of a gate count in the window itself."""
    measures: list[Bar | WindowLimit | TripCut] = []
    measures += trial.own.bars
    measures += trial.own.window_limits
    measures += trial.own.trip_cuts
    for measure in measures:
        if item.law in MEASURES and measure.id == item.where:
            return ((measure.first_slot, measure.end_slot),)
    if item.law == "gate_window":
        return ((trial.asked.first_slot, trial.asked.end_slot),)
    return ()
