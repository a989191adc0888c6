"""Tests that a schedule tells the causes that were found by solving again, of every plant that
falls short, and no others."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from fixtures.generator import generate
from fixtures.tiny import load_tiny, load_tiny_plan
from scheduler import causes as service
from scheduler.causes import CAUSE_WORK, PLANT_WORK, causes_of
from scheduler.domain.schedule import by_number
from solver.explain import causes
from solver.instance import Instance
from solver.plan import Plan
from solver.stages import UNITS
from tests.solver.builders import plan_of


def test_every_plant_that_falls_short_is_told_what_was_solved_again() -> None:
    instance, plan = load_tiny(), load_tiny_plan()
    told = causes_of(instance, plan, None)
    assert told
    for plant, scheduled in told.items():
        found = causes(instance, plan, plant, CAUSE_WORK, PLANT_WORK)
        expected = [
            (number, binding.law, binding.where, cause.relief, UNITS[cause.stage], cause.proved)
            for number, cause in enumerate(found, 1)
            for binding in cause.objects
        ]
        rows = [(c.number, c.law, c.where, c.relief, c.unit, c.proved) for c in scheduled]
        assert rows == expected
        assert all(c.from_instant < c.to_instant for c in scheduled)


@pytest.fixture(scope="module")
def idle() -> tuple[Instance, Plan]:
    """Six plants whose plan makes nothing, so that all fall short."""
    instance = generate(6, 6, 60, 1)
    return instance, plan_of(instance)


def test_all_that_fall_short_are_asked_whoever_asks(
    idle: tuple[Instance, Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WORK_IN_ALL", 0.3)
    alone = causes_of(*idle, None)
    assert sorted(alone) == [plant.id for plant in idle[0].plants]
    assert all(causes[0].law == "search" for causes in alone.values())
    with ThreadPoolExecutor(2) as executor:
        assert causes_of(*idle, executor) == alone


def test_laws_of_one_number_are_one_cause() -> None:
    instance, plan = load_tiny(), load_tiny_plan()
    for scheduled in causes_of(instance, plan, None).values():
        groups = by_number(scheduled)
        assert [law for group in groups for law in group] == list(scheduled)
        assert all(len({law.number for law in group}) == 1 for group in groups)
        assert [group[0].number for group in groups] == list(range(1, len(groups) + 1))


def test_a_plan_without_decisions_has_no_causes() -> None:
    plan = load_tiny_plan().model_copy(update={"decisions": None, "status": "none"})
    assert causes_of(load_tiny(), plan, None) == {}
