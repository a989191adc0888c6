"""Tests that no number, however large, makes a plan say what is not so."""

import pytest

from solver import run as running
from solver import solve as solving
from solver.check import find_violations
from solver.instance import Fleet, Instance, Pollutant
from solver.solve import SolveParams, solve
from tests.solver.builders import PCU_MPCU, plant, process, stock, stream, tiny_instance

COUNTED = SolveParams(time_limit_s=None, deterministic_limit=0.05, workers=2)
BOTH_WAYS = pytest.mark.parametrize("compact_variables", [4000, 0])


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SUB_WORK", 0.01)


def short_of_ore(weight: int) -> Instance:
    """60 t in hand for 120 units: two trips of 30 t, whose exposure weighs as said."""
    works = plant(stocks=(stock("ore", now_kg=60_000), stock("steel")), streams=(stream("ore"),))
    return tiny_instance(plants=(works,), pollutants=(Pollutant(id="nox", weight=weight),))


@BOTH_WAYS
@pytest.mark.parametrize("weight", [1, 10**8])
def test_no_weight_of_a_later_stage_swallows_an_earlier_one(
    weight: int, compact_variables: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 10^8 a trip costs more exposure than all output is worth: the trips are made all the
    same, for output comes first."""
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", compact_variables)
    instance = short_of_ore(weight)
    plan = solve(instance, COUNTED)
    assert find_violations(instance, plan) == ()
    values = {stage.name: stage.value for stage in plan.stages}
    assert values["output_shortfall"] == 0
    assert values["exposure"] == 2 * 36_000 * weight


def must_run(hazard_weight: int) -> Instance:
    """No ore, no truck: all of the least rate is missing, in 4 intervals of 60 minutes."""
    smelt = process(rate_min=10, hazard_weight=hazard_weight)
    stocks = (stock("ore", now_kg=0), stock("steel"))
    idle = tuple(Fleet(vehicle_class=name, trucks=0) for name in sorted(PCU_MPCU))
    return tiny_instance(plants=(plant(processes=(smelt,), stocks=stocks, fleets=idle),))


@BOTH_WAYS
def test_a_stage_past_what_readers_keep_is_refused_with_the_remedy(
    compact_variables: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """240 minutes in thousandths: 2^51 holds so many hazard weights and not one more."""
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", compact_variables)
    fits = solving.MOST_WORTH // 240_000
    plan = solve(must_run(fits), COUNTED)
    assert find_violations(must_run(fits), plan) == ()
    assert plan.stages[0].value == 240_000 * fits
    with pytest.raises(OverflowError, match="safety_shortfall could be worth 2251799813760000"):
        solve(must_run(fits + 1), COUNTED)
