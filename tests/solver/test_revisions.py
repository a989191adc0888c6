"""Tests that random sequences of revisions keep every law, judged on what was really in force.

Raised, lowered, extended, lifted, back, a road closed, other fleets, facts that differ from the
plan, or nothing at all: whatever comes at a seam, the checker looks at all plans as one.
Sixty long sequences take a quarter of an hour:
`REVISION_SEEDS=60 make test-long ARGS=tests/solver/test_revisions.py`.
"""

import os
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from solver.check import find_violations
from solver.checks.verdict import Violation
from solver.cut import rest_of
from solver.instance import WorthMoving
from solver.overrides import overridden
from solver.seam import in_force_of, seam_at
from solver.solve import SolveParams, solve
from tests.solver.builders import plan_of
from tests.solver.lawful import random_instance, random_plan
from tests.solver.living import NOTICE, REVISIONS, WORTH, Living, Made, sewn

SEEDS = settings(
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
FEW = SolveParams(time_limit_s=None, deterministic_limit=0.05, workers=1)
LITTLE = WorthMoving(safety=1, output_utrip=1, exposure=1, trips_a_window=1)
N_LONG = int(os.environ.get("REVISION_SEEDS", "30"))
"""How many long sequences."""
EXCUSED = {"bar", "fleet", "trip_cap", "window_shape"}
"""Laws that what was before a revision may breach once stricter data hold."""


def lived(seed: int, n_seams: int, revisions: tuple[str, ...] = REVISIONS, **fields: Any) -> Living:
    living = Living(Random(seed), **fields)
    living.begin()
    for _ in range(n_seams):
        after = living.rng.randrange(1, min(10, living.published))
        if living.made[-1].slot + after > 60:
            break
        living.go_on(living.rng.choice(revisions), after)
        judge(living)
    return living


def judge(living: Living) -> None:
    told = "; ".join(living.told)
    instance, plan = sewn(living)
    found = [v for v in find_violations(instance, plan) if not is_known(living, v)]
    is_strict = living.strict_from > 0
    assert [v for v in found if not (is_strict and v.law in EXCUSED)] == [], told
    if is_strict:
        excused = living.excused(instance)
        again = plan_of(excused).model_copy(update={"decisions": plan.decisions})
        left = [v for v in find_violations(excused, again) if not is_known(living, v)]
        assert left == [], told
    living.fleets_kept()
    if len(living.made) > 1:
        notice_kept(living, *living.made[-2:])


def is_known(living: Living, found: Violation) -> bool:
    return under_way_in(living, found) or is_rounding(living, found) or was_in_hand(living, found)


def was_in_hand(living: Living, found: Violation) -> bool:
    """Whether a stock stands no higher than a seam inside an interval found it: a store that is
    full for a moment between two checkpoints may stay so (`stock_balance`)."""
    if found.unit != "kg in hand" or found.slot is None:
        return False
    stop = living.whole.grid.slots_of_interval(living.whole.grid.interval_of(found.slot)).stop
    levels = [
        held.now_kg
        for one in living.made[1:]
        if one.slot <= stop
        for p in one.instance.plants
        for held in p.stocks
        if held.id == found.where
    ]
    return found.amount <= max(levels, default=0)


def is_rounding(living: Living, found: Violation) -> bool:
    """Whether a stock interval that several seams cut makes a unit more for each but the first:
    every plan rounds up what was made before its seam."""
    if found.unit != "unit of rate" or found.slot is None:
        return False
    slots = living.whole.grid.slots_of_interval(living.whole.grid.interval_of(found.slot))
    seams = [one.slot for one in living.made if slots.start < one.slot < slots.stop]
    return found.amount - found.allowed < len(seams)


def under_way_in(living: Living, found: Violation) -> bool:
    """Whether a trip meets a bar that came when it was on the road."""
    if found.law != "bar" or found.slot is None:
        return False
    return found.slot < living.closures[found.where.rpartition(" under ")[2]]


def notice_kept(living: Living, one: Made, two: Made) -> None:
    """What was to depart inside the notice period departs, or is listed."""
    after = two.slot - one.slot
    now = {(d.leg, d.slot): d.trips for d in two.decisions.departures}
    gone = {(c.leg, c.slot): c.trips for c in living.overrides}
    for row in one.decisions.departures:
        key = row.leg, row.slot - after
        if 0 <= key[1] < min(NOTICE, living.published - after):
            assert now.get(key, 0) + gone.get(key, 0) >= row.trips, f"{key} moved"


@pytest.mark.parametrize("seed", range(3))
def test_random_revisions_keep_every_law(seed: int) -> None:
    living = lived(seed, 5)
    assert len(living.made) > 3


def test_a_locked_window_is_not_joined_to_what_is_open_before_it() -> None:
    """Open for four slots at the seam, closed for one, then locked for two: a window has five."""
    assert len(lived(127, 2).made) == 3


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(100, 100 + N_LONG))
def test_many_random_revisions_keep_every_law(seed: int) -> None:
    lived(seed, 9)


def test_horizons_that_only_roll_on_are_lawful_as_one() -> None:
    """State lost between windows, least lengths broken at seams, a first or last slot that is
    special: the whole breaks a law if any of these happens at a seam, and nothing is excused.
    Little is published, and all else may be planned otherwise at every seam."""
    living = lived(7, 7, ("roll",), published=4, worth=LITTLE, levels=[3] * 60 + [0] * 36)
    assert living.strict_from == 0
    assert find_violations(*sewn(living)) == ()


@settings(SEEDS, max_examples=60)
@given(st.integers(0, 10**6))
def test_no_later_plan_is_infeasible_but_by_locked_trips(seed: int) -> None:
    """False infeasibility later on: what a lawful plan leaves at any seam, with stocks and trucks
    as they were recorded instead, always has a plan once locked trips that cannot be kept are out;
    before that the plan names them."""
    rng = Random(seed)
    instance = random_instance(rng)
    plan = random_plan(rng, instance)
    assume(plan is not None and plan.decisions is not None)
    assert plan is not None and plan.decisions is not None
    slot, notice = rng.randrange(1, instance.grid.n_slots), rng.randrange(4)
    came = tuple(
        d if d.slot >= slot or rng.random() < 0.7 else d.model_copy(update={"trips": d.trips + 1})
        for d in plan.decisions.departures
        if d.slot >= slot or rng.random() < 0.8
    )
    made = plan.decisions.model_copy(update={"departures": came})
    seam = seam_at(instance, made, slot, notice_slots=notice, published_slots=rng.randrange(20))
    read = tuple(
        level if rng.random() < 0.5 else level.model_copy(update={"kg": rng.randrange(1_500_000)})
        for level in seam.levels
    )
    seam = seam.model_copy(update={"levels": read})
    rest = rest_of(instance, slot, seam)
    in_force = in_force_of(seam, WORTH, ())
    whole = rest.model_copy(update={"published": seam.trips, "in_force": in_force})
    asked, gone = overridden(whole)
    if gone:
        refused = solve(whole, FEW)
        assert refused.status == "infeasible"
        assert {c.law for c in refused.conflicts} <= {"bar", "locked", "stock_balance"}
    again = solve(asked, FEW)
    assert again.decisions is not None, again.status
    assert find_violations(asked, again) == ()
