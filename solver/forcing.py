"""What together forces a shortfall of a plant: a set of laws of which none can be spared.

A cause (`solver/explain.py`) lowers the shortfall when it alone is relaxed. Here it is asked the
other way round: the laws of the set, enforced alone with all others relaxed, keep the stage where
it is; without any one of them it can fall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solver.bench import NOWHERE, Bench
from solver.binding import binding_slots
from solver.explain import Binding, Cause
from solver.instance import Instance, StageName, Value
from solver.irreducible import least_run, least_set
from solver.loosen import Relaxation, relaxations_of, relaxed, supplies_of
from solver.plan import Plan
from solver.reasons import ORDER
from solver.remedies import standing_of
from solver.trial import ROADS, Cells

Group = tuple[Relaxation, ...]


class Forcing(Value):
    """With these laws alone a stage of the plant costs at least `value`, what it reaches under all
    laws: `below` cannot be reached, and without any one of them it can (`irreducible`: each was
    left out and solved). Of a road the slots are the shortest run that does. No object: what is
    permitted and the state at slot 0 do it alone."""

    stage: StageName
    value: int
    below: int
    objects: tuple[Binding, ...]
    irreducible: bool


def forcing(
    instance: Instance, plan: Plan, plant_id: str, causes: Sequence[Cause], work: float = 0.3
) -> tuple[Forcing, ...]:
    """What forces each shortfall of a plant whose causes were found; nothing of a stage of which
    the work allowed does not prove that it cannot fall under all laws."""
    bench = Bench(instance, plan, plant_id, work)
    standing = {
        stage: value for stage, value in bench.planned.items() if stage in SHORTFALLS and value
    }
    standing |= dict(standing_of(causes))
    found = (forced_to(bench, stage, value) for stage, value in standing.items() if value)
    return tuple(one for one in found if one is not None)


def forced_to(bench: Bench, stage: StageName, value: int) -> Forcing | None:
    """What forces a stage of the plant of a bench to cost a value; None where the work allowed does
    not prove that it must."""
    return _Asking(bench, stage, value).answer()


SHORTFALLS: tuple[StageName, ...] = ("safety_shortfall", "output_shortfall")


@dataclass
class _Known:
    """What was asked, and whether all of it was decided."""

    said: dict[tuple[frozenset[tuple[str, str, str]], Cells], bool]
    decided: bool = True


class _Asking:
    """One stage of one plant."""

    def __init__(self, bench: Bench, stage: StageName, value: int) -> None:
        self._bench, self._stage, self._value = bench, stage, value
        self._below = value - bench.unit(stage)
        found = (*relaxations_of(bench.own, bench.plant), *supplies_of(bench.plant))
        self._every: Group = tuple(sorted(found, key=lambda r: (ORDER.index(r.law), r.key)))
        self._known = _Known({})

    def answer(self) -> Forcing | None:
        if not self._forces(self._every) or not self._known.decided:
            return None
        least = self._none_spared(least_set(self._every, self._forces))
        runs: dict[tuple[str, str, str], range] = {}
        for law in least:
            if law.law in ROADS:
                runs[law.key] = self._run(least, runs, law)
        return Forcing(
            stage=self._stage,
            value=self._value,
            below=self._below,
            objects=tuple(self._binding(law, runs.get(law.key)) for law in least),
            irreducible=self._known.decided,
        )

    def _forces(self, enforced: Sequence[Relaxation], opened: Cells = NOWHERE) -> bool:
        """Whether these laws alone, roads but where they are opened, keep the stage up."""
        key = frozenset(law.key for law in enforced), opened
        if key not in self._known.said:
            loose = [law for law in self._every if law.key not in key[0]]
            changed = relaxed(self._bench.own, loose)
            said = self._bench.reaches(self._stage, self._below, changed, opened)
            self._known.decided = self._known.decided and said is not None
            self._known.said[key] = said is False
        return self._known.said[key]

    def _none_spared(self, laws: Group) -> Group:
        """The laws less those without which the rest still does it, each left out and solved."""
        for law in laws:
            fewer = tuple(other for other in laws if other is not law)
            if self._forces(fewer):
                return self._none_spared(fewer)
        return laws

    def _run(self, least: Group, runs: dict[tuple[str, str, str], range], law: Relaxation) -> range:
        """The shortest run of a road's slots that, with all else of the set, still does it."""
        every = range(self._bench.own.grid.n_slots)
        elsewhere: Cells = frozenset().union(
            *(self._outside(key[0], key[1], run) for key, run in runs.items())
        )

        def forces(run: range) -> bool:
            return self._forces(least, elsewhere | self._outside(law.law, law.where, run))

        return least_run(every, forces)

    def _outside(self, law: str, where: str, run: range) -> Cells:
        every = range(self._bench.own.grid.n_slots)
        return frozenset((ROADS[law], where, slot) for slot in every if slot not in run)

    def _binding(self, law: Relaxation, run: range | None) -> Binding:
        bench = self._bench
        if run is None:
            slots = binding_slots(bench.own, bench.taken, bench.decisions, law)
        else:
            slots = ((run.start, run.stop),)
        return Binding(law=law.law, where=law.where, part=law.part, slots=slots)
