"""Tests that a schedule tells the causes that were found by solving again, and no others."""

from fixtures.tiny import load_tiny, load_tiny_plan
from scheduler.causes import CAUSE_WORK, causes_of
from solver.explain import causes


def test_every_plant_that_falls_short_is_told_what_was_solved_again() -> None:
    instance, plan = load_tiny(), load_tiny_plan()
    told = causes_of(instance, plan, None)
    assert told
    for plant, scheduled in told.items():
        found = causes(instance, plan, plant, work=CAUSE_WORK)
        expected = [
            (binding.law, binding.where, cause.relief)
            for cause in found
            for binding in cause.objects
            if binding.law != "search"
        ]
        assert [(c.law, c.where, c.relief) for c in scheduled] == expected
        assert all(c.from_instant < c.to_instant for c in scheduled)


def test_a_plan_without_decisions_has_no_causes() -> None:
    plan = load_tiny_plan().model_copy(update={"decisions": None, "status": "none"})
    assert causes_of(load_tiny(), plan, None) == {}
