"""Tests that stored bounds are proved again by a second solver, and tampered ones refused."""

from collections.abc import Callable
from functools import cache

import pytest

from benchmarks.strained import strained
from solver import reprove
from solver import run as running
from solver import solve as solving
from solver.certificate import bound_of, certificate_of
from solver.check import find_violations
from solver.compact import build_block, residual_mpcu
from solver.derive import Derived
from solver.engine import Limits
from solver.instance import Instance
from solver.least import Effort, Solver, is_least
from solver.linear import Expression, Rows
from solver.plan import Certificate, Least, Plan, StageResult
from solver.prices import SCALE, Prices, prove
from solver.reprove import Reproof, prove_again
from solver.solve import SolveParams, solve
from tests.solver.builders import plant, stock, stream, tiny_instance, window_limit

SOLVERS: tuple[Solver, ...] = ("highs", "cp-sat without presolve")
WORK = SolveParams(time_limit_s=None, deterministic_limit=0.05, workers=1)
MULTIPLIER = 1
"""What a millionth of a trip of output weighs against a thousandth of a unit of exposure."""


@cache
def coupled() -> Instance:
    return strained(8, 4, 60, 31)


@cache
def solved_apart() -> Plan:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "COMPACT_VARIABLES", 0)
        patch.setattr(running, "SUB_WORK", 0.05)
        return solve(coupled(), WORK)


@cache
def decomposed() -> Plan:
    """Eight plants solved apart, exposure bounded at prices of roads and of output."""
    plan = solved_apart()
    derived = Derived(coupled())
    blocks = [build_block(derived, plant) for plant in derived.plants.values()]
    used = sorted({resource for block in blocks for resource in block.uses})
    prices = Prices(dict.fromkeys(used[::7], 3), {"output_shortfall": MULTIPLIER})
    alone = prove(blocks, "exposure", prices, Limits(counted_work=0.2), None)
    certificate = certificate_of(alone)
    assert certificate.prices
    return with_certificate(plan, certificate)


def with_certificate(plan: Plan, certificate: Certificate) -> Plan:
    """The plan with this certificate of exposure, and the bound that it adds up to."""
    derived = Derived(coupled())
    budgets = {stage.name: stage.handed_on for stage in plan.stages}
    bound = bound_of(
        certificate, list(derived.plants), lambda r: residual_mpcu(derived, r), budgets
    )
    stage = stage_of(plan, "exposure")
    assert bound <= stage.value
    gap = (stage.value - bound) / max(stage.value, stage.unit_value)
    told = {"bound": bound, "gap": gap, "certificates": (certificate,), "proof": "prices"}
    return with_stage(plan, stage.model_copy(update=told))


def with_stage(plan: Plan, changed: StageResult) -> Plan:
    stages = tuple(changed if s.name == changed.name else s for s in plan.stages)
    return plan.model_copy(update={"stages": stages})


def stage_of(plan: Plan, name: str) -> StageResult:
    return next(stage for stage in plan.stages if stage.name == name)


def proved_again(plan: Plan, solver: Solver = "highs") -> dict[str, Reproof]:
    return {one.stage: one for one in prove_again(coupled(), plan, solver)}


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_stages_bound_is_proved_again(solver: Solver) -> None:
    plan = decomposed()
    assert find_violations(coupled(), plan) == ()
    assert stage_of(plan, "exposure").bound > 0
    assert stage_of(plan, "output_shortfall").certificates[0].capped_by == ("safety_shortfall",)
    found = proved_again(plan, solver)
    assert [one.finding for one in found.values()] == ["proved"] * len(plan.stages)
    assert found["exposure"].asked == found["exposure"].plants == 8


def test_exposure_is_bounded_within_what_others_floors_leave_of_output() -> None:
    """Without these caps plants would buy less exposure with output that no plan may lose."""
    plan = solved_apart()
    capping = stage_of(plan, "exposure").certificates[0].capped_by
    assert capping == ("safety_shortfall", "output_shortfall")
    assert [one.finding for one in proved_again(plan).values()] == ["proved"] * len(plan.stages)


def dearer(certificate: Certificate) -> Certificate:
    first, *others = certificate.prices
    return changed(
        certificate, prices=(first.model_copy(update={"price": first.price + SCALE}), *others)
    )


def higher_floor(certificate: Certificate) -> Certificate:
    first, *others = certificate.least
    raised = first.model_copy(update={"least": first.least + SCALE})
    return changed(certificate, least=(raised, *others))


def heavier_output(certificate: Certificate) -> Certificate:
    (only,) = certificate.multipliers
    return changed(
        certificate, multipliers=(only.model_copy(update={"factor": only.factor + SCALE}),)
    )


def changed(certificate: Certificate, **fields: object) -> Certificate:
    return Certificate.model_validate(certificate.model_dump() | fields)


