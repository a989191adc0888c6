"""Tests that asking ends with the work allowed, and that what is lawful all the same betters what
is known under all laws instead of being put down to a law."""

import pytest

from solver.alone import Everyone, alone, decisions_about
from solver.explain import answer, causes, questions
from solver.inquiry import Account, Inquiry
from solver.instance import Instance
from solver.plan import Decisions
from tests.solver.builders import departures, link, plan_of, rates, stock, tiny_instance
from tests.solver.test_explain import ALL_LOST, ore_plant, told, two_plants

THREE_TRIPS = departures(("ore.heavy", 0, 1), ("ore.heavy", 2, 1), ("ore.heavy", 4, 1))
NINETY_UNITS = rates(smelt=(30, 30, 30, 0))
THIRTY_LOST = 66_667 * (12 * 1 + 18 * 2)


def inquiry_of(instance: Instance, account: Account) -> Inquiry:
    """About plant P, whose plan makes nothing."""
    plan = plan_of(instance)
    assert plan.decisions is not None
    own = alone(instance, "P")
    decisions = decisions_about(plan.decisions, own.plants)
    taken = Everyone(instance, plan.decisions).but(own, decisions)
    return Inquiry(own, taken, "output_shortfall", None, account)


def asked(instance: Instance) -> Inquiry:
    """With next to no work, so that nothing better than the plan is known."""
    inquiry = inquiry_of(instance, Account(each=0.0, in_all=0.0))
    plan = plan_of(instance)
    assert plan.decisions is not None
    inquiry.findings(ALL_LOST, plan.decisions)
    return inquiry


def closed(capacity_mpcu_h: int) -> Instance:
    return tiny_instance(plants=(ore_plant(),), links=(link("b", capacity_mpcu_h=capacity_mpcu_h),))


def test_what_is_lawful_all_the_same_betters_what_is_known() -> None:
    """Just fits: one truck a slot."""
    inquiry = asked(closed(5_000))
    inquiry.learn(Decisions(departures=THREE_TRIPS, rates=NINETY_UNITS))
    assert inquiry.standing.value == THIRTY_LOST
    assert inquiry.standing.decisions.departures == THREE_TRIPS


def test_what_breaks_a_law_is_not_taken_for_lawful() -> None:
    """One unit over: no truck fits into a slot."""
    inquiry = asked(closed(4_999))
    before = inquiry.standing
    inquiry.learn(Decisions(departures=THREE_TRIPS, rates=NINETY_UNITS))
    assert inquiry.standing == before


def test_what_is_no_better_is_left() -> None:
    inquiry = asked(closed(5_000))
    inquiry.learn(Decisions(departures=THREE_TRIPS, rates=NINETY_UNITS))
    inquiry.learn(Decisions(departures=THREE_TRIPS[:1], rates=rates(smelt=(0, 30, 0, 0))))
    assert inquiry.standing.value == THIRTY_LOST


def test_asking_ends_with_the_work_allowed() -> None:
    """Both laws give all back; the work is used up once the first of them has been asked about."""
    kept = (stock("ore", end_min_kg=300_000), stock("steel"))
    instance = tiny_instance(
        plants=(ore_plant(stocks=kept),), links=(link("b", capacity_mpcu_h=0),)
    )
    plan = plan_of(instance, rates=rates(smelt=(0, 0, 0, 0)))
    (question,) = questions(instance, plan, ["P"])
    laws = [[b.law for b in c.objects] for c in answer(question, work=0.3)]
    assert laws == [["link_capacity"], ["end_stock"]]
    laws = [[b.law for b in c.objects] for c in answer(question, work=0.3, work_in_all=0.03)]
    assert laws == [["end_stock"]]


def test_only_plants_that_fall_short_are_asked_about_beside_what_the_others_take() -> None:
    instance = two_plants()
    plan = plan_of(instance, departures=departures(*(("coal.heavy", t, 1) for t in range(7))))
    (question,) = questions(instance, plan, ["P", "Q"])
    assert question.plant == "P"
    assert question.planned["output_shortfall"] == ALL_LOST
    assert question.taken.links["b", 3] == 2_500
    assert told(answer(question, 0.3)) == told(causes(instance, plan, "P"))


@pytest.mark.parametrize("name", ["P", "Q"])
def test_a_plant_is_left_out_of_what_all_take(name: str) -> None:
    instance = two_plants()
    trips = departures(("coal.heavy", 0, 1), ("ore.heavy", 0, 1), ("ore.heavy", 1, 1))
    plan = plan_of(instance, departures=trips)
    assert plan.decisions is not None
    own = alone(instance, name)
    taken = Everyone(instance, plan.decisions).but(own, decisions_about(plan.decisions, own.plants))
    one = dict.fromkeys((("a", 0), ("b", 0), ("c", 0), ("d", 1)), 2500)
    two = {(link, t + 1): 2_500 for link, t in one} | one
    assert {cell: n for cell, n in taken.links.items() if cell[0] == "b"} == {
        cell: n for cell, n in (one if name == "P" else two).items() if cell[0] == "b"
    }
