"""Tests that model and checker say the same: of random plans from states no one would plan for."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import run
from solver import solve as solving
from solver.check import find_violations, stage_values
from solver.instance import Instance
from solver.solve import SolveParams, solve
from tests.solver.lawful import random_instance, random_plan
from tests.solver.modelled import fixed_to
from tests.solver.wild import wild_instance

SEEDS = st.integers(0, 10_000)


def assert_agreed(instance: Instance) -> None:
    plan = solve(instance, SolveParams(time_limit_s=60.0, deterministic_limit=0.05, workers=1))
    assert find_violations(instance, plan) == ()
    if plan.decisions is None:
        assert plan.status == "infeasible" and instance.state.locked_trips
        return
    counted = {s.name: s.value for s in stage_values(instance, plan.decisions)}
    assert {s.name: s.value for s in plan.stages} == counted


@settings(max_examples=12, deadline=None, derandomize=True)
@given(SEEDS)
def test_what_is_solved_is_lawful_and_worth_what_it_claims(seed: int) -> None:
    assert_agreed(wild_instance(Random(seed)))


@pytest.mark.long
@settings(max_examples=150, deadline=None, derandomize=True)
@given(SEEDS, st.booleans())
def test_many_solved_plans_are_lawful(seed: int, whole: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "COMPACT_VARIABLES", 4000 if whole else 0)
        patch.setattr(run, "SUB_WORK", 0.01)
        assert_agreed(wild_instance(Random(seed)))


@settings(max_examples=15, deadline=None, derandomize=True)
@given(SEEDS)
def test_the_model_allows_every_lawful_plan_at_the_checkers_value(seed: int) -> None:
    """Plans grown by the checker alone: no row may cut one off, no stage price it otherwise."""
    rng = Random(seed)
    instance = random_instance(rng)
    plan = random_plan(rng, instance, tries=25)
    if plan is None or plan.decisions is None:
        return
    fixed = fixed_to(instance, plan.decisions)
    for stage in stage_values(instance, plan.decisions):
        least = fixed.least(stage.name)
        assert least is not None, "the model cuts off a lawful plan"
        assert least.value == stage.value, stage.name
