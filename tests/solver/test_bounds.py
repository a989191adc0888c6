"""Tests that every stage's bound is at most the optimum that HiGHS proves on the same rows, and the
value at least that, for the whole model and for plants against prices."""

from random import Random

import highspy
import pytest

from solver import run as running
from solver import solve as solving
from solver import totals
from solver.compact import Compact
from solver.instance import Instance, StageName
from solver.linear import Rows
from solver.plan import Plan
from solver.solve import SolveParams, solve
from tests.solver.modelled import model_of
from tests.solver.wild import wild_instance

SEEDS = (1, *(pytest.param(n, marks=pytest.mark.long) for n in (2, 3, 5, 6)), 4)
WORK = SolveParams(time_limit_s=None, deterministic_limit=0.05, workers=1)


def tight(seed: int) -> Instance:
    """Two or three plants on shared roads, with vans, heavy trucks and trailers."""
    return wild_instance(Random(seed), n_plants=2 + seed % 2, sane=True)


def optimum(rows: Rows, model: Compact, stage: StageName) -> int:
    """The least value of a stage by HiGHS, proved."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", 0.5)
    highs.setOptionValue("threads", 1)
    infinity = highspy.kHighsInf
    costs = [0] * len(rows.lower)
    for coefficient, variable in model.stages[stage].terms:
        costs[variable] += coefficient
    for cost, low, high in zip(costs, rows.lower, rows.upper, strict=True):
        highs.addCol(cost, low, high, 0, [], [])
    highs.changeColsIntegrality(
        len(costs), list(range(len(costs))), [highspy.HighsVarType.kInteger] * len(costs)
    )
    for row in rows.rows:
        highs.addRow(
            -infinity if row.low is None else row.low,
            infinity if row.high is None else row.high,
            len(row.terms),
            [v for _, v in row.terms],
            [c for c, _ in row.terms],
        )
    highs.run()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return round(highs.getObjectiveValue()) + model.stages[stage].constant


def assert_bounded(instance: Instance, plan: Plan) -> None:
    """Stage by stage, with what the plan handed on of the earlier ones."""
    model = model_of(instance)
    assert plan.stages
    for result in plan.stages:
        least = optimum(model.rows, model, result.name)
        assert result.bound <= least <= result.value, result.name
        spent = model.stages[result.name]
        high = result.handed_on - spent.constant
        model.rows.row(spent.terms, None, high, "stage", result.name)


@pytest.mark.parametrize("seed", SEEDS)
def test_bounds_of_the_whole_model_hold(seed: int) -> None:
    instance = tight(seed)
    assert_bounded(instance, solve(instance, WORK))


@pytest.mark.parametrize("seed", (pytest.param(1, marks=pytest.mark.long), *SEEDS[1:]))
def test_bounds_by_prices_hold(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", 0)
    monkeypatch.setattr(running, "SUB_WORK", 0.01)
    instance = tight(seed)
    assert_bounded(instance, solve(instance, WORK))


@pytest.mark.parametrize("seed", SEEDS)
def test_rounded_rows_cut_off_no_optimum(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = tight(seed)
    with_rows = model_of(instance)
    monkeypatch.setattr(totals, "add_totals", lambda block: None)
    without = model_of(instance)
    assert len(without.rows.rows) < len(with_rows.rows.rows)
    for stage in ("safety_shortfall", "output_shortfall"):
        least = optimum(with_rows.rows, with_rows, stage)
        assert least == optimum(without.rows, without, stage), stage
