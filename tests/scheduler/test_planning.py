"""Tests that a plan is set against business as usual in parts that add up."""

from scheduler.planning import compare
from solver.avoided import totals
from tests.scheduler.case import worked_plan


def test_the_parts_of_the_comparison_are_those_of_the_exact_totals() -> None:
    instance, plan = worked_plan()
    assert plan.decisions is not None
    found, exact = compare(instance, plan), totals(instance, plan.decisions)
    assert found is not None
    apart = exact.deferred.exposure + exact.lost.exposure
    avoided = found.moved + found.cleaner + found.not_made
    assert found.business_as_usual - exact.plan.exposure == avoided + apart
    assert found.lost_utrip == exact.lost.trips * 1_000_000
    assert found.deferred_trips == exact.deferred.trips


def test_a_plan_that_decides_nothing_is_not_compared() -> None:
    instance, plan = worked_plan(decisions=None, status="none")
    assert compare(instance, plan) is None
