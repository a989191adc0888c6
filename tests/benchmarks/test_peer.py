"""Tests that HiGHS, on a model of its own from the instance alone, agrees with the solver."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random

import pytest

from benchmarks.peer import Limits, PeerStage, solve_by_highs
from benchmarks.strained import strained
from solver import run as running
from solver import solve as solving
from solver.baseline import first_fit
from solver.check import find_violations
from solver.instance import Instance, StageName
from solver.plan import Plan
from solver.solve import Progress, SolveParams, solve
from solver.worth import worth
from tests.solver.wild import wild_instance

PEER = Limits(nodes=300, seconds=600)
SMALL = Limits(nodes=30_000, seconds=600)
"""Nodes of a few plants cost a thousandth of a second."""
COMPACT = SolveParams(time_limit_s=None, workers=2)
"""No clock decides: HiGHS ends by nodes, CP-SAT by the proof of what HiGHS has proved."""
DECOMPOSED = SolveParams(time_limit_s=None, deterministic_limit=0.1, workers=1)


def solved(instance: Instance, params: SolveParams) -> tuple[Plan, dict[StageName, Progress]]:
    """The plan, and where every stage stood when it ended: later ones may give of it again."""
    told: dict[StageName, Progress] = {}
    plan = solve(
        instance, params, on_progress=lambda p: told.update({p.stage: p}), clock=time.monotonic
    )
    assert find_violations(instance, plan) == ()
    return plan, told


def assert_agreed(peer: list[PeerStage], told: Mapping[StageName, Progress]) -> None:
    """Stage by stage the same least value, proved by both."""
    assert [stage.name for stage in peer] == list(told)
    assert all(stage.proved for stage in peer)
    assert [(s.name, s.value) for s in peer] == [(p.stage, p.value) for p in told.values()]
    assert all(progress.value == progress.bound for progress in told.values())


@pytest.mark.parametrize(
    "seed", (0, 1, 2, *(pytest.param(n, marks=pytest.mark.long) for n in range(3, 80)))
)
def test_both_prove_the_same_of_states_that_no_one_would_plan_for(seed: int) -> None:
    instance = wild_instance(Random(seed))
    plan, peer = solve_by_highs(instance, SMALL)
    ours = solve(instance, COMPACT)
    if ours.status == "infeasible":
        assert plan.status == "none"
        return
    assert find_violations(instance, plan) == ()
    assert_agreed(peer, solved(instance, COMPACT)[1])


@dataclass(frozen=True)
class Case:
    """Four hours of eight to twenty enterprises: what HiGHS takes to the proof in a minute."""

    seed: int

    @property
    def instance(self) -> Instance:
        return strained(8 + 5 * self.seed % 13, 4, 60, self.seed)


CASES = tuple(Case(seed) for seed in range(1, 31))
QUICK = tuple(Case(seed) for seed in (4, 13, 26))


@dataclass(frozen=True)
class Judged:
    """One case by both solvers, with what makes it worth solving."""

    agreed: bool
    tight_links: float
    tight_stocks_and_caps: float
    sharing_classes: int
    values: tuple[int, ...]


@cache
def judged(case: Case) -> Judged:
    """Both solvers to the proof. HiGHS may run out of time, but never differ."""
    instance = case.instance
    plan, peer = solve_by_highs(instance, PEER)
    assert find_violations(instance, plan) == ()
    proved = all(stage.proved for stage in peer)
    if proved:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(solving, "COMPACT_VARIABLES", 10**9)
            assert_agreed(peer, solved(instance, COMPACT)[1])
    shares = worth(instance, plan, first_fit(instance))
    return Judged(
        proved,
        shares.tight_links,
        shares.tight_stocks,
        shares.sharing_classes,
        tuple(stage.bound for stage in peer),
    )


@pytest.mark.parametrize("case", QUICK, ids=str)
def test_both_prove_the_same_value_of_every_stage(case: Case) -> None:
    assert judged(case).agreed


@pytest.mark.peer
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_case_differs(case: Case) -> None:
    judged(case)


@pytest.mark.peer
@pytest.mark.timeout(18_000)
def test_nearly_all_cases_are_proved_and_are_worth_it() -> None:
    found = [judged(case) for case in CASES]
    assert len(found) == 30
    assert sum(one.agreed for one in found) >= 27
    assert sorted(one.sharing_classes for one in found)[15] >= 3
    assert sum(one.tight_links > 0 for one in found) >= 27
    assert all(one.tight_stocks_and_caps > 0 for one in found)
    for stage in (0, 1, 2):
        assert sum(one.values[stage] > 0 for one in found) >= 20


@pytest.mark.parametrize(
    "case",
    [case if case in QUICK else pytest.param(case, marks=pytest.mark.long) for case in CASES],
    ids=str,
)
@pytest.mark.timeout(1_800)
def test_forced_apart_bound_and_value_enclose_the_optimum(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the values that the plan itself handed on."""
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", 0)
    monkeypatch.setattr(running, "SUB_WORK", 0.05)
    instance = case.instance
    plan, _ = solved(instance, DECOMPOSED)
    handed_on = {stage.name: stage.handed_on for stage in plan.stages}
    _, peer = solve_by_highs(instance, PEER, handed_on)
    for ours, theirs in zip(plan.stages, peer, strict=True):
        assert theirs.bound <= ours.value, ours.name
        assert theirs.value is None or ours.bound <= theirs.value, ours.name
