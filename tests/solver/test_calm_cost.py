"""Tests of whom a re-plan asks what calm cost, and of what is told of it."""

import pytest

from solver.baseline import first_fit
from solver.calm import add_calm
from solver.calm_cost import calm_cost
from solver.compact import build_block
from solver.derive import Derived
from solver.instance import WorthMoving
from solver.mend import Mender
from solver.plan import CalmCost
from solver.run import LEAST_WORK, Run, SolveParams
from solver.seam import in_force_of, seam_at
from solver.standing import Standing
from tests.scheduler.case import crowded_instance

WORTH = WorthMoving(safety=1, output_utrip=1_000_000, exposure=5_000, trips_a_window=10)


@pytest.fixture(scope="module")
def derived() -> Derived:
    """Four plants with first fit's plan in force."""
    instance = crowded_instance(4)
    seam = seam_at(instance, first_fit(instance), 0, notice_slots=0, published_slots=48)
    found = in_force_of(seam, WORTH, [plant.id for plant in instance.plants])
    return Derived(instance.model_copy(update={"published": seam.trips, "in_force": found}))


@pytest.fixture(scope="module")
def standing(derived: Derived) -> Standing:
    """The plan in force, as it is kept to."""
    found = derived.instance.in_force
    assert found is not None
    blocks = [build_block(derived, plant) for plant in derived.plants.values()]
    calm = {block.plant.id: add_calm(block) for block in blocks}
    return Mender(run_of(derived, 10.0), blocks, found, calm).mend()


def run_of(derived: Derived, work: float) -> Run:
    params = SolveParams(time_limit_s=None, deterministic_limit=work, workers=1)
    return Run(derived, params, None, lambda: False, None, None)


def asked(derived: Derived, standing: Standing, work: float, *changed: str) -> dict[str, CalmCost]:
    found = calm_cost(run_of(derived, work), standing, changed)
    return {cost.plant: cost for cost in found}


def test_who_changed_is_asked_before_who_causes_most(derived: Derived, standing: Standing) -> None:
    by_exposure = sorted(standing.blocks, key=lambda p: (-standing.worth("exposure", [p]), p))
    assert standing.worth("exposure", by_exposure[-1:]) > 0
    n = standing.at_once
    first = asked(derived, standing, LEAST_WORK)
    assert sorted(first) == sorted(by_exposure[:n])
    changed = by_exposure[-n:]
    assert sorted(asked(derived, standing, LEAST_WORK, *changed)) == sorted(changed)


def test_windows_are_held_first_and_who_was_asked_so_alone_says_so(
    derived: Derived, standing: Standing
) -> None:
    few, all_asked = asked(derived, standing, LEAST_WORK), asked(derived, standing, 10.0)
    assert {cost.windows for cost in few.values()} == {"held"}
    assert all_asked.keys() == standing.blocks.keys()
    assert {cost.windows for cost in all_asked.values()} == {"near"}
    assert all(all_asked[plant].exposure >= cost.exposure for plant, cost in few.items())


def test_who_causes_no_exposure_is_told_without_being_asked(
    derived: Derived, standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    worth = Standing.worth
    monkeypatch.setattr(
        Standing,
        "worth",
        lambda self, stage, plants=None: 0 if plants == ["P0"] else worth(self, stage, plants),
    )
    few = asked(derived, standing, LEAST_WORK, "P1", "P2")
    assert sorted(few) == ["P0", "P1", "P2"]
    assert few["P0"] == CalmCost(plant="P0", exposure=0)