@pytest.mark.parametrize("tamper", [dearer, higher_floor, heavier_output])
def test_a_certificate_that_was_changed_is_refused(
    tamper: Callable[[Certificate], Certificate],
) -> None:
    """One price, one plant's least value or one multiplier: the sum is no longer the bound."""
    stage = stage_of(decomposed(), "exposure")
    forged = stage.model_copy(update={"certificates": (tamper(stage.certificates[0]),)})
    found = proved_again(with_stage(decomposed(), forged))["exposure"]
    assert found.finding == "refuted"
    assert found.faults[0].startswith("the certificate adds up to ")


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_least_value_that_a_plant_can_beat_is_refused_though_all_adds_up(
    solver: Solver,
) -> None:
    (honest,) = stage_of(decomposed(), "exposure").certificates
    tight = {one.plant: one.least for one in honest.least}
    name = max(tight, key=lambda plant: tight[plant])
    least = tuple(
        one.model_copy(update={"least": one.least + 2 * SCALE * (one.plant == name)})
        for one in honest.least
    )
    forged = with_certificate(decomposed(), changed(honest, least=least))
    assert stage_of(forged, "exposure").bound == stage_of(decomposed(), "exposure").bound + 2
    found = proved_again(forged, solver)["exposure"]
    assert found.finding == "refuted"
    assert found.faults[0].startswith(f"plant {name} can cost ")


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        pytest.param(
            {"prices": ({"what": "link", "id": "nowhere", "slot": 0, "price": 1},)},
            "link nowhere in slot 0 is priced and limits nothing",
            id="link",
        ),
        pytest.param(
            {"least": ({"plant": "nobody", "least": 1},)},
            "plant nobody is not in the instance",
            id="plant",
        ),
        pytest.param(
            {"multipliers": ({"stage": "windows", "factor": 1},)},
            "windows is no earlier stage of exposure",
            id="stage",
        ),
    ],
)
def test_a_certificate_about_what_is_not_there_is_refused(
    fields: dict[str, object], fault: str
) -> None:
    stage = stage_of(decomposed(), "exposure")
    forged = stage.model_copy(update={"certificates": (changed(stage.certificates[0], **fields),)})
    found = proved_again(with_stage(decomposed(), forged))["exposure"]
    assert (found.finding, found.faults[0]) == ("refuted", fault)


def test_above_twenty_enterprises_a_sample_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reprove, "MOST_ASKED", 3)
    found = proved_again(decomposed())
    assert found["exposure"].plants == 8
    assert 3 <= found["exposure"].asked < 8
    assert found["exposure"].finding == "proved"
    every = prove_again(coupled(), decomposed(), "highs", every_plant=True)
    assert next(one for one in every if one.stage == "exposure").asked == 8


def test_a_floor_of_a_stage_at_zero_caps_no_later_one_unproved() -> None:
    """No one can cost of a stage that is worth 0: a floor above it, which the value would hide,
    would take from what other plants may cost."""
    stage = stage_of(decomposed(), "safety_shortfall")
    nothing = stage.model_copy(update={"value": 0, "bound": 0, "handed_on": 0})
    (known,) = stage.certificates
    least = tuple(Least(plant=plant.id, least=5) for plant in coupled().plants)
    forged = nothing.model_copy(update={"certificates": (changed(known, least=least),)})
    found = proved_again(with_stage(decomposed(), forged))["safety_shortfall"]
    assert found.finding == "refuted"
    assert found.faults == (f"the certificate adds up to {5 * len(least)}, the plan claims 0",)


def test_work_that_does_not_do_leaves_it_undecided() -> None:
    found = prove_again(
        coupled(), decomposed(), "cp-sat without presolve", Effort(counted_work=1e-6)
    )
    exposure = next(one for one in found if one.stage == "exposure")
    assert exposure.finding == "undecided"
    assert exposure.faults[0].endswith("in the work allowed")


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_whole_models_bound_holds_and_one_more_does_not(solver: Solver) -> None:
    """Two trips in one window of two slots: 9 + 2."""
    works = plant(stocks=(stock("ore", now_kg=60_000), stock("steel")), streams=(stream("ore"),))
    instance = tiny_instance(plants=(works,), window_limits=(window_limit(),))
    plan = solve(instance, WORK)
    (*_, last) = prove_again(instance, plan, solver)
    assert (last.stage, last.bound, last.finding) == ("windows", 11, "proved")
    more = with_stage(plan, plan.stages[-1].model_copy(update={"bound": 12}))
    (*_, last) = prove_again(instance, more, solver)
    assert last.finding == "refuted"
    assert last.faults == ("the whole model can cost 11, less than the 12 claimed",)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_second_solver_finds_the_least_to_the_unit(solver: Solver) -> None:
    """7 + 3x + 5y with x + y >= 10 and 2x + y <= 14 is 49 at x = 4, y = 6."""
    rows = Rows()
    x, y = rows.variable(0, 100), rows.variable(0, 100)
    rows.row([(1, x), (1, y)], 10, None, "stock_balance", "ore")
    rows.row([(2, x), (1, y)], None, 14, "link_capacity", "a")
    objective = Expression([(3, x), (5, y)], 7)
    assert is_least(rows, objective, 49, Effort(), solver).finding == "proved"
    found = is_least(rows, objective, 50, Effort(), solver)
    assert (found.finding, found.value) == ("refuted", 49)
