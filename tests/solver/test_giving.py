"""Tests that what plants give back in the course of an alert stays given back, whatever comes, and
that nothing else of them moves for it."""

from random import Random

import pytest

from solver.checks.cycles import World
from solver.granted import GateRun
from solver.wish import WishWork, answer_wish
from solver.wish_trial import FewerTrips, Wish
from tests.solver.builders import plan_of
from tests.solver.living import NOTICE, Living, Made, moved_by
from tests.solver.test_revisions import judge

WORK = WishWork(trial=0.2, reason=0.02)
LATER = ("nothing", "raise", "lower", "extend", "closure", "registry", "facts")


def wish_of(living: Living, last: Made, settled: int) -> Wish | None:
    """A published window or some trips of a plant that can still be given back."""
    rng, (first, end) = living.rng, (settled, living.published)
    plant = rng.choice(last.instance.plants)
    gates = {gate.id for gate in plant.gates}
    legs = {leg.id for stream in plant.streams for leg in stream.legs}
    locked = {(t.leg, t.slot): t.trips for t in last.instance.state.locked_trips}
    windows = [
        GateRun(gate=w.gate, first_slot=w.first_slot, end_slot=w.end_slot)
        for w in last.decisions.windows
        if w.gate in gates and first <= w.first_slot < end
    ]
    trips = {
        (d.leg, d.slot): d.trips - locked.get((d.leg, d.slot), 0)
        for d in last.decisions.departures
        if d.leg in legs and first <= d.slot < end
    }
    name = f"request-{len(living.granted) + 1}"
    told = {"name": name, "clause": name, "plants": (plant.id,), "settled_slots": settled}
    if windows and rng.random() < 0.5:
        return Wish(**told, shut=(rng.choice(windows),))
    if sum(trips.values()):
        n = rng.randrange(1, sum(trips.values()) + 1)
        return Wish(**told, fewer=FewerTrips(departures=tuple(sorted(trips)), trips=n))
    return None


def give_back(living: Living, after: int) -> str | None:
    """The plant that gives something back just before the next seam, if it could."""
    last = living.made[-1]
    wish = wish_of(living, last, after + NOTICE)
    if wish is None:
        return None
    fields = {name: getattr(last.decisions, name) for name in type(last.decisions).model_fields}
    answer = answer_wish(last.instance, plan_of(last.instance, **fields), wish, WORK)
    living.told.append(f"{wish.name} of {wish.plants[0]}: {answer.kind}")
    if answer.granted is None:
        return None
    living.granted.append(moved_by(answer.granted, last.slot, living.whole.grid.n_slots))
    return wish.plants[0]


def stayed(living: Living, plant_id: str) -> None:
    """What was published of a plant and not given back is as it was."""
    one, two = living.made[-2:]
    plant = next(p for p in two.instance.plants if p.id == plant_id)
    gates = {gate.id for gate in plant.gates}
    span = range(two.slot, one.slot + living.published)
    before, after = (
        {
            (w.gate, made.slot + t)
            for w in made.decisions.windows
            if w.gate in gates
            for t in range(w.first_slot, w.end_slot)
            if made.slot + t in span
        }
        for made in (one, two)
    )
    shut = {(r.gate, t) for r in living.granted[-1].shut for t in r.slots}
    assert after == before - shut, living.told


def all_held(living: Living) -> None:
    """No truck passes a gate that was given back, and no more depart than are left."""
    instance, sewn = living.in_force()
    cycles, slot_s = World(instance).cycles, instance.grid.slot_s
    departed = {(d.leg, d.slot): d.trips for d in sewn.departures}
    passed = {
        (gate, slot + offset_s // slot_s)
        for leg, slot in departed
        for gate, offset_s in cycles[leg].going.passages
    }
    for one in living.granted:
        shut = {(run.gate, t) for run in one.shut for t in run.slots}
        assert not shut & passed, (one, living.told)
        for left in one.left:
            assert departed.get((left.leg, left.slot), 0) <= left.trips, (left, living.told)


def lived(seed: int, n_seams: int) -> Living:
    living = Living(Random(seed))
    living.begin()
    for _ in range(n_seams):
        after = living.rng.randrange(1, 8)
        if living.made[-1].slot + after > 60:
            break
        plant = give_back(living, after) if living.rng.random() < 0.6 else None
        living.go_on(living.rng.choice(LATER) if plant is None else "nothing", after)
        if plant is not None:
            stayed(living, plant)
        judge(living)
        all_held(living)
    return living


@pytest.mark.parametrize("seed", [2, 10, 13])
def test_what_is_given_back_stays_so_and_nothing_else_moves(seed: int) -> None:
    """How many ask in six seams follows from the seed, and from what plans leave to ask."""
    assert len(lived(seed, 6).granted) > 1


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(100, 112))
def test_many_that_give_back_move_nothing_else(seed: int) -> None:
    lived(seed, 9)
