"""Tests that a solve started from a plan never comes back worse, however little it may work."""

from random import Random

import pytest

from solver import run as running
from solver import solve as solving
from solver.baseline import first_fit
from solver.check import find_violations, stage_values
from solver.instance import Instance
from solver.plan import Departure, Plan, Refusal
from solver.solve import SolveParams, StartRefusedError, solve
from tests.scheduler.case import crowded_instance
from tests.solver.builders import (
    plan_of,
    plant,
    process,
    rates,
    stock,
    stream,
    tiny_instance,
)
from tests.solver.wild import wild_instance

BOTH_WAYS = pytest.mark.parametrize("compact_variables", [10**9, 0])
NEXT_TO_NOTHING = SolveParams(time_limit_s=None, deterministic_limit=1e-5, workers=2)
LITTLE = SolveParams(time_limit_s=None, deterministic_limit=0.1, workers=2)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SUB_WORK", 0.01)


def shared_roads() -> Instance:
    return wild_instance(Random(3), n_plants=2, sane=True)


def worth(instance: Instance, plan: Plan) -> list[int]:
    assert plan.decisions is not None
    assert find_violations(instance, plan) == ()
    return [stage.value for stage in stage_values(instance, plan.decisions)]


def by_first_fit(instance: Instance) -> Plan:
    return plan_of(instance, **dict(first_fit(instance)))


@BOTH_WAYS
@pytest.mark.parametrize("instance", [shared_roads(), crowded_instance(2)], ids=["wild", "crowded"])
def test_next_to_no_work_gives_back_what_it_was_given(
    instance: Instance, compact_variables: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a start the same work is worse: the start is what is seen here."""
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", 0)
    given = solve(instance, LITTLE)
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", compact_variables)
    assert worth(instance, solve(instance, NEXT_TO_NOTHING)) > worth(instance, given)
    again = solve(instance, NEXT_TO_NOTHING, start=given)
    assert worth(instance, again) <= worth(instance, given)
    assert again.started_from == given.digest
    assert again.reproducible


@BOTH_WAYS
def test_a_start_is_bettered_where_there_is_work(
    compact_variables: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", compact_variables)
    given = by_first_fit(shared_roads())
    found = [solve(shared_roads(), LITTLE, start=given) for _ in range(2)]
    assert worth(shared_roads(), found[0]) < worth(shared_roads(), given)
    assert found[0].digest == found[1].digest


@BOTH_WAYS
def test_what_is_handed_on_is_no_more_than_the_start_spends(
    compact_variables: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else every solve from the last one's plan would spend the tolerance of exposure again."""
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", compact_variables)
    first = solve(shared_roads(), LITTLE)
    again = solve(shared_roads(), LITTLE, start=first)
    for before, after in zip(first.stages, again.stages, strict=True):
        if after.value <= before.value:
            assert after.handed_on <= before.value
        else:
            assert worth(shared_roads(), again) < worth(shared_roads(), first)


def fed_by_rail() -> Instance:
    """100 t of ore come in the first hour, and the yard takes 60 t."""
    ore = stock("ore", now_kg=0, max_kg=60_000, arrivals_kg=(100_000, 0, 0, 0))
    works = plant(
        stocks=(ore, stock("steel")),
        streams=(stream("steel"),),
        processes=(process(rate_max=10),),
    )
    return tiny_instance(plants=(works,))


@BOTH_WAYS
def test_a_plan_that_refuses_by_the_kilogram_is_a_start(
    compact_variables: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goods move by 1,000 kg: no variable says 30,001 kg, the next that does the same is found."""
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", compact_variables)
    refused = (Refusal(stock="ore", interval=0, what="arrival", kg=30_001),)
    given = plan_of(fed_by_rail(), rates=rates(smelt=(10, 10, 10, 10)), refusals=refused)
    again = solve(fed_by_rail(), NEXT_TO_NOTHING, start=given)
    assert worth(fed_by_rail(), again) <= worth(fed_by_rail(), given)


def test_a_start_that_breaks_a_law_or_answers_another_question_is_refused() -> None:
    instance = crowded_instance(2)
    plan = by_first_fit(instance)
    assert plan.decisions is not None
    far = Departure(leg=plan.decisions.departures[0].leg, slot=0, trips=10_000)
    broken = plan_of(instance, departures=(far,))
    for given, told in (
        (broken, r"gate_window at G0 in slot 0: 10,000 passage at .*; and \d+ more"),
        (by_first_fit(shared_roads()), "digest of another instance"),
        (plan.model_copy(update={"decisions": None, "status": "none"}), "status is `none`"),
    ):
        with pytest.raises(StartRefusedError, match=told):
            solve(instance, NEXT_TO_NOTHING, start=given)
