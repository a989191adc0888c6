"""Tests the one verb: same work, same plan; clear answers where there is nothing to decide."""

from concurrent.futures import ProcessPoolExecutor
from itertools import chain, repeat
from random import Random

import pytest

from solver import run as running
from solver import solve as solving
from solver.check import find_violations
from solver.instance import Fleet, Instance
from solver.plan import Plan
from solver.solve import Progress, SolveParams, solve
from tests.solver.builders import (
    PCU_MPCU,
    departures,
    gate,
    link,
    plant,
    stock,
    stream,
    tiny_instance,
    window_limit,
)
from tests.solver.wild import wild_instance

COUNTED = SolveParams(time_limit_s=None, deterministic_limit=0.05, workers=2)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sub-problems get little work each, so that a little work in all is many of them."""
    monkeypatch.setattr(running, "SUB_WORK", 0.01)


def shared_roads() -> Instance:
    return wild_instance(Random(3), n_plants=2, sane=True)


def lawful(instance: Instance, params: SolveParams = COUNTED) -> Plan:
    plan = solve(instance, params)
    assert find_violations(instance, plan) == ()
    return plan


@pytest.mark.parametrize("compact_variables", [4000, 0])
def test_the_same_counted_work_gives_the_same_plan(
    compact_variables: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", compact_variables)
    one, two = lawful(shared_roads()), lawful(shared_roads())
    assert one.reproducible
    assert one.digest == two.digest
    assert [(s.value, s.bound) for s in one.stages] == [(s.value, s.bound) for s in two.stages]


def test_processes_do_not_change_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", 0)
    digests = {solve(shared_roads(), COUNTED).digest}
    for n_processes in (1, 2):
        with ProcessPoolExecutor(n_processes) as executor:
            digests.add(solve(shared_roads(), COUNTED, executor=executor).digest)
    assert len(digests) == 1


@pytest.mark.parametrize("compact_variables", [4000, 0])
def test_a_slow_clock_that_does_not_bite_changes_nothing(
    compact_variables: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the time passes before the first stage: counted work goes on as if it had not."""
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", compact_variables)
    params = SolveParams(time_limit_s=1000.0, deterministic_limit=0.05)
    instants = chain([0.0], repeat(500.0))
    plan = solve(shared_roads(), params, clock=lambda: next(instants))
    assert plan.reproducible
    assert plan.digest == solve(shared_roads(), params, clock=lambda: 0.0).digest


def test_where_the_clock_bites_a_plan_is_not_reproducible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", 0)
    ticks = iter(range(0, 10_000_000, 40))
    params = SolveParams(time_limit_s=100.0, deterministic_limit=50.0)
    plan = solve(shared_roads(), params, clock=lambda: float(next(ticks)))
    assert not plan.reproducible
    assert find_violations(shared_roads(), plan) == ()


def test_a_plan_limited_by_time_alone_is_not_reproducible() -> None:
    assert not lawful(shared_roads(), SolveParams(time_limit_s=2.0, workers=1)).reproducible


def test_each_stage_is_told_once_it_is_done() -> None:
    told: list[Progress] = []
    plan = solve(shared_roads(), COUNTED, on_progress=told.append)
    last = {p.stage: (p.value, p.bound) for p in told}
    assert list(last) == [s.name for s in plan.stages]


@pytest.mark.parametrize("asked_before", [0, 2, 5])
def test_a_cancelled_solve_decides_and_claims_nothing(asked_before: int) -> None:
    """Cancelled before it begins, between stages and inside the search."""
    answers = chain(repeat(False, asked_before), repeat(True))
    plan = solve(shared_roads(), COUNTED, cancelled=lambda: next(answers))
    assert (plan.status, plan.decisions, plan.stages) == ("cancelled", None, ())
    assert find_violations(shared_roads(), plan) == ()


def test_without_plants_there_is_nothing_to_decide() -> None:
    empty = tiny_instance().model_copy(update={"plants": ()})
    plan = lawful(Instance.model_validate(empty.model_dump()))
    assert plan.status == "optimal"
    assert [s.value for s in plan.stages] == [0, 0, 0, 0]


@pytest.mark.parametrize("compact_variables", [4000, 0])
@pytest.mark.parametrize(
    "instance",
    [
        pytest.param(
            tiny_instance(plants=(plant(streams=(stream("ore", legs=()),)),)), id="no legs"
        ),
        pytest.param(
            tiny_instance(links=tuple(link(id, capacity_mpcu_h=0) for id in "abcd")),
            id="all links full",
        ),
        pytest.param(
            tiny_instance(
                plants=(
                    plant(fleets=tuple(Fleet(vehicle_class=c, trucks=0) for c in sorted(PCU_MPCU))),
                )
            ),
            id="no trucks",
        ),
        pytest.param(tiny_instance(plants=(plant(gates=(gate(capacity_passages=0),)),)), id="gate"),
    ],
)
def test_what_cannot_move_runs_on_what_is_in_hand(
    instance: Instance, compact_variables: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 t of ore and room for 700 t of steel: 120 units need no trip at all."""
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", compact_variables)
    plan = lawful(instance)
    assert plan.status == "optimal"
    assert plan.decisions is not None and plan.decisions.departures == ()
    assert [s.value for s in plan.stages] == [0, 0, 0, 0]


@pytest.mark.parametrize("compact_variables", [4000, 0])
def test_a_plan_by_hand(compact_variables: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """60 t in hand for 120 units: two trips of 30 t, in one window of the least two slots."""
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", compact_variables)
    works = plant(stocks=(stock("ore", now_kg=60_000), stock("steel")), streams=(stream("ore"),))
    plan = lawful(tiny_instance(plants=(works,), window_limits=(window_limit(),)))
    assert plan.decisions is not None
    assert sum(d.trips for d in plan.decisions.departures) == 2
    (window,) = plan.decisions.windows
    assert window.end_slot - window.first_slot == 2
    assert plan.decisions.departures == departures(("ore.heavy", window.first_slot, 2))
    assert [s.value for s in plan.stages][0:2] == [0, 0]
    assert plan.stages[-1].value == (1 + 8) + 2


def test_parameters_without_sense_are_refused() -> None:
    for fields in ({"workers": 0}, {"time_limit_s": 0.0}, {"deterministic_limit": -1.0}):
        with pytest.raises(ValueError, match=next(iter(fields))):
            SolveParams(**fields)  # type: ignore[arg-type]
